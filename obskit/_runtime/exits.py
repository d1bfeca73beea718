"""A bounded exit: one budget for all signals together, spent on threads that already run.

From Python 3.12 on no thread can be started once the interpreter exits, and an exporter that retries may block for half
a minute; so the threads wait from the start, and nobody waits for them longer than the budget.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

Job = Callable[[], None]


class Crew:
    """Daemon threads that run blocking jobs side by side.

    Args:
        size: How many jobs run at once.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.muster()

    def muster(self) -> None:
        """Start the threads; anew in a forked child, since its parent's stayed behind."""
        self._jobs: queue.SimpleQueue[tuple[Job, queue.SimpleQueue[bool]]] = queue.SimpleQueue()
        for number in range(self._size):
            threading.Thread(target=self._work, args=(self._jobs,), name=f"obskit-exit-{number}", daemon=True).start()

    def run(self, jobs: list[Job], budget: float) -> bool:
        """Run jobs and wait for all of them, but no longer than the budget in seconds; False when it ran out.

        Safe in a signal handler: the queues are re-entrant, and no lock is taken.
        """
        done: queue.SimpleQueue[bool] = queue.SimpleQueue()
        deadline = time.monotonic() + budget
        for job in jobs:
            self._jobs.put((job, done))
        for _ in jobs:
            try:
                done.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
        return True

    @staticmethod
    def _work(jobs: queue.SimpleQueue[tuple[Job, queue.SimpleQueue[bool]]]) -> None:
        while True:
            job, done = jobs.get()
            with contextlib.suppress(Exception):  # an exporter's fault is its own; the exit goes on
                job()
            done.put(True)


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
