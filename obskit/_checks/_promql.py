"""What a PromQL expression selects, and which labels, type and unit its result has.

The labels of every inner result follow from the signals at the bottom and the operators above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import promql_parser as parser

from obskit._checks import _units
from obskit._checks._vector import (
    UNKNOWN,
    Labels,
    Vector,
    compares_with_its_past,
    labels_of_binary,
    minus,
    unit_of_binary,
    unit_of_call,
)

_CHOICE = {"topk", "bottomk", "limitk", "limit_ratio"}
_COUNTING = {"count", "group", "count_values"}


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
        name = node.name or next((value for label, _, value in matchers if label == "__name__"), "")
        known = self.known.get(name) or self._of_pattern(name, matchers)
        self.selectors.append(Selector(name, matchers, known, context))
        vector = known or UNKNOWN
        self._need((label for label, _, _ in matchers if label != "__name__"), vector.labels, f"in {{…}} of {name}")
        return vector

    def _of_pattern(self, name: str, matchers: tuple[tuple[str, str, str], ...]) -> Vector | None:
        """What ``{__name__=~"…"}`` selects: known where it matches a known series; of several, the labels of all."""
        if ("__name__", "=~", name) not in matchers:
            return None if name and ("__name__", "!~", name) not in matchers else UNKNOWN
        try:
            found = [vector for series, vector in self.known.items() if re.fullmatch(name, series)]
        except re.error:
            return UNKNOWN
        if len(found) == 1:
            return found[0]
        labels = [vector.labels for vector in found if vector.labels is not None]
        return Vector(frozenset().union(*labels) if len(labels) == len(found) else None, "") if found else None

    def _call(self, node: Any, context: tuple[str, ...]) -> Vector:
        name = node.func.name
        vectors = [self.visit(argument, (*context, name)) for argument in node.args]
        scalar = node.func.return_type == parser.ValueType.Scalar
        argument = next((v for v in vectors if v.kind != "scalar"), None)
        if argument is None:
            unit = _units.SECONDS if name == "time" else None
            return Vector(frozenset(), "scalar" if scalar else "gauge", unit)
        self.calls.append(Call(name, argument))
        result = replace(argument, kind="scalar" if scalar else "gauge", unit=unit_of_call(name, argument))
        if name in ("absent", "absent_over_time"):
            return Vector(_pinned(node.args[0]), unit=_units.PLAIN)
        if name == "label_replace":
            return self._rewritten(result, node.args[1].val, [node.args[3].val], name)
        if name == "label_join":
            return self._rewritten(result, node.args[1].val, [source.val for source in node.args[3:]], name)
        if name == "histogram_quantile":
            return Vector(minus(argument.labels, {"le"}), unit=argument.bucket_unit, values=argument.values)
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
        kept: Labels = labels if by or node.modifier is None else minus(inner.labels, labels)
        if name == "count_values" and kept is not None:
            kept |= {node.param.val}
        if name in _COUNTING:
            return Vector(kept, unit=_units.PLAIN, values=inner.values)
        return replace(inner, labels=kept, unit=None if name == "stdvar" else inner.unit)

    def _binary(self, node: Any, context: tuple[str, ...]) -> Vector:
        operator = str(node.op)
        mark = (operator,) + (("difference",) if compares_with_its_past(node) else ())
        left = self.visit(node.lhs, (*context, *mark))
        right = self.visit(node.rhs, (*context, *mark, *(("presence",) if operator in ("and", "unless") else ())))
        unit = unit_of_binary(operator, node, left, right)
        if "scalar" in (left.kind, right.kind):
            vector = right if left.kind == "scalar" else left
            return replace(vector, kind="scalar" if left.kind == right.kind else "gauge", unit=unit)
        self._matching(node.modifier, left, right)
        return replace(left, kind="gauge", unit=unit, labels=labels_of_binary(operator, node.modifier, left, right))

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


def _pinned(node: Any) -> frozenset[str]:
    """The labels of absent(): those that its selector fixes."""
    selector = getattr(node, "vector_selector", node)
    if not isinstance(selector, parser.VectorSelector):
        return frozenset()
    return frozenset(m.name for m in selector.matchers.matchers if _operator(m.op) == "=" and m.name != "__name__")
