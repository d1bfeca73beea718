"""Which libraries are instrumented, when, and what became of it.

A library is instrumented when the service imports it, or at once when it already has: classes are patched, so that
objects made before ``init()`` are covered as well. One instrumentation that fails leaves the others alone.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable

import wrapt

from obskit._runtime import twins
from obskit._runtime.guard import contained, warn
from obskit._runtime.pipeline import Attributes, Pipeline
from obskit.catalogue import telemetry
from obskit.config.settings import Settings


class Instrumentation:
    """One library and the state of its instrumentation.

    Args:
        library: Name of the library.
        trigger: Module whose import makes it worth instrumenting.
        module: Our module, with ``install(pipeline, settings)``.
    """

    def __init__(self, library: str, trigger: str, module: str) -> None:
        self.library, self.trigger, self.module = library, trigger, module
        #: One of the values of ``telemetry.STATE``, and why, unless it is instrumented.
        self.state, self.reason = "skipped", "not imported"


class Registry:
    """The instrumentations of one process.

    Args:
        pipeline: Where records go.
        settings: Settings in force.
    """

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline, self.settings = pipeline, settings
        self.entries = [
            Instrumentation("starlette", "starlette.applications", "starlette"),
            Instrumentation("fastapi", "fastapi", "fastapi"),
            Instrumentation("flask", "flask", "flask"),
            Instrumentation("sqlalchemy", "sqlalchemy", "sqlalchemy"),
            Instrumentation("sqlalchemy.sharding", "sqlalchemy.ext.horizontal_shard", "sharded_session"),
            Instrumentation("futures", "concurrent.futures.thread", "futures"),
            Instrumentation("anyio", "anyio.to_thread", "anyio"),
        ]

    def start(self) -> None:
        """Instrument what is imported, and wait for the rest."""
        self.pipeline.observe(telemetry.INSTRUMENTATION_STATUS, self.readings)
        known = {entry.library.partition(".")[0] for entry in self.entries}
        for name in self.settings.disabled_instrumentations:
            if name not in known:
                warn("obskit: no instrumentation is called %r; known: %s", name, ", ".join(sorted(known)))
        for entry in self.entries:
            if entry.library.partition(".")[0] in self.settings.disabled_instrumentations:
                entry.state, entry.reason = "disabled", "by configuration"
            elif entry.trigger in sys.modules:
                self._install(entry)
            else:
                self._wait(entry)
        self._settle()

    def readings(self) -> Iterable[tuple[float, Attributes]]:
        """Yield 1 for the state of each instrumentation."""
        for entry in self.entries:
            yield (
                1,
                {
                    telemetry.LIBRARY.name: entry.library,
                    telemetry.STATE.name: entry.state,
                    telemetry.STATE_REASON.name: entry.reason,
                },
            )

    def _wait(self, entry: Instrumentation) -> None:
        @contained(f"import.{entry.library}")
        def imported(_: object) -> None:
            self._install(entry)
            self._settle()

        wrapt.register_post_import_hook(imported, entry.trigger)

    def _settle(self) -> None:
        """Say whose requests are ours now."""
        twins.state.observe({entry.library: entry.state for entry in self.entries})

    def _install(self, entry: Instrumentation) -> None:
        try:
            module = importlib.import_module(f"{__name__}.{entry.module}")
            module.install(self.pipeline, self.settings)
        except Exception as fault:  # noqa: BLE001 - a library that we do not know in this version
            entry.state, entry.reason = "failed", f"{type(fault).__name__}: {fault}"[:120]
            warn("obskit: cannot instrument %s: %r", entry.library, fault)
        else:
            entry.state, entry.reason = "instrumented", ""
