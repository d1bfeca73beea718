"""For tests of a service: everything that obskit would send, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from obskit._runtime import guard

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["Recorded", "fault", "hooks", "recording"]


@dataclass
class Recorded:
    """What was recorded so far."""

    _spans: Any
    _logs: Any
    _reader: Any

    @property
    def spans(self) -> list[ReadableSpan]:
        """Spans that ended, oldest first."""
        return list(self._spans.get_finished_spans())

    @property
    def logs(self) -> list[Any]:
        """Log records."""
        return [entry.log_record for entry in self._logs.get_finished_logs()]

    def points(self, name: str) -> dict[tuple[tuple[str, Any], ...], Any]:
        """Return the points of a metric by their attributes, sorted; a histogram's point has ``count`` and ``sum``.

        Args:
            name: OpenTelemetry name (``db.client.connection.wait_time``).
        """
        from obskit._runtime import deferred
        from obskit._runtime.sdk_pipeline import SCOPE

        deferred.drain()
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        # FastAPI counts requests under the same names where a hook of ours was left out: the last one, ours, is shown.
        scopes.sort(key=lambda scope: scope.scope.name == SCOPE)
        return {
            tuple(sorted(point.attributes.items())): getattr(point, "value", point)
            for scope in scopes
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        }

    def clear(self) -> None:
        """Forget spans and logs; metrics are cumulative."""
        self._spans.clear()
        self._logs.clear()


_recorded: Recorded | None = None


def recording(**settings: Any) -> Recorded:
    """Start obskit in this process with everything kept in memory; later calls return the same, cleared.

    Args:
        **settings: As of :func:`obskit.init`.

    Raises:
        RuntimeError: ``obskit.init()`` ran before, or somebody else's SDK.

    Example:
        >>> from obskit import testing
        >>> recorded = testing.recording(service_name="shop", log_format="off")
        >>> recorded.spans
        []
    """
    global _recorded
    if _recorded is None:
        _recorded = _start(settings)
    _recorded.clear()
    return _recorded


def hooks() -> frozenset[str]:
    """Return the names of all hooks of obskit in this process, for :func:`fault`."""
    return guard.hooks()


@contextmanager
def fault(hook: str, error: Exception | None = None, *, late: bool = False) -> Iterator[None]:
    """Make a hook of obskit fail at every call, to prove that the service does not notice.

    Args:
        hook: One of :func:`hooks`.
        error: What it raises.
        late: Whether after it did its work, instead of before.
    """
    guard.inject(hook, error or RuntimeError(f"injected into {hook}"), late=late)
    try:
        yield
    finally:
        guard.inject(hook, None)


def _start(settings: dict[str, Any]) -> Recorded:
    from opentelemetry import _logs, metrics, trace
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from obskit._runtime import start
    from obskit._runtime.sdk_pipeline import SdkPipeline
    from obskit.config import settings as table

    if start.status()["running"] or isinstance(trace.get_tracer_provider(), TracerProvider):
        raise RuntimeError("obskit, or another SDK, runs in this process already: call recording() first")
    spans, logs, reader = InMemorySpanExporter(), InMemoryLogRecordExporter(), InMemoryMetricReader()  # type: ignore[no-untyped-call]
    metrics.set_meter_provider(MeterProvider([reader]))
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(tracers)
    loggers = LoggerProvider()
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    _logs.set_logger_provider(loggers)
    chosen, _ = table.read(settings, {})
    start.install(chosen, SdkPipeline(chosen, {}))
    return Recorded(spans, logs, reader)
