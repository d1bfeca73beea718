"""The samples of simulated services: what each process would have sent, as arrays for the evaluator.

Only what the rules read is made, and of each histogram only the buckets whose boundaries they name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.false_positives import worlds
from benchmarks.false_positives.drawing import Change, Drawn, draw
from benchmarks.false_positives.matchers import Labels
from benchmarks.false_positives.rules import Rule
from benchmarks.false_positives.series import NAME, Series
from benchmarks.false_positives.services import GAUGES, SOURCES
from benchmarks.false_positives.sources import Gauge, Record, Source, replica_set
from benchmarks.false_positives.wanted import Wanted, labels_of
from benchmarks.false_positives.worlds import STEP, World


class Simulation:
    """Services of one world over time.

    Args:
        world: The traffic.
        program: The rules that will read the samples.
        random: Of what is by chance -> the source of its randomness: what one source of events does, changes no other.
        services: How many services.
        steps: How many steps.
        changes: What a fault changes, by kind.
        since: When it begins in each service, in steps (and parts of one).
    """

    def __init__(
        self,
        world: World,
        program: Sequence[Rule],
        random: Callable[[str], np.random.Generator],
        services: int,
        steps: int,
        changes: Mapping[str, Change] | None = None,
        since: np.ndarray | None = None,
    ) -> None:
        self.world, self.random, self.services, self.steps = world, random, services, steps
        self.wanted = Wanted(program)
        self.changes = changes or {}
        begins = np.full(services, float(steps)) if since is None else since
        # The part of what is counted by each sample that lies after the fault.
        self.after = np.clip(np.arange(steps) - begins[:, None], 0, 1)
        self.processes = world.processes(steps)
        self.shares = worlds.shares(self.processes, steps)
        self.hours = worlds.hours(world, steps)
        losses = random("lost")
        self.lost = [worlds.lost(losses, world, services, steps) for _ in self.processes]
        self.made: dict[str, list[tuple[Labels, np.ndarray, np.ndarray]]] = {}

    def samples(self) -> dict[str, Series]:
        """Return every series that the rules read, by its name."""
        gauges = [gauge for gauge in GAUGES if gauge.record.prometheus_name in self.wanted.names]
        holders = {gauge.holder for gauge in gauges}
        needed = [source for source in SOURCES if source.kind in holders or self.wanted.has(source)]
        rows = [len(source.rows(self.world)) for source in needed]
        randoms = [[self.random(f"{source.kind} bursts")] * number for source, number in zip(needed, rows, strict=True)]
        bursts = worlds.bursts([*itertools.chain(*randoms)], self.services, self.steps, self.world.sigma)
        held = {"": np.zeros((self.services, self.steps))}
        for source, burst in zip(needed, np.split(bursts, np.cumsum(rows)[:-1]), strict=True):
            held[source.kind] = burst.mean(0) * source.durations.mean
            self._events(source, burst if source.each else np.ones_like(burst))
        for gauge in gauges:
            if gauge.of_version:
                self._versions(gauge)
            else:
                self._gauge(gauge, held[gauge.holder])
        return {name: _stacked(rows) for name, rows in self.made.items()}

    def _events(self, source: Source, burst: np.ndarray) -> None:
        rows, change = source.rows(self.world), self.changes.get(source.kind, Change())
        bounds = sorted({bound for record in source.records for bound in self.wanted.boundaries(record)})
        shares, random = np.array([share for _, share in rows])[:, None, None], self.random(source.kind)
        for process in range(len(self.processes)):
            taken = self.shares[process]
            per_second = source.each * self.world.rate * self.hours * taken + source.second * (taken > 0)
            own = change if change.befalls(process, self.processes[process]) else Change()
            drawn = draw(random, source, shares * burst * (per_second * STEP), self.after, bounds, own)
            for row, (labels, _) in enumerate(rows):
                self._row(
                    source, process, {**source.target(self._pod(process)), **labels}, _of_row(drawn, row), bounds, row
                )

    def _row(
        self, source: Source, process: int, labels: Labels, drawn: Drawn, bounds: Sequence[float], row: int
    ) -> None:
        change = self.changes.get(source.kind, Change())
        there = self._there(process, source.every, gone=row in change.gone)
        good, bad = list(drawn.good), drawn.failed
        for record in source.records:
            apart = bool(source.errors) and source.errors.keys() <= labels_of(record)
            # What fails does so at once: it is in every bucket.
            classes = good if apart else [good[0] + bad, *good[1:]]
            self._metric(record, process, labels, classes, bounds, there, declared=source.declared)
            if apart:
                quick = [bad, *(np.zeros_like(bad) for _ in bounds)]
                self._metric(record, process, {**labels, **source.errors}, quick, bounds, there, declared=False)
            if f"{record.prometheus_name}_sum" in self.wanted.names:
                # Several sources of few events may share a metric.
                random = self.random(f"{record.prometheus_name} {process} {row}{source.kind * source.few}")
                seconds = _seconds(random, source, sum(good), drawn.slow, change)
                self._add(f"{record.prometheus_name}_sum", labels, self._counter(process, seconds), there)
        if source.failures is not None:
            known = {label: value for label, value in source.errors.items() if label in labels_of(source.failures)}
            self._metric(source.failures, process, {**labels, **known}, [bad], (), there, declared=False)

    def _metric(
        self,
        record: Record,
        process: int,
        labels: Labels,
        classes: Sequence[np.ndarray],
        bounds: Sequence[float],
        there: np.ndarray,
        *,
        declared: bool,
    ) -> None:
        """A counter, or the count and the buckets of a histogram: from the first event on, unless it is declared."""
        counted = self._counter(process, np.sum(classes, axis=0))
        there = there & (declared | (counted > 0))
        name = record.prometheus_name
        for series in (name, f"{name}_count"):
            if series in self.wanted.names:
                self._add(series, labels, counted, there)
        for bound, text in self.wanted.boundaries(record).items():
            up_to = self._counter(process, np.sum(classes[: list(bounds).index(bound) + 1], axis=0))
            self._add(f"{name}_bucket", {**labels, "le": text}, up_to, there)

    def _gauge(self, gauge: Gauge, held: np.ndarray) -> None:
        """``held`` is how many are held at a time, for each request a second."""
        change, random = self.changes.get(gauge.kind, Change()), self.random(gauge.kind)
        for process in range(len(self.processes)):
            values = gauge.constant + random.poisson(self.world.rate * self.hours * self.shares[process] * held)
            if change.befalls(process, self.processes[process]):
                values = values + change.added * (self.after > 0)
            there = self._there(process, gauge.every)
            self._add(gauge.record.prometheus_name, gauge.target(self._pod(process)), values, there)

    def _versions(self, gauge: Gauge) -> None:
        begins: dict[int, int] = {}
        for process in self.processes:
            begin = process.lives[0][0]
            begins[process.version] = min(begin, begins.get(process.version, begin))
        at = np.broadcast_to(np.arange(self.steps), (self.services, self.steps))
        for version, begin in begins.items():
            labels, there = gauge.target(replica_set(version)), (at >= begin) & (at % gauge.every == 0)
            self._add(gauge.record.prometheus_name, labels, np.full(at.shape, begin * STEP), there)

    def _pod(self, process: int) -> str:
        """The name of a pod begins with that of its ReplicaSet."""
        return f"{replica_set(self.processes[process].version)}-{process:05d}"

    def _counter(self, process: int, events: np.ndarray) -> np.ndarray:
        """Each life of a process begins at 0."""
        result = np.zeros(events.shape)
        for begin, end in self.processes[process].lives:
            np.cumsum(events[:, begin:end], axis=1, out=result[:, begin:end])
            result[:, begin:end] -= events[:, begin : begin + 1]
        return result

    def _there(self, process: int, every: int, *, gone: bool = False) -> np.ndarray:
        lives = np.zeros(self.steps, bool)
        for begin, end in self.processes[process].lives:
            lives[begin:end] = True
        lives &= np.arange(self.steps) % every == 0
        there = lives & ~self.lost[process]
        return there & (self.after == 0) if gone else there

    def _add(self, name: str, labels: Labels, values: np.ndarray, there: np.ndarray) -> None:
        self.made.setdefault(name, []).append(({NAME: name, **labels}, values, there))


def _seconds(
    random: np.random.Generator, source: Source, good: np.ndarray, slow: np.ndarray, change: Change
) -> np.ndarray:
    """The seconds of all events together: of many as of exponential ones, which is near enough."""
    if source.few:
        usual = source.durations
        return usual.sums(random, good - slow) + usual.around(change.seconds).sums(random, slow)
    return random.gamma(good - slow) * source.durations.mean + slow * change.seconds


def _of_row(drawn: Drawn, row: int) -> Drawn:
    return Drawn(tuple(events[row] for events in drawn.good), drawn.failed[row], drawn.slow[row])


def _stacked(rows: Sequence[tuple[Labels, np.ndarray, np.ndarray]]) -> Series:
    labels, values, there = zip(*rows, strict=True)
    return Series(labels, np.stack(values).astype(float), np.stack(there))
