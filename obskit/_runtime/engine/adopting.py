"""Providers that somebody else installed before obskit: what we observe goes to them, and their owner exports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.logbook import Kept
from obskit._runtime.engine.scopes import Scopes
from obskit._runtime.pipeline import Attributes, Reading, Series
from obskit.catalogue import Metric

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import CallbackOptions, Meter, Observation

_scopes = Scopes()
_NO_LIMITS = Limits(log_attributes=None)


def is_api_s(provider: Any) -> bool:
    """Whether a provider is one of the API's own, which record nothing."""
    package = type(provider).__module__.split(".")
    return package[0] == "opentelemetry" and package[1] in ("trace", "metrics", "_logs")


class AdoptedRecorder:
    """A recorder of their meter; see :class:`obskit._runtime.pipeline.Recorder`.

    Args:
        meter: The meter.
        record: A counter or a histogram.
    """

    def __init__(self, meter: Meter, record: Metric) -> None:
        if record.instrument == "updowncounter":
            self._record: Callable[..., None] = meter.create_up_down_counter(record.name, record.unit, record.brief).add
        elif record.instrument == "histogram":
            self._record = meter.create_histogram(
                record.name, record.unit, record.brief, explicit_bucket_boundaries_advisory=list(record.boundaries)
            ).record
        else:
            self._record = meter.create_counter(record.name, record.unit, record.brief).add

    def __call__(self, value: float, attributes: Attributes) -> None:
        """See the protocol."""
        self._record(value, attributes)

    def bind(self, attributes: Attributes) -> Series:
        """See the protocol."""

        def record(value: float, span: Span | None) -> None:
            here = context.get_current() if span is None else trace.set_span_in_context(span)
            self._record(value, attributes, context=here)

        return record

    def prepare(self, _attributes: Attributes) -> None:
        """See the protocol; the API knows no point without a value."""


def observe(meter: Meter, record: Metric, read: Reading) -> None:
    """Read a gauge, an up-down counter or a counter whenever their owner exports."""
    from opentelemetry.metrics import Observation

    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, dict(attributes)) for value, attributes in read()]

    create: Callable[..., Any] = {
        "counter": meter.create_observable_counter,
        "updowncounter": meter.create_observable_up_down_counter,
        "gauge": meter.create_observable_gauge,
    }[record.instrument]
    create(record.name, [callback], record.unit, record.brief)


def starting(tracer: trace.Tracer) -> Callable[..., Span]:
    """Return what starts a span of their tracer; see :class:`obskit._runtime.pipeline.Pipeline`."""

    def span(name: str, kind: SpanKind, attributes: dict[str, Any], context: Context | None = None) -> Span:
        return tracer.start_span(name, context, kind, attributes)

    return span


def emit(kept: Kept, provider: LoggerProvider) -> None:
    """Pass a record to their provider, which has limits of its own, on the thread that logs."""
    from opentelemetry._logs import LogRecord, SeverityNumber

    made = kept.entry(_scopes, _NO_LIMITS)
    provider.get_logger(kept.name).emit(
        LogRecord(
            timestamp=made.timestamp,
            observed_timestamp=made.observed_timestamp,
            severity_text=made.severity_text,
            severity_number=SeverityNumber(made.severity_number),
            body=made.body,
            attributes=dict(made.attributes),
        )
    )
