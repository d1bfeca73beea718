"""One run: services are healthy for a while, then each is broken and healed, once in each area, at random times."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.detection.faults import Fault
from benchmarks.detection.replay import Scene
from benchmarks.detection.service import Service
from benchmarks.detection.stage import Simulator, Watched, watched
from obskit._render import pack

#: Seconds of health before the first fault, and for which a fault outlasts its budget.
HEALTHY, LONGER = 60.0, 10.0
#: Seconds within which the servers are up.
SETUP = 30.0
#: Longest budget that a run waits for, and the one beside it that takes as long as all; slower alerts are proven by
#: promtool alone.
LONGEST, PATIENT = 150.0, 960.0
#: These fire while all is well.
HEARTBEATS = {alert.name for alert in pack.load().alerts() if alert.heartbeat}
Say = Callable[[str], None]


@dataclass
class Injected:
    """A fault in a service, and when its alert arrived at each webhook.

    Args:
        alert: The alert that must arrive.
        service: The service, or the scene.
        begun: When it began.
        arrived: Version of Prometheus -> when its alert arrived, or None.
    """

    alert: str
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
        scenes: What is played beside the services, each at a random time.
    """

    services: int
    seed: int
    spread: float
    budgets: dict[str, float]
    faults: Sequence[Fault]
    scenes: Sequence[Scene] = ()

    def of(self, learnt: bool, source: random.Random) -> list[Fault]:
        """Return one fault of each area, for a service that knows its usual shares or does not."""
        areas: dict[str, list[Fault]] = {}
        for fault in self.faults:
            if fault.learnt in (None, learnt) and self.budgets[fault.alert] <= LONGEST:
                areas.setdefault(fault.area, []).append(fault)
        chosen = [source.choice(faults) for faults in areas.values()]
        disturbed = {fault.also for fault in chosen}
        return [fault for fault in chosen if fault.area not in disturbed]


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
    first = time.time() + SETUP + HEALTHY
    scenes = [(s, first + source.uniform(0, plan.spread) - (0 if s.learns else s.broken)) for s in plan.scenes]
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(services, scenes))
        what = f"{len(services)} services, {len(faults)} faults, {len(scenes)} scenes"
        say(f"seed {plan.seed}: {what}; starting {', '.join(versions)}")
        stages = [watched(stack, v, programs, folder / v, simulator, learnt) for v, programs in versions.items()]
        say(f"healthy for {HEALTHY:g} s")
        time.sleep(HEALTHY)
        early = [(s.version, *key) for s in stages for key in s.webhook.arrived if _is_of_services(key, scenes)]
        injected = _break_all(sorted(faults, key=lambda fault: fault[0]), plan.budgets, say)
        played = [Injected(a, scene.name, begins + scene.broken) for scene, begins in scenes for a in scene.alerts]
        _wait_until(max((one.begun + plan.budgets[one.alert] for one in played), default=0) + LONGER, [])
        for fault in [*injected, *played]:
            for watching in stages:
                fault.arrived[watching.version] = _arrival(watching, fault)
                if fault in played and _came_before(watching, fault):
                    early.append((watching.version, fault.service, fault.alert))
        return Outcome([*injected, *played], early, len(services))


def _is_of_services(key: tuple[str, str], scenes: Sequence[tuple[Scene, float]]) -> bool:
    service, alert = key
    return alert not in HEARTBEATS and service not in {scene.name for scene, _ in scenes}


def _came_before(watching: Watched, fault: Injected) -> bool:
    return watching.webhook.arrived.get((fault.service, fault.alert), fault.begun) < fault.begun


def _break_all(faults: list[tuple[float, Service, Fault]], budgets: dict[str, float], say: Say) -> list[Injected]:
    """Let every service go through its faults; each lasts a little longer than its budget."""
    start = time.time()
    injected: list[Injected] = []
    healing: list[tuple[float, Callable[[], None]]] = []
    for when, service, fault in faults:
        _wait_until(start + when, healing)
        injected.append(Injected(fault.alert, service.name, time.time()))
        healing.append((time.time() + budgets[fault.alert] + LONGER, fault.begin(service)))
        if len(injected) % 50 == 0:
            say(f"{len(injected)} of {len(faults)} faults")
    _wait_until(max((when for when, _ in healing), default=0) + 1, healing)
    return injected


def _wait_until(moment: float, healing: list[tuple[float, Callable[[], None]]]) -> None:
    while (now := time.time()) < moment:
        for due in [entry for entry in healing if entry[0] <= now]:
            healing.remove(due)
            due[1]()
        time.sleep(max(0.0, min(0.05, moment - now)))


def _arrival(watching: Watched, fault: Injected) -> float | None:
    """When the alert of a fault arrived; one that came before its fault was another's."""
    arrived = watching.webhook.arrived.get((fault.service, fault.alert))
    return arrived - fault.begun if arrived is not None and arrived >= fault.begun else None
