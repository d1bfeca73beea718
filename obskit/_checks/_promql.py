"""What a PromQL expression selects, and which labels, type and unit its result has.

The labels of every inner result follow from the signals at the bottom and the operators above them, as in
https://prometheus.io/docs/prometheus/latest/querying/operators/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import promql_parser as parser

from obskit._checks import _units
from obskit._checks._units import Dimensions

#: Labels that a result can have; None when that cannot be known.
Labels = frozenset[str] | None

_SET = {"and", "or", "unless"}
_COMPARE = {"==", "!=", ">", "<", ">=", "<="}
_CHOICE = {"topk", "bottomk", "limitk", "limit_ratio"}
_COUNTING = {"count", "group", "count_values"}
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


@dataclass(frozen=True)
class Selector:
    """One selector: ``context`` is the functions and operators around it, from the outside in."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]
    known: Vector | None
    context: tuple[str, ...]


@dataclass(frozen=True)
class MissingLabel:
    """A label that is asked for where it cannot be."""

    label: str
    where: str
    known: frozenset[str]


@dataclass(frozen=True)
class Call:
    """A function and the vector that it is given."""

    name: str
    argument: Vector


@dataclass(frozen=True)
class Analysis:
    """All that checks want to know of an expression."""

    output: Vector
    selectors: tuple[Selector, ...]
    missing: tuple[MissingLabel, ...]
    calls: tuple[Call, ...]


def analyse(tree: Any, known: Mapping[str, Vector]) -> Analysis:
    """Return the analysis of a parsed expression.

    Args:
        tree: What ``promql_parser.parse`` gave.
        known: Every series by its name.

    Example:
        >>> known = {"x": Vector(frozenset({"job", "shard"}), "counter")}
        >>> sorted(analyse(parser.parse("sum by (shard) (rate(x[1m]))"), known).output.labels)
        ['shard']
    """
    walker = _Walker(known)
    output = walker.visit(tree, ())
    return Analysis(output, tuple(walker.selectors), tuple(walker.missing), tuple(walker.calls))


