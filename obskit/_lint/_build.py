"""From the parser's nodes to ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import promql_parser as parser

from obskit._lint._tree import Aggregate, Binary, Call, Matcher, Node, Number, Selector, Subquery, Text


def build(raw: Any) -> Node:
    """Return the tree of what ``obskit.promql.syntax.parse`` gave, without recursion.

    Example:
        >>> from obskit.promql import syntax
        >>> [type(node).__name__ for node in build(syntax.parse("sum by (a) (rate(x[5m])) > 1")).walk()]
        ['Binary', 'Aggregate', 'Call', 'Selector', 'Number']
    """
    waiting: list[tuple[Any, bool]] = [(raw, False)]
    done: list[Node] = []
    while waiting:
        node, ready = waiting.pop()
        while isinstance(node, parser.ParenExpr):
            node = node.expr
        parts = _PARTS[type(node)](node)
        if parts and not ready:
            waiting.append((node, True))
            waiting.extend((part, False) for part in reversed(parts))
            continue
        kept = len(done) - len(parts)
        done[kept:] = [_MAKERS[type(node)](node, tuple(done[kept:]))]
    return done[0]


def _selector(raw: Any, _parts: tuple[Node, ...], window: float | None = None, whole: Any = None) -> Node:
    groups = (raw.matchers.matchers, *raw.matchers.or_matchers)
    matchers = tuple(Matcher(m.name, _operator(m.op), m.value) for group in groups for m in group)
    given = next((m.value for m in matchers if m.label == "__name__" and m.operator == "="), "")
    name = raw.name or given
    kept = tuple(m for m in matchers if (m.label, m.operator, m.value) != ("__name__", "=", name))
    return Selector(whole or raw, (), name, kept, window, _seconds(raw.offset), _fixed(raw.at))


def _range(raw: Any, parts: tuple[Node, ...]) -> Node:
    return _selector(raw.vector_selector, parts, _seconds(raw.range), raw)


def _subquery(raw: Any, parts: tuple[Node, ...]) -> Node:
    step = _seconds(raw.step) if raw.step is not None else None
    return Subquery(raw, parts, _seconds(raw.range), step, _seconds(raw.offset), _fixed(raw.at))


def _call(raw: Any, parts: tuple[Node, ...]) -> Node:
    return Call(raw, parts, raw.func.name, raw.func.return_type == parser.ValueType.Scalar)


def _sign(raw: Any, parts: tuple[Node, ...]) -> Node:
    (part,) = parts
    return Number(raw, (), -part.value) if isinstance(part, Number) else Call(raw, parts, "-", part.is_scalar)


def _aggregate(raw: Any, parts: tuple[Node, ...]) -> Node:
    by = raw.modifier is None or raw.modifier.type == parser.AggModifierType.By
    return Aggregate(raw, parts, str(raw.op), by, tuple(raw.modifier.labels) if raw.modifier else ())


def _binary(raw: Any, parts: tuple[Node, ...]) -> Node:
    modifier = raw.modifier
    if modifier is None:
        return Binary(raw, parts, str(raw.op), False, None, (), "", (), False)
    matching = modifier.matching
    many = ((parser.VectorMatchCardinality.ManyToOne, "left"), (parser.VectorMatchCardinality.OneToMany, "right"))
    fill = getattr(modifier, "fill_values", None)  # since promql-parser 0.11
    return Binary(
        raw,
        parts,
        str(raw.op),
        modifier.return_bool,
        None if matching is None else matching.type == parser.LabelModifierType.Include,
        tuple(matching.labels) if matching else (),
        next((side for card, side in many if card == modifier.card), ""),
        tuple(modifier.group_labels or ()),
        fill is not None and (fill.lhs is not None or fill.rhs is not None),
    )


def _operator(operator: Any) -> str:
    spelt = ((parser.MatchOp.Equal, "="), (parser.MatchOp.NotEqual, "!="), (parser.MatchOp.Re, "=~"))
    return next((text for kind, text in spelt if kind == operator), "!~")


def _seconds(duration: Any) -> float:
    return float(duration.total_seconds()) if duration is not None else 0.0


def _fixed(at: Any) -> str:
    if at is None:
        return ""
    words = ((parser.AtModifierType.Start, "start()"), (parser.AtModifierType.End, "end()"))
    return next((word for kind, word in words if kind == at.type), "a time")


_PARTS: dict[type, Callable[[Any], list[Any]]] = {
    parser.VectorSelector: lambda _: [],
    parser.MatrixSelector: lambda _: [],
    parser.NumberLiteral: lambda _: [],
    parser.StringLiteral: lambda _: [],
    parser.SubqueryExpr: lambda raw: [raw.expr],
    parser.UnaryExpr: lambda raw: [raw.expr],
    parser.Call: lambda raw: list(raw.args),
    parser.AggregateExpr: lambda raw: [raw.expr, *([raw.param] if raw.param is not None else [])],
    parser.BinaryExpr: lambda raw: [raw.lhs, raw.rhs],
}
_MAKERS: dict[type, Callable[[Any, tuple[Node, ...]], Node]] = {
    parser.VectorSelector: _selector,
    parser.MatrixSelector: _range,
    parser.NumberLiteral: lambda raw, _: Number(raw, (), cast("float", raw.val)),
    parser.StringLiteral: lambda raw, _: Text(raw, (), cast("str", raw.val)),
    parser.SubqueryExpr: _subquery,
    parser.UnaryExpr: _sign,
    parser.Call: _call,
    parser.AggregateExpr: _aggregate,
    parser.BinaryExpr: _binary,
}
