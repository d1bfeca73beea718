"""Signals about the signals: what was sent, what was lost, what is instrumented, what went wrong in a hook."""

from __future__ import annotations

from obskit.catalogue._model import Attribute, ForeignMetric, LogField, Metric

SIGNAL = Attribute("signal", "Kind of record.", values=("traces", "metrics", "logs"))
REASON = Attribute(
    "reason",
    "Why it was dropped: the oldest gave way to newer ones, the collector refused it, the process ended or was killed.",
    values=("queue_full", "rejected", "too_large", "invalid", "shutdown", "killed"),
)
LIBRARY = Attribute("library", "Instrumented library.")
STATE = Attribute(
    "state", "What became of the instrumentation.", values=("instrumented", "skipped", "failed", "disabled")
)
STATE_REASON = Attribute("reason", "Why, in a few words; empty when instrumented.", required=False)
HOOK = Attribute("hook", "Hook in which the fault was contained.")

EXPORTED = Metric(
    name="obskit.telemetry.exported",
    instrument="counter",
    unit="{record}",
    brief="Spans, metric points and log records that the collector took.",
    stability="development",
    attributes=(SIGNAL,),
    presence="always",
)
DROPPED = Metric(
    name="obskit.telemetry.dropped",
    instrument="counter",
    unit="{record}",
    brief="Spans, metric points and log records that were given up.",
    stability="development",
    attributes=(SIGNAL, REASON),
    presence="always",
)
INSTRUMENTATION_STATUS = Metric(
    name="obskit.instrumentation.status",
    instrument="gauge",
    unit="{instrumentation}",
    brief="1 for the state that each instrumentation is in.",
    stability="development",
    attributes=(LIBRARY, STATE, STATE_REASON),
    presence="always",
)
FAULTS = Metric(
    name="obskit.instrumentation.faults",
    instrument="counter",
    unit="{fault}",
    brief="Faults of obskit that were contained instead of reaching the service.",
    stability="development",
    attributes=(HOOK,),
)

#: What Prometheus' OTLP receiver makes of the resource.
TARGET_INFO = ForeignMetric(
    name="target_info",
    type="info",
    labels=(
        "cloud_region",
        "deployment_environment_name",
        "k8s_container_name",
        "k8s_namespace_name",
        "k8s_node_name",
        "k8s_pod_name",
        "k8s_pod_uid",
        "process_pid",
        "process_runtime_name",
        "process_runtime_version",
        "service_version",
        "telemetry_distro_name",
        "telemetry_distro_version",
        "telemetry_sdk_language",
        "telemetry_sdk_name",
        "telemetry_sdk_version",
    ),
    brief="1 for every process that sends metrics; its labels are the resource's attributes.",
    emitter="prometheus",
    since="2.47",
    presence="always",
)
UP = ForeignMetric(
    name="up",
    type="gauge",
    labels=("container", "namespace", "pod"),
    brief="1 when the last scrape of the target worked.",
    emitter="prometheus",
    since="0.1",
)
ALERTS = ForeignMetric(
    name="ALERTS",
    type="gauge",
    labels=("alertname", "alertstate", "namespace", "service", "severity", "shard", "shard_set"),
    brief="1 for every alert that is pending or firing.",
    emitter="prometheus",
    since="0.1",
    values={"alertstate": ("pending", "firing")},
)

THRESHOLD = ForeignMetric(
    name="obskit_threshold",
    type="gauge",
    labels=("alert", "namespace", "param", "service"),
    brief="The value that a namespace or a service gives a parameter of an alert.",
    emitter="a recording rule of the namespace's",
    since="2.42",
    condition="obskit.yaml says thresholds: series, and somebody records it",
)

#: Logger of exceptions that nobody caught.
UNCAUGHT = "obskit.uncaught"

LOG_SERVICE_NAME = LogField("service_name", "Name of the service.", "label")
LOG_NAMESPACE = LogField("service_namespace", "Namespace of the service.", "label")
LOG_LEVEL = LogField("detected_level", "Level of the record, as Loki names it.", "metadata")
LOG_SEVERITY = LogField("severity_text", "Level of the record, as logged.", "metadata")
LOG_TRACE_ID = LogField("trace_id", "Trace in which the record was written.", "metadata", required=False)
LOG_SPAN_ID = LogField("span_id", "Span in which the record was written.", "metadata", required=False)
LOG_EXCEPTION_TYPE = LogField("exception_type", "Class of the logged exception.", "metadata", required=False)
LOG_LOGGER = LogField("scope_name", "Logger that wrote the record.", "metadata", required=False, values=(UNCAUGHT,))
LOG_POD = LogField("k8s_pod_name", "Pod that wrote the record.", "metadata", required=False)
LOG_SLOT = LogField("slot", "Hour of the record, UTC, where it went through Fluent Bit.", "label", required=False)
