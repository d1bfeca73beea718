"""The parts of a LogQL query that are about numbers: windows of lines, what is made of them, and what of that."""

from __future__ import annotations

from typing import TypeAlias

from obskit.logql.lines import LogQuery, Name, Node, Unwrap


class LogRange(Node, frozen=True):
    """``{…} | … [5m] offset 1h``; window and offset in seconds."""

    query: LogQuery
    window: float
    offset: float = 0.0
    unwrap: Unwrap | None = None


class Grouping(Node, frozen=True):
    """``by (…)`` or ``without (…)``."""

    labels: tuple[Name, ...]
    without: bool = False


class RangeAggregation(Node, frozen=True):
    """``rate({…}[5m])``; the parameter is that of ``quantile_over_time``."""

    function: str
    range: LogRange
    parameter: float | None = None
    grouping: Grouping | None = None


class VectorAggregation(Node, frozen=True):
    """``sum by (level) (…)``; the parameter is that of ``topk``, ``bottomk`` and ``approx_topk``."""

    function: str
    operand: Expression
    parameter: int | None = None
    grouping: Grouping | None = None


class Matching(Node, frozen=True):
    """``on (…) group_left (…)``: which samples of both sides belong together; the group is the side that has many."""

    labels: tuple[Name, ...]
    on: bool
    group: str = ""
    included: tuple[Name, ...] = ()


class BinaryOperation(Node, frozen=True):
    """``left / on (pod) right``; it starts where its operator stands."""

    operator: str
    left: Expression
    right: Expression
    returns_bool: bool = False
    matching: Matching | None = None


class LabelReplace(Node, frozen=True):
    """``label_replace(operand, "target", "$1", "source", "(.*)")``."""

    operand: Expression
    target: str
    replacement: str
    source: str
    pattern: str


class Vector(Node, frozen=True):
    """``vector(1)``."""

    value: float


class Literal(Node, frozen=True):
    """A number."""

    value: float


class Variants(Node, frozen=True):
    """``variants(…, …) of ({…}[5m])``; Loki refuses to run it unless it is configured to."""

    operands: tuple[Expression, ...]
    range: LogRange


Expression: TypeAlias = (
    LogQuery | RangeAggregation | VectorAggregation | BinaryOperation | LabelReplace | Vector | Literal | Variants
)
