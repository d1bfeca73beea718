"""How often alerts fire in healthy worlds, and how many faults they find in time: by the rules that are rendered."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.false_positives import evaluate, rules, sources
from benchmarks.false_positives.evaluate import Outcome
from benchmarks.false_positives.faults import MAIN, QUESTIONS, SHARDS, TRAFFIC, Fault, Question
from benchmarks.false_positives.signals import Simulation
from benchmarks.false_positives.worlds import STEP, World
from obskit._render import alerts, pack

PROJECT = sources.PROJECT
#: Services with a fault, of each size and traffic.
TRIALS = 128
#: Samples of one series in all of these services, at the most: of what takes days there are fewer.
_SAMPLES = 1 << 21


def judged() -> list[str]:
    """Return the alerts that decide by statistics, in the order of the pack."""
    return [alert.name for alert in pack.load().alerts() if alert.judged]


@cache
def budget(name: str) -> int:
    """Return the seconds that Prometheus may take from the fault of an alert until it fires."""
    return alerts.budget(PROJECT, next(alert for alert in pack.load().alerts() if alert.name == name)).rule


@cache
def program(names: tuple[str, ...]) -> list[rules.Rule]:
    """Return the rules that some alerts need, in order: them, what they read, and what that reads."""
    return rules.needed(rules.parse(alerts.groups(PROJECT), STEP), names)


def digest(name: str) -> str:
    """Return what changes with the rule of an alert, or with one that it reads: figures are of this rule alone."""
    return rules.digest(program((name,)))


@dataclass(frozen=True)
class Alarms:
    """False alarms of one world.

    Args:
        world: Its name.
        episodes: Alert -> how often it began to fire.
    """

    world: str
    episodes: Mapping[str, int]


def seed(*parts: object) -> Callable[[str], np.random.Generator]:
    """Return where randomness comes from: the same for the same parts and purpose, another for any other."""
    return lambda purpose: np.random.default_rng(zlib.crc32(repr((*parts, purpose)).encode()))


def alarms(world: World, names: Sequence[str], batch: int, services: int) -> Alarms:
    """Return how often alerts fire over the healthy traffic of some services.

    Args:
        world: The traffic.
        names: The alerts.
        batch: Which services: each batch has randomness of its own.
        services: How many.
    """
    random = seed(world.name, batch)
    needed = program(tuple(names))
    samples = Simulation(world, needed, random, services, world.steps).samples()
    outcome = evaluate.run(needed, samples, STEP, random("phase").uniform(0, STEP, (services, 1)))
    episodes = {name: int(begins(outcome, name)[..., world.settled // STEP :].sum()) for name in names}
    return Alarms(world.name, episodes)


def begins(outcome: Outcome, name: str) -> np.ndarray:
    """Return where an alert begins to fire: rows x services x steps."""
    present = outcome.firing[name].present
    result = present.copy()
    result[..., 1:] &= ~present[..., :-1]
    return result


@dataclass(frozen=True)
class Power:
    """How many faults of one size an alert finds at one traffic.

    Args:
        alert: Its name.
        size: Of the fault.
        traffic: Events a second of what is judged.
        trials: Services with the fault, without those where the alert fired before it.
        found: How many of them it found within its budget.
        late: How many it found later, but within half as much again and two minutes.
        median: Seconds until it fired, or None if it did not for half of them.
    """

    alert: str
    size: str
    traffic: float
    trials: int
    found: int
    late: int
    median: float | None


def power(name: str, fault: Fault, traffic: float, trials: int = TRIALS) -> Power:
    """Return how many faults of one size an alert finds within its budget."""
    question, allowed = QUESTIONS[name], budget(name)
    random = seed(name, fault.size, traffic)
    before = question.history // STEP
    steps = before + math.ceil((1.5 * allowed + 120) / STEP)
    trials = min(trials, max(16, _SAMPLES // steps))
    since = before + random("fault").random(trials)
    phase = random("phase").uniform(0, STEP, (trials, 1))
    needed = program((name,))
    world = World("fault", "", rate=(question.each or 10) * traffic, shards=SHARDS, processes=question.processes)
    samples = Simulation(world, needed, random, trials, steps, fault.changes, since).samples()
    firing = evaluate.run(needed, samples, STEP, phase).firing[name]
    seconds = delays(firing.present.any(0), since, phase[:, 0])
    known = seconds[~np.isnan(seconds)]
    found, ever = int((known <= allowed).sum()), int(np.isfinite(known).sum())
    median = float(np.median(known)) if ever * 2 > known.size else None
    return Power(name, fault.size, traffic, known.size, found, ever - found, median and round(median, 1))


def delays(firing: np.ndarray, since: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Return the seconds from the fault until the alert fires: infinite if it does not, not a number if it did before.

    Args:
        firing: When it fires: services x steps.
        since: When the fault begins, in steps.
        phase: Seconds from a sample to the evaluation.
    """
    when = np.arange(firing.shape[1]) * STEP + phase[:, None]
    after = when > since[:, None] * STEP
    first = np.where(firing & after, when, math.inf).min(1)
    return np.where((firing & ~after & (when > (since[:, None] - 1) * STEP)).any(1), math.nan, first - since * STEP)


def cells(question: Question) -> Iterable[tuple[Fault, float]]:
    """Yield what is asked of an alert: each fault, at each traffic that is asked of it."""
    for fault in question.faults:
        for traffic in (question.typical,) if not question.each else TRAFFIC if fault.promised else MAIN:
            yield fault, traffic
