"""``anyio.to_thread.run_sync``: how long work waits for a thread; synchronous endpoints of Starlette and FastAPI do."""

from __future__ import annotations

import functools
from time import perf_counter
from typing import Any

import anyio.to_thread

from obskit._runtime.instrumentations._waits import entering
from obskit._runtime.pipeline import Pipeline
from obskit.catalogue import runtime
from obskit.config.settings import Settings


def install(pipeline: Pipeline, _settings: Settings) -> None:
    """Time what is run through the module's attribute, which is how Starlette calls it."""
    original = anyio.to_thread.run_sync
    enter = entering(pipeline, runtime.ANYIO)

    @functools.wraps(original)
    async def run_sync(func: Any, *args: Any, **options: Any) -> Any:
        return await original(enter, perf_counter(), func, *args, **options)

    anyio.to_thread.run_sync = run_sync  # type: ignore[assignment]
