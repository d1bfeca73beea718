"""How long work waited for a thread: whoever is given work hands on :func:`entering`'s result in its stead."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Pipeline, Recorder
from obskit.catalogue import runtime

#: One instrument for every executor.
_recorder: Recorder | None = None


def entering(pipeline: Pipeline, executor: str) -> Callable[..., Any]:
    """Return what runs in the thread: called with when the work was given, the work and its arguments.

    One function for all work, and no closure for each.

    Args:
        pipeline: Where records go.
        executor: One of the values of ``runtime.EXECUTOR``.
    """
    global _recorder
    if _recorder is None:
        _recorder = pipeline.instrument(runtime.EXECUTOR_WAIT_TIME)
    record = _recorder.bind({runtime.EXECUTOR.name: executor})

    @contained("executor.wait")
    def waited(since: float) -> None:
        record(time.perf_counter() - since, None)

    def enter(since: float, work: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        waited(since)
        return work(*args, **named)

    return enter
