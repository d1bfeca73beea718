"""``ThreadPoolExecutor``: how long work waits for one of its threads; asyncio's default executor is one."""

from __future__ import annotations

import functools
import sys
from concurrent.futures.thread import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from obskit._runtime.instrumentations._waits import entering
from obskit._runtime.pipeline import Pipeline
from obskit.catalogue import runtime
from obskit.config.settings import Settings


def install(pipeline: Pipeline, _settings: Settings) -> None:
    """Time the work of every pool, of those too that are there already."""
    original: Any = ThreadPoolExecutor.submit
    enter = entering(pipeline, runtime.THREAD_POOL)

    @functools.wraps(original)
    def submit(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(self) is not ThreadPoolExecutor and _is_of_interpreters(self):
            return original(self, fn, *args, **kwargs)
        return original(self, enter, perf_counter(), fn, *args, **kwargs)

    ThreadPoolExecutor.submit = submit  # type: ignore[assignment, method-assign]


def _is_of_interpreters(pool: ThreadPoolExecutor) -> bool:
    """Whether the work of a pool runs in other interpreters (Python 3.14), which ours cannot be sent to."""
    module = sys.modules.get("concurrent.futures.interpreter")
    return isinstance(pool, getattr(module, "InterpreterPoolExecutor", ()))
