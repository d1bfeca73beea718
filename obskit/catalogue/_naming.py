"""OpenTelemetry names to Prometheus names, in one place.

The mapping is the one of Prometheus' OTLP receiver (https://prometheus.io/docs/guides/opentelemetry/), by default under
its default ``translation_strategy``; tests compare every strategy with a real Prometheus.
"""

from __future__ import annotations

import re

#: UCUM unit -> suffix, for the units that the catalogue uses.
UNIT_SUFFIXES = {"s": "seconds", "ms": "milliseconds", "By": "bytes", "1": "ratio"}

#: Translation strategies of Prometheus, its default first.
DEFAULT_STRATEGY = "UnderscoreEscapingWithSuffixes"
STRATEGIES = (
    DEFAULT_STRATEGY,
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)

_INVALID = re.compile(r"[^a-zA-Z0-9_]+")


def label_name(attribute: str, strategy: str = DEFAULT_STRATEGY) -> str:
    """Return the label that carries an attribute.

    Example:
        >>> label_name("http.response.status_code")
        'http_response_status_code'
    """
    return _INVALID.sub("_", attribute) if strategy.startswith("Underscore") else attribute


def metric_name(name: str, unit: str, instrument: str, strategy: str = DEFAULT_STRATEGY) -> str:
    """Return the Prometheus name of an OpenTelemetry metric.

    Args:
        name: Dotted OpenTelemetry name.
        unit: UCUM unit; annotations in braces are dropped.
        instrument: ``counter``, ``updowncounter``, ``gauge`` or ``histogram``.
        strategy: One of :data:`STRATEGIES`.

    Example:
        >>> metric_name("db.client.connection.wait_time", "s", "histogram")
        'db_client_connection_wait_time_seconds'
        >>> metric_name("obskit.shard.operations", "{operation}", "counter")
        'obskit_shard_operations_total'
    """
    result = _INVALID.sub("_", name) if strategy.startswith("Underscore") else name
    if not strategy.endswith("WithSuffixes"):
        return result
    suffix = UNIT_SUFFIXES.get(unit, "")
    if unit == "1" and instrument != "gauge":  # only a gauge without dimension is a ratio
        suffix = ""
    if suffix and suffix not in re.split("[._]", result):
        result = f"{result}_{suffix}"
    if instrument == "counter":
        result = f"{result.removesuffix('_total')}_total"
    return result
