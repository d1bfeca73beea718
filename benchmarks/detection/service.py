"""A simulated service: what its processes and its pods would expose, event by event.

Counters and histograms take Poisson numbers of events in the time between two scrapes. A fault changes rates,
durations and gauges; what the alerts see is what Prometheus scrapes.
"""

from __future__ import annotations

import bisect
import math
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from obskit.catalogue import ForeignMetric, Metric, db, http, kubernetes, runtime, shards, telemetry

NAMESPACE = "bench"
SHARDS = 8
INSTANCES = ("a", "b")
#: Durations in seconds with their shares.
Mixture = Sequence[tuple[float, float]]
HEALTHY_WAIT: Mixture = ((0.005, 0.995), (0.3, 0.005))


@dataclass
class Stream:
    """One series, or those of one histogram.

    Args:
        record: The signal.
        labels: Its labels, rendered.
        rate: Events a second; 0 for a gauge.
        value: The counter or the gauge.
        mixture: Durations, for a histogram.
        present: Whether it is exposed.
    """

    record: Metric | ForeignMetric
    labels: str
    rate: float = 0
    value: float = 0
    mixture: Mixture = ()
    present: bool = True
    buckets: list[int] = field(default_factory=list)
    total: float = 0

    def advance(self, seconds: float, source: random.Random) -> None:
        """Let time pass."""
        events = poisson(self.rate * seconds, source)
        if not self.mixture:
            self.value += events
            return
        bounds = self.record.boundaries if isinstance(self.record, Metric) else ()
        for duration, number in zip((d for d, _ in self.mixture), _split(events, self.mixture, source), strict=True):
            self.buckets[bisect.bisect_left(bounds, duration)] += number
            self.total += duration * number

    def lines(self) -> Iterator[str]:
        """Yield what a scrape sees."""
        name, labels = self.record.prometheus_name, self.labels
        if not self.mixture:
            yield f"{name}{{{labels}}} {self.value}"
            return
        bounds = self.record.boundaries if isinstance(self.record, Metric) else ()
        count = 0
        for bound, number in zip((*bounds, math.inf), self.buckets, strict=True):
            count += number
            edge = "+Inf" if math.isinf(bound) else repr(float(bound))
            yield f'{name}_bucket{{{labels},le="{edge}"}} {count}'
        yield f"{name}_count{{{labels}}} {count}"
        yield f"{name}_sum{{{labels}}} {self.total}"


def poisson(mean: float, source: random.Random) -> int:
    """Return how many events happen while ``mean`` are expected: exact below 30, normal above."""
    if mean <= 0:
        return 0
    if mean > 30:
        return max(0, round(source.gauss(mean, math.sqrt(mean))))
    events, product, limit = 0, source.random(), math.exp(-mean)
    while product > limit:
        product *= source.random()
        events += 1
    return events


def _split(events: int, mixture: Mixture, source: random.Random) -> list[int]:
    chosen = source.choices(range(len(mixture)), weights=[share for _, share in mixture], k=events)
    return [chosen.count(index) for index in range(len(mixture))]


