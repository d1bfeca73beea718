"""Reads a LogQL query.

Source: the grammar of Loki 3.7, https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/syntax/syntax.y.
"""

from __future__ import annotations

from obskit.logql import lines, pipelines, ranges, regexps, samples
from obskit.logql.analysis import is_number
from obskit.logql.cursor import Cursor
from obskit.logql.tokens import POWERS, RANGE_FUNCTIONS, VECTOR_FUNCTIONS, Token

_SETS = ("or", "and", "unless")
_WITH_COUNT = ("topk", "bottomk", "approx_topk")


def parse(query: str) -> samples.Expression:
    """Return the tree of a query.

    Args:
        query: LogQL, as Loki 3.7 would run it.

    Raises:
        LogQLError: Loki would refuse it.

    Example:
        >>> parse('sum by (pod) (rate({app="shop"} |= "error" [5m]))').grouping.labels[0].name
        'pod'
    """
    cursor = Cursor(query)
    found = _expression(cursor)
    cursor.need("end")
    return found


def _expression(cursor: Cursor, above: int = 0) -> samples.Expression:
    """Read operands joined by operators that bind closer than ``above``."""
    left = _operand(cursor)
    while (power := POWERS.get(cursor.next.kind, 0)) > above:
        operator = cursor.need(cursor.next.kind)
        cursor.count_operation(operator.start)
        returns_bool = cursor.take("bool") is not None
        matching = _matching(cursor)
        with cursor.deeper():
            right = _expression(cursor, power - 1 if operator.kind == "^" else power)
        left = _operation(cursor, operator, left, right, returns_bool, matching)
    return left


def _operation(
    cursor: Cursor,
    operator: Token,
    left: samples.Expression,
    right: samples.Expression,
    returns_bool: bool,
    matching: samples.Matching | None,
) -> samples.BinaryOperation:
    for operand in (left, right):
        if isinstance(operand, lines.LogQuery):
            raise cursor.error(f"{operator.kind} joins numbers, not lines", operand.start)
        if operator.kind in _SETS and is_number(operand):
            raise cursor.error(f"{operator.kind} joins series, not a number", operand.start)
    return samples.BinaryOperation(operator.kind, left, right, returns_bool, matching, start=left.start)


def _matching(cursor: Cursor) -> samples.Matching | None:
    which = cursor.take("on", "ignoring")
    if which is None:
        return None
    labels = ranges.labels(cursor)
    group = cursor.take("group_left", "group_right")
    included = ranges.labels(cursor) if group and cursor.next.kind == "(" else ()
    side = group.kind.removeprefix("group_") if group else ""
    return samples.Matching(labels, which.kind == "on", side, included, start=which.start)


def _operand(cursor: Cursor) -> samples.Expression:
    token = cursor.next
    if token.kind == "{":
        return pipelines.log_query(cursor)
    if cursor.take("("):
        with cursor.deeper():
            inner = _expression(cursor)
        cursor.need(")")
        if isinstance(inner, samples.Variants):
            raise cursor.error("variants stand alone, or beside an operator", inner.start)
        return inner
    if token.kind in RANGE_FUNCTIONS:
        return ranges.range_aggregation(cursor)
    if token.kind in VECTOR_FUNCTIONS:
        return _vector_aggregation(cursor)
    if token.kind == "label_replace":
        return _label_replace(cursor)
    if cursor.take("vector"):
        cursor.need("(")
        value = cursor.need("number")
        cursor.need(")")
        return samples.Vector(float(value.value), start=token.start)
    if token.kind == "variants":
        return _variants(cursor)
    sign = cursor.take("+", "-")
    value = cursor.take("number") or cursor.refuse("number" if sign else "a query")
    return samples.Literal(-float(value.value) if sign and sign.kind == "-" else float(value.value), start=token.start)


def _metric(cursor: Cursor) -> samples.Expression:
    """Read an expression that gives numbers."""
    found = _expression(cursor)
    if isinstance(found, lines.LogQuery):
        raise cursor.error("lines stand where numbers are needed: count them, as in rate({…}[5m])", found.start)
    if isinstance(found, samples.Variants):
        raise cursor.error("variants stand alone, or beside an operator", found.start)
    return found


def _vector_aggregation(cursor: Cursor) -> samples.VectorAggregation:
    function = cursor.need(*VECTOR_FUNCTIONS)
    before = ranges.grouping(cursor)
    cursor.need("(")
    parameter = cursor.take("number") if cursor.after.kind == "," else None
    if parameter:
        cursor.need(",")
    with cursor.deeper():
        operand = _metric(cursor)
    cursor.need(")")
    grouping = before or ranges.grouping(cursor)
    name = function.kind
    if (parameter is None) == (name in _WITH_COUNT):
        raise cursor.error(f"{name} takes {'a' if parameter is None else 'no'} number", function.start)
    if grouping and (name == "approx_topk" or (name in ("sort", "sort_desc") and grouping.labels)):
        raise cursor.error(f"{name} cannot be grouped", grouping.start)
    count = _count(cursor, parameter) if parameter else None
    return samples.VectorAggregation(name, operand, count, grouping, start=function.start)


def _count(cursor: Cursor, token: Token) -> int:
    if not (token.written.isascii() and token.written.isdigit() and 0 < int(token.written[:20]) < 2**63):
        raise cursor.error(f"{token.written} is no whole number from 1 on", token.start)
    return int(token.written)


def _label_replace(cursor: Cursor) -> samples.LabelReplace:
    start = cursor.need("label_replace").start
    cursor.need("(")
    with cursor.deeper():
        operand = _metric(cursor)
    texts = []
    for _ in range(4):
        cursor.need(",")
        texts.append(cursor.need("text"))
    cursor.need(")")
    cursor.embedded("regular expression", texts[3], lambda text: regexps.read(f"^(?:{text})$"))
    target, replacement, source, pattern = (str(text.value) for text in texts)
    return samples.LabelReplace(operand, target, replacement, source, pattern, start=start)


def _variants(cursor: Cursor) -> samples.Variants:
    start = cursor.need("variants").start
    cursor.need("(")
    with cursor.deeper():
        operands = cursor.listed(_metric)
        cursor.need(")")
        cursor.need("of")
        cursor.need("(")
        ranged = ranges.log_range(cursor)
    cursor.need(")")
    return samples.Variants(operands, ranged, start=start)
