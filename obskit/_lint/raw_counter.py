"""Counters are read as rates, never as the total since an arbitrary start."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._vector import compares_with_its_past
from obskit._lint import _series
from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import COMPARISONS, RATES, Aggregate, Binary, Call, Node, Number, Selector

ID = "raw-counter"

#: Functions and aggregations behind which a counter's total does not matter.
_SOUND = {*RATES, "resets", "changes", "delta", "idelta", "deriv", "timestamp", "predict_linear"}
_SOUND |= {"absent", "absent_over_time", "present_over_time", "count_over_time", "count", "group", "count_values"}


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every counter whose total is compared with a threshold, or made a quantile of."""
    rated = _series.rated(pack)
    for rule, selector in pack.parts(Selector):
        if _series.is_bucket(selector.name) and (quantile := _quantile(selector)):
            message = f"a quantile of all observations since the start: {quantile}"
            yield rule.finding(ID, WARNING, message, "put the buckets into rate(…[window])")
            continue
        if not rule.alert:
            continue
        certain = selector.name in rated or _series.of_catalogue(selector.name) == "counter"
        if (certain or _series.is_counter(selector.name)) and (comparison := _compared(selector)):
            message = f"the total of a counter, {selector.name}, is compared with a threshold: {comparison}"
            remedy = "put it into increase(…[window]) or rate(…[window])"
            yield rule.finding(ID, WARNING if certain else NOTE, message, remedy)


def _sound(node: Node) -> bool:
    return isinstance(node, (Call, Aggregate)) and node.name in _SOUND


def _quantile(selector: Selector) -> Node | None:
    above = list(selector.above())
    if any(map(_sound, above)):
        return None
    return next((node for node in above if isinstance(node, Call) and node.name == "histogram_quantile"), None)


def _compared(selector: Selector) -> Node | None:
    """The comparison with a number that the total meets, if nothing in between makes it sound."""
    below: Node = selector
    if any(isinstance(node, Binary) and node.name in ("and", "unless") for node in selector.above()):
        return None  # a guard, that there is enough to judge
    for node in selector.above():
        if _sound(node):
            return None
        if isinstance(node, Binary):
            if node.name in ("-", "/", "%") or compares_with_its_past(node.raw):
                return None
            if node.name in COMPARISONS:
                bound = node.right if below is node.left else node.left
                never = isinstance(bound, Number) and node.name in ("==", "!=") and bound.value == 0
                return node if isinstance(bound, Number) and not never else None
        below = node
    return None
