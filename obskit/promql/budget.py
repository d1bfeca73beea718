"""How long from a fault to the notification, at worst.

    T = batch + (f·k + 1)·S + I + ceil(for/I)·I + I·c + group_wait        with k = W/S - 1

S is the interval of the samples (of the export of pushed signals, of the scrape of others), W the window of the
expression, f the share of the window's increments that must lie after the fault, I the evaluation interval, c the
recording rules of other groups in the chain, and batch the longest time that the sidecar holds a pushed metric.
Measured against a real Prometheus and Alertmanager by ``make demo``.

The right side of ``unless`` delays nothing: it can only hold an alert back, and what it holds back before the fault it
holds back after it. Where no window is left without it, the fault is that the right side goes, as in
``inventory unless last_over_time(up[1m])``: then it is looked at as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import promql_parser

from obskit.config.project import Intervals, duration_seconds

#: How long the route holds alerts that are not fast, so that those of one fault come together: the first of a group,
#: and whatever joins it later.
GROUP_WAIT = "30s"

#: Seconds within which a fast alert must be with people.
FAST = 21
#: Of slow ones: some seconds of a slower interval are nothing to an alert that takes an hour or foretells a fortnight.
_SLACK, _SLACK_SECONDS = 0.1, 60


@dataclass(frozen=True)
class Step:
    """One addend: its seconds and why."""

    seconds: float
    reason: str


@dataclass(frozen=True)
class Budget:
    """The addends of a detection budget.

    Args:
        steps: Each addend, none of them 0.
        window: Samples in the longest window, if some of them must follow the fault, or else 0.
        window_seconds: The same in seconds.
        evaluations: How many evaluations, without those of ``for``.
        rule: Seconds of the sum that pass in Prometheus: from the fault until the alert fires there.
    """

    steps: tuple[Step, ...]
    window: int
    window_seconds: int
    evaluations: int
    rule: int

    @property
    def seconds(self) -> int:
        """The sum, rounded up to whole seconds."""
        return math.ceil(round(sum(step.seconds for step in self.steps), 6))


@dataclass(frozen=True)
class Recorded:
    """A recording rule, as the chain sees it."""

    expr: str
    group: str


def compute(
    expr: str,
    group: str,
    *,
    recorded: Mapping[str, Recorded],
    for_: str,
    window_share: float,
    source: str,
    intervals: Intervals,
    latency_class: str = "fast",
) -> Budget:
    """Return the budget of an alert.

    Args:
        expr: Its expression, without tokens.
        group: The group that it is in.
        recorded: Every recording rule by the name of its series.
        for_: Its ``for``.
        window_share: f of the formula.
        source: ``otlp`` or ``scrape``.
        intervals: The intervals of the project.
        latency_class: ``fast``, or another: those wait longer in their group of the route.

    Example:
        >>> compute('rate(x[15s]) > 1', "g", recorded={}, for_="5s", window_share=0.5, source="otlp",
        ...     intervals=Intervals()).seconds
        21
        >>> compute('x unless rate(y[5m]) > 1', "g", recorded={}, for_="5s", window_share=0, source="otlp",
        ...     intervals=Intervals()).seconds
        16
    """
    evaluation = duration_seconds(intervals.evaluation)
    pushed = source == "otlp"
    sample = duration_seconds(intervals.export if pushed else intervals.scrape)
    window, crossings = _reach(expr, group, recorded)
    increments = max(window / sample - 1, 0)
    needed = window_share * increments
    hold = math.ceil(duration_seconds(for_) / evaluation) * evaluation
    word = "export" if pushed else "scrape"
    steps = [
        Step(duration_seconds(intervals.collector_batch) if pushed else 0, "the sidecar holds the metric"),
        Step(
            needed * sample, f"{window_share:g} of the {increments:g} increments in [{window}s] must follow the fault"
        ),
        Step(sample, f"the next {word}"),
        Step(evaluation, "the next evaluation"),
        Step(hold, f"for: {for_}"),
        Step(crossings * evaluation, f"{crossings} recording rules of other groups"),
        routed(intervals, latency_class),
    ]
    looked_at = window if window_share else 0
    rule = math.ceil(round(sum(step.seconds for step in steps[1:-1]), 6))
    return Budget(tuple(step for step in steps if step.seconds), looked_at // sample, looked_at, 1 + crossings, rule)


def routed(intervals: Intervals, latency_class: str) -> Step:
    """Return how long Alertmanager holds an alert of a class at worst."""
    if latency_class == "fast":
        return Step(duration_seconds(intervals.group_wait), "group_wait of the route")
    return Step(duration_seconds(GROUP_WAIT), "group_wait of the route, or group_interval for one that joins its group")


def limit(latency_class: str, promised: float) -> float:
    """Return the seconds that an alert may take at any intervals.

    Args:
        latency_class: ``fast``, ``normal`` or ``slow``.
        promised: The seconds that its page promises at the default intervals.

    Example:
        >>> limit("fast", 16), limit("normal", 45), limit("slow", 3600)
        (21, 45, 3960.0)
    """
    if latency_class == "fast":
        return FAST
    return promised + max(promised * _SLACK, _SLACK_SECONDS) if latency_class == "slow" else promised


def _reach(expr: str, group: str, recorded: Mapping[str, Recorded]) -> tuple[int, int]:
    """The seconds of the longest window, and the most changes of group on the way down to raw series."""
    found = list(_looks(expr, group, recorded, frozenset(), aside=False))
    if not any(seconds for seconds, _ in found):
        found += _looks(expr, group, recorded, frozenset(), aside=True)
    return max(seconds for seconds, _ in found), max(crossings for _, crossings in found)


def _looks(
    expr: str, group: str, recorded: Mapping[str, Recorded], above: frozenset[str], *, aside: bool
) -> Iterator[tuple[int, int]]:
    """Yield (seconds of its range, changes of group above it) of all that is looked at, through recording rules.

    Args:
        expr: The expression.
        group: The group that it is in.
        recorded: Every recording rule by the name of its series.
        above: Series that led here; one that is recorded from itself looks at its own past.
        aside: Whether to look at the right sides of ``unless``.
    """
    yield 0, 0
    for name, seconds in _selectors_of(expr, aside):
        yield seconds, 0
        if name in recorded and name not in above:
            inner = recorded[name]
            for window, crossings in _looks(inner.expr, inner.group, recorded, above | {name}, aside=aside):
                yield window, crossings + (inner.group != group)


@lru_cache(maxsize=256)  # many alerts lead to the same recording rules
def _selectors_of(expr: str, aside: bool) -> tuple[tuple[str, int], ...]:
    return tuple(_selectors(promql_parser.parse(expr), aside))


def _selectors(node: Any, aside: bool) -> Iterator[tuple[str, int]]:
    """Yield (series, seconds of its range) of every selector without an offset: what has one is history."""
    if isinstance(node, promql_parser.VectorSelector):
        if not node.offset:
            yield node.name or "", 0
    elif isinstance(node, promql_parser.MatrixSelector):
        if not node.vector_selector.offset:
            yield node.vector_selector.name or "", int(node.range.total_seconds())
    else:
        for operand in _operands(node, aside):
            yield from _selectors(operand, aside)


def _operands(node: Any, aside: bool) -> Iterable[Any]:
    if isinstance(node, promql_parser.BinaryExpr):
        return [node.lhs, node.rhs] if aside or str(node.op) != "unless" else [node.lhs]
    if isinstance(node, promql_parser.Call):
        return list(node.args)
    if isinstance(node, promql_parser.AggregateExpr):
        return [node.expr, *([node.param] if node.param else [])]
    inner = getattr(node, "expr", None)  # parentheses, a sign, a subquery
    return [] if inner is None else [inner]
