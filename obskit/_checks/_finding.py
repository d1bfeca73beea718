"""What a check reports."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a rendered file.

    Args:
        place: File, then group and rule, or panel (``alerts/rules.yaml: group g: alert ObskitShardHot``).
        message: What is wrong, with the query that has it.
        check: The check that says so; ``docs/checks/<check>.md`` explains it.
        remedy: What to do, or "".
    """

    place: str
    message: str
    check: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return asdict(self)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy: the known name that is most like this one, or the known names when they are few.

    Example:
        >>> nearest("shardset", ["shard_set", "shard"])
        'did you mean shard_set?'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 20 else ""


def one_line(query: str) -> str:
    """Return a query on one line, as findings quote it."""
    return " ".join(query.split())
