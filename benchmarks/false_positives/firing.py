"""When an alert is pending and when it fires, by when its expression gives something: ``for`` and ``keep_firing_for``.

Source: rules/alerting.go of Prometheus.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.false_positives.matchers import Labels
from benchmarks.false_positives.series import NAME, Series, empty, merged, unnamed

Run = tuple[int, int]


def states(series: Series, name: str, labels: Mapping[str, str], hold: int, keep: int) -> Series:
    """Return the series ``ALERTS`` of an alert: of each row one while it is pending, and one while it fires.

    Args:
        series: What its expression gives.
        name: Of the alert.
        labels: What the rule adds.
        hold: ``for``, in steps.
        keep: ``keep_firing_for``, in steps.
    """
    series = merged(Series(tuple({**row, **labels} for row in unnamed(series.labels)), series.values, series.present))
    rows: list[tuple[Labels, np.ndarray]] = []
    for row, there in zip(series.labels, series.present, strict=True):
        if not there.any():
            continue
        pending, firing = np.zeros_like(there), np.zeros_like(there)
        for service, line in enumerate(there):
            for state, (begin, end) in phases(line, hold, keep):
                (firing if state == "firing" else pending)[service, begin:end] = True
        for state, when in (("pending", pending), ("firing", firing)):
            if when.any():
                rows.append(({**row, NAME: "ALERTS", "alertname": name, "alertstate": state}, when))
    if not rows:
        return empty(*series.values.shape[1:])
    present = np.stack([when for _, when in rows])
    return Series(tuple(row for row, _ in rows), present.astype(float), present)


def phases(there: np.ndarray, hold: int, keep: int) -> Iterator[tuple[str, Run]]:
    """Yield the states of one alert, each with its first step and the one after its last.

    Example:
        >>> list(phases(np.array([0, 1, 1, 1, 0, 0, 1, 0, 0, 0]), hold=1, keep=2))
        [('pending', (1, 2)), ('firing', (2, 6)), ('firing', (6, 9))]
    """
    ends = 0  # when what fires is over, unless its condition is back by then
    for begin, end in runs(there):
        fires = begin if ends and begin <= ends else begin + hold
        if fires > begin:
            yield "pending", (begin, min(fires, end))
        if fires < end:
            ends = end + keep
            yield "firing", (fires, ends)
        else:
            ends = 0


def runs(there: np.ndarray) -> Iterator[Run]:
    """Yield where something holds without a break: the first step, and the one after the last.

    Example:
        >>> list(runs(np.array([True, True, False, True])))
        [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(np.int8), [0]])))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
