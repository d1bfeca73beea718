"""Parts of the OpenTelemetry API that few services use: what is ours to do with them waits for their first import.

They are a fifth of what obskit's start takes.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from typing import Any

import wrapt

from obskit._runtime import forks
from obskit._runtime.guard import MOMENT_SECONDS, THREADS, contained

METRICS, LOGS, PROPAGATE = "opentelemetry.metrics", "opentelemetry._logs", "opentelemetry.propagate"
#: The propagators that everybody has.
TRACE_CONTEXT, BAGGAGE = "opentelemetry.trace.propagation.tracecontext", "opentelemetry.baggage.propagation"
_PARTS = (METRICS, LOGS, PROPAGATE, TRACE_CONTEXT, BAGGAGE)


def once_there(part: str, take: Callable[[Any], object]) -> None:
    """Call with a part: now if it is there, else at the end of its first import.

    Where other threads run, one of them may be in the middle of that import, of which a hook would see a half or
    nothing: then it is imported now, which waits for them.
    """
    if part in sys.modules or _is_in_company():
        take(importlib.import_module(part))
    else:
        wrapt.register_post_import_hook(contained(f"import.{part}")(take), part)


def _is_in_company() -> bool:
    here = threading.current_thread()
    return any(thread is not here and not thread.name.startswith(THREADS) for thread in threading.enumerate())


class _All:
    """Imports them all before the first fork: a child would find those that a thread imports just now locked for ever.

    A fork waits for no longer than a moment, since that thread may itself wait for who forks.
    """

    def __init__(self) -> None:
        self._done = False

    def __call__(self) -> None:
        if not self._done:
            thread = threading.Thread(target=self._import, name=f"{THREADS}imports", daemon=True)
            thread.start()
            thread.join(MOMENT_SECONDS)

    @contained("import.all")
    def _import(self) -> None:
        for part in _PARTS:
            importlib.import_module(part)
        self._done = True


forks.before(_All())
