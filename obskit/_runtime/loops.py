"""How late the event loop is: a timer asks to be called in half a second and measures how much later that was."""

from __future__ import annotations

import asyncio
import time
import weakref

from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Pipeline, Series
from obskit.catalogue import runtime

_PERIOD = 0.5

_record: Series | None = None
_watched: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


def install(pipeline: Pipeline) -> None:
    """Create the instrument; loops are watched as they are met."""
    global _record
    _record = pipeline.instrument(runtime.EVENT_LOOP_LAG).bind({})


@contained("loop.watch")
def watch() -> None:
    """Watch the running loop, once."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # an ASGI server on another library than asyncio
        return
    if loop not in _watched:
        _watched.add(loop)
        _schedule(loop)


def _schedule(loop: asyncio.AbstractEventLoop) -> None:
    due = time.perf_counter() + _PERIOD
    loop.call_later(_PERIOD, _tick, weakref.ref(loop), due)


@contained("loop.tick")
def _tick(reference: weakref.ref[asyncio.AbstractEventLoop], due: float) -> None:
    loop = reference()
    if loop is None or loop.is_closed() or _record is None:
        return
    _record(max(0.0, time.perf_counter() - due), None)
    _schedule(loop)
