"""The SDK's exporters: they count what they were given and what was taken, and seldom say that nobody listens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from obskit._runtime.counting import Account, Outcome

_QUIET_SECONDS = 60.0

logger = logging.getLogger("obskit.exporters")

_Result = TypeVar("_Result", bound=Enum)


class CountedSpans(OTLPSpanExporter):
    """Spans, counted as they are taken or given up."""

    account: Account

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See the SDK."""
        self.account.handed_on(len(spans))
        with self.account.settling(len(spans)) as outcome:
            return _delivered(outcome, partial(super().export, spans)) or SpanExportResult.FAILURE


class CountedLogs(OTLPLogExporter):
    """Log records, counted as they are taken or given up."""

    account: Account

    def export(self, batch: Sequence[Any]) -> Any:
        """See the SDK."""
        self.account.handed_on(len(batch))
        with self.account.settling(len(batch)) as outcome:
            return _delivered(outcome, partial(super().export, batch)) or LogRecordExportResult.FAILURE


class CountedMetrics(OTLPMetricExporter):
    """Metric points, counted as they are taken or given up."""

    account: Account

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """See the SDK."""
        points = sum(
            len(metric.data.data_points)
            for resource in metrics_data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        )
        with self.account.settling(points) as outcome:
            export = partial(super().export, metrics_data, timeout_millis=timeout_millis, **kwargs)
            return _delivered(outcome, export) or MetricExportResult.FAILURE


class CountedProcessor(BatchSpanProcessor):
    """A queue of spans that counts what enters it."""

    account: Account

    def on_end(self, span: ReadableSpan) -> None:
        """See the SDK."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.account.accepted()
        super().on_end(span)


class _Seldom(logging.Filter):
    """Lets each message through once a minute: three signals that are retried every second would say it hundredfold."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See the standard library."""
        now, template = time.monotonic(), str(record.msg)
        if now < self._said.get(template, 0.0):
            return False
        self._said[template] = now + _QUIET_SECONDS
        return True


def _delivered(outcome: Outcome, export: Callable[[], _Result]) -> _Result | None:
    """Export, and note whether it was taken; what older exporters raise when nobody listens is said like the rest."""
    try:
        result = export()
    except Exception as error:  # noqa: BLE001 - whatever it is, the batch is lost
        logger.warning("a batch could not be delivered: %s", error)
        return None
    outcome.taken = result.name == "SUCCESS"
    return result


_seldom = _Seldom()


def say_seldom() -> None:
    """Make the exporters repeat a complaint once a minute at the most; what was given up is counted all the same."""
    for exporter in (OTLPSpanExporter, OTLPMetricExporter, OTLPLogExporter):
        logging.getLogger(exporter.__module__).addFilter(_seldom)
    logger.addFilter(_seldom)
