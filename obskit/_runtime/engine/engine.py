"""The engine itself: buffers that anybody appends to, and the one thread that empties them.

A producer appends to a deque, which takes no lock of ours: a request never waits, neither does the handler of a signal
or the garbage collector in the middle of one. The engine's thread adds measurements up, encodes, and hands batches on
to the thread that delivers them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from obskit._runtime import forks, uwsgi
from obskit._runtime.engine import waiting
from obskit._runtime.engine.batches import (
    INVALID,
    KILLED,
    LIMIT,
    QUEUE_FULL,
    REASONS,
    SHUTDOWN,
    SIGNALS,
    Batch,
    Batches,
    zipped,
)
from obskit._runtime.engine.callbacks import LONGEST, is_reading
from obskit._runtime.engine.delivery import Delivery, Wait
from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.logbook import Entry, EntryEncoder, Kept
from obskit._runtime.engine.metering import Streams
from obskit._runtime.engine.metric_codec import MetricEncoder
from obskit._runtime.engine.scopes import Scope, Scopes, encoded_resource, request
from obskit._runtime.engine.span_codec import SpanEncoder
from obskit._runtime.engine.spans import Span
from obskit._runtime.guard import THREADS, contained
from obskit._runtime.resource import Identity
from obskit._runtime.slots import Losses
from obskit._runtime.uwsgi import Heritage
from obskit.config.destinations import Destination
from obskit.config.views import View

#: Records that wait for the engine's thread, per signal, and a crowd more; then the oldest give way. It comes by once a
#: second, and at once where a crowd waits.
_MOST_WAITING, _MANY = 65_536, 1024
#: What gives way while the thread hangs, as in a callback of the service, is counted up to this.
_MOST_OVERRUN = 1_000_000
#: A request holds so many bytes at the most, but for one record that is larger; collectors take 4 MiB and more.
_BODY = 1 << 20
_LONGEST_PAUSE = 1.0
#: After so many records the interpreter is offered to the others: about a quarter of a millisecond.
_SLICE = 64
#: What waits for longer would be missed if the process were killed now; what does not is on its way.
_OLD_SECONDS = 2.0

_LIMITS = Limits()

Measurement = tuple[Any, float, Any, Any, int]


class Options(NamedTuple):
    """What the engine is told.

    Args:
        destinations: Signal -> where it goes; a signal that is not here is not sent.
        interval: Seconds between two exports of metrics.
        limit: Bytes that may wait.
        patient: Whether a sidecar that never answered may still come, so that an exit waits for it.
        limits: How much a record may hold.
        views: What becomes of the instruments of the service.
    """

    destinations: dict[str, Destination]
    interval: float
    limit: int = LIMIT
    patient: bool = False
    limits: Limits = _LIMITS
    views: tuple[View, ...] = ()


class Engine:
    """Takes records of all signals.

    Args:
        options: See there.
        identity: Claims the place of this process.
    """

    def __init__(self, options: Options, identity: Identity) -> None:
        self._options, self._identity = options, identity
        self.limits = options.limits
        self.spans: deque[Span] = deque()
        self.logs: deque[Entry | Kept] = deque()
        self.measurements: deque[Measurement] = deque()
        #: One for each span or record that gave way before it was encoded.
        self._overrun: deque[str] = deque(maxlen=_MOST_OVERRUN)
        self._end = self._taking(self.spans, "traces")
        #: Takes a measurement, or a log record.
        self.measure = self._taking(self.measurements, "metrics")
        self.log: Callable[[Entry | Kept], None] = self._taking(self.logs, "logs")
        self.batches = Batches(options.limit)
        self.delivery = Delivery(self.batches, options.destinations, self._note, patient=options.patient)
        self.streams = Streams(self.measure, options.views)
        self.scopes = Scopes()
        self._spans, self._entries, self._metrics = SpanEncoder(), EntryEncoder(), MetricEncoder()
        self._running = False
        self._thread: threading.Thread | None = None
        #: How often this process did something else than measure; two threads may count as one.
        self._woken = 0
        self._heritage: Heritage | None = None
        self._pause = min(_LONGEST_PAUSE, options.interval)
        self._begin()

    def _begin(self) -> None:
        self.started = time.time_ns()
        self._mail: SimpleQueue[Wait | None] = SimpleQueue()
        self._due = time.monotonic() + self._options.interval
        #: Whether this process forked and did nothing since.
        self.quiet = False
        self._news = False
        #: What the last process in this place took with it; told after zero was, or nobody sees an increase.
        self._left = _known(self._identity.claim())
        #: That, once it may be told: signal -> reason -> records; and the batch that tells it first.
        self.inherited: dict[str, dict[str, int]] = {}
        self._telling: Batch | None = None
        self._resource = encoded_resource(self._identity.attributes())

    # --- any thread

    def ended(self, span: Span) -> None:
        """Take a span that ended."""
        self.quiet = False
        self._woken += 1
        self._end(span)

    def wake(self) -> None:
        """Be a process that does something."""
        self.quiet = False
        self._woken += 1

    def _taking(self, buffer: deque[Any], signal: str) -> Callable[[Any], None]:
        """Return what takes the records of a signal: a function without a look at anything it could know before."""
        if signal not in self._options.destinations:
            return lambda _: None
        page, append = forks.page, buffer.append

        def take(record: Any) -> None:
            if not page[0]:
                forks.check()
            append(record)
            if not len(buffer) % _MANY:
                self._crowd(buffer, signal)

        return take

    def _crowd(self, buffer: deque[Any], signal: str) -> None:
        """Come by at once; what is too much for as long as that cannot be gives way."""
        if not self._options.destinations:  # stopped
            buffer.clear()
            return
        self._mail.put(None)
        for _ in range(len(buffer) - _MOST_WAITING):
            try:
                buffer.popleft()
            except IndexError:  # emptied in between
                return
            self._overrun.append(signal)

    def flush(self, budget: float) -> bool:
        """Deliver what was accepted, within the budget in seconds; False when it was not enough.

        Takes no lock, as the handler of a signal calls it.
        """
        if not self._running:
            return True
        if threading.current_thread() in (self._thread, self.delivery.thread) or is_reading():
            return False  # it would wait for itself
        wait = Wait(SimpleQueue(), time.monotonic() + budget)
        self._mail.put(wait)
        try:
            return waiting.taken(wait.reply, budget)
        except Empty:
            return False

    # --- life

    def start(self) -> None:
        """Start the threads."""
        self._running = True
        self._thread = threading.Thread(target=self._work, name=f"{THREADS}engine", daemon=True)
        self._thread.start()
        self.delivery.start()

    def bequeath(self) -> None:
        """Leave what is recorded until the threads start to whoever starts them first, this process or a child."""
        self._heritage = Heritage()

    def inherit(self) -> None:
        """Forget what was recorded before, unless it was left to this process: then it is the parent's to send."""
        if self._heritage is None or uwsgi.is_loading() or not self._heritage.claim():
            for buffer in (self.spans, self.logs, self.measurements, self._overrun):
                buffer.clear()

    def begin_anew(self) -> None:
        """Be the engine of a forked child."""
        self.inherit()
        self.batches.begin_anew()
        self.delivery.begin_anew()
        self.streams.begin_anew()
        self._begin()

    def forked(self) -> None:
        """Be the engine of a parent: most that fork wait for their children and have nothing to say of themselves."""
        self.quiet = True
        self.measurements.append((_Forked(self), 0, None, None, 0))

    def stop(self) -> None:
        """Take nothing any more: where the start failed, nobody would empty the buffers."""
        self._options = self._options._replace(destinations={})

    def give_up(self) -> None:
        """Book as lost what still waits."""
        for signal, buffer in (("traces", self.spans), ("logs", self.logs)):
            self.batches.lose(signal, SHUTDOWN, len(buffer))
            buffer.clear()
        self.batches.abandon()
        # Nobody hears of this process again: its successor tells.
        self._note()

    def totals(self) -> dict[str, dict[str, int]]:
        """Return signal -> outcome -> records."""
        return self.batches.totals()

    # --- the engine's thread

    def _work(self) -> None:
        mail = self._mail
        while mail is self._mail:  # a forked child has another, and another thread
            try:
                wait = waiting.taken(mail, self._pause)
            except Empty:
                wait = None
            self.turn(wait)

    def turn(self, wait: Wait | None = None) -> None:
        """Empty the buffers; read and encode the metrics when it is time, or when somebody waits."""
        _step(self.digest)
        _step(lambda: self._put("traces", self.spans, self._spans.encoded, lambda span: span.instrumentation_scope))
        _step(lambda: self._put("logs", self.logs, self._entries.encoded, lambda entry: entry.scope))
        now = time.monotonic()
        if wait is not None or now >= self._due:
            if self.batches.bytes:  # before anything of the service's own is read, which may take its time
                self.delivery.wake()
            earliest = now if wait is not None else self._due
            self._due = max(earliest + self._options.interval, now)
            _step(self.collect)
        self._note()
        if wait is not None:
            wait.batches = self.batches.all()
        if wait is not None or self.batches.bytes:
            self.delivery.wake(wait)

    def digest(self) -> None:
        """Add up the measurements."""
        for number, (what, value, attributes, span, moment) in enumerate(_taken(self.measurements)):
            try:
                is_work = what.take(value, attributes, span, moment)
            except Exception:  # noqa: BLE001 - a value that is no number takes no other with it
                self.batches.lose("metrics", INVALID)
                continue
            if is_work:
                self._news, self.quiet = True, False
            if not number % _SLICE:
                time.sleep(0)  # a request that waits for the interpreter gets it
        while self._overrun:
            self.batches.lose(self._overrun.popleft(), QUEUE_FULL)

    def _has_told(self) -> bool:
        """Whether the collector knows what the last process in this place took with it."""
        return self._telling is not None and self._telling.taken[0]

    def _note(self) -> None:
        """Note what nobody would hear of if this process were no more."""
        losses = {
            KILLED: self.batches.waiting(since=time.monotonic() - _OLD_SECONDS),
            SHUTDOWN: {signal: totals[SHUTDOWN] for signal, totals in self.totals().items()},
        }
        if not self._has_told():
            for signal, reasons in self._left.items():
                for reason, count in reasons.items():
                    losses.setdefault(reason, {}).setdefault(signal, 0)
                    losses[reason][signal] += count
        self._identity.note(losses)

    def collect(self) -> None:
        """Read what is observed, and put all metrics into the queue.

        A parent that only waits for its children sends what it measured before it forked, once: read values would be
        series of a process that does nothing.
        """
        if "metrics" not in self._options.destinations or (self.quiet and not self._news):
            return
        self._news = False
        if self.quiet:
            self.streams.forget()
        else:
            self.streams.read(min(LONGEST, self._options.interval / 2))
        now, groups, points = time.time_ns(), _Groups(), 0
        for stream in list(self.streams.all):
            if not stream.points:
                continue
            try:
                groups.add(stream.scope, self._metrics.encoded(stream, self.started, now))
                points += len(stream.points)
            except Exception:  # noqa: BLE001 - one instrument that cannot be encoded takes no other with it
                self.batches.lose("metrics", INVALID, len(stream.points))
        if points:
            batch = self._finish("metrics", groups, points)
            if self.inherited and not self._has_told():
                self._telling = batch
            self.inherited = self._left

    def entries(self) -> list[Entry]:
        """Take the log records out of their buffer."""
        return [self._ready(taken) for taken in _taken(self.logs)]

    def _ready(self, taken: Any) -> Any:
        return taken.entry(self.scopes, self.limits) if type(taken) is Kept else taken

    def _put(
        self, signal: str, records: deque[Any], encode: Callable[[Any], bytes], scope_of: Callable[[Any], Scope]
    ) -> None:
        groups = _Groups()
        for taken in _taken(records):
            try:
                record = self._ready(taken)
                groups.add(scope_of(record), encode(record))
            except Exception:  # noqa: BLE001 - one record that cannot be encoded takes no other with it
                self.batches.lose(signal, INVALID)
                continue
            if not groups.count % _SLICE:
                time.sleep(0)  # a request that waits for the interpreter gets it
            if groups.bytes >= _BODY:
                self._finish(signal, groups, groups.count)
                groups = _Groups()
        if groups.count:
            self._finish(signal, groups, groups.count)

    def _finish(self, signal: str, groups: _Groups, records: int) -> Batch:
        body = request(self._resource, groups.by_scope)
        compressed = self._options.destinations[signal].compressed
        batch = Batch(signal, zipped(body) if compressed else body, records, compressed)
        self.batches.put(batch)
        return batch


