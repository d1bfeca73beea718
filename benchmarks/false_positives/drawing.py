"""Events by chance: how many of each kind come between two samples, before a fault and after it.

Of a Poisson stream of events those that fail, and those of each bucket of a histogram, are Poisson streams of their
own: so they are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.false_positives.sources import Source
from benchmarks.false_positives.worlds import Process


@dataclass(frozen=True)
class Change:
    """What a fault changes in the events of one kind, or in a gauge.

    Args:
        rates: Factor of the events of each row, or of all.
        slow: The share that takes ``seconds`` from then on.
        seconds: How long that is.
        failing: The share that fails from then on; as before if 0.
        rows: Rows of which events are slow or fail; all if empty.
        processes: How many of the processes it befalls; all if 0.
        version: Which version of the service it befalls; all if negative.
        gone: Rows whose series end.
        added: What is added to the gauge.
    """

    rates: Sequence[float] | float = 1.0
    slow: float = 0
    seconds: float = 0.5
    failing: float = 0
    rows: tuple[int, ...] = ()
    processes: int = 0
    version: int = -1
    gone: tuple[int, ...] = ()
    added: float = 0

    def befalls(self, number: int, process: Process) -> bool:
        """Return whether a process is one of those."""
        return (not self.processes or number < self.processes) and self.version in (-1, process.version)


@dataclass(frozen=True)
class Drawn:
    """The events of one process: arrays of rows x services x steps.

    Args:
        good: Those that do not fail, by the bucket that they fall in.
        failed: Those that fail.
        slow: Those among the good ones that the fault makes slow.
    """

    good: tuple[np.ndarray, ...]
    failed: np.ndarray
    slow: np.ndarray


def draw(
    random: np.random.Generator,
    source: Source,
    expected: np.ndarray,
    after: np.ndarray,
    bounds: Sequence[float],
    change: Change,
) -> Drawn:
    """Return the events of one process.

    Args:
        random: The source of all randomness.
        source: What they are.
        expected: How many there are on average, were there no fault: rows x services x steps.
        after: The part of each interval that lies after the fault: services x steps.
        bounds: Boundaries of the buckets that are told apart, ascending.
        change: The fault.
    """
    rates = np.broadcast_to(np.asarray(change.rates, float), (len(expected),))[:, None, None]
    befallen = np.isin(np.arange(len(expected)), change.rows or range(len(expected)))[:, None, None]
    usual, faulty = expected * (1 - after), expected * after * rates
    failing = np.where(befallen & (change.failing > 0), change.failing, source.failing)
    slow = np.where(befallen, change.slow, 0)
    late = np.searchsorted(bounds, change.seconds)
    means = []
    for number, share in enumerate(np.diff([0, *(source.durations.below(bound) for bound in bounds), 1])):
        good = (1 - slow) * share + slow * (number == late)
        means.append(usual * (1 - source.failing) * share + faulty * (1 - failing) * good)
    means.append(usual * source.failing + faulty * failing)
    *good_ones, failed = _regular(random, means) if source.regular else map(random.poisson, means)
    made_slow = _slow(random, source, sum(good_ones), faulty * (1 - failing) * slow, sum(means[:-1]), change)
    return Drawn(tuple(good_ones), failed, made_slow)


def _slow(
    random: np.random.Generator, source: Source, good: np.ndarray, slow: np.ndarray, mean: np.ndarray, change: Change
) -> np.ndarray:
    """How many of the good ones the fault makes slow."""
    if not change.slow:
        return 0 * good
    if source.few:  # two draws would not meet
        share = np.divide(slow, mean, out=np.zeros_like(mean), where=mean > 0)
        return random.binomial(good, np.clip(share, 0, 1))
    return np.minimum(random.poisson(slow), good)


def _regular(random: np.random.Generator, means: Sequence[np.ndarray]) -> list[np.ndarray]:
    """As many events as are expected, at regular times: by chance is only of which kind each of them is."""
    expected = np.sum(means, axis=0)
    left = np.diff(np.floor(np.cumsum(expected, axis=-1) + 1e-9), axis=-1, prepend=0).astype(int)
    result = []
    for mean in means:
        share = np.divide(mean, expected, out=np.zeros_like(mean), where=expected > 0)
        result.append(random.binomial(left, np.clip(share, 0, 1)))
        left, expected = left - result[-1], expected - mean
    return result
