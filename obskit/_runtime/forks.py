"""What a forked child does first: forget what is its parent's.

Python tells of a fork that it makes itself. A server written in C, as uWSGI, may fork without telling anybody. So where
records come in, a byte is looked at that the kernel wipes in a child; asking for the process id each time is a call of
the system, and was a tenth of what a request cost.
"""

from __future__ import annotations

import mmap
import os
import sys
import threading
from collections.abc import Callable

from obskit._runtime.guard import begin_anew, silence, warn

#: ``MADV_WIPEONFORK`` of Linux 4.14 and later: madvise(2).
_WIPE_ON_FORK = 18

_before: list[Callable[[], object]] = []
_in_child: list[Callable[[], object]] = []
_in_parent: list[Callable[[], None]] = []
_pid = 0
_postponed: list[Callable[[], bool]] = []
#: Whether Python forks now. Until its hooks have run in the child, ``threading`` is not what it will be there.
_forking = False
#: Thread that forks -> what lets ours log again.
_speak_again: dict[int, Callable[[], object]] = {}
#: Held by the thread that runs the actions; a child of C code may inherit it held, and waits no longer than this.
_beginning = threading.RLock()
_LONGEST_BEGIN = 2.0


class _Asking:
    """Stands in for the page on another system: the process id tells."""

    def __getitem__(self, _: int) -> int:
        return (os.getpid() == _pid or not _pid) and not _postponed

    def __setitem__(self, _: int, __: int) -> None:
        """Nothing to note."""


def _wiped() -> mmap.mmap | _Asking:
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page.madvise(_WIPE_ON_FORK)
        page[0] = 1
        return page
    except (OSError, ValueError):
        return _Asking()


#: Its first byte is 0 in a child that did not begin anew yet; where that matters with every record, it is looked at
#: without calling anything.
page = _wiped()


def watch() -> None:
    """Begin to watch; once in a process."""
    global _pid
    if not _pid:
        os.register_at_fork(before=_begin, after_in_child=_tell_child, after_in_parent=_tell_parent)
    _pid = os.getpid()
    page[0] = 1


def happened() -> bool:
    """Whether this is a child that did not begin anew yet."""
    return not page[0]


def before(action: Callable[[], object]) -> None:
    """Run an action in the parent before every fork that Python makes."""
    _before.append(action)


def in_child(action: Callable[[], None]) -> None:
    """Run an action in every child, in the order of the calls."""
    _in_child.append(action)


def in_parent(action: Callable[[], None]) -> None:
    """Run an action in the parent after every fork."""
    _in_parent.append(action)


def postpone(action: Callable[[], bool]) -> None:
    """Try an action with each record until it says that it is done, or this process forked."""
    _postponed.append(action)
    page[0] = 0


def check() -> None:
    """Run the actions if this is a child that did not run them yet; another thread waits until they are done."""
    if sys.is_finalizing():  # threads that begin now never run, and who starts one waits for it for ever
        return
    is_held = _beginning.acquire(timeout=_LONGEST_BEGIN)
    try:
        _check()
    finally:
        if is_held:
            _beginning.release()


def _check() -> None:
    global _pid
    pid = os.getpid()
    if pid == _pid and _postponed:
        _try_again()
    if pid != _pid and _pid and not _forking:
        _pid = pid  # first, or what the actions record would come back here
        _postponed.clear()
        _run(_in_child, "obskit: a forked child cannot begin anew: %r")
        page[0] = 1


def _run(actions: list[Callable[[], object]], problem: str) -> None:
    for action in actions:
        try:
            action()
        except Exception as fault:  # noqa: BLE001 - no threads left, say: the others must run all the same
            warn(problem, fault)


def _try_again() -> None:
    action = _postponed.pop()  # what it records comes back here
    try:
        is_done = action()
    except Exception as fault:  # noqa: BLE001 - as above
        warn("obskit: cannot begin: %r", fault)
        is_done = False
    if is_done:
        page[0] = 1
    else:
        _postponed.append(action)


def _begin() -> None:
    global _forking
    _run(_before, "obskit: not ready for a fork: %r")
    _speak_again[threading.get_ident()] = silence()
    _forking = True


def _tell_child() -> None:
    global _forking, _beginning
    _forking = False
    _beginning = threading.RLock()
    _speak_again.clear()
    begin_anew()
    check()


def _tell_parent() -> None:
    global _forking
    _forking = False
    _speak_again.pop(threading.get_ident(), bool)()
    for action in _in_parent:
        action()
