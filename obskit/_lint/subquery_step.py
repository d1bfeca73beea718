"""A subquery takes several steps: its range is longer than its step."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Subquery

ID = "subquery-step"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every subquery that has one value at most."""
    for rule, node in pack.parts(Subquery):
        if node.step and node.window <= node.step:
            message = f"a range of {node.window:g}s in steps of {node.step:g}s holds one value at most: {node}"
            yield rule.finding(ID, WARNING, message, "make the range several steps long")
