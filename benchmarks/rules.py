"""What the rules cost Prometheus: how long each group takes to evaluate, of a service with 64 shards and 200 pods.

``python -m benchmarks.rules`` takes about 5 min and writes docs/rules.md; ``--pods 5 --shards 8 --seconds 30 --json``
is shorter, and for programs. Every platform pack is on, but what it watches is not there, so only its selectors cost.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.detection.service import Service
from benchmarks.detection.stage import history, project
from obskit._render import alerts
from obskit.config.project import duration_seconds
from tools.bring import bring
from tools.stack import Prometheus
from tools.stack.listeners import Listener
from tools.stack.servers import get

ROOT = Path(__file__).resolve().parents[1]
#: Most of its interval that a group may take.
SHARE = 0.1


class Pods(Listener):
    """Every pod of a service as a target of its own: the same series, its own counters, as they were one."""

    def __init__(self, service: Service, count: int) -> None:
        self.pages = [
            [stream for stream in service.streams if f'instance="{n}"' in stream.labels] for n in range(count)
        ]
        self.service = service
        self.begun = time.time()
        super().__init__(self._page)

    def _page(self, path: str, _body: bytes) -> bytes:
        if path == "/pods":
            return self.service.expose(pods=True).encode()
        return ("\n".join(self._lines(int(path.rpartition("/")[2]))) + "\n").encode()

    def _lines(self, pod: int) -> Iterator[str]:
        """Counters by what they would be on average: who counts one by one takes longer than Prometheus does."""
        seconds = time.time() - self.begun
        for stream in self.pages[pod]:
            events = int(stream.rate * seconds)
            if stream.mixture:
                stream.buckets = [int(events * share) for share in _shares(len(stream.buckets))]
            elif stream.rate:
                stream.value = events
            yield from stream.lines()


def _shares(buckets: int) -> list[float]:
    return [0.5**n for n in range(1, buckets)] + [0.5 ** (buckets - 1)]


def measure(pods: int, shards: int, seconds: int, folder: Path) -> dict[str, Any]:
    """Return the median and the longest seconds of each group, and how many series there were."""
    programs = bring(["prometheus", "promtool"], lambda text: print(text, file=sys.stderr))
    service = Service("big", seed=1, shards=shards, instances=tuple(map(str, range(pods))))
    own = project(service, shards, packs=True)
    rules = folder / "rules.yaml"
    rules.write_text(alerts.files(own)["alerts/rules.yaml"], encoding="utf-8")
    history(programs["promtool"], folder, [service.job], shards, 6 * 3600)
    taken: dict[str, list[float]] = {}
    with Pods(service, pods) as targets:
        scrape = {f"pod-{n}": (targets.address, f"/{n}", "5s") for n in range(pods)}
        scrape["pods"] = (targets.address, "/pods", "10s")
        with Prometheus(programs["prometheus"], folder, rules=[rules], targets=scrape) as server:
            end = time.monotonic() + 60 + seconds
            while time.monotonic() < end:
                time.sleep(5)
                if end - time.monotonic() < seconds:  # the windows are full by then
                    for group, took in _durations(server.url):
                        taken.setdefault(group, []).append(took)
            series = server.number('count({job="bench/big"})')
    interval = duration_seconds(own.intervals.evaluation)
    return {
        "pods": pods,
        "shards": shards,
        "series": int(series),
        "interval": interval,
        "groups": {
            group: {"median": statistics.median(values), "longest": max(values)}
            for group, values in sorted(taken.items())
        },
    }


def _durations(url: str) -> Iterator[tuple[str, float]]:
    for group in get(f"{url}/api/v1/rules")["data"]["groups"]:
        yield group["name"].removesuffix("-bench-big"), group["evaluationTime"]


def page(result: dict[str, Any]) -> str:
    """Return docs/rules.md."""
    interval = result["interval"]
    size = f"{result['shards']} shards and {result['pods']} pods ({result['series']} series)"
    lines = [
        "# What the rules cost Prometheus",
        "",
        f"How long a real Prometheus 3 takes for each group of a service with {size},",
        f"with six hours of baseline, every {interval} s. None may take more than {SHARE:.0%} of its interval.",
        "`make rules` measures anew and writes this page.",
        "",
        "| group | median | longest | of the interval |",
        "|---|---|---|---|",
    ]
    for group, took in result["groups"].items():
        share = took["median"] / interval
        lines.append(f"| {group} | {took['median'] * 1000:.1f} ms | {took['longest'] * 1000:.1f} ms | {share:.2%} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print, write; return 1 if a group takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=200, help="pods of the service (200)")
    parser.add_argument("--shards", type=int, default=64, help="shards of the service (64)")
    parser.add_argument("--seconds", type=int, default=180, help="how long is measured (180)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/rules.md", help="the page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options.pods, options.shards, options.seconds, Path(folder))
    options.output.write_text(page(result), encoding="utf-8")
    print(json.dumps(result) if options.json else page(result))
    return int(any(took["median"] > SHARE * result["interval"] for took in result["groups"].values()))


if __name__ == "__main__":
    sys.exit(main())
