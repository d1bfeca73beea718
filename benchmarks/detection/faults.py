"""The faults of the benchmark: what each changes in a service, and which alert must tell of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.detection.service import SHARDS, Mixture, Service, Stream
from obskit.catalogue import db, http, kubernetes, shards

Heal = Callable[[], None]
Begin = Callable[[Service], Heal]
SLOW: Mixture = ((0.5, 1.0),)
HALF_SLOW: Mixture = ((0.005, 0.5), (0.5, 0.5))


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        alert: The alert that must arrive.
        area: What it disturbs: a service has one fault of an area, so that none hides another.
        brief: What happens.
        begin: Breaks a service, and returns what heals it.
        also: The area of others that it disturbs as well.
        learnt: True if the usual shares of its shards must be known, False if they must not be, None if it is the same.
    """

    alert: str
    area: str
    brief: str
    begin: Begin
    learnt: bool | None = None
    also: str = ""


def changing(streams: Iterable[Stream], **changes: Any) -> Heal:
    """Give streams other values, and return what gives them back."""
    before = [(stream, {name: getattr(stream, name) for name in changes}) for stream in streams]
    for stream, _ in before:
        for name, value in changes.items():
            setattr(stream, name, value(getattr(stream, name)) if callable(value) else value)

    def heal() -> None:
        for stream, values in before:
            for name, value in values.items():
                setattr(stream, name, value)

    return heal


def several(*heals: Heal) -> Heal:
    """Return one function that calls all of these."""
    return lambda: [heal() for heal in heals] and None  # type: ignore[return-value]


def traffic(factors: dict[int, float]) -> Begin:
    """Return a fault that multiplies the traffic of shards."""

    def begin(service: Service) -> Heal:
        return several(
            *(
                changing(service.found(shards.OPERATIONS, shard=str(shard)), rate=lambda rate, f=factor: rate * f)
                for shard, factor in factors.items()
            )
        )

    return begin


def halved(service: Service) -> Heal:
    """The modulus of the map is halved: the upper half of the shards goes to the lower."""
    return traffic({shard: 2.0 if shard < SHARDS // 2 else 0.0 for shard in range(SHARDS)})(service)


def event(record: Any, **labels: str) -> Begin:
    """Return a fault that counts one event in the first process."""

    def begin(service: Service) -> Heal:
        service.found(record, **labels)[0].value += 1
        return lambda: None

    return begin


def other_map(service: Service) -> Heal:
    """One process uses another map."""
    stream = service.found(shards.MAP_INFO)[0]
    return changing([stream], labels=stream.labels.replace('"h1"', '"h2"'))


def fewer_shards(service: Service) -> Heal:
    """The map of one process has a shard less."""
    return changing(service.found(shards.MAP_SHARDS)[:1], value=SHARDS - 1)


def silent(service: Service) -> Heal:
    """A shard vanishes from the map of every process."""
    gone = changing(service.found(shards.OPERATIONS, shard="3"), present=False, rate=0)
    return several(gone, changing(service.found(shards.MAP_SHARDS), value=SHARDS - 1))


def exhausted(service: Service) -> Heal:
    """Every connection of one process is held, and requests wait."""
    used = service.found(db.CONNECTION_COUNT, **{db.STATE.label: "used"})[:1]
    waiting = service.found(db.CONNECTION_PENDING_REQUESTS)[:1]
    return several(changing(used, value=5), changing(waiting, value=3))


def durations(record: Any, mixture: Mixture) -> Begin:
    """Return a fault that changes the durations of a histogram."""
    return lambda service: changing(service.found(record), mixture=mixture)


def failing(service: Service) -> Heal:
    """Half of the requests end in a server error."""
    good = service.found(http.SERVER_REQUEST_DURATION, **{http.STATUS_CODE.label: "200"})
    bad = service.found(http.SERVER_REQUEST_DURATION, **{http.STATUS_CODE.label: "500"})
    rate = good[0].rate / 2
    return several(changing(good, rate=rate), changing(bad, rate=rate))


def terminated(reason: str, pods: int = 1) -> Begin:
    """Return a fault in which containers end and are started anew: that of the first pod, or those of several."""

    def begin(service: Service) -> Heal:
        before = len(service.pods)
        for number in range(pods):
            pod = f"{service.name}-{number}"
            service.found(kubernetes.CONTAINER_RESTARTS, pod=pod)[0].value += 1
            service.pod(kubernetes.CONTAINER_LAST_TERMINATED_TIMESTAMP, time.time(), pod=pod)
            service.pod(kubernetes.CONTAINER_LAST_TERMINATED_REASON, 1, pod=pod, reason=reason)
        added = service.pods[before:]
        return lambda: [service.pods.remove(stream) for stream in added] and None  # type: ignore[return-value]

    return begin


def twice(service: Service) -> Heal:
    """The container has ended once before; now it ends again."""
    service.found(kubernetes.CONTAINER_RESTARTS)[0].value += 2
    return lambda: None


def looping(service: Service) -> Heal:
    """The kubelet waits before it starts the container again."""
    return changing(service.found(kubernetes.CONTAINER_WAITING_REASON, reason="CrashLoopBackOff"), value=1)


def not_ready(service: Service) -> Heal:
    """The readiness probe fails."""
    return changing(service.found(kubernetes.CONTAINER_READY), value=0)


FAULTS = (
    Fault("ObskitShardMapMismatch", "map", "one process uses another map", other_map),
    Fault("ObskitShardCountMismatch", "count", "the map of one process has a shard less", fewer_shards),
    Fault("ObskitShardMisrouted", "misrouted", "one operation goes to a wrong shard", event(shards.MISROUTED)),
    Fault("ObskitShardHot", "shards", "one shard takes 4 times its share", traffic({2: 4}), True),
    Fault("ObskitShardStarved", "shards", "one shard takes nothing", traffic({5: 0}), True),
    Fault("ObskitShardTrafficMoved", "shards", "the modulus of the map is halved", halved, True),
    Fault("ObskitShardSilent", "shards", "a shard vanishes from every map", silent, True, also="count"),
    Fault("ObskitShardHotColdStart", "shards", "one shard takes 4 times its share", traffic({2: 4}), False),
    Fault("ObskitShardStarvedColdStart", "shards", "one shard takes nothing", traffic({5: 0}), False),
    Fault(
        "ObskitDatabaseConnectionWaitSlow",
        "wait",
        "half of the requests for a connection wait 500 ms",
        durations(db.CONNECTION_WAIT_TIME, HALF_SLOW),
    ),
    Fault(
        "ObskitDatabaseConnectionCreateSlow",
        "create",
        "every new connection takes 500 ms",
        durations(db.CONNECTION_CREATE_TIME, SLOW),
    ),
    Fault("ObskitDatabasePoolExhausted", "pool", "every connection of a process is held", exhausted),
    Fault(
        "ObskitDatabaseConnectionTimeouts",
        "timeouts",
        "one request for a connection runs into the time limit",
        event(db.CONNECTION_TIMEOUTS),
    ),
    Fault("ObskitPodRestarted", "pods", "a container ends", terminated("Error")),
    Fault("ObskitPodOomKilled", "pods", "a container reaches its memory limit", terminated("OOMKilled")),
    Fault("ObskitPodRestarting", "pods", "a container ends for the second time in two minutes", twice),
    Fault("ObskitPodRestartStorm", "pods", "containers of two pods of an owner end", terminated("Error", 2)),
    Fault("ObskitPodCrashLooping", "pods", "the kubelet begins to wait", looping),
    Fault("ObskitPodNotReady", "pods", "the readiness probe fails", not_ready),
)
