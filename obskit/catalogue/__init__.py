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
from importlib import import_module
from types import ModuleType

from obskit.catalogue import db, http, kubernetes, runtime, shards, telemetry
from obskit.catalogue._model import TARGET_LABELS, Attribute, ForeignMetric, LogField, Metric, Series

__all__ = [
    "LATER",
    "PLATFORM",
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
    "module",
    "runtime",
    "series",
    "shards",
    "telemetry",
    "topics",
]

#: Topic -> the module that holds its records; the order is the order of every listing. A service imports them all.
TOPICS: dict[str, ModuleType] = {
    "http": http,
    "db": db,
    "shards": shards,
    "runtime": runtime,
    "telemetry": telemetry,
    "kubernetes": kubernetes,
}


#: Topics that rules and dashboards of every project use, and no service: imported when somebody asks.
LATER: tuple[str, ...] = ("sidecars",)

#: What a platform may consist of: topics of their own, below :mod:`obskit.catalogue.platform`, imported likewise.
PLATFORM: tuple[str, ...] = (
    "argocd",
    "autoscaling",
    "cloudsql",
    "gitlab",
    "ingress",
    "istio",
    "kubevirt",
    "postgres",
    "redis",
    "rollout",
    "smtp",
    "tekton",
)


def topics() -> tuple[str, ...]:
    """Return the names of all topics, the platform's last."""
    return (*TOPICS, *LATER, *PLATFORM)


def module(topic: str) -> ModuleType:
    """Return the module that holds the records of a topic.

    Raises:
        KeyError: No such topic.
    """
    if topic in LATER:
        return import_module(f"obskit.catalogue.{topic}")
    return import_module(f"obskit.catalogue.platform.{topic}") if topic in PLATFORM else TOPICS[topic]


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
    for name in topics() if topic is None else (topic,):
        for key, record in vars(module(name)).items():
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
    return {v.name: v for topic in TOPICS.values() for v in vars(topic).values() if isinstance(v, LogField)}
