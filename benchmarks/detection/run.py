"""One run: services are healthy for a while, then each is broken and healed, once in each area, at random times."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.detection.faults import Fault
from benchmarks.detection.service import Service
from benchmarks.detection.stage import Simulator, Watched, watched

#: Seconds of health before the first fault, and for which a fault outlasts its budget.
HEALTHY, LONGER = 60.0, 10.0
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


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Args:
        services: How many.
        seed: Of all that is random.
        spread: Seconds within which every fault begins.
        budgets: Alert -> seconds.
        faults: The faults to choose from.
    """

    services: int
    seed: int
    spread: float
    budgets: dict[str, float]
    faults: Sequence[Fault]

    def of(self, learnt: bool, source: random.Random) -> list[Fault]:
        """Return one fault of each area, for a service that knows its usual shares or does not."""
        areas: dict[str, list[Fault]] = {}
        for fault in self.faults:
            if fault.learnt in (None, learnt) and self.budgets[fault.alert] <= LONGEST:
                areas.setdefault(fault.area, []).append(fault)
        return [source.choice(faults) for faults in areas.values()]


def run(versions: dict[str, dict[str, Path]], folder: Path, plan: Plan, say: Say) -> Outcome:
    """Run once.

    Args:
        versions: Version of Prometheus -> its programs.
        folder: Where files go.
        plan: What to do.
        say: Told what is going on.
    """
    source = random.Random(plan.seed)
    services = [Service(f"s{n:02}", plan.seed * 1000 + n, source.choice([1, 2, 4])) for n in range(plan.services)]
    # Two of three know their usual shares.
    learnt = [service for number, service in enumerate(services) if number % 3]
    faults = [(source.uniform(0, plan.spread), s, fault) for s in services for fault in plan.of(s in learnt, source)]
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(services))
        say(f"seed {plan.seed}: {len(services)} services, {len(faults)} faults; starting {', '.join(versions)}")
        stages = [watched(stack, v, programs, folder / v, simulator, learnt) for v, programs in versions.items()]
        say(f"healthy for {HEALTHY:g} s")
        time.sleep(HEALTHY)
        early = [(s.version, *key) for s in stages for key in s.webhook.arrived]
        injected = _break_all(sorted(faults, key=lambda fault: fault[0]), plan.budgets, say)
        for fault in injected:
            for watching in stages:
                fault.arrived[watching.version] = _arrival(watching, fault)
        return Outcome(injected, early, len(services))


def _break_all(faults: list[tuple[float, Service, Fault]], budgets: dict[str, float], say: Say) -> list[Injected]:
    """Let every service go through its faults; each lasts a little longer than its budget."""
    start = time.time()
    injected: list[Injected] = []
    healing: list[tuple[float, Callable[[], None]]] = []
    for when, service, fault in faults:
        _wait_until(start + when, healing)
        injected.append(Injected(fault, service.name, time.time()))
        healing.append((time.time() + budgets[fault.alert] + LONGER, fault.begin(service)))
        if len(injected) % 50 == 0:
            say(f"{len(injected)} of {len(faults)} faults")
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
