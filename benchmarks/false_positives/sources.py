"""How events of a simulated service are described, and the metrics that count them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.false_positives.matchers import Labels
from benchmarks.false_positives.worlds import World, weights
from obskit import catalogue
from obskit.catalogue import Attribute, ForeignMetric, Metric, shards
from obskit.config.project import Project, Service

PROJECT = Project(service=Service(name="shop", namespace="shop"), packs={**dict.fromkeys(catalogue.PLATFORM, True)})
Record = Metric | ForeignMetric
#: Name of a pod -> labels.
Target = Callable[[str], Labels]
Rows = Callable[[World], Sequence[tuple[Labels, float]]]


@dataclass(frozen=True)
class Durations:
    """How long events take: lognormal, and a few of them much longer.

    Args:
        median: Seconds.
        spread: Standard deviation of the logarithm.
        tail: The share that takes ``seconds``.
        seconds: How long those take.

    Where a metric counts in another unit, so do these.
    """

    median: float
    spread: float = 1.0
    tail: float = 0.005
    seconds: float = 0.3

    def below(self, boundary: float) -> float:
        """Return the share that takes no longer than a boundary.

        Example:
            >>> round(Durations(0.005).below(0.25), 4)
            0.9949
        """
        quick = 0.5 * math.erfc(-math.log(boundary / self.median) / self.spread / math.sqrt(2))
        return (1 - self.tail) * quick + self.tail * (boundary >= self.seconds)

    @property
    def mean(self) -> float:
        """Seconds."""
        return (1 - self.tail) * self.median * math.exp(self.spread**2 / 2) + self.tail * self.seconds

    def sums(self, random: np.random.Generator, events: np.ndarray) -> np.ndarray:
        """Return the seconds that so many events take together, each of them drawn by itself."""
        number = int(events.sum())
        taken = self.median * np.exp(self.spread * random.standard_normal(number))
        taken[random.random(number) < self.tail] = self.seconds
        cells = np.repeat(np.arange(events.size), events.ravel())
        return np.bincount(cells, taken, events.size).reshape(events.shape)

    def around(self, seconds: float) -> Durations:
        """Return others that are scattered alike, around a mean."""
        return Durations(seconds * math.exp(-(self.spread**2) / 2), self.spread, tail=0)


@dataclass(frozen=True)
class Source:
    """Events, and the metrics that count them.

    Args:
        kind: By which a fault names them.
        records: What counts or times each of them; of several, each counts the same events.
        rows: The labels of its rows, with the share of the events that each has.
        target: Pod -> the labels that are on each of its series.
        every: Steps between two samples.
        each: Events for each request.
        second: Events a second of each process, whatever the requests.
        durations: How long they take.
        failing: The share that fails.
        errors: Labels of the series of those that fail; where a metric has no such labels, they are in the same one.
        failures: The counter of those that fail, where they have one.
        declared: Whether the series are there before the first event.
        regular: Whether they come at regular times, and not by chance.
        few: Whether there are so few that how long each of them takes is drawn by itself.
    """

    kind: str
    records: tuple[Record, ...]
    rows: Rows
    target: Target = field(default_factory=lambda: pushed())
    every: int = 1
    each: float = 1
    second: float = 0
    durations: Durations = field(default_factory=lambda: Durations(0.005))
    failing: float = 0
    errors: Labels = field(default_factory=dict)
    failures: Record | None = None
    declared: bool = False
    regular: bool = False
    few: bool = False


@dataclass(frozen=True)
class Gauge:
    """A gauge of each process.

    Args:
        kind: By which a fault names it.
        record: The metric.
        target: Pod -> the labels of its series.
        holder: The kind of events that hold one each; it is Poisson around what they hold at a time.
        constant: Its value beside that.
        every: Steps between two samples.
        of_version: Whether there is one for each version, which says when that began; its target is the ReplicaSet.
    """

    kind: str
    record: Record
    target: Target
    holder: str = ""
    constant: float = 0
    every: int = 1
    of_version: bool = False


def one(*attributes: tuple[Attribute, str], **labels: str) -> Rows:
    """Return a single row, its labels by the attributes that they carry, or by their names."""
    made = {attribute.label: value for attribute, value in attributes} | labels
    return lambda _: ((made, 1.0),)


def of_shards(world: World) -> Sequence[tuple[Labels, float]]:
    """Return a row for each shard."""
    names = shards.SHARD_SET.label, shards.SHARD.label
    return [({names[0]: "orders", names[1]: str(shard)}, share) for shard, share in enumerate(weights(world).tolist())]


def replica_set(version: int) -> str:
    """Return the name of the ReplicaSet of a version."""
    return f"{PROJECT.service.name}-{version}"


def pushed(**labels: str) -> Target:
    """Return the labels of what a process sends: it is called by pod, container and slot."""
    return lambda pod: {"job": PROJECT.job, "instance": f"{pod}/{PROJECT.container}/0", **labels}


def of_container(pod: str) -> Labels:
    """Return the labels of what kube-state-metrics tells of the container of a process."""
    return {"namespace": PROJECT.service.namespace, "pod": pod, "uid": pod, "container": PROJECT.container}


def of_replica_set(name: str) -> Labels:
    """Return the labels of what kube-state-metrics tells of a ReplicaSet."""
    return {"namespace": PROJECT.service.namespace, "replicaset": name}


def scraped() -> Target:
    """Return the labels of what is scraped of one of several pods."""
    return lambda pod: {"namespace": PROJECT.service.namespace, "pod": pod}
