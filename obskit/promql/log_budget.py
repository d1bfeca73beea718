"""How long from a log line to the notification, at worst.

    T = delay + f·W + I + ceil(for/I)·I + group_wait

Lines come one by one, so there is no interval of samples: delay is what Fluent Bit takes to see a line in a file and to
send it, W the window of the expression, f the share of it that must lie after the fault, I the interval at which Loki's
ruler evaluates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from obskit import logql
from obskit.config.project import Intervals, duration_seconds
from obskit.promql.budget import Budget, Step, routed

#: ``refresh_interval`` and ``flush`` of the rendered Fluent Bit.
DELAY_SECONDS = 2


def compute(expr: str, *, for_: str, window_share: float, intervals: Intervals, latency_class: str) -> Budget:
    """Return the budget of an alert on log lines.

    Args:
        expr: Its LogQL, without tokens.
        for_: Its ``for``.
        window_share: f of the formula.
        intervals: The intervals of the project.
        latency_class: ``fast``, or another: those wait longer in their group of the route.

    Raises:
        LogQLError: Not LogQL.

    Example:
        >>> compute('sum(rate({a="b"}[2m])) > 1', for_="0s", window_share=0.5, intervals=Intervals(),
        ...     latency_class="normal").seconds
        122
    """
    evaluation = duration_seconds(intervals.logs)
    tree = logql.parse(expr)
    window = math.ceil(max(_windows(tree, aside=False), default=0) or max(_windows(tree, aside=True), default=0))
    hold = math.ceil(duration_seconds(for_) / evaluation) * evaluation
    steps = [
        Step(DELAY_SECONDS, "the line is read and sent"),
        Step(window_share * window, f"{window_share:g} of [{window}s] must follow the fault"),
        Step(evaluation, "the next evaluation of Loki's ruler"),
        Step(hold, f"for: {for_}"),
        routed(intervals, latency_class),
    ]
    looked_at = window if window_share else 0
    rule = math.ceil(round(sum(step.seconds for step in steps[1:-1]), 6))
    return Budget(tuple(step for step in steps if step.seconds), looked_at // evaluation, looked_at, 1, rule)


def _windows(node: logql.Node, *, aside: bool) -> Iterator[float]:
    """Yield the seconds of every window that looks at now, on the right sides of ``unless`` only when asked."""
    if isinstance(node, logql.BinaryOperation) and node.operator == "unless" and not aside:
        yield from _windows(node.left, aside=False)
    elif isinstance(node, logql.BinaryOperation):
        for side in (node.left, node.right):
            yield from _windows(side, aside=aside)
    else:
        yield from (one.window for one in logql.walk(node) if isinstance(one, logql.LogRange) and not one.offset)
