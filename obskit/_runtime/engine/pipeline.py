"""The engine as the pipeline of this process, behind the providers of the OpenTelemetry API.

A provider that somebody else installed first is adopted: what we observe goes to it, its owner exports, and nothing is
sent twice.
"""

from __future__ import annotations

import importlib
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from opentelemetry import trace

from obskit._runtime import imports
from obskit._runtime.engine import adopting, sdk, twinning
from obskit._runtime.engine.engine import Engine
from obskit._runtime.engine.logbook import Kept
from obskit._runtime.engine.sampling import Sampler
from obskit._runtime.engine.spans import Span as LightSpan
from obskit._runtime.engine.spans import current
from obskit._runtime.engine.streams import Prepared, Stream
from obskit._runtime.engine.streams import Series as StreamSeries
from obskit._runtime.engine.tracing import TracerProvider
from obskit._runtime.guard import warn
from obskit._runtime.pipeline import Attributes, Reading, Recorder, Series
from obskit._version import __version__
from obskit.catalogue import Metric

#: The instrumentation scope of what obskit itself emits.
SCOPE = "obskit"
#: What a process measures of itself goes on when it has nothing to do; work that waits for a thread is something to do.
_BACKGROUND = ("obskit.event_loop.", "obskit.gc.", "obskit.shard.", "cpython.", "process.")


class EnginePipeline:
    """See :class:`obskit._runtime.pipeline.Pipeline`.

    Args:
        engine: Takes the records.
        sampler: Which traces are kept.
        resource: Attributes of the resource, for those who ask a provider for it.
    """

    def __init__(self, engine: Engine, sampler: Sampler, resource: Callable[[], dict[str, Any]]) -> None:
        self.engine = engine
        self.tracers = TracerProvider(
            sampler, engine.limits, engine.ended, lambda: sdk.resource(resource()), engine.flush
        )
        self._scope = self.tracers.scopes.get(SCOPE, __version__)
        #: A meter and a logger provider that are somebody else's.
        self._meter: Any = None
        self._loggers: Any = None
        provider = trace.get_tracer_provider()
        if adopting.is_api_s(provider):
            twinning.install(self.tracers, self._scope)
            trace.set_tracer_provider(self.tracers)
            #: See the protocol.
            self.span: Callable[..., Any] = self.tracers.get_tracer(SCOPE, __version__).begin
        else:
            self.span = adopting.starting(provider.get_tracer(SCOPE, __version__))
        # Last, as nothing takes them back.
        _provide(imports.METRICS, "OTEL_PYTHON_METER_PROVIDER", self._provide_meters)
        _provide(imports.LOGS, "OTEL_PYTHON_LOGGER_PROVIDER", self._provide_loggers)

    def _provide_meters(self, api: Any) -> None:
        provider = api.get_meter_provider()
        if adopting.is_api_s(provider):
            from obskit._runtime.engine.meters import MeterProvider

            api.set_meter_provider(MeterProvider(self.engine.streams, self.engine.flush))
            return
        self._meter = provider.get_meter(SCOPE, __version__)
        if self.engine.streams.views:
            warn("obskit: the views of init() do not apply: give them to the MeterProvider that was set before it")

    def _provide_loggers(self, api: Any) -> None:
        provider = api.get_logger_provider()
        if adopting.is_api_s(provider):
            from obskit._runtime.engine.loggers import LoggerProvider

            api.set_logger_provider(LoggerProvider(self.engine.limits, self.engine.log, self.engine.flush))
        else:
            self._loggers = provider

    def begin_anew(self) -> None:
        """Be the pipeline of a forked child."""
        self.tracers.begin_anew()
        self.engine.begin_anew()
        self.engine.start()

    def instrument(self, record: Metric) -> Recorder:
        """See the protocol."""
        if self._meter is not None:
            return adopting.AdoptedRecorder(self._meter, record)
        kind: Any = record.instrument
        stream = self.engine.streams.make(
            self._scope,
            record.name,
            record.unit,
            record.brief,
            kind,
            record.boundaries,
            ours=True,
            background=record.name.startswith(_BACKGROUND),
        )
        return _EngineRecorder(stream, self.engine.measure)

    def observe(self, record: Metric, read: Reading) -> None:
        """See the protocol."""
        if self._meter is not None:
            adopting.observe(self._meter, record, read)
            return
        kind: Any = record.instrument
        streams = self.engine.streams
        stream = streams.make(self._scope, record.name, record.unit, record.brief, kind, observed=True, ours=True)
        streams.readers.append((stream, read))

    def log(self, record: logging.LogRecord) -> None:
        """See the protocol."""
        kept = Kept(record)
        if self._loggers is None:
            self.engine.log(kept)
        else:
            adopting.emit(kept, self._loggers)

    def awake(self) -> None:
        """See the protocol."""
        self.engine.wake()

    def totals(self) -> dict[str, dict[str, int]]:
        """See the protocol."""
        return self.engine.totals()

    def inherited(self) -> dict[str, dict[str, int]]:
        """See the protocol."""
        return self.engine.inherited

    def flush(self, budget: float) -> bool:
        """See the protocol."""
        return self.engine.flush(budget)

    def give_up(self) -> None:
        """See the protocol."""
        self.engine.give_up()


class _EngineRecorder:
    """A recorder of the engine's own streams."""

    def __init__(self, stream: Stream, measure: Callable[[Any], None]) -> None:
        self._stream, self._measure = stream, measure

    def __call__(self, value: float, attributes: Attributes) -> None:
        span = current()
        example = span if span is not None and span.trace_flags & 1 else None
        self._measure((self._stream, value, attributes, example, time.time_ns()))

    def bind(self, attributes: Attributes) -> Series:
        """See the protocol."""
        series, measure = StreamSeries(self._stream, attributes), self._measure

        def record(value: float, span: Any) -> None:
            if span is None:
                measure((series, value, None, None, 0))
                return
            example = span if type(span) is LightSpan else span.get_span_context()
            measure((series, value, None, example if example.trace_flags & 1 else None, time.time_ns()))

        return record

    def prepare(self, attributes: Attributes) -> None:
        """See the protocol."""
        self._measure((Prepared(self._stream), 0.0, attributes, None, 0))


def _provide(part: str, choice: str, provide: Callable[[Any], None]) -> None:
    """Provide for a part of the API; at once where a variable names another provider, which is there from the start."""
    if choice in os.environ:
        provide(importlib.import_module(part))
    else:
        imports.once_there(part, provide)
