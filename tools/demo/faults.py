"""The ways in which the shop is broken, and the alert that each must raise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        name: As ``make demo FAULT=`` takes it.
        alert: The alert that must arrive.
        brief: What happens.
        rate: Requests a second to each shard of the shop that it breaks, so that the alert can decide.
    """

    name: str
    alert: str
    brief: str
    rate: float

    @property
    def service(self) -> str:
        """The shop that it breaks: each fault has one of its own, so that they can be broken side by side."""
        return f"shop-{self.name}"


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("hot", "ObskitShardHotColdStart", "shard 2 takes four times its share", 6),
        Fault("dead", "ObskitShardStarvedColdStart", "shard 5 takes nothing any more", 6),
        Fault("wrong-map", "ObskitShardMapMismatch", "one worker uses another shard map", 1),
        Fault("slow-connect", "ObskitDatabaseConnectionCreateSlow", "connections to shard 3 wait 500 ms", 2),
        Fault("restart", "ObskitPodRestarted", "the pod restarts (stand-in for kube-state-metrics)", 0.5),
    )
}

#: How a fault shows in the load and in the network.
HOT_SHARD, HOT_FACTOR = 2, 4
SLOW_SHARD, SLOW_SECONDS = 3, 0.5
#: The promise of every alert, whatever its own budget.
LIMIT = 21.0
