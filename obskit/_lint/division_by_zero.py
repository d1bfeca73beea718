"""No aggregation is poisoned by one division by nought."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import RATES, Aggregate, Binary, Call, Node

ID = "division-by-zero"

#: min() and max() pass NaN over, count() does not look at values.
_POISONED = {"sum", "avg", "stddev", "stdvar"}


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every sum or mean over quotients whose divisor is a rate, nought when nothing happens."""
    for rule, node in pack.parts(Aggregate):
        if node.name in _POISONED and (division := _division(node.parts[0])):
            message = f"one idle series makes the {node.name} NaN, as 0 / 0 is: {division}"
            yield rule.finding(ID, WARNING, message, "divide the sums, or by (… > 0)")


def _division(node: Node) -> Binary | None:
    """The division whose result reaches the aggregation as it is."""
    if not isinstance(node, Binary) or node.filters:
        return None
    if node.name == "/" and node.joins and _may_be_nought(node.right):
        return node
    return next((found for part in node.parts if (found := _division(part))), None)


def _may_be_nought(node: Node) -> bool:
    if isinstance(node, Aggregate):
        return node.name in ("sum", "avg", "max", "min") and _may_be_nought(node.parts[0])
    return isinstance(node, Call) and node.name in RATES
