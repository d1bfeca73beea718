"""An alert keeps its labels while its cause lasts: topk() and its like change them."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._labels import NONE
from obskit._lint._pack import Pack
from obskit._lint._tree import CHOICES, Aggregate, Binary, Call, Node

ID = "changing-alert"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every alert on the most, or the least, of something: with each change it is another alert."""
    for rule, tree in pack.queries():
        if rule.alert and (choice := _choice(tree)):
            message = f"fires as another alert whenever {choice.name} chooses another series: {choice}"
            yield rule.finding(ID, WARNING, message, "compare each series with the threshold, or take max or min")


def _choice(node: Node) -> Aggregate | None:
    """The choice whose labels are the alert's."""
    if isinstance(node, Aggregate):
        return node if node.name in CHOICES and not node.grouping and node.labels != NONE else None
    if isinstance(node, (Binary, Call)):
        return next((found for part in _labelling(node) if (found := _choice(part))), None)
    return None


def _labelling(node: Binary | Call) -> list[Node]:
    """The parts that give the result its labels."""
    if isinstance(node, Call) or node.name == "or" or not node.joins:
        return [part for part in node.parts if not part.is_scalar]
    if node.on and not node.many and node.name not in ("and", "unless"):
        return []
    return [node.right if node.many == "right" else node.left]
