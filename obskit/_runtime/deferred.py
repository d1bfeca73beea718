"""Recording from places where no lock may be taken.

The garbage collector calls back in the middle of anything, also of an instrument that holds its lock in that thread; a
pool returns a forgotten connection from there. What is measured there is only noted, and recorded a moment later.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque

from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Attributes, Recorder

_PERIOD = 0.5
_CAPACITY = 100_000

_noted: deque[tuple[Recorder, float, Attributes]] = deque(maxlen=_CAPACITY)


def later(record: Recorder) -> Recorder:
    """Return a recorder that may be called from anywhere; its values arrive within half a second."""

    def note(value: float, attributes: Attributes) -> None:
        _noted.append((record, value, attributes))

    return note


@contained("deferred.drain")
def drain() -> None:
    """Record what was noted."""
    for _ in range(len(_noted)):
        try:
            record, value, attributes = _noted.popleft()
        except IndexError:  # another thread drains as well
            return
        record(value, attributes)


def start() -> None:
    """Drain every half second, on a daemon thread; a forked child does too, and leaves what was noted to its parent."""
    _run()
    os.register_at_fork(after_in_child=_begin_anew)


def _begin_anew() -> None:
    _noted.clear()
    _run()


def _run() -> None:
    def work() -> None:
        while True:
            time.sleep(_PERIOD)
            drain()

    threading.Thread(target=work, name="obskit-deferred", daemon=True).start()
