"""Reads range aggregations: functions over the lines of a window, and the grouping behind them."""

from __future__ import annotations

from obskit.logql import lines, pipelines, samples
from obskit.logql.cursor import Cursor
from obskit.logql.tokens import CONVERSIONS, RANGE_FUNCTIONS

_GROUPABLE = {f"{name}_over_time" for name in ("avg", "stddev", "stdvar", "quantile", "max", "min", "first", "last")}
_UNWRAPPING = _GROUPABLE | {"sum_over_time", "rate_counter"}
_EITHER = {"rate", "absent_over_time"}


def labels(cursor: Cursor) -> tuple[lines.Name, ...]:
    """Read ``(a, b)``."""
    cursor.need("(")
    found = cursor.listed(_name) if cursor.next.kind != ")" else ()
    cursor.need(")")
    return found


def _name(cursor: Cursor) -> lines.Name:
    name = cursor.need("name")
    return lines.Name(name.written, start=name.start)


def grouping(cursor: Cursor) -> samples.Grouping | None:
    """Read ``by (…)`` or ``without (…)``, where there is one."""
    which = cursor.take("by", "without")
    return samples.Grouping(labels(cursor), which.kind == "without", start=which.start) if which else None


def range_aggregation(cursor: Cursor) -> samples.RangeAggregation:
    """Read ``rate({…}[5m])``."""
    function = cursor.need(*RANGE_FUNCTIONS)
    cursor.need("(")
    parameter = cursor.take("number")
    if parameter:
        cursor.need(",")
    with cursor.deeper():
        ranged = log_range(cursor)
    cursor.need(")")
    groups = grouping(cursor)
    name = function.kind
    if (parameter is None) == (name == "quantile_over_time"):
        raise cursor.error(f"{name} takes {'a' if parameter is None else 'no'} number", function.start)
    if groups and name not in _GROUPABLE:
        raise cursor.error(f"{name} cannot be grouped; sum by (…) ({name}(…)) can", groups.start)
    if ranged.unwrap and name not in _UNWRAPPING | _EITHER:
        raise cursor.error(f"{name} takes lines, not the values of a label: leave unwrap out", ranged.unwrap.start)
    if not ranged.unwrap and name in _UNWRAPPING:
        raise cursor.error(f"{name} takes the values of a label: add | unwrap LABEL", function.start)
    value = float(parameter.value) if parameter else None
    return samples.RangeAggregation(name, ranged, value, groups, start=function.start)


def log_range(cursor: Cursor) -> samples.LogRange:
    """Read lines and their window, which stands behind the stages, or behind the selector and before them."""
    start = cursor.next.start
    if not cursor.take("("):
        return _ranged(cursor, pipelines.selector(cursor), start)
    with cursor.deeper():
        if cursor.next.kind != "{":
            inner = log_range(cursor)
            cursor.need(")")
            return inner
        selector = pipelines.selector(cursor)
        stages = () if cursor.next.kind == "window" else pipelines.stages(cursor)
        unwrap = None if cursor.next.kind == "window" else _unwrap(cursor)
    query = lines.LogQuery(selector, stages, start=selector.start)
    if cursor.next.kind == "window":
        inner = _ranged(cursor, selector, start) if not stages and not unwrap else _window(cursor, query, unwrap, start)
        cursor.need(")")
        return inner
    cursor.need(")")
    found = _window(cursor, query, unwrap, start)
    if stages or unwrap:
        return found
    return samples.LogRange(query, found.window, found.offset, _unwrap(cursor), start=start)


def _ranged(cursor: Cursor, selector: lines.Selector, start: int) -> samples.LogRange:
    if cursor.next.kind == "window":
        bare = _window(cursor, lines.LogQuery(selector), None, start)
        query = lines.LogQuery(selector, pipelines.stages(cursor), start=selector.start)
        return samples.LogRange(query, bare.window, bare.offset, _unwrap(cursor), start=start)
    query = lines.LogQuery(selector, pipelines.stages(cursor), start=selector.start)
    return _window(cursor, query, _unwrap(cursor), start)


def _window(cursor: Cursor, query: lines.LogQuery, unwrap: lines.Unwrap | None, start: int) -> samples.LogRange:
    window = float(cursor.need("window").value)
    offset = float(cursor.need("duration").value) if cursor.take("offset") else 0.0
    return samples.LogRange(query, window, offset, unwrap, start=start)


def _unwrap(cursor: Cursor) -> lines.Unwrap | None:
    """Read ``| unwrap …`` and the conditions behind it, where there is one."""
    if cursor.next.kind != "|" or cursor.after.kind != "unwrap":
        return None
    start = cursor.need("|").start
    cursor.need("unwrap")
    conversion = cursor.take(*CONVERSIONS)
    if conversion:
        cursor.need("(")
    label = cursor.need("name")
    if conversion:
        cursor.need(")")
    conditions = []
    while cursor.take("|"):
        conditions.append(pipelines.condition(cursor))
    return lines.Unwrap(label.written, conversion.kind if conversion else "", tuple(conditions), start=start)
