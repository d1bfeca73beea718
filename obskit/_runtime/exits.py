"""When a process ends: where what waits is delivered, however it ends."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


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

    def terminate(_number: int, _frame: FrameType | None) -> None:
        if os.getpid() == 1:
            flush()
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            finish()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, terminate)
