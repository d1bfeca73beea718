"""What stands behind ``or`` steps in for what is missing, and does not come on top of what is there."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Aggregate, Binary, Call, Node

ID = "or-adds-series"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every ``or vector(…)`` behind series with labels: the constant is there always.

    Inside an aggregation a constant 0 is an addend that does no harm, in a join it finds no partner.
    """
    for rule, node in pack.parts(Binary):
        constant = node.name == "or" and node.on is None and _constant(node.right)
        if constant and _shown(node) and (labels := _labels(node.left)):
            message = f"adds a series without labels, as every series on the left has {labels}: {node}"
            yield rule.finding(ID, WARNING, message, "write or on () vector(…), or aggregate all labels away")


def _shown(node: Binary) -> bool:
    """Whether its series are among those of the whole expression."""
    return not any(
        isinstance(above, Aggregate) or (isinstance(above, Binary) and above.joins and above.name != "or")
        for above in node.above()
    )


def _constant(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "vector" and not any(node.selectors())


def _labels(left: Node) -> str:
    """The labels that series on the left have, as a phrase, or "" where there may be none."""
    if left.labels.must:
        return ", ".join(sorted(left.labels.must))
    return "the labels of its target" if left.labels.scraped else ""
