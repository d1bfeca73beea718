"""The place for names: every signal that obskit emits or uses, as frozen records.

A module is a topic; an upper-case name in it is a record. Runtime, alerts, dashboards and checks read these records
and nothing else, so a rename happens here or nowhere.

Example:
    >>> from obskit import catalogue
    >>> catalogue.shards.OPERATIONS.prometheus_name
    'obskit_shard_operations_total'
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from obskit.catalogue import db, http, kubernetes, runtime, shards, telemetry
from obskit.catalogue._model import TARGET_LABELS, Attribute, ForeignMetric, LogField, Metric, Series

__all__ = [
    "TARGET_LABELS",
    "TOPICS",
    "Attribute",
    "ForeignMetric",
    "LogField",
    "Metric",
    "Series",
    "db",
    "http",
    "kubernetes",
    "log_fields",
    "metrics",
    "runtime",
    "series",
    "shards",
    "telemetry",
]

#: Topic -> the module that holds its records; the order is the order of every listing.
TOPICS: dict[str, ModuleType] = {
    "http": http,
    "db": db,
    "shards": shards,
    "runtime": runtime,
    "telemetry": telemetry,
    "kubernetes": kubernetes,
}


def metrics(topic: str | None = None) -> Iterator[tuple[str, str, Metric | ForeignMetric]]:
    """Yield ``(topic, key, record)`` for every metric, own and foreign.

    Args:
        topic: One topic, or None for all.

    Raises:
        KeyError: No such topic.

    Example:
        >>> next(iter(metrics("shards")))[:2]
        ('shards', 'OPERATIONS')
    """
    for name in TOPICS if topic is None else (topic,):
        for key, record in vars(TOPICS[name]).items():
            if isinstance(record, (Metric, ForeignMetric)):
                yield name, key, record


def series() -> dict[str, Series]:
    """Return every Prometheus series of the catalogue by its name.

    Example:
        >>> series()["obskit_shard_operations_total"].type
        'counter'
    """
    return {s.name: s for _, _, record in metrics() for s in record.series}


def log_fields() -> dict[str, LogField]:
    """Return every field of a log record by its name.

    Example:
        >>> log_fields()["trace_id"].kind
        'metadata'
    """
    return {v.name: v for module in TOPICS.values() for v in vars(module).values() if isinstance(v, LogField)}
