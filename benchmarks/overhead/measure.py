"""One measurement: two services are started, loaded by turns, ended, and asked what they cost and delivered."""

from __future__ import annotations

import contextlib
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks.overhead import cpu, load
from benchmarks.overhead.contestants import SIGNALS, Contestant
from benchmarks.overhead.environments import Environment
from benchmarks.overhead.servers import Service
from benchmarks.overhead.sink import Sink

T = TypeVar("T")
#: A contestant and what its service runs in.
Who = tuple[Contestant, Environment]

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
        blocks: In how many parts the requests come, the bare service's and the contestant's by turns.
    """

    requests: Mapping[str, int]
    warm: Mapping[str, int]
    settle: float
    starts: int
    blocks: int

    def __post_init__(self) -> None:
        if any(number % self.blocks for number in self.requests.values()):
            raise ValueError(f"{self.requests} requests do not make {self.blocks} equal blocks")

    def sent(self, path: str) -> int:
        """Return how many requests of a path there are in all; the one that waits for the start is for /plain."""
        return self.requests[path] + self.warm[path] + (path == "/plain")


FULL = Plan({"/plain": 6000, "/db": 1500}, {"/plain": 300, "/db": 100}, 6, 3, 20)
#: Enough that no phase rounds to nothing in the ticks (10 ms) of /proc.
SHORT = Plan({"/plain": 500, "/db": 200}, {"/plain": 20, "/db": 10}, 0.5, 1, 5)
#: Nothing of it is kept: it tells who can start, and leaves compiled files behind for those that can.
TRIAL = Plan({"/plain": 20, "/db": 10}, {"/plain": 0, "/db": 0}, 0, 1, 1)


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


class Pair(NamedTuple):
    """What a contestant did, and the bare service beside it."""

    own: Measurement
    bare: Measurement


class _Subject:
    """A service that is measured, with its sink; ends with the stack.

    Raises:
        RuntimeError: It does not start.
    """

    def __init__(self, who: Who, server: str, stage: Stage, stack: contextlib.ExitStack) -> None:
        self.contestant, environment = who
        self._sink = stack.enter_context(Sink())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overhead-")))
        self.service = Service(
            server,
            self.contestant,
            environment,
            sink=self._sink.url,
            database=stage.database,
            folder=folder,
            core=stage.core,
        )
        with self.blamed():
            stack.enter_context(self.service)
        self.start = self.service.cpu_seconds()
        self.request: dict[str, float] = {}
        self.memory = 0.0
        self._exposition = ""

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Say whose fault it is."""
        try:
            yield
        except (RuntimeError, OSError) as error:
            raise RuntimeError(f"{self.contestant.name}: {error}") from error

    def ask(self, path: str, requests: int) -> None:
        """Send it requests."""
        with self.blamed():
            load.run(self.service.port, path, requests)

    def scrape(self) -> None:
        """Ask for its metrics as Prometheus does, where it is asked for them."""
        if self.contestant.scraped:
            self._exposition = load.get(self.service.port, "/metrics").decode()

    def result(self, plan: Plan, start: float) -> Measurement:
        """End it, and return what it did."""
        with self.blamed():
            self.service.end()
            counts, printed = self._sink.counts(), self.service.printed()
        if self.contestant.scraped:
            counts["count"] = {path: int(float(count)) for path, count in _COUNT.findall(self._exposition)}
        sent = sum(plan.sent(path) for path in PATHS)
        delivers = self.contestant.delivers
        return Measurement(
            start=start,
            request=self.request,
            memory=self.memory,
            missing={signal: _missing(plan, counts[signal]) for signal in SIGNALS if signal in delivers},
            unprinted=sent - printed,
            sent=sent,
            spans=counts["spans"],
        )


def measure(server: str, bare: Who, own: Who, plan: Plan, stage: Stage) -> Pair:
    """Measure a contestant once, and the bare service beside it: what the machine does meanwhile meets both.

    Raises:
        RuntimeError: One of them does not start, or fails to answer.
    """
    starts: tuple[list[float], list[float]] = ([], [])
    for _ in range(plan.starts - 1):
        for who, found in _shuffled(zip((bare, own), starts, strict=True)):
            with contextlib.ExitStack() as stack:
                found.append(_Subject(who, server, stage, stack).start)
    with contextlib.ExitStack() as stack:
        subjects = []
        for who, found in _shuffled(zip((bare, own), starts, strict=True)):
            subjects.append(_Subject(who, server, stage, stack))
            found.append(subjects[-1].start)
        subjects.sort(key=lambda subject: subject.contestant == own[0])
        _load(subjects, plan)
        without, with_it = (
            subject.result(plan, statistics.median(found)) for subject, found in zip(subjects, starts, strict=True)
        )
    return Pair(with_it, without)


def _load(subjects: Sequence[_Subject], plan: Plan) -> None:
    """Send all requests, in blocks by turns; note the CPU seconds of a request by path, and the memory after all."""
    for path in PATHS:
        for subject in subjects:
            subject.ask(path, plan.warm[path])
    time.sleep(plan.settle)  # what the warm-up leaves to export is not the first phase's
    for path in PATHS:
        before = [subject.service.cpu_seconds() for subject in subjects]
        for _ in range(plan.blocks):
            for subject in _shuffled(subjects):
                subject.ask(path, plan.requests[path] // plan.blocks)
        for subject in subjects:
            subject.scrape()
        time.sleep(plan.settle)
        for subject, spent in zip(subjects, before, strict=True):
            subject.request[path] = (subject.service.cpu_seconds() - spent) / plan.requests[path]
    for subject in subjects:  # while both are there: what they share is divided between them
        subject.memory = cpu.memory(subject.service.session)


def _shuffled(items: Iterable[T]) -> list[T]:
    every = list(items)
    return random.sample(every, len(every))


def _missing(plan: Plan, arrived: Mapping[str, int]) -> int:
    """Return what is missing; one route's surplus does not make up for what another lacks."""
    lacking = [plan.sent(path) - arrived.get(path, 0) for path in PATHS]
    return sum(max(0, number) for number in lacking) or sum(lacking)
