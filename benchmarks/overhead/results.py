"""What a run comes to: ratios to the bare service beside it, median and quartiles, what is missing."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.overhead.contestants import SIGNALS
from benchmarks.overhead.measure import PATHS, Measurement
from benchmarks.overhead.running import Run

#: Column -> (contestant, bare service) -> value; all but memory, which is a difference in MiB, are ratios.
COLUMNS: dict[str, Callable[[Measurement, Measurement], float]] = {
    "/plain": lambda own, bare: own.request["/plain"] / bare.request["/plain"],
    "/db": lambda own, bare: own.request["/db"] / bare.request["/db"],
    "start": lambda own, bare: own.start / bare.start,
    "memory": lambda own, bare: own.memory - bare.memory,
}


@dataclass(frozen=True)
class Spread:
    """Median and quartiles over the rounds."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Result:
    """A contestant on a server.

    Args:
        columns: Name of :data:`COLUMNS` -> its spread.
        missing: Signal, or "printed" -> requests without it, of all rounds.
        sent: Requests of all rounds.
        spans: Spans of one request.
    """

    columns: dict[str, Spread]
    missing: dict[str, int]
    sent: int
    spans: float


def result(run: Run, contestant: str, server: str) -> Result:
    """Return what a contestant that has not failed comes to."""
    pairs = run.measured[contestant, server]
    columns = {name: _spread([compare(own, bare) for own, bare in pairs]) for name, compare in COLUMNS.items()}
    every = [pair.own for pair in pairs]
    sent = sum(measurement.sent for measurement in every)
    delivered = [signal for signal in SIGNALS if signal in every[0].missing]
    missing = {signal: sum(measurement.missing[signal] for measurement in every) for signal in delivered}
    missing["printed"] = sum(measurement.unprinted for measurement in every)
    return Result(columns, missing, sent, sum(measurement.spans for measurement in every) / sent)


def as_json(run: Run) -> dict[str, Any]:
    """Return everything for programs: results, the seconds behind them, reasons where there are none."""
    servers: dict[str, dict[str, Any]] = {}
    for server in run.servers:
        for contestant in run.contestants:
            key = contestant.name, server
            found: dict[str, Any] = {"failed": run.failed[key]} if key in run.failed else asdict(result(run, *key))
            found["rounds"] = [{"own": asdict(own), "bare": asdict(bare)} for own, bare in run.measured.get(key, [])]
            servers.setdefault(server, {})[contestant.name] = found
    return {
        "short": run.short,
        "requests": {path: run.plan.requests[path] for path in PATHS},
        "seconds": round(run.seconds, 1),
        "pinned": run.pinned,
        "postgresql": run.postgresql,
        "left_out": run.left_out,
        "servers": servers,
        "versions": {name: dict(environment.versions) for name, environment in run.environments.items()},
    }


def quartiles(values: list[float]) -> list[float]:
    """Return lower quartile, median and upper quartile; of one value itself."""
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def _spread(values: list[float]) -> Spread:
    lower, median, upper = quartiles(values)
    return Spread(median, lower, upper)