class Service:
    """A service with its processes, and its pods.

    Args:
        name: Of the service and of its container.
        seed: Of its randomness.
        size: Factor of all its traffic.
        shards: How many it has.
        instances: Its processes, by their label.
    """

    def __init__(
        self,
        name: str,
        seed: int,
        size: float = 1,
        shards: int = SHARDS,
        instances: Sequence[str] = INSTANCES,
    ) -> None:
        self.name, self.job, self.instances, self._count = name, f"{NAMESPACE}/{name}", instances, shards
        self.streams: list[Stream] = []
        self.pods: list[Stream] = []
        self.born = time.time() - 3600
        self._source = random.Random(seed)
        self._lock = threading.Lock()
        self._seen = time.time()
        self._build(size)

    def count(self, record: Metric, rate: float, **labels: str) -> None:
        """Add a counter to every process; they share its rate."""
        for instance in self.instances:
            self.streams.append(Stream(record, self._own(record, instance, labels), rate / len(self.instances)))

    def observe(self, record: Metric, rate: float, mixture: Mixture, **labels: str) -> None:
        """Add a histogram to every process; they share its rate."""
        for instance in self.instances:
            stream = Stream(record, self._own(record, instance, labels), rate / len(self.instances), mixture=mixture)
            stream.buckets = [0] * (len(record.boundaries) + 1)
            self.streams.append(stream)

    def gauge(self, record: Metric, value: float, **labels: str) -> None:
        """Add a gauge to every process."""
        self.streams += [
            Stream(record, self._own(record, instance, labels), value=value) for instance in self.instances
        ]

    def pod(self, record: ForeignMetric, value: float, **labels: str) -> Stream:
        """Add a series of kube-state-metrics or cAdvisor about the container of a pod: by default of the first."""
        pod = labels.get("pod", f"{self.name}-0")
        known = {"namespace": NAMESPACE, "pod": pod, "uid": f"{pod}-u", "container": self.name}
        given = {name: value for name, value in (known | labels).items() if name in record.labels}
        stream = Stream(record, _text(given), value=value)
        self.pods.append(stream)
        return stream

    def found(self, record: Metric | ForeignMetric, **labels: str) -> list[Stream]:
        """Return the series of a signal that have these labels.

        Raises:
            LookupError: There is none, so a fault would change nothing.
        """
        wanted = [_text({name: value}) for name, value in labels.items()]
        found = [
            stream
            for stream in (*self.streams, *self.pods)
            if stream.record is record and all(text in stream.labels.split(",") for text in wanted)
        ]
        if not found:
            raise LookupError(f"{record.prometheus_name} with {labels}")
        return found

    def expose(self, pods: bool = False) -> str:
        """Return the page that a scrape gets, all events until now counted."""
        with self._lock:
            now = time.time()
            for stream in self.streams:
                stream.advance(now - self._seen, self._source)
            self._seen = now
            streams = self.pods if pods else self.streams
            return "\n".join(line for stream in streams if stream.present for line in stream.lines()) + "\n"

    def _own(self, record: Metric, instance: str, labels: dict[str, str]) -> str:
        given = {attribute.label: labels.get(attribute.label, "") for attribute in record.attributes}
        return _text({"job": self.job, "instance": instance, **{k: v for k, v in given.items() if v}})

    def _build(self, size: float) -> None:
        self._shards(size)
        self._databases(size)
        self._requests(size)
        self._telemetry()
        for number, _ in enumerate(self.instances):
            for record, value, labels in _PODS:
                self.pod(record, value, pod=f"{self.name}-{number}", **labels)

    def _shards(self, size: float) -> None:
        for shard in map(str, range(self._count)):
            self.count(shards.OPERATIONS, 8 * size, shard_set="orders", shard=shard)
            self.count(shards.MISROUTED, 0, shard_set="orders", shard=shard)
        self.gauge(shards.MAP_INFO, 1, shard_set="orders", hash="h1", version="1")
        self.gauge(shards.MAP_SHARDS, self._count, shard_set="orders")

    def _databases(self, size: float) -> None:
        pool = {db.POOL_NAME.label: "orders"}
        self.observe(db.CONNECTION_WAIT_TIME, 20 * size, HEALTHY_WAIT, **pool)
        self.observe(db.CONNECTION_CREATE_TIME, 2 * size, ((0.01, 1.0),), **pool)
        self.observe(db.CONNECTION_USE_TIME, 20 * size, ((0.02, 1.0),), **pool)
        self.gauge(db.CONNECTION_COUNT, 1, **pool, **{db.STATE.label: "used"})
        self.gauge(db.CONNECTION_COUNT, 4, **pool, **{db.STATE.label: "idle"})
        self.gauge(db.CONNECTION_MAX, 5, **pool)
        self.gauge(db.CONNECTION_PENDING_REQUESTS, 0, **pool)
        self.count(db.CONNECTION_TIMEOUTS, 0, **pool)
        labels = {db.SYSTEM.label: "postgresql", db.NAMESPACE.label: "orders", db.OPERATION.label: "SELECT"}
        self.observe(db.OPERATION_DURATION, 20 * size, ((0.004, 1.0),), **labels)
        self.observe(db.OPERATION_DURATION, 0, ((0.004, 1.0),), **labels, **{db.ERROR_TYPE.label: "OperationalError"})

    def _requests(self, size: float) -> None:
        labels = {http.METHOD.label: "GET", http.ROUTE.label: "/orders", http.SCHEME.label: "http"}
        good, bad = {http.STATUS_CODE.label: "200"}, {http.STATUS_CODE.label: "500", http.ERROR_TYPE.label: "500"}
        self.observe(http.SERVER_REQUEST_DURATION, 20 * size, ((0.02, 0.999), (0.8, 0.001)), **labels, **good)
        self.observe(http.SERVER_REQUEST_DURATION, 0, ((0.02, 1.0),), **labels, **bad)
        self.observe(runtime.EVENT_LOOP_LAG, 10, ((0.001, 1.0),))
        self.observe(runtime.GC_PAUSE, 2, ((0.002, 1.0),), **{runtime.GENERATION.label: "0"})

    def _telemetry(self) -> None:
        for signal in telemetry.SIGNAL.values:
            self.count(telemetry.EXPORTED, 50, signal=signal)
            self.count(telemetry.DROPPED, 0, signal=signal, reason="queue_full")


def _text(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


_PODS: tuple[tuple[ForeignMetric, float, dict[str, str]], ...] = (
    (kubernetes.POD_INFO, 1, {"created_by_kind": "ReplicaSet", "created_by_name": "r"}),
    (kubernetes.POD_STATUS_PHASE, 1, {"phase": "Running"}),
    (kubernetes.CONTAINER_RESTARTS, 0, {}),
    (kubernetes.CONTAINER_READY, 1, {}),
    (kubernetes.CONTAINER_WAITING_REASON, 0, {"reason": "CrashLoopBackOff"}),
)
