"""The catalogue for other programs: JSON (plain jsonnet users, and our own jsonnet)."""

from __future__ import annotations

from typing import Any

from obskit.catalogue import TOPICS, Attribute, ForeignMetric, LogField, Metric


def tree() -> dict[str, dict[str, Any]]:
    """Return every record as plain data: topic -> key in lower case -> fields.

    A metric has ``name`` (base name in Prometheus), ``otel``, ``type``, ``unit``, ``brief``, ``labels`` (a short key ->
    label), and ``series``; a histogram also ``bucket``, ``count``, ``sum`` and ``boundaries``; an attribute has ``name``
    and ``label``. The short key of a label is the constant's name in the topic (``pool_name``) or, for foreign metrics,
    the label itself.

    Example:
        >>> tree()["db"]["connection_wait_time"]["bucket"]
        'db_client_connection_wait_time_seconds_bucket'
        >>> tree()["db"]["connection_wait_time"]["labels"]["pool_name"]
        'db_client_connection_pool_name'
    """
    result: dict[str, dict[str, Any]] = {}
    for topic, module in TOPICS.items():
        keys = {value: key.lower() for key, value in vars(module).items() if isinstance(value, Attribute)}
        result[topic] = {
            key.lower(): _plain(value, keys)
            for key, value in vars(module).items()
            if isinstance(value, (Metric, ForeignMetric, Attribute, LogField))
        }
    return result


def _plain(value: Metric | ForeignMetric | Attribute | LogField, keys: dict[Attribute, str]) -> dict[str, Any]:
    if isinstance(value, Attribute):
        return {"name": value.name, "label": value.label, "brief": value.brief, "values": list(value.values)}
    if isinstance(value, LogField):
        return {"name": value.name, "brief": value.brief, "kind": value.kind}
    plain: dict[str, Any] = {
        "name": value.prometheus_name,
        "unit": value.unit,
        "brief": value.brief,
        "series": [s.name for s in value.series],
    }
    if isinstance(value, Metric):
        plain |= {"otel": value.name, "type": value.series[0].type, "stability": value.stability}
        plain["labels"] = {keys[a]: a.label for a in value.attributes}
        plain["boundaries"] = list(value.boundaries)
    else:
        plain |= {"type": value.type, "emitter": value.emitter, "since": value.since}
        plain["labels"] = {label: label for label in value.labels}
    if plain["type"] == "histogram":
        plain |= {part: f"{value.prometheus_name}_{part}" for part in ("bucket", "count", "sum")}
    return plain
