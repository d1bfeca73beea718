"""The expression of a rule gives a vector or a number."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import one_line
from obskit._lint._finding import ERROR, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Node, Selector, Subquery, Text
from obskit.logql import LogQuery

ID = "result-type"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every expression that parses and fails each time that it is evaluated."""
    remedy = "put it into a function of a range"
    for rule, tree in pack.queries():
        if what := _what(tree):
            yield rule.finding(ID, ERROR, f"gives {what}, not a vector: {tree}", remedy)
    for rule in pack.rules():
        if isinstance(rule.logs, LogQuery):
            message = f"gives lines of logs, not a vector: {one_line(rule.expr.text)[:140]}"
            yield rule.finding(ID, ERROR, message, "count them: count_over_time(… [5m])")


def _what(tree: Node) -> str:
    if isinstance(tree, Text):
        return "a string"
    ranged = isinstance(tree, Subquery) or (isinstance(tree, Selector) and tree.window is not None)
    return "a range of values" if ranged else ""
