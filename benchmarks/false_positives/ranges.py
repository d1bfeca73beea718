"""PromQL's functions over a range of time, for all steps at once.

Source: promql/functions.go of Prometheus 3, where a range is open on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.false_positives.series import EvaluationError, Series

#: Windows that are sorted at once.
_CHUNK = 2048


@dataclass(frozen=True)
class Window:
    """Which samples a range holds at a step: those from ``step - offset - samples + 1`` to ``step - offset - lag``.

    Args:
        samples: How many there are at most.
        seconds: Its length.
        step: Seconds between two steps.
        offset: Steps that it lies in the past.
        lag: 1 when the newest one is written only after the expression was evaluated.
        phase: Seconds from a sample until the rules are evaluated: a number, or one for each service (services x 1).
    """

    samples: int
    seconds: float
    step: float
    offset: int = 0
    lag: int = 0
    phase: float | np.ndarray = 0.0

    def bounds(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the first sample of each step's range, and the one after the last."""
        at = np.arange(steps) - self.offset
        return np.clip(at - self.samples + 1, 0, steps), np.clip(at - self.lag + 1, 0, steps)


def lives(present: np.ndarray, window: Window) -> Iterator[tuple[int, int, int]]:
    """Yield each row that has samples, with the steps from its first one to the last that still sees one."""
    steps = present.shape[-1]
    for row, there in enumerate(present.any(1)):
        found = np.flatnonzero(there)
        if found.size:
            yield row, int(found[0]), min(steps, int(found[-1]) + window.samples + window.offset + 1)


def apply(name: str, series: Series, window: Window, parameter: float = 0) -> Series:
    """Return what a function of a range gives at every step.

    Args:
        name: ``rate``, ``avg_over_time`` and so on.
        series: Its samples.
        window: The range.
        parameter: The quantile.

    Raises:
        EvaluationError: A function that is not known here.
    """
    function = _FUNCTIONS.get(name)
    if function is None:
        raise EvaluationError(f"{name}() is not among {', '.join(sorted(_FUNCTIONS))}")
    values, present = np.zeros(series.values.shape), np.zeros(series.present.shape, bool)
    for row, start, stop in lives(series.present, window):
        part = slice(start, stop)
        made = function(series.values[row, :, part], series.present[row, :, part], window, parameter)
        values[row, :, part], present[row, :, part] = made
    result = Series(series.labels, values, present)
    return result if name in ("last_over_time", "first_over_time") else result.with_values(values)


Made = tuple[np.ndarray, np.ndarray]


