"""Exceptions that nobody catches: Python prints them on stderr, where a sidecar that reads log lines does not look."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from obskit._runtime.guard import contained
from obskit.catalogue import telemetry


def install(tell: Callable[[logging.LogRecord], None]) -> None:
    """Tell of exceptions that end the process or a thread; what happened before happens as well.

    Args:
        tell: Takes a record; not the console's handlers, since the traceback is on stderr anyway.
    """
    of_process, of_thread = sys.excepthook, threading.excepthook

    @contained("crashes.tell")
    def note(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str) -> None:
        if error is not None and issubclass(kind, Exception):
            raised = (kind, error, trace)
            tell(logging.LogRecord(telemetry.UNCAUGHT, logging.CRITICAL, where, 0, "uncaught exception", (), raised))

    def process_hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        note(kind, error, trace, "process")
        of_process(kind, error, trace)

    def thread_hook(ended: threading.ExceptHookArgs) -> None:
        note(ended.exc_type, ended.exc_value, ended.exc_traceback, "thread")
        of_thread(ended)

    sys.excepthook = process_hook
    threading.excepthook = thread_hook
