"""The engine as the pipeline of this process, behind the providers of the OpenTelemetry API.

A provider that somebody else installed first is adopted: what we observe goes to it, its owner exports, and nothing is
sent twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry import _logs, context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Span, SpanKind

from obskit._runtime.engine import sdk, twinning
from obskit._runtime.engine.engine import Engine
from obskit._runtime.engine.logbook import Kept, LoggerProvider
from obskit._runtime.engine.metering import MeterProvider
from obskit._runtime.engine.sampling import Sampler
from obskit._runtime.engine.spans import Span as LightSpan
from obskit._runtime.engine.spans import current
from obskit._runtime.engine.streams import Series as StreamSeries
from obskit._runtime.engine.streams import Stream
from obskit._runtime.engine.tracing import TracerProvider
from obskit._runtime.guard import warn
from obskit._runtime.pipeline import Attributes, Reading, Recorder, Series
from obskit._version import __version__
from obskit.catalogue import Metric

#: The instrumentation scope of what obskit itself emits.
SCOPE = "obskit"
#: What a process measures of itself goes on when it has nothing to do.
_BACKGROUND = ("obskit.", "cpython.", "process.")


class EnginePipeline:
    """See :class:`obskit._runtime.pipeline.Pipeline`.

    Args:
        engine: Takes the records.
        sampler: Which traces are kept.
        resource: Attributes of the resource, for those who ask a provider for it.
    """

    def __init__(self, engine: Engine, sampler: Sampler, resource: Callable[[], dict[str, Any]]) -> None:
        self.engine, limits = engine, engine.limits
        self.tracers = TracerProvider(sampler, limits, engine.ended, lambda: sdk.resource(resource()), engine.flush)
        self._scope = self.tracers.scopes.get(SCOPE, __version__)
        self._meter: metrics.Meter | None = _adopted(metrics.get_meter_provider())
        if self._meter is None:
            metrics.set_meter_provider(MeterProvider(engine.streams, engine.flush))
        elif engine.streams.views:
            warn("obskit: the views of init() do not apply: give them to the MeterProvider that was set before it")
        tracer = _adopted(trace.get_tracer_provider())
        if tracer is None:
            twinning.install(self.tracers, self._scope)
            trace.set_tracer_provider(self.tracers)
        #: See the protocol.
        self.span = self.tracers.get_tracer(SCOPE, __version__).begin if tracer is None else _starting(tracer)
        provider = _logs.get_logger_provider()
        self._logs = None if _is_api_s(provider) else provider
        if self._logs is None:
            _logs.set_logger_provider(LoggerProvider(limits, engine.log, engine.flush))

    def begin_anew(self) -> None:
        """Be the pipeline of a forked child."""
        self.tracers.begin_anew()
        self.engine.begin_anew()
        self.engine.start()

    def instrument(self, record: Metric) -> Recorder:
        """See the protocol."""
        if self._meter is not None:
            return _AdoptedRecorder(self._meter, record)
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
            _observe_adopted(self._meter, record, read)
            return
        kind: Any = record.instrument
        streams = self.engine.streams
        stream = streams.make(self._scope, record.name, record.unit, record.brief, kind, observed=True, ours=True)
        streams.readers.append((stream, read))

    def log(self, record: logging.LogRecord) -> None:
        """See the protocol."""
        kept = Kept(record)
        if self._logs is None:
            self.engine.log(kept)
        else:
            kept.emit(self._logs)

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


class _AdoptedRecorder:
    """A recorder of somebody else's provider."""

    def __init__(self, meter: metrics.Meter, record: Metric) -> None:
        if record.instrument == "updowncounter":
            self._record: Callable[..., None] = meter.create_up_down_counter(record.name, record.unit, record.brief).add
        elif record.instrument == "histogram":
            self._record = meter.create_histogram(
                record.name, record.unit, record.brief, explicit_bucket_boundaries_advisory=list(record.boundaries)
            ).record
        else:
            self._record = meter.create_counter(record.name, record.unit, record.brief).add

    def __call__(self, value: float, attributes: Attributes) -> None:
        self._record(value, attributes)

    def bind(self, attributes: Attributes) -> Series:
        """See the protocol."""

        def record(value: float, span: Span | None) -> None:
            here = context.get_current() if span is None else trace.set_span_in_context(span)
            self._record(value, attributes, context=here)

        return record


def _starting(tracer: trace.Tracer) -> Callable[..., Span]:
    def span(name: str, kind: SpanKind, attributes: dict[str, Any], context: Context | None = None) -> Span:
        return tracer.start_span(name, context, kind, attributes)

    return span


def _observe_adopted(meter: metrics.Meter, record: Metric, read: Reading) -> None:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, dict(attributes)) for value, attributes in read()]

    create: Callable[..., Any] = {
        "counter": meter.create_observable_counter,
        "updowncounter": meter.create_observable_up_down_counter,
        "gauge": meter.create_observable_gauge,
    }[record.instrument]
    create(record.name, [callback], record.unit, record.brief)


def _adopted(provider: Any) -> Any:
    """Our meter or tracer of somebody else's provider; None when there is only the API's stand-in."""
    if _is_api_s(provider):
        return None
    make = getattr(provider, "get_meter", None) or provider.get_tracer
    return make(SCOPE, __version__)


def _is_api_s(provider: Any) -> bool:
    """Whether a provider is one of the API's own, which record nothing."""
    package = type(provider).__module__.split(".")
    return package[0] == "opentelemetry" and package[1] in ("trace", "metrics", "_logs")
