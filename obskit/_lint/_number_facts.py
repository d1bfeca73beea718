"""Which values functions, aggregations and operators can give.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/ and /operators/.
"""

from __future__ import annotations

from obskit._lint import _numbers
from obskit._lint._numbers import AT_LEAST_ONE, NOT_NEGATIVE, Numbers, only
from obskit._lint._tree import CHOICES, COMPARISONS, RATES, Aggregate, Binary, Call, Node, Number, Selector, Subquery

_ONE = only(1.0)
#: Functions whose values are known whatever they are given.
_VALUES = {
    **dict.fromkeys(RATES, NOT_NEGATIVE),
    **dict.fromkeys(("changes", "resets", "abs", "sqrt", "exp", "stddev_over_time", "stdvar_over_time"), NOT_NEGATIVE),
    **dict.fromkeys(("mad_over_time", "time", "timestamp"), NOT_NEGATIVE),
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), _ONE),
    "count_over_time": AT_LEAST_ONE,
    "sgn": Numbers(-1.0, 1.0),
    "hour": Numbers(0.0, 23.0),
    "minute": Numbers(0.0, 59.0),
    "day_of_week": Numbers(0.0, 6.0),
    "day_of_month": Numbers(1.0, 31.0),
    "day_of_year": Numbers(1.0, 366.0),
    "days_in_month": Numbers(28.0, 31.0),
    "month": Numbers(1.0, 12.0),
}
#: Functions whose result lies where their argument does.
_WITHIN = {
    "sort",
    "sort_desc",
    "sort_by_label",
    "sort_by_label_desc",
    "scalar",
    "vector",
    "label_replace",
    "label_join",
}
_WITHIN |= {f"{name}_over_time" for name in ("min", "max", "avg", "last", "first")}
_ADDED_UP = {"sum", "sum_over_time"}
_AGGREGATED = {"count": AT_LEAST_ONE, "count_values": AT_LEAST_ONE, "group": _ONE}
_AGGREGATED |= {"stddev": NOT_NEGATIVE, "stdvar": NOT_NEGATIVE}
_INSIDE = {"min", "max", "avg", *CHOICES}


def of_call(node: Call) -> Numbers:
    """Return the values that a function can give."""
    if node.name in _VALUES:
        return _VALUES[node.name]
    values = [part.numbers for part in node.parts]
    if node.name == "-":
        return _numbers.arithmetic("-", only(0.0), values[0])
    if node.name in _WITHIN:
        return values[0]
    if node.name in _ADDED_UP:
        return _added_up(values[0])
    if node.name in ("clamp", "clamp_min", "clamp_max"):
        return _clamped(node.name, values)
    return only(3.141592653589793) if node.name == "pi" else _numbers.ANY


def _clamped(name: str, values: list[Numbers]) -> Numbers:
    inner = values[0]
    least = values[1].low if name != "clamp_max" else -float("inf")
    most = values[-1].high if name != "clamp_min" else float("inf")
    if least > most:
        return _numbers.ANY
    return Numbers(min(max(inner.low, least), most), max(min(inner.high, most), least))


def of_aggregate(node: Aggregate) -> Numbers:
    """Return the values that an aggregation can give."""
    inner = node.parts[0].numbers
    if node.name in _AGGREGATED:
        return _AGGREGATED[node.name]
    if node.name in _ADDED_UP:
        return _added_up(inner)
    return inner if node.name in _INSIDE else _numbers.ANY


def _added_up(inner: Numbers) -> Numbers:
    """A sum of one or more values of one sign lies beyond the nearest of them."""
    if inner.low >= 0:
        return Numbers(low=inner.low)
    return Numbers(high=inner.high) if inner.high <= 0 else _numbers.ANY


def of_binary(node: Binary) -> Numbers:
    """Return the values that an operator can give."""
    left, right = node.left.numbers, node.right.numbers
    if node.name == "or":
        return left.either(right)
    if node.name in ("and", "unless"):
        return left
    if node.name in COMPARISONS:
        if node.returns_bool:
            return Numbers(0.0, 1.0)
        mirrored = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(node.name, node.name)
        kept = right.where(mirrored, left) if node.left.is_scalar else left.where(node.name, right)
        return _numbers.ANY if kept.empty else kept
    if node.filled:
        return _numbers.ANY
    if node.name == "/" and node.joins:
        factor, dividend = _factor(node.left)
        if factor >= 0 and _is_share(dividend, node.right):
            return Numbers(0.0, factor)
    return _numbers.arithmetic(node.name, left, right)


def _factor(node: Node) -> tuple[float, Node]:
    """A number that something is multiplied by, and that."""
    if isinstance(node, Binary) and node.name == "*":
        for number, other in (node.parts, reversed(node.parts)):
            if isinstance(number, Number):
                return number.value, other
    return 1.0, node


def _is_share(dividend: Node, divisor: Node) -> bool:
    """Whether a quotient is of some of the increments of a counter by all of them.

    ``sum(rate(x{code="500"}[5m])) / sum(rate(x[5m]))``: the same functions over the same counter, with a subset of
    the matchers below.
    """
    some, all_ = list(dividend.walk()), list(divisor.walk())
    if len(some) != len(all_) or not any(isinstance(part, Call) and part.name in RATES for part in some):
        return False
    return all(map(_is_part_of, some, all_))


def _is_part_of(some: Node, all_: Node) -> bool:
    if type(some) is not type(all_) or isinstance(some, (Binary, Subquery)):
        return False
    if isinstance(some, Selector) and isinstance(all_, Selector):
        same = (some.name, some.window, some.past) == (all_.name, all_.window, all_.past)
        return same and bool(some.name) and {*all_.matchers} <= {*some.matchers}
    if isinstance(some, Call) and isinstance(all_, Call):
        return some.name == all_.name and some.name in RATES
    if isinstance(some, Aggregate) and isinstance(all_, Aggregate):
        return some.name == "sum" == all_.name and {*all_.grouping} <= {*some.grouping} and some.by and all_.by
    return isinstance(some, Number)
