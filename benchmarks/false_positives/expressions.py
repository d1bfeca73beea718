"""Expressions of PromQL over arrays: the tree that promql_parser gives, evaluated at all steps at once.

What is not needed by a rule that is judged is not here, and says so when a rule needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import promql_parser as parser

from benchmarks.false_positives import ranges
from benchmarks.false_positives.operators import ARITHMETIC, COMPARE, SETS, matched, matched_sets
from benchmarks.false_positives.series import EvaluationError, Series, groups, key, merged, together

#: A number is one at each step, or the same at all of them.
Number = float | np.ndarray
Value = Number | Series
_FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "asin": np.arcsin,
    "round": lambda values: np.floor(values + 0.5),
    "clamp": lambda values, low, high: np.maximum(low, np.minimum(high, values)),
    "clamp_min": np.maximum,
    "clamp_max": np.minimum,
}


class Scope(Protocol):
    """Where an expression finds its series."""

    def instant(self, selector: Any) -> Series:
        """Return what a selector gives at every step."""

    def ranges(self, selector: Any) -> Iterator[tuple[Series, ranges.Window]]:
        """Yield the samples that a range reads, and which of them it holds at a step."""

    def constant(self, value: Number) -> Series:
        """Return ``vector(value)``."""

    def time(self) -> np.ndarray:
        """Return the seconds at which the rules are evaluated."""


def evaluate(node: Any, scope: Scope) -> Value:
    """Return what an expression gives at every step.

    Args:
        node: The parsed expression.
        scope: The series.

    Raises:
        EvaluationError: Prometheus would refuse it, or it has a part that is not known here.
    """
    maker = _NODES.get(type(node).__name__)
    if maker is None:
        raise EvaluationError(f"{type(node).__name__} is not evaluated here: {node}")
    with np.errstate(all="ignore"):
        return maker(node, scope)


def _call(node: Any, scope: Scope) -> Value:
    name, arguments = node.func.name, list(node.args)
    if any(isinstance(argument, parser.MatrixSelector) for argument in arguments):
        parameter = arguments.pop(0).val if name == "quantile_over_time" else 0.0
        return together([ranges.apply(name, *one, parameter) for one in scope.ranges(arguments[0])])
    if name == "time":
        return scope.time()
    if name == "vector":
        return scope.constant(_number(evaluate(arguments[0], scope)))
    if name == "label_replace":
        return _label_replace(vector(evaluate(arguments[0], scope)), *(text.val for text in arguments[1:]))
    if name not in _FUNCTIONS:
        raise EvaluationError(f"{name}() is not evaluated here")
    series = vector(evaluate(arguments[0], scope))
    numbers = [_number(evaluate(argument, scope)) for argument in arguments[1:]]
    return merged(series.with_values(_FUNCTIONS[name](series.values, *numbers)))


def _label_replace(series: Series, target: str, replacement: str, source: str, pattern: str) -> Series:
    expression, template = re.compile(f"(?:{pattern})", re.DOTALL), re.sub(r"\$(\d+|\{\d+\})", r"\\g<\1>", replacement)
    template = template.replace("{", "").replace("}", "")
    labels = []
    for row in series.labels:
        found = expression.fullmatch(row.get(source, ""))
        labels.append({**row, target: found.expand(template)} if found else row)
    return merged(Series(tuple(labels), series.values, series.present))


def vector(value: Value) -> Series:
    """Return a value that must be a vector."""
    if not isinstance(value, Series):
        raise EvaluationError(f"a vector is needed where {value} stands")
    return value


def _number(value: Value) -> Number:
    if isinstance(value, Series):
        raise EvaluationError("a number is needed where a vector stands")
    return value


def _negated(node: Any, scope: Scope) -> Value:
    value = evaluate(node.expr, scope)
    return value.with_values(-value.values) if isinstance(value, Series) else -value


def _aggregate(node: Any, scope: Scope) -> Series:
    series, operation = vector(evaluate(node.expr, scope)), str(node.op)
    if operation not in _REDUCE:
        raise EvaluationError(f"{operation} is not evaluated here")
    parameter = float(_number(evaluate(node.param, scope))) if node.param is not None else 0.0
    names = tuple(node.modifier.labels) if node.modifier else ()
    if node.modifier and node.modifier.type != parser.AggModifierType.By:
        raise EvaluationError("without is not evaluated here")
    found = groups(key(labels, names) for labels in series.labels)
    if not found:
        return series
    labels = tuple({name: value for name, value in zip(names, one, strict=True) if value} for one in found)  # type: ignore[call-overload]
    values, present = [], []
    for rows in found.values():
        there = series.present[rows]
        present.append(there.any(0))
        values.append(_REDUCE[operation](series.values[rows], there, parameter))
    return Series(labels, np.stack(values), np.stack(present))


def _quantile(values: np.ndarray, there: np.ndarray, parameter: float) -> np.ndarray:
    held = np.where(there, values, np.nan)
    return ranges.quantile(np.moveaxis(held, 0, -1), there.sum(0), parameter)


_REDUCE: dict[str, Callable[[np.ndarray, np.ndarray, float], np.ndarray]] = {
    "sum": lambda values, there, _: np.where(there, values, 0).sum(0),
    "count": lambda _, there, __: there.sum(0).astype(float),
    "avg": lambda values, there, _: np.where(there, values, 0).sum(0) / there.sum(0),
    "max": lambda values, there, _: np.where(there, values, -np.inf).max(0),
    "min": lambda values, there, _: np.where(there, values, np.inf).min(0),
    "quantile": _quantile,
}


def _binary(node: Any, scope: Scope) -> Value:
    left, right, operator = evaluate(node.lhs, scope), evaluate(node.rhs, scope), str(node.op)
    if operator in SETS:
        return matched_sets(operator, vector(left), vector(right), node.modifier)
    returns_bool = bool(node.modifier and node.modifier.return_bool)
    if isinstance(left, Series) and isinstance(right, Series):
        if returns_bool:
            raise EvaluationError("bool is not evaluated here")
        return matched(operator, left, right, node.modifier)
    function = ARITHMETIC.get(operator)
    if not isinstance(left, Series) and not isinstance(right, Series):
        return function(left, right) if function is not None else COMPARE[operator](left, right) * 1.0
    series = left if isinstance(left, Series) else vector(right)
    operands = (left.values if isinstance(left, Series) else left, right.values if isinstance(right, Series) else right)
    if function is not None:
        return merged(series.with_values(function(*operands)))
    if returns_bool:
        raise EvaluationError("bool is not evaluated here")
    return Series(series.labels, series.values, series.present & COMPARE[operator](*operands))


_NODES: dict[str, Callable[[Any, Scope], Value]] = {
    "NumberLiteral": lambda node, _: float(node.val),
    "ParenExpr": lambda node, scope: evaluate(node.expr, scope),
    "VectorSelector": lambda node, scope: scope.instant(node),
    "Call": _call,
    "UnaryExpr": _negated,
    "AggregateExpr": _aggregate,
    "BinaryExpr": _binary,
}
