"""Signals about the signals: what was sent, what was given up, which faults were contained."""

from __future__ import annotations

from collections.abc import Iterable

from obskit._runtime import guard
from obskit._runtime.guard import contained
from obskit._runtime.pipeline import EXPORTED, Attributes, Pipeline
from obskit.catalogue import telemetry


def install(pipeline: Pipeline) -> None:
    """Observe the pipeline itself."""

    @contained("telemetry.exported", ())
    def exported() -> Iterable[tuple[float, Attributes]]:
        return [(totals[EXPORTED], {telemetry.SIGNAL.name: signal}) for signal, totals in pipeline.totals().items()]

    @contained("telemetry.dropped", ())
    def dropped() -> Iterable[tuple[float, Attributes]]:
        inherited = pipeline.inherited()
        return [
            (
                count + inherited.get(signal, {}).get(reason, 0),
                {telemetry.SIGNAL.name: signal, telemetry.REASON.name: reason},
            )
            for signal, totals in pipeline.totals().items()
            for reason, count in totals.items()
            if reason != EXPORTED
        ]

    @contained("telemetry.faults", ())
    def faults() -> Iterable[tuple[float, Attributes]]:
        return [(count, {telemetry.HOOK.name: hook}) for hook, count in guard.faults().items()]

    pipeline.observe(telemetry.EXPORTED, exported)
    pipeline.observe(telemetry.DROPPED, dropped)
    pipeline.observe(telemetry.FAULTS, faults)