class _Walker:
    def __init__(self, known: Mapping[str, Vector]) -> None:
        self.known = known
        self.selectors: list[Selector] = []
        self.missing: list[MissingLabel] = []
        self.calls: list[Call] = []

    def visit(self, node: Any, context: tuple[str, ...]) -> Vector:
        if isinstance(node, parser.VectorSelector):
            return self._selector(node, context)
        if isinstance(node, parser.MatrixSelector):
            return self._selector(node.vector_selector, (*context, "[]"))
        if isinstance(node, parser.SubqueryExpr):
            return self.visit(node.expr, (*context, "[]"))
        if isinstance(node, (parser.ParenExpr, parser.UnaryExpr)):
            return self.visit(node.expr, context)
        if isinstance(node, parser.Call):
            return self._call(node, context)
        if isinstance(node, parser.AggregateExpr):
            return self._aggregate(node, context)
        if isinstance(node, parser.BinaryExpr):
            return self._binary(node, context)
        return Vector(frozenset(), "scalar")

    def _need(self, labels: Iterable[str], present: Labels, where: str) -> None:
        if present is not None:
            self.missing.extend(MissingLabel(label, where, present) for label in labels if label not in present)

    def _selector(self, node: Any, context: tuple[str, ...]) -> Vector:
        groups = [node.matchers.matchers, *node.matchers.or_matchers]
        matchers = tuple((m.name, _operator(m.op), m.value) for group in groups for m in group)
        exact = [value for name, operator, value in matchers if name == "__name__" and operator == "="]
        name = node.name or (exact[0] if exact else "")
        known = self.known.get(name)
        self.selectors.append(Selector(name, matchers, known, context))
        vector = known or UNKNOWN
        self._need((label for label, _, _ in matchers if label != "__name__"), vector.labels, f"in {{…}} of {name}")
        return vector

    def _call(self, node: Any, context: tuple[str, ...]) -> Vector:
        name = node.func.name
        vectors = [self.visit(argument, (*context, name)) for argument in node.args]
        scalar = node.func.return_type == parser.ValueType.Scalar
        argument = next((v for v in vectors if v.kind != "scalar"), None)
        if argument is None:
            unit = _units.SECONDS if name == "time" else None
            return Vector(frozenset(), "scalar" if scalar else "gauge", unit)
        self.calls.append(Call(name, argument))
        result = replace(argument, kind="scalar" if scalar else "gauge", unit=_unit_of_call(name, argument))
        if name in ("absent", "absent_over_time"):
            return Vector(_pinned(node.args[0]), unit=_units.PLAIN)
        if name == "label_replace":
            return self._rewritten(result, node.args[1].val, [node.args[3].val], name)
        if name == "label_join":
            return self._rewritten(result, node.args[1].val, [source.val for source in node.args[3:]], name)
        if name == "histogram_quantile":
            return Vector(_minus(argument.labels, {"le"}), unit=argument.bucket_unit, values=argument.values)
        return replace(result, labels=frozenset()) if scalar else result

    def _rewritten(self, vector: Vector, target: str, sources: list[str], function: str) -> Vector:
        self._need((source for source in sources if source), vector.labels, f"in {function}()")
        return replace(vector, labels=None if vector.labels is None else vector.labels | {target})

    def _aggregate(self, node: Any, context: tuple[str, ...]) -> Vector:
        name = str(node.op)
        inner = self.visit(node.expr, (*context, name))
        by = node.modifier is not None and node.modifier.type == parser.AggModifierType.By
        labels = frozenset(node.modifier.labels if node.modifier else ())
        self._need(sorted(labels), inner.labels, f"in {'by' if by else 'without'} () of {name}")
        if name in _CHOICE:
            return inner
        kept: Labels = labels if by or node.modifier is None else _minus(inner.labels, labels)
        if name == "count_values" and kept is not None:
            kept |= {node.param.val}
        if name in _COUNTING:
            return Vector(kept, unit=_units.PLAIN, values=inner.values)
        return replace(inner, labels=kept, unit=None if name == "stdvar" else inner.unit)

    def _binary(self, node: Any, context: tuple[str, ...]) -> Vector:
        operator = str(node.op)
        mark = (operator,) + (("difference",) if _compares_with_its_past(node) else ())
        left = self.visit(node.lhs, (*context, *mark))
        right = self.visit(node.rhs, (*context, *mark, *(("presence",) if operator in ("and", "unless") else ())))
        unit = _unit_of_binary(operator, node, left, right)
        if "scalar" in (left.kind, right.kind):
            vector = right if left.kind == "scalar" else left
            return replace(vector, kind="scalar" if left.kind == right.kind else "gauge", unit=unit)
        self._matching(node.modifier, left, right)
        return replace(left, kind="gauge", unit=unit, labels=_labels_of_binary(operator, node.modifier, left, right))

    def _matching(self, modifier: Any, left: Vector, right: Vector) -> None:
        if modifier is None or modifier.matching is None:
            return
        labels = modifier.matching.labels
        if modifier.matching.type == parser.LabelModifierType.Include:
            self._need_on(labels, left.labels, right.labels)
        elif left.labels is not None and right.labels is not None:
            self._need(labels, left.labels | right.labels, "in ignoring ()")
        one = left if modifier.card == parser.VectorMatchCardinality.OneToMany else right
        self._need(modifier.group_labels or (), one.labels, "in group_left () or group_right () for the single side")

    def _need_on(self, labels: Iterable[str], left: Labels, right: Labels) -> None:
        for label in labels:
            absent = [present for present in (left, right) if present is not None and label not in present]
            side = "either" if len(absent) > 1 else "the left" if absent and absent[0] is left else "the right"
            if absent:
                self._need([label], absent[0], f"in on () for {side} side")


def _operator(operator: Any) -> str:
    spelt = ((parser.MatchOp.Equal, "="), (parser.MatchOp.NotEqual, "!="), (parser.MatchOp.Re, "=~"))
    return next((text for kind, text in spelt if kind == operator), "!~")


def _minus(labels: Labels, less: Iterable[str]) -> Labels:
    return None if labels is None else labels - set(less)


def _pinned(node: Any) -> frozenset[str]:
    """The labels of absent(): those that its selector fixes."""
    selector = getattr(node, "vector_selector", node)
    if not isinstance(selector, parser.VectorSelector):
        return frozenset()
    return frozenset(m.name for m in selector.matchers.matchers if _operator(m.op) == "=" and m.name != "__name__")


def _labels_of_binary(operator: str, modifier: Any, left: Vector, right: Vector) -> Labels:
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
    return _minus(left.labels, modifier.matching.labels)


def _unit_of_call(name: str, argument: Vector) -> Dimensions | None:
    if name in ("rate", "irate", "deriv"):
        return _units.multiply(argument.unit, _units.SECONDS, -1)
    if name == "timestamp":
        return _units.SECONDS
    if name in _COUNTS:
        return _units.PLAIN
    return argument.unit if name in _SAME_UNIT else None


def _unit_of_binary(operator: str, node: Any, left: Vector, right: Vector) -> Dimensions | None:
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


def _compares_with_its_past(node: Any) -> bool:
    """``x - x offset 5m``: a difference of a counter with itself needs no rate."""
    if str(node.op) not in _COMPARE | {"-"}:
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
        return True

    parser.walk(node, visit)
    return names, any(past)
