"""Every record is accounted for: taken by the collector, or given up and why."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Outcome:
    """How an export ended."""

    taken: bool = False


class Account:
    """The books of one signal.

    A queue that drops its oldest record when full gives up a record exactly when what it accepted and did not hand on
    would exceed its size; so the drops follow from what went in and what came out, without looking inside.

    Args:
        capacity: Records that the queue holds.

    Example:
        >>> account = Account(capacity=2)
        >>> for _ in range(3):
        ...     account.accepted()
        >>> account.totals()["queue_full"]
        1
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting = 0
        # Re-entrant: the handler of a signal may close the books while the thread that it interrupts writes them.
        self._lock = threading.RLock()
        self._totals: Counter[str] = Counter(exported=0, queue_full=0, export_failed=0, shutdown=0)

    def accepted(self) -> None:
        """Count a record that entered the queue."""
        with self._lock:
            if self._waiting < self._capacity:
                self._waiting += 1
            else:
                self._totals["queue_full"] += 1

    def handed_on(self, records: int) -> None:
        """Count records that left the queue for the wire."""
        with self._lock:
            self._waiting = max(0, self._waiting - records)

    @contextmanager
    def settling(self, records: int) -> Iterator[Outcome]:
        """Count records that the collector took, or that were given up, also by an exception."""
        outcome = Outcome()
        try:
            yield outcome
        finally:
            with self._lock:
                self._totals["exported" if outcome.taken else "export_failed"] += records

    def closed(self) -> None:
        """Count what is still in the queue when the budget of the exit is over."""
        with self._lock:
            self._totals["shutdown"] += self._waiting
            self._waiting = 0

    def totals(self) -> dict[str, int]:
        """Return ``exported`` and each reason of a drop."""
        return dict(self._totals)
