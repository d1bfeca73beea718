"""Every LogQL query parses."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import one_line
from obskit._lint._finding import ERROR, Finding
from obskit._lint._pack import Pack

ID = "logql-syntax"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every expression that Loki would refuse."""
    for rule in pack.rules():
        if rule.problem and rule.language == "logql":
            yield rule.finding(ID, ERROR, f"not LogQL: {rule.problem}, in: {one_line(rule.expr.text)[:140]}")
