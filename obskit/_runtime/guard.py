"""Hooks fail open: a fault of ours is counted and contained, and a hook that keeps failing is left out for a while."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

_Hook = TypeVar("_Hook", bound=Callable[..., Any])

#: After so many faults in a row a hook is left out for so many seconds, then tried once.
BREAKER = 10
PAUSE_SECONDS = 60.0

#: Begin of the names of our threads.
THREADS = "obskit-"
#: How long a fork waits for a thread of ours, at the most.
MOMENT_SECONDS = 1.0

logger = logging.getLogger("obskit")

#: Held by a thread of ours while it logs.
_speaking = threading.RLock()

_faults: Counter[str] = Counter()
#: Hook -> its faults in a row.
_rows: Counter[str] = Counter()
#: Hook -> until when (monotonic) it is left out.
_pauses: dict[str, float] = {}
_hooks: set[str] = set()
_injected: dict[str, tuple[Exception, bool]] = {}


def contained(hook: str, default: Any = None, *, closes: str | None = None) -> Callable[[_Hook], _Hook]:
    """Decorate a hook so that no exception of it reaches the host.

    Args:
        hook: Its name in the metric of faults.
        default: What the caller gets instead.
        closes: The hook that begins what this one ends. This one is never left out, or what began would not end; its
            faults count for the other.

    Example:
        >>> @contained("example")
        ... def broken():
        ...     raise ValueError
        >>> broken()
    """
    begins = closes or hook

    def decorate(function: _Hook) -> _Hook:
        _hooks.add(hook)

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if _pauses and closes is None and time.monotonic() < _pauses.get(hook, 0.0):
                return default
            try:
                if _injected:
                    return _with_fault(hook, function, args, kwargs)
                result = function(*args, **kwargs)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is ours
                _count(hook, fault, begins)
                return default
            if _rows and hook in _rows:
                del _rows[hook]
            return result

        return guarded  # type: ignore[return-value]

    return decorate


def warn(message: str, *args: object, fault: BaseException | None = None) -> None:
    """Log a warning; what goes wrong in a handler or a filter of the host does not come back to it through us."""
    ours = threading.current_thread().name.startswith(THREADS)
    with contextlib.suppress(Exception), _speaking if ours else contextlib.nullcontext():
        logger.warning(message, *args, exc_info=fault)


def silence() -> Callable[[], None]:
    """Wait until no thread of ours logs, before a fork; return what lets them log again.

    A child that is forked meanwhile inherits the locks of the host's handlers and streams as they are: held for ever.
    A handler that hangs holds a fork up for no longer than a moment.
    """
    return _speaking.release if _speaking.acquire(timeout=MOMENT_SECONDS) else lambda: None


def begin_anew() -> None:
    """Let a forked child speak, whoever spoke in its parent."""
    global _speaking
    _speaking = threading.RLock()


def hooks() -> frozenset[str]:
    """Return the names of the hooks that exist in this process."""
    return frozenset(_hooks)


def faults() -> dict[str, int]:
    """Return hook -> contained faults."""
    return {hook: count for hook, count in _faults.items() if count}


def inject(hook: str, fault: Exception | None, *, late: bool = False) -> None:
    """Make a hook raise at every call, for tests; None ends it, and no hook is left out any more.

    Args:
        hook: Its name.
        fault: What it raises.
        late: Whether after it did its work, instead of before.
    """
    if fault is None:
        _injected.pop(hook, None)
        for counter in (_faults, _rows):
            counter.pop(hook, None)
        _pauses.clear()
    else:
        _injected[hook] = (fault, late)


def _with_fault(hook: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    fault, late = _injected.get(hook, (None, True))
    result = function(*args, **kwargs) if late else None
    if fault is not None:
        raise fault
    return result


def _count(hook: str, fault: Exception, begins: str) -> None:
    _faults[hook] += 1
    _rows[hook] += 1
    if os.environ.get("OBSKIT_STRICT") and hook not in _injected:
        raise fault
    if _rows[hook] >= BREAKER:
        _pauses[begins] = time.monotonic() + PAUSE_SECONDS
    if _faults[hook] == 1:
        warn("obskit: contained a fault in %s: %r", hook, fault, fault=fault)
    elif _rows[hook] == BREAKER:
        warn("obskit: %s failed %d times in a row; %s is left out for %.0f s", hook, BREAKER, begins, PAUSE_SECONDS)
