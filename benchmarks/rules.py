"""What the rules cost Prometheus: how long each group takes to evaluate, of a service with 64 shards and 200 pods.

``python -m benchmarks.rules`` takes about 15 min and writes docs/rules.md; ``--pods 5 --shards 8 --seconds 30 --warm 60
--json`` is shorter, and for programs. Every platform pack is on, and what it watches is there as often as pods are.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import fed
from benchmarks.detection.service import Service
from benchmarks.detection.stage import history, project
from obskit._render import alerts
from obskit.catalogue import runtime, telemetry
from obskit.catalogue import shards as of_shards
from obskit.config.project import Project, duration_seconds
from tools.bring import bring
from tools.stack import Prometheus
from tools.stack.listeners import Listener
from tools.stack.servers import get

ROOT = Path(__file__).resolve().parents[1]
#: Share of its interval that a group may take, and share of the evaluations that must keep to it.
SHARE, OFTEN = 0.1, 0.95
#: Hours of usual shares that the rules have recorded.
BASELINE = 6


class Pods(Listener):
    """Every pod of a service as a target of its own, and beside it what is scraped: /pushed/N and /scraped/N.

    Args:
        own: The project, which says what is read.
        service: The service, with one process; every pod is a copy of it.
        count: How many pods there are.
    """

    def __init__(self, own: Project, service: Service, count: int) -> None:
        simulated = list(fed.of_streams(service.streams))
        names = set().union(*fed.selected(own).values()) - {one.name for one in simulated}
        series, now = [*simulated, *fed.of_cases(own, names)], time.time() - 1
        self.pages: dict[str, fed.Page] = {}
        copies = fed.Copies(series, service, count)
        for number in range(count):
            self.pages[f"/pushed/{number}"] = fed.Page(copies.pushed(number), now)
            self.pages[f"/scraped/{number}"] = fed.Page(copies.scraped(number), now)
        super().__init__(lambda path, _body: self.pages[path].at(time.time()).encode())

    def past(self, names: set[str], step: int) -> Iterator[str]:
        """Yield what was scraped in the hour before of the series with these names, as OpenMetrics."""
        for path, page in self.pages.items():
            if path.startswith("/scraped/"):
                yield from page.past(names, step)

    def targets(self, push: str, scrape: str) -> dict[str, tuple[str, str, str]]:
        """What Prometheus scrapes: job -> address, path, interval."""
        intervals = {"pushed": push, "scraped": scrape}
        return {
            path.strip("/").replace("/", "-"): (self.address, path, intervals[path.split("/")[1]])
            for path in self.pages
        }


def simulated(shards: int) -> Service:
    """Return one process of the service, with what the benchmark of detection does not need."""
    service = Service("big", seed=1, shards=shards, instances=("0",))
    for shard in map(str, range(shards)):
        service.observe(of_shards.OPERATION_DURATION, 8, ((0.004, 1.0),), shard_set="orders", shard=shard)
    service.count(runtime.CPU_TIME, 1, **{runtime.CPU_MODE.label: "user"})
    service.gauge(runtime.THREAD_COUNT, 9)
    for generation in runtime.GENERATION.values:
        service.count(runtime.GC_COLLECTIONS, 2, **{runtime.GENERATION.label: generation})
    return service


def measure(pods: int, shards: int, warm: int, seconds: int, folder: Path) -> dict[str, Any]:
    """Return how long each group takes and what it reads, and what was wrong with that."""
    programs = bring(["prometheus", "promtool"], lambda text: print(text, file=sys.stderr))
    service = simulated(shards)
    own = project(service, shards, packs=True)
    rules = folder / "rules.yaml"
    rules.write_text(alerts.files(own)["alerts/rules.yaml"], encoding="utf-8")
    taken: dict[str, list[float]] = {}
    with Pods(own, service, pods) as targets:
        past = targets.past(fed.remembered(own, warm), duration_seconds(own.intervals.scrape))
        history(programs["promtool"], folder, [service.job], shards, BASELINE * 3600, past)
        scrape = targets.targets(own.intervals.export, own.intervals.scrape)
        with Prometheus(programs["prometheus"], folder, rules=[rules], targets=scrape) as server:
            time.sleep(warm)
            spent, begun = _cpu(server), time.monotonic()
            while time.monotonic() < begun + seconds:
                time.sleep(duration_seconds(own.intervals.evaluation))
                for group in _groups(server):
                    taken.setdefault(group["name"], []).append(group["evaluationTime"])
            cores = (_cpu(server) - spent) / (time.monotonic() - begun)
            read = {name: _read(server, names) for name, names in fed.selected(own).items()}
            of_service = server.number(f'count({{job="{service.job}", instance!=""}})')
            series = get(f"{server.url}/api/v1/status/tsdb")["data"]["headStats"]["numSeries"]
            wrong = sorted(_wrong(server, read))
    return {
        "pods": pods,
        "shards": shards,
        "warm": warm,
        "evaluations": min(map(len, taken.values())),
        "of_service": int(of_service),
        "series": series,
        "cores": round(cores, 2),
        "export": duration_seconds(own.intervals.export),
        "scrape": duration_seconds(own.intervals.scrape),
        "interval": duration_seconds(own.intervals.evaluation),
        "wrong": wrong,
        "groups": {
            name.removesuffix("-bench-big"): _summary(values) | {"series": sum(read[name].values())}
            for name, values in sorted(taken.items())
        },
    }


def _groups(server: Prometheus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(f"{server.url}/api/v1/rules")["data"]["groups"]
    return found


def _cpu(server: Prometheus) -> float:
    """Seconds of CPU time that Prometheus has taken."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as response:  # noqa: S310 - ours, on loopback
        found = re.search(r"^process_cpu_seconds_total (\S+)$", response.read().decode(), re.MULTILINE)
    if found is None:
        raise LookupError("Prometheus does not tell its CPU time")
    return float(found[1])


