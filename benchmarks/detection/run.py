"""One run: services are healthy for a while, then each is broken and healed, once in each area, at random times."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.detection.faults import FAULTS, Fault
from benchmarks.detection.service import Service
from benchmarks.detection.stage import Simulator, Watched, watched

#: Seconds of health before the first fault, within which every fault begins, and for which one outlasts its budget.
HEALTHY, SPREAD, LONGER = 60.0, 240.0, 10.0
#: Longest budget that a run waits for; slower alerts are proven by promtool alone.
LONGEST = 150.0
Say = Callable[[str], None]


@dataclass
class Injected:
    """A fault in a service, and when its alert arrived at each webhook.

    Args:
        fault: The fault.
        service: The service.
        begun: When it began.
        arrived: Version of Prometheus -> when its alert arrived, or None.
    """

    fault: Fault
    service: str
    begun: float
    arrived: dict[str, float | None] = field(default_factory=dict)


@dataclass
class Outcome:
    """What a run came to.

    Args:
        injected: Every fault.
        early: (version, service, alert) of alerts that came while all was well.
        services: How many services there were.
    """

    injected: list[Injected]
    early: list[tuple[str, str, str]]
    services: int


def run(
    versions: dict[str, dict[str, Path]], folder: Path, count: int, seed: int, budgets: dict[str, float], say: Say
) -> Outcome:
    """Run once.

    Args:
        versions: Version of Prometheus -> its programs.
        folder: Where files go.
        count: How many services.
        seed: Of all that is random.
        budgets: Alert -> seconds.
        say: Told what is going on.
    """
    source = random.Random(seed)
    services = [Service(f"s{n:02}", seed * 1000 + n, source.choice([1, 2, 4])) for n in range(count)]
    # Two of three know their usual shares.
    learnt = [service for number, service in enumerate(services) if number % 3]
    plan = {service.name: _plan(service in learnt, budgets, source) for service in services}
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(services))
        say(f"seed {seed}: {count} services, {sum(map(len, plan.values()))} faults; starting {', '.join(versions)}")
        stages = [watched(stack, v, programs, folder / v, simulator, learnt) for v, programs in versions.items()]
        say(f"healthy for {HEALTHY:g} s")
        time.sleep(HEALTHY)
        early = [(s.version, *key) for s in stages for key in s.webhook.arrived]
        injected = _break_all(services, plan, budgets, source, say)
        for fault in injected:
            for watching in stages:
                fault.arrived[watching.version] = _arrival(watching, fault)
        return Outcome(injected, early, count)


def _plan(is_learnt: bool, budgets: dict[str, float], source: random.Random) -> list[Fault]:
    """One fault of each area."""
    areas: dict[str, list[Fault]] = {}
    for fault in FAULTS:
        if fault.learnt in (None, is_learnt) and budgets[fault.alert] <= LONGEST:
            areas.setdefault(fault.area, []).append(fault)
    return [source.choice(faults) for faults in areas.values()]


def _break_all(
    services: Sequence[Service],
    plan: dict[str, list[Fault]],
    budgets: dict[str, float],
    source: random.Random,
    say: Say,
) -> list[Injected]:
    """Let every service go through its faults; each lasts a little longer than its budget."""
    events = [(source.uniform(0, SPREAD), service, fault) for service in services for fault in plan[service.name]]
    start = time.time()
    injected: list[Injected] = []
    healing: list[tuple[float, Callable[[], None]]] = []
    for when, service, fault in sorted(events, key=lambda event: event[0]):
        _wait_until(start + when, healing)
        injected.append(Injected(fault, service.name, time.time()))
        healing.append((time.time() + budgets[fault.alert] + LONGER, fault.begin(service)))
        if len(injected) % 50 == 0:
            say(f"{len(injected)} of {len(events)} faults")
    _wait_until(max(when for when, _ in healing) + 1, healing)
    return injected


def _wait_until(moment: float, healing: list[tuple[float, Callable[[], None]]]) -> None:
    while (now := time.time()) < moment:
        for due in [entry for entry in healing if entry[0] <= now]:
            healing.remove(due)
            due[1]()
        time.sleep(max(0.0, min(0.05, moment - now)))


def _arrival(watching: Watched, fault: Injected) -> float | None:
    """When the alert of a fault arrived; one that came before its fault was another's."""
    arrived = watching.webhook.arrived.get((fault.service, fault.fault.alert))
    return arrived - fault.begun if arrived is not None and arrived >= fault.begun else None
