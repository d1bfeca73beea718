"""What the sidecars tell of themselves: the OpenTelemetry Collector and Fluent Bit, as they are rendered.

Source of the collector's: open-telemetry/opentelemetry-collector, exporter/exporterhelper/documentation.md,
receiver/receiverhelper/documentation.md and service/documentation.md, and what 0.155 exposes. Of Fluent Bit's:
fluent/fluent-bit, src/flb_output.c, src/flb_input.c and plugins/in_tail/tail_config.c of 5.1.1.
"""

# The rendered configuration gives the collector's counters names without _total, whatever its version. Those with it
# are what others were given until 0.152, and what people still have in their rules.

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric, SeriesType

_COLLECTOR, _FLUENT_BIT = "otelcol", "fluent-bit"
#: What a scrape of pods adds.
_POD = ("container", "namespace", "pod")
_DATA = {"data_type": ("traces", "metrics", "logs")}


def _counter(name: str, labels: tuple[str, ...], brief: str) -> ForeignMetric:
    return ForeignMetric(f"otelcol_{name}", "counter", (*_POD, *labels), brief, _COLLECTOR, "0.119.0")


def _suffixed(metric: ForeignMetric) -> ForeignMetric:
    """The same under the name that it had where a reader was configured without without_type_suffix."""
    return metric._replace(name=f"{metric.name}_total", until="0.152.0", successor=metric.name)


def _gauge(name: str, brief: str, *, unit: str = "By", labels: tuple[str, ...] = ()) -> ForeignMetric:
    values = {label: _DATA[label] for label in labels if label in _DATA}
    return ForeignMetric(
        f"otelcol_{name}", "gauge", (*_POD, *labels), brief, _COLLECTOR, "0.119.0", unit=unit, values=values
    )


def _fluent_bit(kind: SeriesType, name: str, brief: str, labels: tuple[str, ...] = ("name",)) -> ForeignMetric:
    return ForeignMetric(f"fluentbit_{name}", kind, (*_POD, *labels), brief, _FLUENT_BIT, "5.0.6")


#: And where it was sent, in labels that are written with dots or with underscores, as whoever scrapes them asks.
_SENT = ("exporter",)
_RECEIVED = ("receiver", "transport")
_QUEUE = ("data_type", "exporter")

EXPORTER_SENT_SPANS = _counter("exporter_sent_spans", _SENT, "Spans that the backend took.")
EXPORTER_SENT_METRIC_POINTS = _counter("exporter_sent_metric_points", _SENT, "Metric points that the backend took.")
EXPORTER_SENT_LOG_RECORDS = _counter("exporter_sent_log_records", _SENT, "Log records that the backend took.")
# Born with their first value.
EXPORTER_SEND_FAILED_SPANS = _counter("exporter_send_failed_spans", _SENT, "Spans that the backend refused for good.")
EXPORTER_SEND_FAILED_METRIC_POINTS = _counter(
    "exporter_send_failed_metric_points", _SENT, "Metric points that the backend refused for good."
)
EXPORTER_SEND_FAILED_LOG_RECORDS = _counter(
    "exporter_send_failed_log_records", _SENT, "Log records that the backend refused for good."
)
EXPORTER_ENQUEUE_FAILED_SPANS = _counter(
    "exporter_enqueue_failed_spans", ("exporter",), "Spans for which the queue had no room; the sender keeps them."
)
EXPORTER_ENQUEUE_FAILED_METRIC_POINTS = _counter(
    "exporter_enqueue_failed_metric_points",
    ("exporter",),
    "Metric points for which the queue had no room; the sender keeps them.",
)
EXPORTER_ENQUEUE_FAILED_LOG_RECORDS = _counter(
    "exporter_enqueue_failed_log_records",
    ("exporter",),
    "Log records for which the queue had no room; the sender keeps them.",
)
RECEIVER_ACCEPTED_SPANS = _counter("receiver_accepted_spans", _RECEIVED, "Spans that were taken.")
RECEIVER_ACCEPTED_METRIC_POINTS = _counter("receiver_accepted_metric_points", _RECEIVED, "Metric points taken.")
RECEIVER_ACCEPTED_LOG_RECORDS = _counter("receiver_accepted_log_records", _RECEIVED, "Log records that were taken.")
RECEIVER_REFUSED_SPANS = _counter("receiver_refused_spans", _RECEIVED, "Spans that the sender has to send again.")
RECEIVER_REFUSED_METRIC_POINTS = _counter(
    "receiver_refused_metric_points", _RECEIVED, "Metric points that the sender has to send again."
)
RECEIVER_REFUSED_LOG_RECORDS = _counter(
    "receiver_refused_log_records", _RECEIVED, "Log records that the sender has to send again."
)

