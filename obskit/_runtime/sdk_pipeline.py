"""The pipeline on the OpenTelemetry SDK: OTLP over HTTP to the sidecar.

Only this module and sdk_exporters know the SDK. Providers that somebody else installed first are adopted: their owner
exports, and nothing is sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from obskit._runtime.counting import Account
from obskit._runtime.jsonlines import encodable, extras, message
from obskit._runtime.pipeline import Attributes, Reading, Recorder
from obskit._runtime.sdk_exporters import CountedLogs, CountedMetrics, CountedProcessor, CountedSpans, say_seldom
from obskit._version import __version__
from obskit.catalogue import Metric
from obskit.config.settings import Settings

#: The instrumentation scope of what obskit itself emits.
SCOPE = "obskit"
#: Records that wait for the sidecar, per signal; then the oldest give way.
QUEUE = 8192
_BATCH = 512


class SdkPipeline:
    """See :class:`obskit._runtime.pipeline.Pipeline`.

    Args:
        settings: Settings in force.
        resource: Attributes of the resource.
    """

    def __init__(self, settings: Settings, resource: dict[str, str]) -> None:
        self._settings = settings
        self._resource = Resource.create(dict(resource))
        self._accounts = {signal: Account(QUEUE) for signal in ("traces", "metrics", "logs")}
        self._own: list[Any] = []
        say_seldom()
        # The meter provider first: the SDK's other parts take their own metrics from it.
        self._meter = self._meter_provider().get_meter(SCOPE, __version__)
        self._tracer = self._tracer_provider().get_tracer(SCOPE, __version__)
        self._loggers: dict[str, Any] = {}
        self._logs = self._logger_provider() if settings.logs else None

    def _meter_provider(self) -> metrics.MeterProvider:
        current = metrics.get_meter_provider()
        if isinstance(current, MeterProvider):
            return current
        readers = []
        if self._settings.metrics:
            exporter = CountedMetrics(endpoint=f"{self._settings.endpoint}/v1/metrics")
            exporter.account = self._accounts["metrics"]
            readers.append(PeriodicExportingMetricReader(exporter, self._settings.export_interval * 1000))
        provider = MeterProvider(readers, self._resource, shutdown_on_exit=False)
        metrics.set_meter_provider(provider)
        self._own.append(provider)
        return provider

    def _tracer_provider(self) -> trace.TracerProvider:
        current = trace.get_tracer_provider()
        if isinstance(current, TracerProvider):
            return current
        provider = TracerProvider(resource=self._resource, shutdown_on_exit=False)
        if self._settings.traces:
            exporter = CountedSpans(endpoint=f"{self._settings.endpoint}/v1/traces")
            processor = CountedProcessor(exporter, QUEUE, self._delay, _BATCH)
            exporter.account = processor.account = self._accounts["traces"]
            provider.add_span_processor(processor)
        trace.set_tracer_provider(provider)
        self._own.append(provider)
        return provider

    def _logger_provider(self) -> _logs.LoggerProvider:
        current = _logs.get_logger_provider()
        if isinstance(current, LoggerProvider):
            return current
        provider = LoggerProvider(self._resource, shutdown_on_exit=False)
        exporter = CountedLogs(endpoint=f"{self._settings.endpoint}/v1/logs")
        exporter.account = self._accounts["logs"]
        processor = BatchLogRecordProcessor(
            exporter, schedule_delay_millis=self._delay, max_export_batch_size=_BATCH, max_queue_size=QUEUE
        )
        provider.add_log_record_processor(processor)
        _logs.set_logger_provider(provider)
        self._own.append(provider)
        return provider

    @property
    def _delay(self) -> float:
        """Spans and logs go every second at the latest, so that an alert finds its traces; milliseconds."""
        return min(1.0, self._settings.export_interval) * 1000

    def instrument(self, record: Metric) -> Recorder:
        """See the protocol."""
        if record.instrument == "histogram":
            histogram = self._meter.create_histogram(
                record.name, record.unit, record.brief, explicit_bucket_boundaries_advisory=list(record.boundaries)
            )
            return histogram.record
        return self._meter.create_counter(record.name, record.unit, record.brief).add

    def observe(self, record: Metric, read: Reading) -> None:
        """See the protocol."""

        def callback(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, dict(attributes)) for value, attributes in read()]

        create = {
            "counter": self._meter.create_observable_counter,
            "updowncounter": self._meter.create_observable_up_down_counter,
            "gauge": self._meter.create_observable_gauge,
        }[record.instrument]
        create(record.name, [callback], record.unit, record.brief)

    def span(self, name: str, kind: SpanKind, attributes: Attributes, context: Context | None = None) -> trace.Span:
        """See the protocol."""
        return self._tracer.start_span(name, context, kind, attributes)

    def log(self, record: logging.LogRecord) -> None:
        """See the protocol."""
        if self._logs is None:
            return
        logger = self._loggers.get(record.name)
        if logger is None:
            logger = self._loggers[record.name] = self._logs.get_logger(record.name)
        self._accounts["logs"].accepted()
        logger.emit(
            LogRecord(
                timestamp=int(record.created * 1e9),
                severity_text=record.levelname,
                severity_number=_severity(record.levelno),
                body=encodable(message(record)),
                attributes={**_extras(record), **_exception(record)},
            )
        )

    def totals(self) -> dict[str, dict[str, int]]:
        """See the protocol."""
        return {signal: account.totals() for signal, account in self._accounts.items()}

    def finishers(self) -> list[Callable[[], None]]:
        """See the protocol."""
        return [provider.force_flush for provider in self._own]

    def closers(self) -> list[Callable[[], None]]:
        """See the protocol."""
        return [provider.shutdown for provider in self._own]

    def give_up(self) -> None:
        """See the protocol."""
        for account in self._accounts.values():
            account.closed()


def _severity(level: int) -> SeverityNumber:
    for threshold, severity in (
        (logging.CRITICAL, SeverityNumber.FATAL),
        (logging.ERROR, SeverityNumber.ERROR),
        (logging.WARNING, SeverityNumber.WARN),
        (logging.INFO, SeverityNumber.INFO),
        (logging.DEBUG, SeverityNumber.DEBUG),
    ):
        if level >= threshold:
            return severity
    return SeverityNumber.TRACE


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller added, as values that an attribute may have."""
    return {
        key: value if isinstance(value, (bool, int, float)) else encodable(str(value))
        for key, value in extras(record).items()
    }


def _exception(record: logging.LogRecord) -> dict[str, str]:
    """The attributes of a logged exception, as the semantic conventions call them."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, _ = record.exc_info
    return {
        "exception.type": kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}",
        "exception.message": encodable(str(error)),
        "exception.stacktrace": encodable(logging.Formatter().formatException(record.exc_info)),
    }