def _sums(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The sum from one index to the one before another."""
    total = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=total[:, 1:])
    return total[:, high] - total[:, low]


def _numbers(present: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    if present.all():
        return np.broadcast_to(np.maximum(high - low, 0), present.shape)
    return np.maximum(_sums(present, low, high), 0)


def _edges(present: np.ndarray, low: np.ndarray, high: np.ndarray) -> Made:
    """The first sample of each range and its last one; which are anything where a range has none."""
    steps = present.shape[1]
    if present.all():
        first, last = np.minimum(low, steps - 1), np.maximum(high - 1, 0)
        return np.broadcast_to(first, present.shape), np.broadcast_to(last, present.shape)
    index = np.arange(steps)
    latest = np.maximum.accumulate(np.where(present, index, 0), axis=1)
    next_one = np.minimum.accumulate(np.where(present, index, steps - 1)[:, ::-1], axis=1)[:, ::-1]
    return next_one[:, np.minimum(low, steps - 1)], latest[:, np.maximum(high - 1, 0)]


def _at(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, index, axis=1)


def _counted(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """A counter that does not fall: at each reset it goes on from where it was."""
    before = np.zeros_like(values)
    if present.all():
        before[:, 1:] = values[:, :-1]
    else:
        latest = np.maximum.accumulate(np.where(present, np.arange(values.shape[1]), -1), axis=1)
        before[:, 1:] = np.where(latest[:, :-1] >= 0, _at(values, np.maximum(latest, 0))[:, :-1], 0)
    lost = np.where(present & (values < before), before, 0)
    return values + np.cumsum(lost, axis=1) if lost.any() else values


def _rate(values: np.ndarray, present: np.ndarray, window: Window, _parameter: float) -> Made:
    """``extrapolatedRate`` of a counter."""
    low, high = window.bounds(values.shape[1])
    number = _numbers(present, low, high)
    first, last = _edges(present, low, high)
    counted = _counted(values, present)
    result = _at(counted, last) - _at(counted, first)
    now = (np.arange(values.shape[1]) - window.offset) * window.step + window.phase
    sampled = (last - first) * window.step
    average = sampled / np.maximum(number - 1, 1)
    to_start = first * window.step - (now - window.seconds)
    to_start = np.where(to_start >= 1.1 * average, average / 2, to_start)
    with np.errstate(all="ignore"):
        to_zero = np.where(result > 0, sampled * (_at(values, first) / result), to_start)
        to_start = np.minimum(to_start, to_zero)
        to_end = now - last * window.step
        to_end = np.where(to_end >= 1.1 * average, average / 2, to_end)
        # In the order of Prometheus: three events of a window must be as many as there.
        return result * ((sampled + to_start + to_end) / sampled / window.seconds), number >= 2


def _count(values: np.ndarray, present: np.ndarray, window: Window, _parameter: float) -> Made:
    number = _numbers(present, *window.bounds(values.shape[1]))
    return number, number > 0


def _present(values: np.ndarray, present: np.ndarray, window: Window, parameter: float) -> Made:
    number, there = _count(values, present, window, parameter)
    return np.ones_like(number), there


def _sum(values: np.ndarray, present: np.ndarray, window: Window, _parameter: float) -> Made:
    bounds = window.bounds(values.shape[1])
    return _sums(np.where(present, values, 0), *bounds), _numbers(present, *bounds) > 0


def _average(values: np.ndarray, present: np.ndarray, window: Window, _parameter: float) -> Made:
    bounds = window.bounds(values.shape[1])
    number = _numbers(present, *bounds)
    return _sums(np.where(present, values, 0), *bounds) / np.maximum(number, 1), number > 0


def _deviation(values: np.ndarray, present: np.ndarray, window: Window, parameter: float) -> Made:
    some = values[present]
    centred = values - (some.mean() if some.size else 0)  # or the squares of large numbers eat up the difference
    mean, there = _average(centred, present, window, parameter)
    square, _ = _average(centred**2, present, window, parameter)
    return np.sqrt(np.maximum(square - mean**2, 0)), there


def _last(values: np.ndarray, present: np.ndarray, window: Window, _parameter: float) -> Made:
    bounds = window.bounds(values.shape[1])
    return _at(values, _edges(present, *bounds)[1]), _numbers(present, *bounds) > 0


def _windows(values: np.ndarray, present: np.ndarray, window: Window) -> np.ndarray:
    """Services x steps x samples; not a number where there is none."""
    before = np.full((values.shape[0], window.samples - 1 + window.offset), np.nan)
    padded = np.concatenate([before, np.where(present, values, np.nan)], axis=1)
    return sliding_window_view(padded, window.samples, axis=1)[:, : values.shape[1], : window.samples - window.lag]


def _extreme(reduce: Callable[..., np.ndarray], worst: float) -> Callable[..., Made]:
    def made(values: np.ndarray, present: np.ndarray, window: Window, parameter: float) -> Made:
        held = np.where(present, values, worst)
        found = reduce(_windows(held, np.ones_like(present), window), axis=2, initial=worst)
        return found, _count(values, present, window, parameter)[1]

    return made


def quantile(values: np.ndarray, number: np.ndarray, parameter: float) -> np.ndarray:
    """Return a quantile of the last axis.

    Args:
        values: What is not a number does not count.
        number: How many there are, without the last axis.
        parameter: The quantile, from 0 to 1.
    """
    ordered = np.sort(values, axis=-1)  # what is not a number comes last
    most = np.maximum(number, 1) - 1
    rank = parameter * most
    lower = np.floor(rank).astype(int)
    upper = np.minimum(lower + 1, most.astype(int))
    under, over = (np.take_along_axis(ordered, at[..., None], -1)[..., 0] for at in (lower, upper))
    weight = rank - lower
    return np.where(weight == 0, under, under * (1 - weight) + over * weight)


def _quantile(values: np.ndarray, present: np.ndarray, window: Window, parameter: float) -> Made:
    found = np.empty(values.shape)
    number, there = _count(values, present, window, parameter)
    view = _windows(values, present, window)
    for start in range(0, values.shape[1], _CHUNK):
        part = slice(start, start + _CHUNK)
        found[:, part] = quantile(view[:, part], number[:, part], parameter)
    return found, there


_FUNCTIONS: dict[str, Callable[[np.ndarray, np.ndarray, Window, float], Made]] = {
    "rate": _rate,
    "count_over_time": _count,
    "present_over_time": _present,
    "sum_over_time": _sum,
    "avg_over_time": _average,
    "stddev_over_time": _deviation,
    "last_over_time": _last,
    "max_over_time": _extreme(np.fmax.reduce, -np.inf),
    "min_over_time": _extreme(np.fmin.reduce, np.inf),
    "quantile_over_time": _quantile,
}
