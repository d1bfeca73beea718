"""When a process ends: where what waits is delivered, however it ends."""

from __future__ import annotations

import atexit
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

_MOMENT = struct.Struct("d")
_BRIEFLY = 0.25


class Patience:
    """How long an exit may wait for the sidecar: the whole budget once, in a process and those that it forks together.

    Servers end a worker in two steps, the end of the lifespan and then a signal, and a parent after its children; who
    knows that the sidecar keeps nobody's promise looks only briefly whether it came back.

    Args:
        budget: Seconds.
    """

    def __init__(self, budget: float) -> None:
        self._budget = budget
        # Shared with forked children; the clock is that of the machine.
        self._shared = mmap.mmap(-1, _MOMENT.size)
        self._shared[:] = _MOMENT.pack(float("-inf"))

    def allowed(self, budget: float | None) -> float:
        """Return the seconds for a flush.

        Args:
            budget: What is asked for; the budget of an exit if None.
        """
        wanted = self._budget if budget is None else budget
        (stuck,) = _MOMENT.unpack(self._shared[:])
        return min(wanted, _BRIEFLY) if time.monotonic() - stuck < wanted else wanted

    def note(self, in_time: bool) -> None:
        """Note whether a flush was done in time."""
        self._shared[:] = _MOMENT.pack(float("-inf") if in_time else time.monotonic())


def at_exit(finish: Callable[[], object], flush: Callable[[], object]) -> None:
    """Run ``finish`` when the interpreter exits, or when SIGTERM would end a process that handles no signals itself.

    A handler that somebody installed is left alone: servers and frameworks stop by it, and we flush at their exit. Over
    the default action ours runs ``finish`` and then lets the default action end the process, as it would have. The
    first process of a container is not ended by it and lives on until it is killed: there is only ``flush`` to run.
    """
    atexit.register(finish)
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        return

    def end() -> None:
        if os.getpid() == 1:
            flush()
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            finish()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def terminate(_number: int, _frame: FrameType | None) -> None:
        monkey = sys.modules.get("gevent.monkey")
        if monkey is not None and monkey.is_module_patched("threading"):
            sys.modules["gevent"].spawn(end)  # the handler runs in the loop, where nothing may wait
        else:
            end()

    signal.signal(signal.SIGTERM, terminate)
