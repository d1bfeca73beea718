"""Encoded batches that wait for the sidecar: bounded in bytes, the oldest give way, and every loss is booked."""

from __future__ import annotations

import itertools
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Iterable

from obskit._runtime.engine.wire import fields, message, tag
from obskit._runtime.pipeline import EXPORTED
from obskit.catalogue import telemetry

#: What waits may take, in bytes, all signals together.
LIMIT = 32 * 1024 * 1024
#: Why a record is given up.
QUEUE_FULL, REJECTED, TOO_LARGE, INVALID, SHUTDOWN, KILLED = REASONS = telemetry.REASON.values
SIGNALS = telemetry.SIGNAL.values
_GROUP, _INNER = tag(1, 2), tag(2, 2)
#: A batch that the collector refuses is divided so often at the most: enough to find eight bad records among thousands.
_DIVISIONS = 100
#: How zlib is told of gzip, with the largest window.
_GZIP = 31


def zipped(body: bytes) -> bytes:
    """Compress a body; the module ``gzip`` would do the same, and take half a millisecond of a service's start."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


class Batch:
    """An encoded request.

    Args:
        signal: One of :data:`SIGNALS`.
        body: What is posted.
        records: Spans, metric points or log records in it.
        compressed: Whether the body is gzip.
        whole: The batch that it is a part of.
    """

    def __init__(
        self, signal: str, body: bytes, records: int, compressed: bool = False, whole: Batch | None = None
    ) -> None:
        self.signal, self.body, self.records, self.compressed = signal, body, records, compressed
        #: How often it may still be divided; shared with the other half.
        self.divisions: list[int] = [_DIVISIONS] if whole is None else whole.divisions
        #: Whether any of it was taken; shared as well.
        self.taken: list[bool] = [False] if whole is None else whole.taken
        #: When it was made (monotonic).
        self.born: float = time.monotonic() if whole is None else whole.born

    def halves(self) -> list[Batch]:
        """Return two batches with half the records each; none when it holds but one, or was divided too often."""
        if self.divisions[0] <= 0:
            return []
        self.divisions[0] -= 1
        plain = zlib.decompress(self.body, _GZIP) if self.compressed else self.body
        pieces = _records(plain)
        if len(pieces) < 2:
            return []
        middle = len(pieces) // 2
        share = self.records * middle // len(pieces)
        return [
            self._piece(pieces[:middle], share),
            self._piece(pieces[middle:], self.records - share),
        ]

    def _piece(self, pieces: list[tuple[bytes, bytes, bytes, bytes]], records: int) -> Batch:
        parts = []
        for (resource, head, tail), run in itertools.groupby(pieces, lambda piece: (piece[0], piece[1], piece[3])):
            records_of = b"".join(piece[2] for piece in run)
            parts.append(message(_GROUP, resource + message(_INNER, head + records_of + tail)))
        body = b"".join(parts)
        if self.compressed:
            body = zipped(body)
        return Batch(self.signal, body, records, self.compressed, self)


def _records(body: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """Every record of a request with the resource, the scope and the schema that it stands under, tags included."""
    found = []
    for _, group in fields(body):
        resource = b"".join(message(tag(number, 2), part) for number, part in fields(group) if number != 2)
        for scoped in (part for number, part in fields(group) if number == 2):
            parts = list(fields(scoped))
            head, tail = (
                b"".join(message(tag(number, 2), part) for number, part in parts if number == wanted)
                for wanted in (1, 3)
            )
            found += [(resource, head, message(_INNER, part), tail) for number, part in parts if number == 2]
    return found


class Batches:
    """The queue, and the books of what became of the records.

    Two threads of ours use it, no thread of the service does.

    Args:
        limit: Bytes that may wait.

    Example:
        >>> queue = Batches(limit=10)
        >>> for body in (b"12345678", b"abcdefgh"):
        ...     queue.put(Batch("traces", body, records=2))
        >>> queue.totals()["traces"]["queue_full"], queue.first("traces").body
        (2, b'abcdefgh')
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything: in a forked child, whose parent keeps what it has."""
        self._lock = threading.Lock()
        self._waiting: deque[Batch] = deque()
        self.bytes = 0
        #: All from the start: a counter that begins at 1 did not increase.
        self._totals = {signal: Counter(dict.fromkeys((EXPORTED, *REASONS), 0)) for signal in SIGNALS}

    def put(self, batch: Batch) -> None:
        """Append a batch; the oldest give way until it fits."""
        with self._lock:
            if len(batch.body) > self.limit:
                self._totals[batch.signal][TOO_LARGE] += batch.records
                return
            self._waiting.append(batch)
            self.bytes += len(batch.body)
            while self.bytes > self.limit and self._waiting:
                oldest = self._waiting.popleft()
                self.bytes -= len(oldest.body)
                self._totals[oldest.signal][QUEUE_FULL] += oldest.records

    def first(self, signal: str) -> Batch | None:
        """Return the oldest batch of a signal, which stays."""
        with self._lock:
            return next((batch for batch in self._waiting if batch.signal == signal), None)

    def settle(self, batch: Batch, lost: dict[str, int]) -> None:
        """Remove a batch; what is not lost was taken.

        Args:
            batch: One that :meth:`first` returned; it may have given way since, and is then settled already.
            lost: Reason -> records.
        """
        with self._lock:
            if not self._remove(batch):
                return
            totals = self._totals[batch.signal]
            taken = max(0, batch.records - sum(lost.values()))
            totals[EXPORTED] += taken
            batch.taken[0] = batch.taken[0] or taken > 0
            for reason, records in lost.items():
                totals[reason] += records

    def divide(self, batch: Batch, halves: Iterable[Batch]) -> None:
        """Put the parts of a batch in its place."""
        with self._lock:
            if self._remove(batch):
                for half in reversed(list(halves)):
                    self._waiting.appendleft(half)
                    self.bytes += len(half.body)

    def lose(self, signal: str, reason: str, records: int = 1) -> None:
        """Book records that never became a batch."""
        with self._lock:
            self._totals[signal][reason] += records

    def abandon(self) -> None:
        """Book everything that waits as lost, when the process ends."""
        with self._lock:
            while self._waiting:
                batch = self._waiting.popleft()
                self._totals[batch.signal][SHUTDOWN] += batch.records
            self.bytes = 0

    def waiting(self, since: float) -> dict[str, int]:
        """Return signal -> records that wait since then (monotonic) or longer."""
        with self._lock:
            found = dict.fromkeys(SIGNALS, 0)
            for batch in self._waiting:
                if batch.born <= since:
                    found[batch.signal] += batch.records
            return found

    def totals(self) -> dict[str, dict[str, int]]:
        """Return signal -> :data:`EXPORTED` and each reason of a loss -> records."""
        return {signal: dict(totals) for signal, totals in self._totals.items()}

    def all(self) -> list[Batch]:
        """Return what waits now."""
        with self._lock:
            return list(self._waiting)

    def any_of(self, wanted: Iterable[Batch]) -> bool:
        """Whether one of these batches, or a part of one, still waits."""
        with self._lock:
            marks = {id(batch.divisions) for batch in self._waiting}
            return any(id(batch.divisions) in marks for batch in wanted)

    def _remove(self, batch: Batch) -> bool:
        try:
            self._waiting.remove(batch)
        except ValueError:
            return False
        self.bytes -= len(batch.body)
        return True
