"""Standard variables that ask for what ``init()`` does not do: better said than silently ignored."""

from __future__ import annotations

from collections.abc import Mapping

_PROTOCOL = "http/protobuf"
#: Variable -> the one value that holds, and why.
_FIXED = {
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": (
        "cumulative",
        "Prometheus, and the alerts, need cumulative values",
    ),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": (
        "explicit_bucket_histogram",
        "the alerts need the buckets of the catalogue",
    ),
    "OTEL_METRICS_EXEMPLAR_FILTER": ("trace_based", "examples of a value are the sampled spans"),
    **{
        f"OTEL_{processor}_{setting}": ("", "what waits is bounded in bytes: OBSKIT_QUEUE_SIZE")
        for processor in ("BSP", "BLRP")
        for setting in ("MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE", "SCHEDULE_DELAY", "EXPORT_TIMEOUT")
    },
}


def complaints(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each one that is set.

    Example:
        >>> complaints({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})[0][:34]
        "OTEL_EXPORTER_OTLP_PROTOCOL='grpc'"
    """
    found = []
    for signal in ("", "TRACES_", "METRICS_", "LOGS_"):
        name = f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL"
        if environment.get(name, _PROTOCOL) not in ("", _PROTOCOL):
            found.append(f"{name}={environment[name]!r} is not {_PROTOCOL}, and obskit uses that, usually on port 4318")
    for name, (followed, why) in _FIXED.items():
        if environment.get(name, "").strip().lower() not in ("", followed):
            found.append(f"{name}={environment[name]!r} is not followed: {why}")
    return found
