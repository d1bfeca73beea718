"""The faults of which the benchmark asks whether an alert finds them, by size and by the traffic of what is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.false_positives.drawing import Change
from benchmarks.false_positives.services import BUILDS
from benchmarks.false_positives.worlds import Process, canary, two

#: Shards of the service whose faults are looked for.
SHARDS = 8
#: Of what is judged, events a second.
TRAFFIC = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
#: Those for which every size of a fault is tried; for all of them the one that the budget is promised for.
MAIN = (0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Fault:
    """A fault.

    Args:
        size: What happens.
        changes: What it changes, by kind of event.
        promised: Whether it is the one that the budget is promised for.
    """

    size: str
    changes: Mapping[str, Change]
    promised: bool = False


@dataclass(frozen=True)
class Question:
    """What is asked of an alert.

    Args:
        unit: What is counted by a traffic of 1.
        faults: The faults, the smallest first.
        each: Requests a second of the service for a traffic of 1; 0 if what is judged does not depend on requests.
        history: Seconds before the fault.
        typical: The traffic by which the runbook speaks, if it depends on that.
        processes: Those of the service.
    """

    unit: str
    faults: tuple[Fault, ...]
    each: float = 1
    history: int = 3720
    typical: float = 10
    processes: Callable[[int], Sequence[Process]] = two


def _shard(size: str, *, promised: bool = False, rest: float = 1.0, first: float = 1.0, **more: object) -> Fault:
    """A fault of the first shard; ``rest`` is the factor of the others."""
    rates = (first, *[rest] * (SHARDS - 1))
    return Fault(size, {"shard": Change(rates=rates, **more)}, promised)  # type: ignore[arg-type]


def _share(kind: str, sizes: Mapping[str, Mapping[str, float]], promised: str, **more: object) -> tuple[Fault, ...]:
    return tuple(Fault(size, {kind: Change(**change, **more)}, size == promised) for size, change in sizes.items())  # type: ignore[arg-type]


_SHARES = (0.1, 0.5, 1.0)


def _slow(seconds: float = 0.5) -> dict[str, dict[str, float]]:
    return {f"{share:.0%} take {seconds:g} s": {"slow": share, "seconds": seconds} for share in _SHARES}


_DENIED = {f"{share:.0%} are denied": {"failing": share} for share in _SHARES}
_FAILING = {f"{share:.0%} fail": {"failing": share} for share in _SHARES}
_HOT = (
    _shard("1.5 times its operations", first=1.5),
    _shard("2 times its operations", first=2),
    _shard("4 times its operations", first=4, promised=True),
    _shard("all operations on one shard", first=SHARDS, rest=0),
)
_STARVED = (_shard("half its operations", first=0.5), _shard("none", first=0, promised=True))
_OPERATIONS = "operations a second and shard"
_REQUESTS = "requests a second"
_OF_CANARY = "requests a second of the new version, which takes a quarter of all"


def _milliseconds(kind: str) -> tuple[Fault, ...]:
    """Where a metric counts in milliseconds."""
    return tuple(
        Fault(f"{share:.0%} take 1.5 s", {kind: Change(slow=share, seconds=1500)}, share == 0.5) for share in _SHARES
    )


def _burns(kind: str, left: float, rate: float, hours: int) -> Question:
    """Of what an objective leaves, a rate is the line: faults are multiples of it, and all requests."""
    key = "failing" if kind == "fail" else "slow"
    sizes = {f"{multiple:g} times the line {kind}": {key: multiple * rate * left} for multiple in (1.5, 2, 4)}
    sizes[f"100% {kind}"] = {key: 1.0}
    faults = _share("request", sizes, f"2 times the line {kind}", seconds=0.8)
    return Question(_REQUESTS, faults, history=hours * 3600 + 600)


def _fewer(kind: str) -> tuple[Fault, ...]:
    sizes = {"half of them": 0.5, "one in 20 of them": 0.05, "none": 0.0}
    return tuple(Fault(size, {kind: Change(rates=rate)}, not rate) for size, rate in sizes.items())


_PROCESS, _JOBS = "a process", "jobs a minute"

QUESTIONS: dict[str, Question] = {
    "ObskitShardHot": Question(_OPERATIONS, _HOT, each=SHARDS),
    "ObskitShardStarved": Question(_OPERATIONS, _STARVED, each=SHARDS),
    "ObskitShardTrafficMoved": Question(
        _OPERATIONS,
        (
            _shard("4 times its operations on one shard", first=4),
            Fault(
                "modulus halved", {"shard": Change(rates=(2,) * (SHARDS // 2) + (0,) * (SHARDS // 2))}, promised=True
            ),
            _shard("all operations on one shard", first=SHARDS, rest=0),
        ),
        each=SHARDS,
    ),
    "ObskitShardSilent": Question(
        _OPERATIONS,
        (_shard("gone from every map", first=0, rest=SHARDS / (SHARDS - 1), gone=(0,), promised=True),),
        each=SHARDS,
    ),
    "ObskitShardHotLowTraffic": Question(_OPERATIONS, _HOT, each=SHARDS, typical=2),
    "ObskitShardStarvedLowTraffic": Question(_OPERATIONS, _STARVED, each=SHARDS, typical=1),
    "ObskitShardHotColdStart": Question(_OPERATIONS, _HOT, each=SHARDS, history=180),
    "ObskitShardStarvedColdStart": Question(_OPERATIONS, _STARVED, each=SHARDS, history=180),
    "ObskitShardSlow": Question(
        _OPERATIONS,
        (*_share("shard", _slow(), "50% take 0.5 s", rows=(0,)), *_share("shard", _slow(0.1), "", rows=(0,))),
        each=SHARDS,
    ),
    "ObskitShardFailing": Question(_OPERATIONS, _share("shard", _FAILING, "50% fail", rows=(0,)), each=SHARDS),
    "ObskitDatabaseConnectionWaitSlow": Question(
        "requests a second and pool", _share("wait", _slow(), "50% take 0.5 s")
    ),
    "ObskitDatabaseConnectionCreateSlow": Question(
        "new connections a second and pool", _share("create", _slow(), "100% take 0.5 s"), each=20
    ),
    "ObskitDatabaseConnectionErrors": Question("requests a second and pool", _share("wait", _FAILING, "50% fail")),
    "ObskitDatabaseConnectionsLeaked": Question(
        "requests a second and pool",
        tuple(
            Fault(f"{text} of a process", {"used": Change(added=number, processes=1)}, number == 1)
            for number, text in ((1, "one connection"), (3, "three connections"))
        ),
    ),
    "ObskitDatabaseOperationsSlow": Question(
        "operations a second and database", _share("operation", _slow(1.5), "50% take 1.5 s")
    ),
    "ObskitDatabaseOperationsFailing": Question(
        "operations a second and database", _share("operation", _FAILING, "50% fail")
    ),
    "ObskitServiceErrors": Question(_REQUESTS, _share("request", _FAILING, "50% fail")),
    "ObskitServiceSlow": Question(_REQUESTS, _share("request", _slow(0.8), "50% take 0.8 s")),
    "ObskitServiceTrafficGone": Question(_REQUESTS, _fewer("request")),
    "ObskitServiceDependencyFailing": Question("calls a second", _share("call", _FAILING, "50% fail")),
    "ObskitServiceDependencySlow": Question("calls a second", _share("call", _slow(0.8), "50% take 0.8 s")),
    "ObskitServiceDependencySilent": Question("calls a second", _fewer("call")),
    "ObskitServiceErrorBudgetHour": _burns("fail", 0.001, 14.4, 1),
    "ObskitServiceErrorBudgetSixHours": _burns("fail", 0.001, 6, 6),
    "ObskitServiceErrorBudgetDay": _burns("fail", 0.001, 3, 24),
    "ObskitServiceErrorBudgetThreeDays": _burns("fail", 0.001, 1, 72),
    "ObskitServiceLatencyBudgetHour": _burns("are slow", 0.01, 14.4, 1),
    "ObskitServiceLatencyBudgetSixHours": _burns("are slow", 0.01, 6, 6),
    "ObskitServiceLatencyBudgetDay": _burns("are slow", 0.01, 3, 24),
    "ObskitServiceLatencyBudgetThreeDays": _burns("are slow", 0.01, 1, 72),
    "ObskitArgocdClusterNotAnswering": Question(_REQUESTS, _share("read", _FAILING, "100% fail"), each=100, typical=1),
    "ObskitGitlabJobsQueued": Question(_JOBS, _share("queue", _slow(600), "100% take 600 s"), each=50, typical=2),
    "ObskitGitlabRunnerSystemFailures": Question(_JOBS, _share("job", _FAILING, "100% fail"), each=50, typical=2),
    "ObskitGitlabRunnerApiFailing": Question("a runner", _share("ask", _FAILING, "100% fail"), each=0),
    "ObskitTektonRunsFailing": Question("runs a minute", _share("run", _FAILING, "100% fail"), each=50, typical=2),
    "ObskitTektonPipelineSlow": Question(
        "runs an hour of a pipeline",
        tuple(
            Fault(
                f"{times} times as long",
                {"pipeline": Change(slow=1, seconds=times * BUILDS.mean)},
                promised=times == 4,
            )
            for times in (2, 4, 8)
        ),
        each=20,
        history=8 * 3600,
        typical=20,
    ),
    "ObskitIstioErrors": Question(_REQUESTS, _share("mesh", _FAILING, "50% fail")),
    "ObskitIstioSlow": Question(_REQUESTS, _milliseconds("mesh")),
    "ObskitIstioAccessDenied": Question(_REQUESTS, _share("access", _DENIED, "100% are denied")),
    "ObskitIngressErrors": Question(_REQUESTS, _share("ingress", _FAILING, "50% fail")),
    "ObskitIngressSlow": Question(_REQUESTS, _share("ingress", _slow(1.5), "50% take 1.5 s")),
    "ObskitRolloutCanaryFailing": Question(
        _OF_CANARY, _share("request", _FAILING, "50% fail", version=1), each=4, processes=canary
    ),
    "ObskitRolloutCanarySlow": Question(
        _OF_CANARY, _share("request", _slow(0.8), "50% take 0.8 s", version=1), each=4, processes=canary
    ),
    "ObskitGatewayErrors": Question(_REQUESTS, _share("gateway", _FAILING, "50% fail")),
    "ObskitGatewaySlow": Question(_REQUESTS, _milliseconds("gateway")),
    "ObskitRuntimeEventLoopLate": Question(_PROCESS, _share("lag", _slow(0.2), "50% take 0.2 s", processes=1), each=0),
    "ObskitRuntimeEventLoopStuck": Question(
        _PROCESS,
        (
            Fault(
                "no timer runs",
                {"lag": Change(rates=0, processes=1), "active": Change(added=3, processes=1)},
                promised=True,
            ),
        ),
        each=0,
    ),
    "ObskitRuntimeExecutorSaturated": Question(
        "pieces of work a second and process", _share("executor", _slow(0.25), "50% take 0.25 s"), each=2
    ),
    "ObskitRuntimeGarbageCollection": Question(
        _PROCESS,
        tuple(
            Fault(f"{seconds:.0%} of the time", {"pause": Change(slow=1, seconds=seconds, processes=1)}, seconds == 0.2)
            for seconds in (0.15, 0.2, 0.5)
        ),
        each=0,
    ),
}
