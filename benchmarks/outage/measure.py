"""One run: the same service three times, at once and under the same load, one of them without its sidecar meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.overhead.contestants import BARE, BY_NAME, LINE
from benchmarks.overhead.environments import current
from benchmarks.overhead.load import Connection, LoadFailed
from benchmarks.overhead.running import filled_database
from benchmarks.overhead.servers import Service
from obskit.catalogue import http, telemetry
from tools.reliability.sink import Post, Sink

#: Who runs: the service alone, with its sidecar all the time, without it in the outage.
ALONE, UP, AWAY = CASES = ("bare", "sidecar up", "sidecar away")
PATH = "/db"
QUERIES = 3
#: Seconds of load before the outage, at most; how long the rest may take to arrive after it.
_WARM, _PATIENCE = 60.0, 60.0
#: How often memory is looked at in an outage, and how many looks go by between two that are told.
_SAMPLES, _TOLD = 60, 6
_PAGE = os.sysconf("SC_PAGE_SIZE")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Delivered:
    """What arrived from one service, next to what it was asked.

    Args:
        requests: Requests that it answered.
        failed: Requests that it did not answer.
        spans: Server spans of them.
        queries: Spans of their queries.
        logs: Their log lines.
        durations: Their count in the histogram of durations.
        twice: Spans that arrived again.
        dropped: Records that it says it gave up.
    """

    requests: int
    failed: int
    spans: int
    queries: int
    logs: int
    durations: int
    twice: int
    dropped: int

    def complete(self) -> bool:
        """Whether everything arrived, and once."""
        arrived = (self.spans, self.queries, self.logs, self.durations)
        wanted = (self.requests, QUERIES * self.requests, self.requests, self.requests)
        return arrived == wanted and not self.failed and not self.twice and not self.dropped


@dataclass(frozen=True)
class Sample:
    """Memory at one moment.

    Args:
        second: Of the outage.
        memory: Case -> resident MiB.
    """

    second: float
    memory: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Args:
        seconds: How long the outage was.
        rate: Requests a second.
        samples: Memory during the outage, from its first to its last moment.
        after: Resident MiB by case, once all has arrived.
        waited: Signal -> bytes that waited when the sidecar came back.
        caught_up: Seconds until they had arrived.
        delivered: What arrived from each observed service.
        postgresql: Version.
    """

    seconds: float
    rate: float
    samples: Sequence[Sample]
    after: Mapping[str, float]
    waited: Mapping[str, int]
    caught_up: float
    delivered: Mapping[str, Delivered]
    postgresql: str

    def growth(self, case: str) -> float:
        """Return MiB by which a service grew in the outage."""
        return self.samples[-1].memory[case] - self.samples[0].memory[case]


def measure(seconds: float, rate: float, say: Say) -> Outcome:
    """Run the services through an outage.

    Raises:
        RuntimeError: A service does not start, or there is no database.
    """
    with ExitStack() as stack:
        say("starting PostgreSQL and the services")
        url, version = stack.enter_context(filled_database())
        sinks = {case: stack.enter_context(Sink()) for case in (UP, AWAY)}
        services = {case: stack.enter_context(_service(case, sinks, url, stack)) for case in CASES}
        warm = min(_WARM, seconds / 2)
        say(f"{warm:.0f} s of load with the sidecars up")
        answered, _ = _steady(services, rate, warm, lambda _: None)
        sinks[AWAY].leave()
        more, samples = _steady(services, rate, seconds, lambda sample: _tell(sample, seconds, say))
        say("the sidecar is back")
        back, now = time.monotonic(), time.time_ns()
        sinks[AWAY].listen()
        total = {case: [old + new for old, new in zip(answered[case], more[case], strict=True)] for case in CASES}
        posts = _backlog(sinks[AWAY], total[AWAY][0], back, now)
        waited = {name: sum(post.size for post in posts if post.signal == name) for name in telemetry.SIGNAL.values}
        caught_up = max((post.moment - back for post in posts), default=0.0)
        after = _memory(services)
        for service in services.values():
            service.end()
        delivered = {case: _delivered(sinks[case], *total[case]) for case in sinks}
        return Outcome(seconds, rate, samples, after, waited, caught_up, delivered, version)


