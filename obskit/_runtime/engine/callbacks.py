"""What the service observes itself is read on a thread of its own: a callback may take its time, or never return."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from obskit._runtime.engine.streams import Stream
from obskit._runtime.engine.waiting import taken
from obskit._runtime.guard import THREADS, warn

#: Values and their attributes.
Values = Iterable[tuple[float, Mapping[str, Any]]]
#: Seconds that all callbacks together may take of an export, at the most.
LONGEST = 1.0


class Callback:
    """A callback of an observable instrument.

    Args:
        stream: Takes what it returns.
        read: Calls it, and raises nothing.
    """

    def __init__(self, stream: Stream, read: Callable[[], Values]) -> None:
        self.stream, self.read = stream, read
        self.values: Values = ()
        #: Whether it was called and has not returned yet.
        self.busy = False
        #: Whether it did not return in time the last time.
        self.late = False


class Callbacks:
    """All callbacks of one process.

    One that does not return in time is left alone until it does; what it returns then is part of the next export. The
    others are read on another thread meanwhile.
    """

    def __init__(self) -> None:
        self.all: list[Callback] = []
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have no thread yet: in a forked child it is only its parent's."""
        self._thread: _Reader | None = None
        self._due: SimpleQueue[Callback | None] = SimpleQueue()
        self._done: SimpleQueue[Callback] = SimpleQueue()
        for callback in self.all:
            callback.busy = False

    def add(self, stream: Stream, read: Callable[[], Values]) -> None:
        """Add a callback; see :class:`Callback`."""
        self.all.append(Callback(stream, read))

    def read(self, patience: float) -> Iterable[tuple[Stream, Values]]:
        """Return what the callbacks say, and what those say that came late the last time.

        Args:
            patience: Seconds that all of them together may take, and once more those that waited for another.
        """
        yield from self._returned(set(), 0.0)
        # Those that were late the last time come last: nobody waits for them then.
        due = sorted((callback for callback in list(self.all) if not callback.busy), key=lambda known: known.late)
        for callback in due:
            callback.busy = True
            self._due.put(callback)
        asked = set(due)
        if asked and self._thread is None:
            self._begin()
        for _ in range(2):
            yield from self._returned(asked, patience)
            asked = self._left_behind(asked)

    def _returned(self, asked: set[Callback], patience: float) -> Iterable[tuple[Stream, Values]]:
        """Return what comes in until all that were asked have returned, or time is up."""
        until = time.monotonic() + patience
        while True:
            try:
                callback = taken(self._done, until - time.monotonic() if asked else 0.0)
            except Empty:
                return
            if callback in asked:
                asked.discard(callback)
                callback.late = False
            callback.busy = False
            yield callback.stream, callback.values

    def _begin(self) -> None:
        due, done = self._due, self._done
        self._thread = _Reader(lambda: _work(due, done))
        try:
            self._thread.start()
        except RuntimeError:  # the interpreter ends: who waits for us then does so for no longer than its budget
            self._thread = None
            due.put(None)
            _work(due, done)

    def _left_behind(self, asked: set[Callback]) -> set[Callback]:
        """Leave the one alone that does not return, and return those that another thread asks now."""
        if not asked:
            return asked
        late, self._due = self._due, SimpleQueue()
        moved = set()
        while True:
            try:
                callback = late.get_nowait()
            except Empty:
                break
            if callback is not None:
                moved.add(callback)
                self._due.put(callback)
        late.put(None)
        for callback in asked - moved:
            if not callback.late:
                warn("obskit: a callback of %s does not return; it is left alone until it does", callback.stream.name)
            callback.late = True
        self._begin()
        return moved


class _Reader(threading.Thread):
    """The thread."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(target=work, name=f"{THREADS}callbacks", daemon=True)


def is_reading() -> bool:
    """Whether this is code of a callback: to wait for the engine there is to wait for oneself."""
    return isinstance(threading.current_thread(), _Reader)


def _work(due: SimpleQueue[Callback | None], done: SimpleQueue[Callback]) -> None:
    while (callback := due.get()) is not None:
        callback.values = callback.read()
        done.put(callback)
