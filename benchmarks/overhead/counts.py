"""What arrived at the sink, as counts: server spans, log lines and measured requests by route.

OTLP is parsed with its own messages. Of ddtrace's protocol the traces (v0.4 and v0.5) are; whatever else an agent is
told is taken and counted by its path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.overhead.contestants import LINE

#: The stable name and the one before it; some send both.
DURATIONS = ("http.server.request.duration", "http.server.duration")
_ROUTE = ("http.route", "http.target", "url.path")

Attributes = Mapping[str, Any]


class Counts:
    """Counts of one service."""

    def __init__(self) -> None:
        self.spans = 0
        self.server_spans: Counter[str] = Counter()
        self.log_lines: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        #: Stream (name, resource, scope, attributes) -> its count, which is cumulative or has been summed up.
        self._durations: dict[tuple[Any, ...], int] = {}

    def take(self, path: str, body: bytes) -> None:
        """Count what one request brings."""
        self.taken[path] += 1
        if path.endswith("/v1/traces"):
            self._otlp_spans(ExportTraceServiceRequest.FromString(body))
        elif path.endswith("/v1/logs"):
            self._otlp_logs(ExportLogsServiceRequest.FromString(body))
        elif path.endswith("/v1/metrics"):
            self._otlp_metrics(ExportMetricsServiceRequest.FromString(body))
        elif path == "/v0.4/traces":
            self._datadog_spans(span for trace in msgspec.msgpack.decode(body) for span in trace)
        elif path == "/v0.5/traces":
            self._datadog_spans(_by_name(*msgspec.msgpack.decode(body)))

    def summary(self) -> dict[str, Any]:
        """Return the counts as JSON takes them."""
        return {
            "spans": self.spans,
            "span": dict(self.server_spans),
            "log": dict(self.log_lines),
            "count": dict(self._measured()),
            "taken": dict(self.taken),
        }

    def _measured(self) -> Counter[str]:
        """Requests by route that a histogram has counted, under the name that tells of most."""
        by_name = {name: Counter[str]() for name in DURATIONS}
        for (name, _, _, attributes), count in self._durations.items():
            by_name[name][_route(dict(attributes))] += count
        return max(by_name.values(), key=lambda counter: sum(counter.values()))

    def _otlp_spans(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self._otlp_span(span)

    def _otlp_span(self, span: Span) -> None:
        attributes = _attributes(span.attributes)
        kind = attributes.get("logfire.span_type")
        if kind == "pending_span":  # a first copy of a span that comes again
            return
        self.spans += 1
        if kind == "log":  # logfire sends log lines as spans
            self._line(attributes.get("logfire.msg"))
        elif span.kind == Span.SPAN_KIND_SERVER:
            self.server_spans[_route(attributes)] += 1

    def _otlp_logs(self, request: ExportLogsServiceRequest) -> None:
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    self._line(record.body.string_value)

    def _line(self, text: object) -> None:
        if isinstance(text, str) and text.startswith(LINE):
            self.log_lines[text[len(LINE) :]] += 1

    def _otlp_metrics(self, request: ExportMetricsServiceRequest) -> None:
        for resource in request.resource_metrics:
            identity = _key(resource.resource.attributes)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.name in DURATIONS:
                        histogram = getattr(metric, metric.WhichOneof("data") or "histogram")
                        self._histogram((metric.name, identity, scope.scope.name), histogram)

    def _histogram(self, stream: tuple[Any, ...], histogram: Any) -> None:
        """Keep the last count of a cumulative stream; add up one of differences."""
        cumulative = histogram.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
        for point in histogram.data_points:
            key = (*stream, _key(point.attributes))
            self._durations[key] = point.count + (0 if cumulative else self._durations.get(key, 0))

    def _datadog_spans(self, spans: Iterable[Attributes]) -> None:
        for span in spans:
            self.spans += 1
            meta = span["meta"] or {}
            if meta.get("span.kind") == "server":
                self.server_spans[meta.get("http.route") or str(span["resource"]).split()[-1]] += 1


def _by_name(words: list[str], traces: list[list[list[Any]]]) -> Iterator[Attributes]:
    """Yield the spans of v0.5, whose text is places in a table of words, as those of v0.4."""
    for trace in traces:
        for span in trace:
            meta = {words[key]: words[value] for key, value in span[9].items()}
            yield {"resource": words[span[2]], "meta": meta}


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}


def _key(pairs: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in _attributes(pairs).items()))


def _route(attributes: Attributes) -> str:
    found = next((attributes[name] for name in _ROUTE if attributes.get(name)), "")
    return str(found).split("?")[0]
