"""A group has 20 rules at most: they are evaluated one after another."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack

ID = "group-size"

_MOST = 20


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every group with more rules, which has to finish within its interval."""
    for group in pack.groups:
        if len(group.rules) > _MOST:
            message = f"{len(group.rules)} rules in one group are evaluated one after another"
            yield group.finding(ID, NOTE, message, f"divide it into groups of {_MOST} at most, which run side by side")
