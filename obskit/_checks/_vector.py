"""What is known of the result of an expression, and what PromQL's operators and functions make of it.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import promql_parser as parser

from obskit._checks import _units
from obskit._checks._units import Dimensions

#: Labels that a result can have; None when that cannot be known.
Labels = frozenset[str] | None

_SET = {"and", "or", "unless"}
_COMPARE = {"==", "!=", ">", "<", ">=", "<="}
_SAME_UNIT = {"abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sort", "sort_desc", "scalar"}
_SAME_UNIT |= {"label_replace", "label_join", "increase", "delta", "idelta"}
_SAME_UNIT |= {f"{name}_over_time" for name in ("min", "max", "avg", "last", "first", "quantile", "stddev", "mad")}
_COUNTS = {"count_over_time", "present_over_time", "changes", "resets", "absent", "absent_over_time"}


@dataclass(frozen=True)
class Vector:
    """What is known of a result, or of a series.

    Args:
        labels: Labels that it can have.
        kind: counter, gauge, histogram (its cumulative series), info, scalar; "" when not known.
        unit: Dimensions of its values.
        boundaries: Bucket boundaries behind its label ``le``.
        bucket_unit: Dimensions of these boundaries.
        values: Closed sets of label values.
    """

    labels: Labels
    kind: str = "gauge"
    unit: Dimensions | None = None
    boundaries: tuple[float, ...] = ()
    bucket_unit: Dimensions | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


UNKNOWN = Vector(None, "")


def minus(labels: Labels, less: Iterable[str]) -> Labels:
    """Return labels without some of them."""
    return None if labels is None else labels - set(less)


def labels_of_binary(operator: str, modifier: Any, left: Vector, right: Vector) -> Labels:
    """Return the labels that a binary operator leaves."""
    if operator in _SET:
        if operator != "or":
            return left.labels
        return None if left.labels is None or right.labels is None else left.labels | right.labels
    if modifier is None:
        return left.labels
    added = modifier.group_labels or []
    if modifier.card == parser.VectorMatchCardinality.ManyToOne:
        return None if left.labels is None else left.labels | set(added)
    if modifier.card == parser.VectorMatchCardinality.OneToMany:
        return None if right.labels is None else right.labels | set(added)
    if modifier.matching is None:
        return left.labels
    if modifier.matching.type == parser.LabelModifierType.Include:
        return frozenset(modifier.matching.labels)
    return minus(left.labels, modifier.matching.labels)


def unit_of_call(name: str, argument: Vector) -> Dimensions | None:
    """Return the dimensions of what a function gives."""
    if name in ("rate", "irate", "deriv"):
        return _units.multiply(argument.unit, _units.SECONDS, -1)
    if name == "timestamp":
        return _units.SECONDS
    if name in _COUNTS:
        return _units.PLAIN
    return argument.unit if name in _SAME_UNIT else None


def unit_of_binary(operator: str, node: Any, left: Vector, right: Vector) -> Dimensions | None:
    """Return the dimensions of what a binary operator gives."""
    if operator in _COMPARE and node.modifier is not None and node.modifier.return_bool:
        return _units.PLAIN
    if operator in ("*", "/"):
        return _units.multiply(left.unit, right.unit, 1 if operator == "*" else -1)
    if operator in ("and", "unless"):
        return left.unit
    if operator in _COMPARE:
        return right.unit if left.kind == "scalar" else left.unit
    if operator in ("+", "-", "or"):
        for number, other in ((node.lhs, right), (node.rhs, left)):
            if isinstance(number, parser.NumberLiteral):
                return other.unit
        return left.unit if left.unit == right.unit else None
    return None


def compares_with_its_past(node: Any) -> bool:
    """Return whether a series meets its own past.

    ``x - x offset 5m``: a difference of a counter with itself needs no rate; nor does ``x unless x offset 5m``, nor
    ``max_over_time(x[5m]) - min_over_time(x[5m])``.
    """
    if str(node.op) not in _COMPARE | {"-", "unless"}:
        return False
    (left, left_past), (right, right_past) = _selected(node.lhs), _selected(node.rhs)
    return bool(left) and left == right and left_past != right_past


def _selected(node: Any) -> tuple[set[str], bool]:
    names: set[str] = set()
    past: list[bool] = []

    def visit(inner: Any) -> bool:
        if isinstance(inner, parser.VectorSelector):
            names.add(inner.name or "")
            past.append(inner.offset is not None)
        if isinstance(inner, parser.Call) and inner.func.name == "min_over_time":  # a counter was at its least before
            past.append(True)
        return True

    parser.walk(node, visit)
    return names, any(past)