EXPORTER_SENT_SPANS_TOTAL = _suffixed(EXPORTER_SENT_SPANS)
EXPORTER_SENT_METRIC_POINTS_TOTAL = _suffixed(EXPORTER_SENT_METRIC_POINTS)
EXPORTER_SENT_LOG_RECORDS_TOTAL = _suffixed(EXPORTER_SENT_LOG_RECORDS)
EXPORTER_SEND_FAILED_SPANS_TOTAL = _suffixed(EXPORTER_SEND_FAILED_SPANS)
EXPORTER_SEND_FAILED_METRIC_POINTS_TOTAL = _suffixed(EXPORTER_SEND_FAILED_METRIC_POINTS)
EXPORTER_SEND_FAILED_LOG_RECORDS_TOTAL = _suffixed(EXPORTER_SEND_FAILED_LOG_RECORDS)
EXPORTER_ENQUEUE_FAILED_SPANS_TOTAL = _suffixed(EXPORTER_ENQUEUE_FAILED_SPANS)
EXPORTER_ENQUEUE_FAILED_METRIC_POINTS_TOTAL = _suffixed(EXPORTER_ENQUEUE_FAILED_METRIC_POINTS)
EXPORTER_ENQUEUE_FAILED_LOG_RECORDS_TOTAL = _suffixed(EXPORTER_ENQUEUE_FAILED_LOG_RECORDS)
RECEIVER_ACCEPTED_SPANS_TOTAL = _suffixed(RECEIVER_ACCEPTED_SPANS)
RECEIVER_ACCEPTED_METRIC_POINTS_TOTAL = _suffixed(RECEIVER_ACCEPTED_METRIC_POINTS)
RECEIVER_ACCEPTED_LOG_RECORDS_TOTAL = _suffixed(RECEIVER_ACCEPTED_LOG_RECORDS)
RECEIVER_REFUSED_SPANS_TOTAL = _suffixed(RECEIVER_REFUSED_SPANS)
RECEIVER_REFUSED_METRIC_POINTS_TOTAL = _suffixed(RECEIVER_REFUSED_METRIC_POINTS)
RECEIVER_REFUSED_LOG_RECORDS_TOTAL = _suffixed(RECEIVER_REFUSED_LOG_RECORDS)

EXPORTER_QUEUE_SIZE = _gauge("exporter_queue_size", "Bytes that wait or are being sent.", labels=_QUEUE)
EXPORTER_QUEUE_CAPACITY = _gauge("exporter_queue_capacity", "Bytes that may wait.", labels=_QUEUE)
PROCESS_MEMORY = _gauge("process_memory_rss", "Physical memory in use by the collector.")
COLLECTOR_UPTIME = _counter("process_uptime", (), "Seconds since the collector started.")._replace(unit="s")

# Those of outputs and inputs are 0 from the start, what tail counts is born with its first value.
OUTPUT_RECORDS = _fluent_bit("counter", "output_proc_records_total", "Records that Loki took.")
OUTPUT_DROPPED = _fluent_bit(
    "counter", "output_dropped_records_total", "Records given up: refused for good, or evicted from a full buffer."
)
OUTPUT_ERRORS = _fluent_bit("counter", "output_errors_total", "Chunks that Loki refused for good.")
OUTPUT_RETRIES = _fluent_bit("counter", "output_retries_total", "Attempts that failed and are made again.")
OUTPUT_RETRIES_FAILED = _fluent_bit("counter", "output_retries_failed_total", "Chunks of which no attempt is left.")
INPUT_RECORDS = _fluent_bit("counter", "input_records_total", "Lines that were read.")
INPUT_PAUSED = _fluent_bit("gauge", "input_ingestion_paused", "1 while nothing is read, since the buffer is full.")
INPUT_LONG_LINES = _fluent_bit("counter", "input_long_line_skipped_total", "Lines too long to be read.")
FLUENT_BIT_UPTIME = _fluent_bit("counter", "uptime", "Seconds since Fluent Bit started.", ("hostname",))._replace(
    unit="s"
)
