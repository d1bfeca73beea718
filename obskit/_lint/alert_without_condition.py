"""An alert has a condition: its expression can be empty while its series are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Aggregate, Binary, Call, Node, Selector

ID = "alert-without-condition"

#: Functions whose result is there, or not, for what they are asked.
_PRESENCE = {"absent", "absent_over_time", "present_over_time"}
#: Labels that say which targets are meant.
_TARGET = {"job", "instance", "namespace", "cluster", "service", "pod", "container", "env", "environment", "__name__"}
#: Series whose values say nothing.
_INFO = re.compile(r"_(?:info|metadata|labels)$")
#: Aggregations that do not look at values.
_COUNTING = {"count", "group"}
#: Series that are there while something is so.
_STATES = {"ALERTS", "ALERTS_FOR_STATE"}


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every alert that fires as long as its series exist.

    An alert without any series, such as ``vector(1)``, is meant to fire always.
    """
    for rule, tree in pack.queries():
        if rule.alert and any(tree.selectors()) and (always := _unconditional(tree, pack)):
            remedy = "compare it with a threshold, such as > 0"
            if isinstance(always, Binary) and always.returns_bool:
                remedy = "leave bool out: it turns a condition into a value"
            message = f"fires as long as there are series, whatever their values: {always}"
            yield rule.finding(ID, NOTE if _asks_by_label(always) else WARNING, message, remedy)


def _unconditional(node: Node, pack: Pack) -> Node | None:
    """The part that gives a result whatever the values are, or None."""
    if isinstance(node, Selector):
        return _of_selector(node, pack)
    if isinstance(node, Binary):
        if node.filters or node.name in ("and", "unless"):
            return None
        sides = [_unconditional(part, pack) for part in node.parts if not part.is_scalar]
        if node.name == "or":
            return next((side for side in sides if side is not None), None)
        return node if sides and None not in sides else None
    if isinstance(node, Call) and node.name in _PRESENCE:
        return None
    if isinstance(node, Aggregate) and node.name in _COUNTING and all(map(_asks_by_label, node.selectors())):
        return None
    if isinstance(node, (Call, Aggregate)):
        inner = [_unconditional(part, pack) for part in node.parts if not part.is_scalar]
        return None if None in inner else node
    return next((node for part in node.parts if _unconditional(part, pack)), None)


def _asks_by_label(node: Node) -> bool:
    """Whether the condition may lie in the labels: series that are there for what is wrong alone."""
    return isinstance(node, Selector) and any(matcher.label not in _TARGET for matcher in node.matchers)


def _of_selector(node: Selector, pack: Pack) -> Node | None:
    """A recorded series is there when its expression gives something; of one that is recorded elsewhere who knows."""
    trees = [rule.tree for rule in pack.recorded.get(node.name, ())]
    if _INFO.search(node.name) and _asks_by_label(node):
        return None
    if node.name in _STATES or (":" in node.name and not trees):
        return None
    conditional = any(tree is None or _has_condition(tree) for tree in trees)
    return None if conditional else node


def _has_condition(tree: Node) -> bool:
    return any(
        (isinstance(node, Binary) and (node.filters or node.name in ("and", "unless")))
        or (isinstance(node, Selector) and ":" in node.name)
        or (isinstance(node, Call) and node.name in _PRESENCE)
        for node in tree.walk()
    )
