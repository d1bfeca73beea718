"""Traffic in which nothing is wrong: how much there is, how restless it is, and what processes live meanwhile.

Arrivals are Poisson around a rate times a burst. Bursts are lognormal, each shard, pool, route and called service has
its own, and they are remembered: 1/e of one is left after a minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

#: Seconds between two samples, and between two evaluations.
STEP = 5
#: Seconds in which the memory of a burst falls to 1/e.
MEMORY = 60
#: Steps until a new process gets requests.
_WARM = 2
#: The longest time for which samples are lost in a row, in steps.
_HOLE = 30 // STEP


@dataclass(frozen=True)
class Process:
    """A process of a service.

    Args:
        lives: When it begins and ends, in steps; several of them if it is started anew.
        version: Of the service: by how many deployments it is younger than the first.
    """

    lives: tuple[tuple[int, int], ...]
    version: int = 0


def two(steps: int) -> Sequence[Process]:
    """Return two processes that live all the time."""
    return [Process(((0, steps),))] * 2


def restarts(steps: int) -> Sequence[Process]:
    """Return two processes of which one begins anew every half an hour, its counters at 0: now this, now that."""
    ends = range(1800 // STEP, steps, 1800 // STEP)
    return [_anew(list(ends)[process::2], steps) for process in range(2)]


def _anew(ends: Sequence[int], steps: int) -> Process:
    begins = [0, *(end + _WARM for end in ends)]
    return Process(tuple((begin, end) for begin, end in zip(begins, [*ends, steps], strict=True) if begin < end))


def deploys(steps: int) -> Sequence[Process]:
    """Return three processes that are replaced every four hours, one each half minute."""
    made: list[Process] = []
    for process in range(3):
        begins = [0, *(start + process * 6 for start in range(4 * 3600 // STEP, steps, 4 * 3600 // STEP))]
        ends = [begin + _WARM + 1 for begin in begins[1:]] + [steps]
        lives = enumerate(zip(begins, ends, strict=True))
        made += [Process(((begin, min(end, steps)),), version) for version, (begin, end) in lives]
    return made


def canary(steps: int) -> Sequence[Process]:
    """Return four processes of which one is of a newer version, and comes after a quarter of an hour."""
    return [*[Process(((0, steps),))] * 3, Process(((900 // STEP, steps),), version=1)]


def scaling(steps: int) -> Sequence[Process]:
    """Return two processes, of which there are six for four hours of eight."""
    made = list(two(steps))
    for start in range(2 * 3600 // STEP, steps, 8 * 3600 // STEP):
        begins = [start + more * 3 for more in range(4)]
        made += [Process(((begin, min(begin + 4 * 3600 // STEP, steps)),)) for begin in begins]
    return made


@dataclass(frozen=True)
class World:
    """The healthy traffic of a service.

    Args:
        name: Of the world.
        brief: What happens in it.
        rate: Requests a second, on average; each is one operation on a shard, one wait for a connection, one operation
            on a database and one call of another service.
        sigma: Standard deviation of the logarithm of a burst.
        shards: How many shards there are.
        zipf: Whether the popularity of shards follows Zipf's law, or is even.
        daily: How many times more requests there are in the busiest hour than in the quietest.
        processes: Steps -> the processes that there are.
        lost: The share of samples that are lost, each process its own.
        hole: Seconds between two holes of 30 s without any sample, or 0.
        seconds: How long a service is watched.
        settled: Seconds at the beginning of which no alarm counts: a service is born once, of which other worlds ask.
        services: How many services are watched.
        limited: Whether the limit of false alarms holds in it.
    """

    name: str
    brief: str
    rate: float = 100
    sigma: float = 0.15
    shards: int = 8
    zipf: bool = False
    daily: float = 1
    processes: Callable[[int], Sequence[Process]] = two
    lost: float = 0
    hole: int = 0
    seconds: int = 86400
    settled: int = 900
    services: int = 20
    limited: bool = True

    @property
    def steps(self) -> int:
        """Samples of one service."""
        return self.seconds // STEP


def shares(processes: Sequence[Process], steps: int) -> np.ndarray:
    """Return the share of the requests that each process takes: processes x steps.

    A new process gets none in its first steps. What one that ends would have taken is lost for a step.
    """
    taking = np.zeros((len(processes), steps))
    for row, process in enumerate(processes):
        for begin, end in process.lives:
            taking[row, (begin + _WARM if begin else 0) : end] = 1
    number = taking.sum(0)
    number[1:] = np.maximum(number[1:], number[:-1].copy())
    return taking / np.maximum(number, 1)


def bursts(randoms: Sequence[np.random.Generator], services: int, steps: int, sigma: float) -> np.ndarray:
    """Return bursts around 1: rows x services x steps.

    Args:
        randoms: Where the randomness of each row comes from.
        services: How many services.
        steps: How many steps.
        sigma: Standard deviation of the logarithm.
    """
    if not sigma:
        return np.ones((len(randoms), services, steps))
    kept = math.exp(-STEP / MEMORY)
    noise = np.stack([random.standard_normal((steps, services)) for random in randoms], axis=1) * sigma
    noise[1:] *= math.sqrt(1 - kept**2)
    for step in range(1, steps):
        noise[step] += kept * noise[step - 1]
    return np.ascontiguousarray(np.moveaxis(np.exp(noise - sigma**2 / 2), 0, -1))


def weights(world: World) -> np.ndarray:
    """Return the share of the operations that each shard takes."""
    popularity = 1 / np.arange(1, world.shards + 1) ** (1 if world.zipf else 0)
    return popularity / popularity.sum()


def hours(world: World, steps: int) -> np.ndarray:
    """Return the requests at each step in units of their average, by the time of the day."""
    swing = (world.daily - 1) / (world.daily + 1)
    return 1 + swing * np.sin(2 * np.pi * np.arange(steps) * STEP / 86400)


def lost(random: np.random.Generator, world: World, services: int, steps: int) -> np.ndarray:
    """Return which samples of a process are lost: services x steps."""
    gone = random.random((services, steps)) < world.lost
    if world.hole:
        for start in range(world.hole // STEP, steps, world.hole // STEP):
            gone[:, start : start + _HOLE] = True
    return gone


WORLDS = (
    World("steady", "no bursts", sigma=0),
    World("restless 0.1", "bursts of 10 %", sigma=0.1),
    World("restless 0.15", "bursts of 15 %"),
    World("restless 0.3", "bursts of 30 %", sigma=0.3, limited=False),
    World("busy", "ten times as many requests", rate=1000),
    World("quiet", "ten requests a second", rate=10),
    World("quieter", "one request a second", rate=1),
    World("hardly used", "a request every ten seconds", rate=0.1),
    World("Zipf", "shards as popular as Zipf's law has it", zipf=True),
    World("few shards", "two shards", shards=2),
    World("many shards", "64 shards", shards=64, rate=640, services=10),
    World("daily cycle", "five times as many requests at noon as at midnight", daily=5),
    World("deploys", "three processes, replaced every four hours one by one", processes=deploys),
    World("canary", "one process of four is of a newer version", processes=canary),
    World("scaling", "two processes, six for some hours, two again", processes=scaling),
    World("restarts", "a process begins anew every half an hour: counters fall to 0", processes=restarts),
    World("gaps", "5 % of the samples are lost, and every two hours all of 30 s", lost=0.05, hole=7200),
    World("quiet gaps", "the same with ten requests a second", rate=10, lost=0.05, hole=7200),
    World("first two hours", "nothing is known at first", seconds=7200, settled=0, services=240),
    World("first ten minutes", "no usual share is known yet", seconds=600, settled=0, services=2880),
    World(
        "first ten minutes, Zipf",
        "the same with uneven shards, which nobody can tell from faulty ones",
        zipf=True,
        seconds=600,
        settled=0,
        services=2880,
        limited=False,
    ),
)
