"""Hooks fail open: a fault of ours is counted and contained, and a hook that keeps failing is switched off."""

from __future__ import annotations

import functools
import logging
import os
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

_Hook = TypeVar("_Hook", bound=Callable[..., Any])

#: After so many faults a hook is switched off for the life of the process.
BREAKER = 10

logger = logging.getLogger("obskit")

_faults: Counter[str] = Counter()
_hooks: set[str] = set()
_injected: dict[str, Exception] = {}


def contained(hook: str, default: Any = None) -> Callable[[_Hook], _Hook]:
    """Decorate a hook so that no exception of it reaches the host.

    Args:
        hook: Its name in the metric of faults.
        default: What the caller gets instead.

    Example:
        >>> @contained("example")
        ... def broken():
        ...     raise ValueError
        >>> broken()
    """

    def decorate(function: _Hook) -> _Hook:
        _hooks.add(hook)

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if _faults[hook] >= BREAKER:
                return default
            try:
                if _injected:
                    _raise_injected(hook)
                return function(*args, **kwargs)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is ours
                _count(hook, fault)
                return default

        return guarded  # type: ignore[return-value]

    return decorate


def hooks() -> frozenset[str]:
    """Return the names of the hooks that exist in this process."""
    return frozenset(_hooks)


def faults() -> dict[str, int]:
    """Return hook -> contained faults."""
    return {hook: count for hook, count in _faults.items() if count}


def inject(hook: str, fault: Exception | None) -> None:
    """Make a hook raise at every call, for tests; None ends it and closes its breaker."""
    if fault is None:
        _injected.pop(hook, None)
        _faults.pop(hook, None)
    else:
        _injected[hook] = fault


def _raise_injected(hook: str) -> None:
    fault = _injected.get(hook)
    if fault is not None:
        raise fault


def _count(hook: str, fault: Exception) -> None:
    _faults[hook] += 1
    if os.environ.get("OBSKIT_STRICT") and hook not in _injected:
        raise fault
    if _faults[hook] == 1:
        logger.warning("obskit: contained a fault in %s: %r", hook, fault, exc_info=fault)
    elif _faults[hook] == BREAKER:
        logger.warning("obskit: %s failed %d times and is switched off", hook, BREAKER)