def _service(case: str, sinks: Mapping[str, Sink], database: str, stack: ExitStack) -> Service:
    """Make a service with a folder of its own, where what it leaves behind is no successor's of another run."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outage-")))
    state = {"OBSKIT_STATE_DIRECTORY": str(folder / "state")}
    contestant = BARE if case == ALONE else dataclasses.replace(BY_NAME["obskit"], environment=lambda _: state)
    sink = sinks[case].url if case in sinks else ""
    return Service("fastapi", contestant, current(), sink=sink, database=database, folder=folder, core=None)


def _steady(
    services: Mapping[str, Service], rate: float, seconds: float, watch: Callable[[Sample], None]
) -> tuple[dict[str, list[int]], list[Sample]]:
    """Ask every service at a fixed rate, whether it answered before or not.

    Returns:
        Case -> requests that were answered and that were not; memory meanwhile.
    """
    counts = {case: [0, 0] for case in services}
    samples: list[Sample] = []

    async def ask(case: str) -> None:
        with contextlib.closing(Connection(services[case].port)) as connection:
            try:
                await connection.get(PATH)
            except (OSError, EOFError, LoadFailed):
                counts[case][1] += 1
            else:
                counts[case][0] += 1

    async def load() -> None:
        began, jobs = time.monotonic(), []
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            now = time.monotonic() - began
            if now >= len(samples) * seconds / _SAMPLES:
                samples.append(Sample(now, _memory(services)))
                if len(samples) % _TOLD == 1:
                    watch(samples[-1])
            jobs += [asyncio.create_task(ask(case)) for case in services]
        await asyncio.gather(*jobs)
        samples.append(Sample(time.monotonic() - began, _memory(services)))

    asyncio.run(load())
    return counts, samples


def _memory(services: Mapping[str, Service]) -> dict[str, float]:
    """Resident MiB of each service, which is one process."""
    pages = {case: Path(f"/proc/{service.session}/statm").read_text().split()[1] for case, service in services.items()}
    return {case: int(count) * _PAGE / 2**20 for case, count in pages.items()}


def _tell(sample: Sample, seconds: float, say: Say) -> None:
    memory = ", ".join(f"{case} {value:.1f}" for case, value in sample.memory.items())
    say(f"outage: {sample.second:.0f} of {seconds:.0f} s; resident MiB: {memory}")


def _backlog(sink: Sink, requests: int, back: float, now: int) -> list[Post]:
    """Wait until all that waited has arrived, and return it.

    Args:
        sink: The sidecar, which is back.
        requests: How many there were; no more come.
        back: When it came back (monotonic).
        now: The same in nanoseconds since the epoch.
    """
    while time.monotonic() < back + _PATIENCE:
        found = _delivered(sink, requests, 0)
        metrics = [post for post in sink.taken("metrics") if _is_later(post, now)]  # they come in their order
        if found.logs >= requests and found.spans >= requests and metrics:
            break
        time.sleep(0.5)
    posts = [post for name in telemetry.SIGNAL.values for post in sink.taken(name) if post.moment > back]
    return [post for post in posts if post.signal != "metrics" or not _is_later(post, now)]


def _is_later(post: Post, now: int) -> bool:
    return any(moment > now for _, moment in post.moments())


def _delivered(sink: Sink, requests: int, failed: int) -> Delivered:
    spans = sink.spans()
    ours = {span.trace_id for span in spans if span.kind == Span.SPAN_KIND_SERVER and span.name.endswith(PATH)}
    once = {span.span_id: span for span in spans if span.trace_id in ours}
    kinds = [span.kind for span in once.values()]
    return Delivered(
        requests=requests,
        failed=failed,
        spans=kinds.count(Span.SPAN_KIND_SERVER),
        queries=kinds.count(Span.SPAN_KIND_CLIENT),
        logs=len(sink.logs(LINE + PATH)),
        durations=int(sink.total(http.SERVER_REQUEST_DURATION.name, **{http.ROUTE.name: PATH})),
        twice=len(spans) - len({span.span_id for span in spans}),
        dropped=int(sink.total(telemetry.DROPPED.name)),
    )
