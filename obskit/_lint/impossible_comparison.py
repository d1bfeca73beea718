"""A comparison can hold, and can fail to hold."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._numbers import Numbers
from obskit._lint._pack import Pack
from obskit._lint._tree import Binary, Call, Node, Number, Selector

ID = "impossible-comparison"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every comparison whose outcome does not depend on any value."""
    for rule, node in pack.parts(Binary):
        if node.filters and any(map(_varies, node.walk())):
            yield from (rule.finding(ID, *said) for said in _said(node))
        elif node.name == "and" and (between := _apart(node)):
            yield rule.finding(ID, WARNING, f"never true, as no value is both: {node}", between)


def _said(node: Binary) -> Iterator[tuple[str, str, str]]:
    side, bound = (node.right, node.left) if node.left.is_scalar else (node.left, node.right)
    left, right = node.left.numbers, node.right.numbers
    holds = left.meets(node.name, right)
    if holds is False:
        remedy = f"{side} is {side.numbers}" if bound.is_scalar else f"the sides are {left} and {right}"
        yield WARNING, f"never true: {node}", remedy
    elif holds and ((again := isinstance(side, Binary) and side.filters) or not _asks_for_presence(side, bound)):
        yield NOTE if again else WARNING, f"always true: {node}", f"{side} is {side.numbers}"


def _varies(node: Node) -> bool:
    """Whether a part is something of another time at another time: a series, or the time itself."""
    return isinstance(node, Selector) or (isinstance(node, Call) and not node.parts)


def _asks_for_presence(side: Node, bound: Node) -> bool:
    """``count(x) > 0`` and ``absent(x) == 1`` ask whether there is something: the usual way to say it."""
    return side.numbers.low >= 1 and isinstance(bound, Number)


def _apart(node: Binary) -> str:
    """``x > 5 and x < 3``: why two conditions on one thing exclude each other, or ""; with ``on`` it may be another."""
    if node.on is not None:
        return ""
    ranges = []
    for side in node.parts:
        if not (isinstance(side, Binary) and side.filters and isinstance(side.right, Number)):
            return ""
        ranges.append((side.left, Numbers().where(side.name, side.right.numbers)))
    (first, one), (second, other) = ranges
    if not one.both(other).empty or not first.same(second) or not any(first.selectors()):
        return ""
    return "the two comparisons exclude each other"