class _Forked:
    """Stands among the measurements where the process forked: what comes before is no sign that it does something."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._woken = engine, engine._woken

    def take(self, *_: Any) -> bool:
        """Be quiet again, unless something but measurements woke the process since."""
        self._engine.quiet = self._engine._woken == self._woken
        return False


@contained("engine.turn", closes="engine.turn")  # never left out
def _step(step: Callable[[], None]) -> None:
    """Run one part of a turn; what fails there keeps no other part from its work."""
    step()


def _known(left: Losses) -> dict[str, dict[str, int]]:
    """What a process left behind, by signal, without what somebody else may have written into its file."""
    return {
        signal: {reason: counts.get(signal, 0) for reason, counts in left.items() if reason in REASONS}
        for signal in SIGNALS
    }


class _Groups:
    """Encoded records by scope."""

    def __init__(self) -> None:
        self.by_scope: dict[Scope, list[bytes]] = {}
        self.bytes = self.count = 0

    def add(self, scope: Scope, record: bytes) -> None:
        """Add a record."""
        self.by_scope.setdefault(scope, []).append(record)
        self.bytes += len(record)
        self.count += 1


def _taken(buffer: deque[Any]) -> Iterable[Any]:
    """Take out what is there now; more may come meanwhile."""
    for _ in range(len(buffer)):
        try:
            yield buffer.popleft()
        except IndexError:  # what is too much gives way
            return
