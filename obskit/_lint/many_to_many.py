"""In a join one series meets one; where several meet one, group_left or group_right says so."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import CHOICES, SETS, Aggregate, Binary, Node

ID = "many-to-many"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every join whose single side is grouped by more than the labels of the join."""
    remedy = "Prometheus fails when two of its series meet: group by the labels of the join"
    for rule, node in pack.parts(Binary):
        if node.joins and node.name not in SETS and node.on is not None:
            for name, side in _single(node).items():
                if more := _more(node, side):
                    message = f"the {name} side of the join is grouped by {', '.join(more)} as well: {node}"
                    yield rule.finding(ID, NOTE, message, remedy)


def _single(node: Binary) -> dict[str, Node]:
    """The sides of which one series may meet a series of the other."""
    return {name: side for name, side in (("left", node.left), ("right", node.right)) if name != node.many}


def _more(node: Binary, side: Node) -> list[str]:
    if isinstance(side, Aggregate) and side.name in CHOICES:
        return []
    labels = side.labels.certain()
    left = labels - {*node.matching} if node.on else labels & {*node.matching}
    return sorted(left - {*node.copied})
