"""CPU time and memory of a whole tree of processes, from /proc, and which cores it may use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
#: Places in /proc/PID/stat, counted behind the name, which may itself contain spaces.
_SESSION, _TIMES = 3, slice(11, 15)


def seconds(session: int) -> float:
    """Return user and system seconds of every process of a session, with those of children that ended.

    A session rather than the children of a process: one whose parent has gone still belongs to its service.
    """
    return sum(sum(map(int, fields[_TIMES])) for _, fields in _members(session)) / _TICKS


def memory(session: int) -> float:
    """Return MiB that the processes of a session use: what they share counts for each by its part (PSS)."""
    total = 0
    for process, _ in _members(session):
        with contextlib.suppress(OSError):  # it ended meanwhile
            lines = (process / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measurable() -> bool:
    """Whether this system tells what is measured here."""
    return Path("/proc/self/smaps_rollup").exists()


@contextlib.contextmanager
def apart() -> Iterator[int | None]:
    """Keep this process and what it starts off one core, and give that core: the services' own.

    None where cores cannot be chosen, or where there is only one.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    usable = os.sched_getaffinity(0)
    first, *others = sorted(usable)
    if not others:
        yield None
        return
    os.sched_setaffinity(0, others)
    try:
        yield first
    finally:
        os.sched_setaffinity(0, usable)


def _members(session: int) -> Iterator[tuple[Path, list[str]]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[_SESSION]) == session:
                yield stat.parent, fields
