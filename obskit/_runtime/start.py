"""Starting, asking and stopping: the life of obskit in one process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from obskit._runtime import children, forks, guard, uwsgi
from obskit._runtime.exits import Patience, at_exit
from obskit._runtime.guard import contained
from obskit._runtime.pipeline import EXPORTED, Pipeline
from obskit.config import settings as table
from obskit.config.destinations import shown
from obskit.config.settings import Settings
from obskit.config.views import View, checked

if TYPE_CHECKING:
    from obskit._runtime.engine.engine import Engine


class Runtime:
    """What runs in this process.

    Args:
        settings: Settings in force.
        pipeline: Where records go.
        registry: The instrumentations.
    """

    def __init__(self, settings: Settings, pipeline: Pipeline, registry: Any) -> None:
        self.settings, self.pipeline, self.registry = settings, pipeline, registry
        self.patience = Patience(settings.exit_budget)
        self.closed = False


_runtime: Runtime | None = None
_lock = threading.Lock()


def init(arguments: dict[str, Any], views: Iterable[View] = ()) -> None:
    """See :func:`obskit.init`."""
    settings, complaints = table.read(arguments)
    chosen = checked(views)
    with _lock:
        if settings.disabled or _runtime is not None:
            return
        for complaint in complaints:
            guard.warn("obskit: %s", complaint)
        if settings.service_name == table.UNNAMED:
            guard.warn("obskit: the service has no name: give init(service_name=…) or OTEL_SERVICE_NAME")
        try:
            _start(settings, chosen)
        except Exception as fault:
            if os.environ.get("OBSKIT_STRICT"):
                raise
            guard.warn("obskit: cannot start: %r; the service runs unobserved", fault, fault=fault)


def install(settings: Settings, pipeline: Pipeline) -> Runtime:
    """Observe this process through a pipeline."""
    global _runtime
    from obskit._runtime import logs, loops, process, shards, telemetry
    from obskit._runtime.instrumentations import Registry

    registry = Registry(pipeline, settings)
    telemetry.install(pipeline)
    process.install(pipeline)
    loops.install(pipeline)
    shards.install(pipeline)
    logs.install(pipeline, settings)
    registry.start()
    _runtime = Runtime(settings, pipeline, registry)
    forks.watch()
    forks.in_child(_open_again)
    return _runtime


def flush(budget: float | None = None) -> bool:
    """Deliver what was accepted, within the budget in seconds; False when it was not enough."""
    runtime = _runtime
    if runtime is None or runtime.closed or forks.happened():  # a child that recorded nothing
        return True
    return bool(_deliver(runtime, budget))


def shutdown(budget: float | None = None) -> bool:
    """See :func:`obskit.shutdown`."""
    runtime = _runtime
    if runtime is None or runtime.closed or forks.happened():  # a child that recorded nothing
        return True
    runtime.closed = True
    delivered = bool(_deliver(runtime, budget))
    _give_up(runtime)
    return delivered


def status() -> dict[str, Any]:
    """See :func:`obskit.status`."""
    runtime = _runtime
    if runtime is None:
        return {"running": False}
    return {
        "running": not runtime.closed,
        "service": runtime.settings.service_name,
        "endpoint": shown(runtime.settings.endpoint),
        "records": runtime.pipeline.totals(),
        "instrumentations": {e.library: {"state": e.state, "reason": e.reason} for e in runtime.registry.entries},
        "faults": guard.faults(),
    }


@contained("exit.give_up", closes="exit.deliver")
def _give_up(runtime: Runtime) -> None:
    runtime.pipeline.give_up()


@contained("exit.deliver", default=False, closes="exit.deliver")  # never left out
def _deliver(runtime: Runtime, budget: float | None) -> bool:
    lost = _lost(runtime)
    in_time = runtime.pipeline.flush(runtime.patience.allowed(budget))
    if budget is None:  # a shorter one says nothing of the sidecar
        runtime.patience.note(in_time)
    return in_time and _lost(runtime) == lost


def _open_again() -> None:
    """A forked child lives on its own, whatever became of its parent and its locks."""
    global _lock
    _lock = threading.Lock()
    if _runtime is not None:
        _runtime.closed = False


def _lost(runtime: Runtime) -> int:
    """Records that were given up so far."""
    return sum(
        count
        for totals in runtime.pipeline.totals().values()
        for outcome, count in totals.items()
        if outcome != EXPORTED
    )


def _begin(engine: Engine) -> None:
    """Start the threads, or have them started where they may be."""

    def begin() -> bool:
        if uwsgi.is_loading():
            return False
        engine.inherit()
        engine.start()
        return True

    if uwsgi.is_loading():
        engine.bequeath()
        forks.postpone(begin)
    else:
        engine.start()


def _start(settings: Settings, views: tuple[View, ...]) -> None:
    from obskit._runtime.engine.engine import Engine, Options
    from obskit._runtime.engine.limits import read
    from obskit._runtime.engine.pipeline import EnginePipeline
    from obskit._runtime.engine.sampling import sampler
    from obskit._runtime.resource import Identity
    from obskit.config.destinations import destinations

    goals, complaints = destinations(settings)
    limits, more = read(os.environ)
    for complaint in complaints + more:
        guard.warn("obskit: %s", complaint)
    identity = Identity(settings)
    # In a pod the sidecar may begin later, or anew; on a developer's machine there may be none.
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ
    options = Options(goals, settings.export_interval, settings.queue_size, in_pod, limits, views)
    engine = Engine(options, identity)
    chosen = sampler(settings.sampler, settings.sampler_ratio)
    pipeline = EnginePipeline(engine, chosen, identity.attributes)
    forks.in_child(pipeline.begin_anew)
    forks.in_parent(engine.forked)
    try:
        install(settings, pipeline)
        _begin(engine)
    except Exception:
        engine.stop()
        raise
    at_exit(shutdown, flush)
    children.install(shutdown)
