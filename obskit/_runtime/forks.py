"""What a forked child does first: forget what is its parent's.

Python tells of a fork that it makes itself. A server written in C, as uWSGI, may fork without telling anybody: then the
process id is another one than before, which is looked at where records come in.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_in_child: list[Callable[[], None]] = []
_in_parent: list[Callable[[], None]] = []
_pid = 0
#: Whether Python forks now. Until its hooks have run in the child, ``threading`` is not what it will be there.
_forking = False


def watch() -> None:
    """Begin to watch; once in a process."""
    global _pid
    if not _pid:
        os.register_at_fork(before=_begin, after_in_child=_tell_child, after_in_parent=_tell_parent)
    _pid = os.getpid()


def in_child(action: Callable[[], None]) -> None:
    """Run an action in every child, in the order of the calls."""
    _in_child.append(action)


def in_parent(action: Callable[[], None]) -> None:
    """Run an action in the parent after every fork."""
    _in_parent.append(action)


def check() -> None:
    """Run the actions if this is a child that did not run them yet."""
    global _pid
    pid = os.getpid()
    if pid != _pid and _pid and not _forking:
        _pid = pid  # first, or what the actions record would come back here
        for action in _in_child:
            action()


def _begin() -> None:
    global _forking
    _forking = True


def _tell_child() -> None:
    global _forking
    _forking = False
    check()


def _tell_parent() -> None:
    global _forking
    _forking = False
    for action in _in_parent:
        action()
