"""How long from a fault to the notification, at worst.

    T = batch + (f·k + 1)·S + I + ceil(for/I)·I + I·c + group_wait        with k = W/S - 1

S is the interval of the samples (of the export of pushed signals, of the scrape of others), W the window of the
expression, f the share of the window's increments that must lie after the fault, I the evaluation interval, c the
recording rules of other groups in the chain, and batch the longest time that the sidecar holds a pushed metric.
Measured against a real Prometheus and Alertmanager by ``make demo``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser

from obskit.config.project import Intervals, duration_seconds

#: How long the route holds alerts that are not fast, so that those of one fault come together.
GROUP_WAIT = "30s"


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
    """
    evaluation = duration_seconds(intervals.evaluation)
    pushed = source == "otlp"
    sample = duration_seconds(intervals.export if pushed else intervals.scrape)
    window = max(windows(expr, recorded), default=0)
    increments = max(window / sample - 1, 0)
    needed = window_share * increments
    hold = math.ceil(duration_seconds(for_) / evaluation) * evaluation
    crossings = _crossings(expr, group, recorded)
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
        Step(
            duration_seconds(intervals.group_wait if latency_class == "fast" else GROUP_WAIT), "group_wait of the route"
        ),
    ]
    looked_at = window if window_share else 0
    rule = math.ceil(round(sum(step.seconds for step in steps[1:-1]), 6))
    return Budget(tuple(step for step in steps if step.seconds), looked_at // sample, looked_at, 1 + crossings, rule)


def windows(expr: str, recorded: Mapping[str, Recorded], above: frozenset[str] = frozenset()) -> list[int]:
    """Return the seconds of every range that looks at now, through recording rules; what has an offset is history.

    Args:
        expr: The expression.
        recorded: Every recording rule by the name of its series.
        above: Series that led here; one that is recorded from itself looks at its own past.
    """
    result = []
    for name, seconds in _selectors(promql_parser.parse(expr)):
        result.append(seconds)
        if name in recorded and name not in above:
            result.extend(windows(recorded[name].expr, recorded, above | {name}))
    return result


def _crossings(expr: str, group: str, recorded: Mapping[str, Recorded], above: frozenset[str] = frozenset()) -> int:
    """The most changes of group on the way from the expression down to raw series."""
    depths = [0]
    for name, _ in _selectors(promql_parser.parse(expr)):
        if name in recorded and name not in above:
            inner = recorded[name]
            depths.append((inner.group != group) + _crossings(inner.expr, inner.group, recorded, above | {name}))
    return max(depths)


def _selectors(node: Any) -> Iterator[tuple[str, int]]:
    """Yield (series, seconds of its range) of every selector without an offset."""
    found: list[tuple[str, int]] = []

    def visit(inner: Any) -> bool:
        if isinstance(inner, promql_parser.MatrixSelector):
            selector = inner.vector_selector
            if not selector.offset:
                found.append((selector.name or "", int(inner.range.total_seconds())))
            return True
        if isinstance(inner, promql_parser.VectorSelector) and not inner.offset:
            found.append((inner.name or "", 0))
        return True

    promql_parser.walk(node, visit)
    yield from found
