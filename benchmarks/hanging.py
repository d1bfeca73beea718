"""Whether requests wait for a sidecar that hangs: latencies of a service alone, with a sink, with a sink that hangs.

``python benchmarks/hanging.py`` prints medians and 99th percentiles as ratios to the bare service of the same round;
``--rounds 1 --seconds 1 --json`` is shorter, and for programs. Requests come at a fixed rate, whether the one before
was answered or not, so that a wait is seen in all that stand behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, it sees its own folder alone

from benchmarks.overhead.load import Connection
from tools.reliability.running import start
from tools.reliability.servers import SERVERS, Server
from tools.reliability.sink import Answer, Sink

#: Requests a second: about a fifth of what the service could answer.
RATE = 200
CASES = {"bare": Answer(), "a sink": Answer(), "a sink that hangs": Answer(0)}
_SERVERS = {server.name: server for server in SERVERS if server.name in ("uvicorn", "gunicorn gthread")}


def latencies(server: Server, case: str, seconds: float) -> list[float]:
    """Return the seconds that each request took."""
    with tempfile.TemporaryDirectory() as folder, Sink(CASES[case]) as sink:
        off = {"OTEL_SDK_DISABLED": "true"} if case == "bare" else {}
        with start(server, sink.url, Path(folder), **off) as running:
            asyncio.run(_load(running.port, 1.0))
            return asyncio.run(_load(running.port, seconds))


async def _load(port: int, seconds: float) -> list[float]:
    taken: list[float] = []

    async def request() -> None:
        began = time.perf_counter()
        with closing(Connection(port)) as connection:
            await connection.get("/order")
        taken.append(time.perf_counter() - began)

    jobs = []
    for _ in range(int(RATE * seconds)):
        jobs.append(asyncio.create_task(request()))
        await asyncio.sleep(1 / RATE)
    await asyncio.gather(*jobs)
    return taken


def measure(rounds: int, seconds: float) -> dict[str, dict[str, dict[str, float]]]:
    """Return server -> case -> ``p50`` and ``p99`` as medians of the ratios to the bare service."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, server in _SERVERS.items():
        if server.missing():
            continue
        ratios: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
        for _ in range(rounds):
            order = random.sample(list(CASES), len(CASES))
            shares = {case: _percentiles(latencies(server, case, seconds)) for case in order}
            for case in CASES:
                half, most = (shares[case][n] / shares["bare"][n] for n in (0, 1))
                ratios[case].append((half, most))
        found[name] = {
            case: dict(zip(("p50", "p99"), map(statistics.median, zip(*pairs, strict=True)), strict=True))
            for case, pairs in ratios.items()
        }
    return found


def _percentiles(taken: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[98]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; medians are over them (default 5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="seconds of load in each (default 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    found = measure(chosen.rounds, chosen.seconds)
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    print("| server | case | p50 | p99 |\n|---|---|---|---|")
    for server, cases in found.items():
        for case, ratio in cases.items():
            print(f"| {server} | {case} | {ratio['p50']:.2f} | {ratio['p99']:.2f} |")


if __name__ == "__main__":
    main()
