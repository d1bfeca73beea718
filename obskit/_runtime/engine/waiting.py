"""Waiting for a queue, for a time."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TypeVar

_Item = TypeVar("_Item")
#: Below this the queue is not asked to wait.
_SHORT_SECONDS = 0.05


def taken(queue: SimpleQueue[_Item], seconds: float) -> _Item:
    """Take the next item out of a queue.

    ``SimpleQueue`` of Python 3.10 waits for ever when the time is up between its first look and its second, as it
    always is with none.

    Args:
        queue: The queue.
        seconds: How long to wait for one.

    Raises:
        Empty: None came.

    Example:
        >>> queue = SimpleQueue()
        >>> queue.put(7)
        >>> taken(queue, 0)
        7
    """
    if seconds >= _SHORT_SECONDS:
        return queue.get(timeout=seconds)
    try:
        return queue.get_nowait()
    except Empty:
        if seconds <= 0:
            raise
    time.sleep(seconds)
    return queue.get_nowait()
