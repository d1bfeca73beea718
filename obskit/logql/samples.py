"""The parts of a LogQL query that are about numbers: windows of lines, what is made of them, and what of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from obskit.logql.lines import LogQuery, Name, Node, Unwrap


@dataclass(frozen=True)
class LogRange(Node):
    """``{…} | … [5m] offset 1h``; window and offset in seconds."""

    query: LogQuery
    window: float
    offset: float = 0.0
    unwrap: Unwrap | None = None


@dataclass(frozen=True)
class Grouping(Node):
    """``by (…)`` or ``without (…)``."""

    labels: tuple[Name, ...]
    without: bool = False


@dataclass(frozen=True)
class RangeAggregation(Node):
    """``rate({…}[5m])``; the parameter is that of ``quantile_over_time``."""

    function: str
    range: LogRange
    parameter: float | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True)
class VectorAggregation(Node):
    """``sum by (level) (…)``; the parameter is that of ``topk``, ``bottomk`` and ``approx_topk``."""

    function: str
    operand: Expression
    parameter: int | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True)
class Matching(Node):
    """``on (…) group_left (…)``: which samples of both sides belong together; the group is the side that has many."""

    labels: tuple[Name, ...]
    on: bool
    group: str = ""
    included: tuple[Name, ...] = ()


@dataclass(frozen=True)
class BinaryOperation(Node):
    """``left / on (pod) right``; it starts where its operator stands."""

    operator: str
    left: Expression
    right: Expression
    returns_bool: bool = False
    matching: Matching | None = None


@dataclass(frozen=True)
class LabelReplace(Node):
    """``label_replace(operand, "target", "$1", "source", "(.*)")``."""

    operand: Expression
    target: str
    replacement: str
    source: str
    pattern: str


@dataclass(frozen=True)
class Vector(Node):
    """``vector(1)``."""

    value: float


@dataclass(frozen=True)
class Literal(Node):
    """A number."""

    value: float


@dataclass(frozen=True)
class Variants(Node):
    """``variants(…, …) of ({…}[5m])``; Loki refuses to run it unless it is configured to."""

    operands: tuple[Expression, ...]
    range: LogRange


Expression: TypeAlias = (
    LogQuery | RangeAggregation | VectorAggregation | BinaryOperation | LabelReplace | Vector | Literal | Variants
)
