"""One measurement: a service is started, warmed up, loaded, ended, and asked what it cost and delivered."""

from __future__ import annotations

import contextlib
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.overhead import cpu, load
from benchmarks.overhead.contestants import SIGNALS, Contestant
from benchmarks.overhead.environments import Environment
from benchmarks.overhead.servers import Service
from benchmarks.overhead.sink import Sink

PATHS = ("/plain", "/db")
_COUNT = re.compile(r'^http_request_duration_seconds_count\{.*route="([^"]*)".*\} ([0-9.e+]+)$', re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """How much is asked of a service.

    Args:
        requests: Path -> requests that are measured.
        warm: Path -> requests before that.
        settle: Seconds after each phase in which it exports; longer than anybody's interval for spans and logs.
        starts: How often it is started: with two workers, the first answer comes while the other still begins.
    """

    requests: Mapping[str, int]
    warm: Mapping[str, int]
    settle: float
    starts: int

    def sent(self, path: str) -> int:
        """Return how many requests of a path there are in all; the one that waits for the start is for /plain."""
        return self.requests[path] + self.warm[path] + (path == "/plain")


FULL = Plan({"/plain": 6000, "/db": 1500}, {"/plain": 300, "/db": 100}, 6, 3)
#: Enough that no phase rounds to nothing in the ticks (10 ms) of /proc.
SHORT = Plan({"/plain": 500, "/db": 200}, {"/plain": 20, "/db": 10}, 0.5, 1)
#: Nothing of it is kept: it tells who can start, and leaves compiled files behind for those that can.
TRIAL = Plan({"/plain": 20, "/db": 10}, {"/plain": 0, "/db": 0}, 0, 1)


@dataclass(frozen=True)
class Stage:
    """What every measurement stands on.

    Args:
        database: URL of the database.
        core: The core of the services, or None.
    """

    database: str
    core: int | None


@dataclass(frozen=True)
class Measurement:
    """What one service under one contestant did.

    Args:
        start: CPU seconds until the first answer, the median of its starts.
        request: Path -> CPU seconds of a request, its share of exporting included.
        memory: MiB after the load.
        missing: Signal -> requests that left none of it at the sink; less than 0 where more came than were sent.
        unprinted: Requests without a log line on stdout.
        sent: All requests.
        spans: All spans that arrived.
    """

    start: float
    request: Mapping[str, float]
    memory: float
    missing: Mapping[str, int]
    unprinted: int
    sent: int
    spans: int


def measure(server: str, contestant: Contestant, environment: Environment, plan: Plan, stage: Stage) -> Measurement:
    """Measure one service once.

    Raises:
        RuntimeError: It does not start, or fails to answer.
    """
    starts = []
    for _ in range(plan.starts - 1):
        with Sink() as sink, _service(server, contestant, environment, sink, stage) as service:
            starts.append(service.cpu_seconds())
    with Sink() as sink:
        with _service(server, contestant, environment, sink, stage) as service:
            starts.append(service.cpu_seconds())
            request, exposition = _load(service, plan, contestant.scraped)
            memory = cpu.memory(service.session)
            service.end()
            printed = service.printed()
        counts = sink.counts()
    if contestant.scraped:
        counts["count"] = {path: int(float(count)) for path, count in _COUNT.findall(exposition)}
    sent = sum(plan.sent(path) for path in PATHS)
    return Measurement(
        start=statistics.median(starts),
        request=request,
        memory=memory,
        missing={signal: _missing(plan, counts[signal]) for signal in SIGNALS if signal in contestant.delivers},
        unprinted=sent - printed,
        sent=sent,
        spans=counts["spans"],
    )


@contextlib.contextmanager
def _service(
    server: str, contestant: Contestant, environment: Environment, sink: Sink, stage: Stage
) -> Iterator[Service]:
    """Run a service that has answered its first request."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        service = Service(
            server,
            contestant,
            environment,
            sink=sink.url,
            database=stage.database,
            folder=Path(folder),
            core=stage.core,
        )
        with service:
            yield service


def _load(service: Service, plan: Plan, scraped: bool) -> tuple[dict[str, float], str]:
    """Return the CPU seconds of a request by path, and what the last scrape told."""
    for path in PATHS:
        load.run(service.port, path, plan.warm[path])
    time.sleep(plan.settle)  # what the warm-up leaves to export is not the first phase's
    request, exposition = {}, ""
    for path in PATHS:
        before = service.cpu_seconds()
        load.run(service.port, path, plan.requests[path])
        if scraped:
            exposition = load.get(service.port, "/metrics").decode()
        time.sleep(plan.settle)
        request[path] = (service.cpu_seconds() - before) / plan.requests[path]
    return request, exposition


def _missing(plan: Plan, arrived: Mapping[str, int]) -> int:
    """Return what is missing; one route's surplus does not make up for what another lacks."""
    lacking = [plan.sent(path) - arrived.get(path, 0) for path in PATHS]
    return sum(max(0, number) for number in lacking) or sum(lacking)
