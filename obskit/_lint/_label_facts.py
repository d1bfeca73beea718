"""Which labels functions, aggregations and operators leave.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/ and /functions/.
"""

from __future__ import annotations

from obskit._lint import _labels
from obskit._lint._labels import Labels
from obskit._lint._tree import CHOICES, Aggregate, Binary, Call, Node, Selector, Text


def of_call(node: Call) -> Labels:
    """Return the labels of what a function gives."""
    vector = next((part for part in node.parts if not part.is_scalar), None)
    if vector is None or node.scalar:
        return _labels.NONE
    texts = [part.value for part in node.parts if isinstance(part, Text)]
    if node.name in ("absent", "absent_over_time"):
        return _of_absence(node.parts[0])
    if node.name in ("label_replace", "label_join") and texts:
        return vector.labels.adding(texts[:1])
    if node.name == "histogram_quantile":
        return vector.labels.dropping(("le",))
    if node.name == "histogram_quantiles":
        return vector.labels.dropping(("le",)).adding(texts[:1])
    return _labels.ANY if node.name == "info" else vector.labels


def _of_absence(node: Node) -> Labels:
    """absent() has the labels that its selector asks for by ``=``, once each."""
    if not isinstance(node, Selector):
        return _labels.NONE
    asked = [m.label for m in node.matchers]
    fixed = {m.label: m.value for m in node.matchers if m.operator == "=" and asked.count(m.label) == 1}
    return _labels.NONE.having(fixed)


def of_aggregate(node: Aggregate) -> Labels:
    """Return the labels of what an aggregation gives."""
    inner = node.parts[0].labels
    if node.name in CHOICES:
        return inner
    left = inner.keeping(node.grouping) if node.by else inner.dropping(node.grouping)
    parameter = node.parts[-1]
    if node.name == "count_values" and isinstance(parameter, Text):
        return left.adding((parameter.value,)).needing((parameter.value,))
    return left


def of_binary(node: Binary) -> Labels:
    """Return the labels of what an operator gives."""
    left, right = node.left.labels, node.right.labels
    if not node.joins:
        return right if node.left.is_scalar else left
    if node.name == "or":
        return left.either(right)
    if node.name == "unless":
        return left
    if node.many or node.name == "and":
        return _joined(node, *((right, left) if node.many == "right" else (left, right)))
    if node.filled:
        return left.either(right)
    if node.on:
        return left.both(right).keeping(node.matching)
    return left.both(right).dropping(node.matching)


def _joined(node: Binary, many: Labels, one: Labels) -> Labels:
    """The labels of the side that keeps them; what both must agree on, and what is copied, is known of both."""
    if node.filled:
        return many.adding(node.copied)
    agreed = one.keeping(node.matching) if node.on else one.dropping(node.matching)
    result = many.needing(agreed.must)
    if node.on:
        lost = frozenset(label for label in node.matching if many.can(label) and not one.can(label))
    else:
        lost = frozenset(label for label in many.names if not many.others and not one.can(label)) - {*node.matching}
    result = result.dropping(lost)
    unsure = {label: value for label, value in agreed.fixed.items() if result.can(label)}
    result = result.having({label: value for label, value in unsure.items() if label not in result.fixed})
    copied = one.keeping(node.copied)
    return result.dropping(node.copied).adding(copied.names).needing(copied.must) if node.copied else result