def _read(server: Prometheus, names: set[str]) -> dict[str, int]:
    """How many there are of each of the series that a group reads and no rule records."""
    return {name: int(server.number(f"count({name})")) for name in sorted(names) if name != telemetry.ALERTS.name}


def _wrong(server: Prometheus, read: dict[str, dict[str, int]]) -> Iterator[str]:
    """What would make the figures smaller than they are: a series that is not there, a target, a rule that fails."""
    for group, found in read.items():
        yield from (f"{group}: there is no {name}" for name, count in found.items() if not count)
    for one in server.query("up == 0"):
        yield f"the target {one['metric']['job']} does not answer"
    for group in _groups(server):
        yield from (f"{group['name']}: {r['name']}: {r['lastError']}" for r in group["rules"] if r["health"] == "err")


def _summary(values: Sequence[float]) -> dict[str, float]:
    ranked = sorted(values)
    often = ranked[math.ceil(OFTEN * len(ranked)) - 1]
    return {"median": statistics.median(ranked), "often": often, "longest": ranked[-1]}


def slow(result: dict[str, Any]) -> list[str]:
    """Return a line for each group that takes more than its share of the interval."""
    return [
        f"{group} takes {took['often']:.2f} s, more than {SHARE:.0%} of {result['interval']} s"
        for group, took in result["groups"].items()
        if took["often"] > SHARE * result["interval"]
    ]


_HEAD = """# What the rules cost Prometheus

How long a real Prometheus 3 takes for each group of rules of one service with every platform pack on, every
{interval} s. None may take more than {share:.0%} of its interval, {often:.0f} of 100 times. `make rules` measures
anew and writes this page; it fails if a group takes longer, or if a series that one reads is not there.

What Prometheus was fed, {series} series with those that the rules record:

- The service's own, {of_service} series every {export} s: {pods} pods with one process each, {shards} shards in each
  of them, histograms with all of their buckets, {baseline} hours of usual shares of the shards.
- Of each pod, every {scrape} s, what kube-state-metrics, cAdvisor and the sidecars tell of it.
- Of each platform pack, every {scrape} s, the series of the cases in which its alerts fire, as they are before the
  fault. Of each name there are at least {pods}, in as many namespaces as that takes (projects for Cloud SQL): of
  histograms {pods} with 12 buckets or more.

Counters go up. Measured after {warm} s, in which the windows fill, in {evaluations} evaluations of each group. Of what
a rule reads over a longer time, the hour before is there; a few that read more than an hour back find that hour alone.
What the rules record begins with the run, but for the usual shares: burn rates over hours and days look at minutes.
In all, scrapes and rules, Prometheus takes {cores} cores: where it gets less than that, groups wait, and take longer.

| group | series it reads | median | 95th percentile | longest | of the interval |
|---|---|---|---|---|---|
"""


def page(result: dict[str, Any]) -> str:
    """Return docs/rules.md."""
    facts = {key: value for key, value in result.items() if key not in ("groups", "wrong")}
    text = _HEAD.format(**facts, share=SHARE, often=OFTEN * 100, baseline=BASELINE)
    for group, took in result["groups"].items():
        times = " | ".join(f"{took[key] * 1000:.1f} ms" for key in ("median", "often", "longest"))
        text += f"| {group} | {took['series']} | {times} | {took['often'] / result['interval']:.2%} |\n"
    return text


def main() -> int:
    """Measure, print, write; return 1 if a group takes too long, or not all that it reads was there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=200, help="pods of the service, and of all else (200)")
    parser.add_argument("--shards", type=int, default=64, help="shards of the service (64)")
    parser.add_argument("--warm", type=int, default=600, help="seconds before anything is measured (600)")
    parser.add_argument("--seconds", type=int, default=180, help="how long is measured (180)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/rules.md", help="the page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options.pods, options.shards, options.warm, options.seconds, Path(folder))
    options.output.write_text(page(result), encoding="utf-8")
    print(json.dumps(result) if options.json else page(result))
    failed = [*result["wrong"], *slow(result)]
    for line in failed:
        print(line, file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
