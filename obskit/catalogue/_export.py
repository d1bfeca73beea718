"""The catalogue for others: plain data for jsonnet, a table for the terminal, a page, an OpenTelemetry registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from obskit.catalogue import Attribute, ForeignMetric, LogField, Metric, metrics, module, topics

_Record = TypeVar("_Record", Attribute, LogField)


def tree() -> dict[str, dict[str, Any]]:
    """Return every record as plain data: topic -> key in lower case -> fields.

    A metric has ``name`` (base name in Prometheus), ``otel``, ``type``, ``unit``, ``brief``, ``presence``, ``labels``
    (a short key -> label), and ``series``; a histogram also ``bucket``, ``count``, ``sum`` and ``boundaries``; an
    attribute has ``name`` and ``label``. The short key of a label is the constant's name in the topic (``pool_name``)
    or, for foreign metrics, the label itself.

    Example:
        >>> tree()["db"]["connection_wait_time"]["bucket"]
        'db_client_connection_wait_time_seconds_bucket'
        >>> tree()["db"]["connection_wait_time"]["labels"]["pool_name"]
        'db_client_connection_pool_name'
    """
    result: dict[str, dict[str, Any]] = {}
    for topic in topics():
        records = vars(module(topic))
        keys = {value: key.lower() for key, value in records.items() if isinstance(value, Attribute)}
        result[topic] = {
            key.lower(): _plain(value, keys)
            for key, value in records.items()
            if isinstance(value, (Metric, ForeignMetric, Attribute, LogField))
        }
    return result


def _plain(value: Metric | ForeignMetric | Attribute | LogField, keys: dict[Attribute, str]) -> dict[str, Any]:
    if isinstance(value, Attribute):
        return {"name": value.name, "label": value.label, "brief": value.brief, "values": list(value.values)}
    if isinstance(value, LogField):
        return {"name": value.name, "brief": value.brief, "kind": value.kind, "values": list(value.values)}
    plain: dict[str, Any] = {
        "name": value.prometheus_name,
        "unit": value.unit,
        "brief": value.brief,
        "presence": value.presence,
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


def text(topic: str) -> str:
    """Return the signals of a topic as a table for the terminal.

    Args:
        topic: One of ``catalogue.topics()``.

    Example:
        >>> print(text("shards").splitlines()[2].split())
        ['obskit_shard_operations_total', 'counter', '{operation}', 'shard,', 'shard_set']
    """
    rows = [
        (record.prometheus_name, record.series[0].type, record.unit or "-", ", ".join(_labels(record)), _brief(record))
        for _, _, record in metrics(topic)
    ]
    fields = [(f.name, f"log {f.kind}", "-", "", f.brief) for f in _all(topic, LogField)]
    widths = [max(len(row[column]) for row in rows + fields) for column in range(3)]
    lines = [f"{topic}: {_heading(topic)}", ""]
    for name, kind, unit, labels, brief in rows + fields:
        cells = (cell.ljust(width) for cell, width in zip((name, kind, unit), widths, strict=True))
        lines += [f"{'  '.join(cells)}  {labels}".rstrip(), f"    {brief}"]
    return "\n".join(lines)


def markdown() -> str:
    """Return the reference page of every signal."""
    lines = [
        "# Signals",
        "",
        "What obskit emits, and what it uses of others; every series also has `job` and `instance`.",
    ]
    for topic in topics():
        lines += ["", f"## {topic}", "", _heading(topic)]
        lines += _table("series|OpenTelemetry|type|unit|labels|exists|meaning", map(_metric_row, _metrics(topic)))
        buckets = ((f"`{m.prometheus_name}`", _numbers(m.boundaries)) for m in _own(topic) if m.boundaries)
        lines += _table("histogram|bucket boundaries", buckets)
        lines += _table("attribute|label|values|meaning", map(_attribute_row, _all(topic, Attribute)))
        fields = ((f"`{f.name}`", f.kind, f.brief) for f in _all(topic, LogField))
        lines += _table("log field|in Loki|meaning", fields)
    return "\n".join(lines) + "\n"


def weaver() -> str:
    """Return obskit's own metrics as a registry of OpenTelemetry Weaver (``weaver registry live-check``).

    An attribute is defined once, in the first topic that has it; metrics refer to it. Syntax:
    https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.md.
    """
    import yaml

    attributes: dict[str, Attribute] = {}
    groups: list[dict[str, Any]] = []
    clashing = _clashing()
    for topic in topics():
        new = {a.name: a for a in _all(topic, Attribute) if a.name not in attributes}
        attributes |= new
        if new:
            defined = [_weaver_attribute(a, a.name in clashing) for a in new.values()]
            brief = _heading(topic)
            groups.append({"id": f"registry.{topic}", "type": "attribute_group", "brief": brief, "attributes": defined})
        groups += [_weaver_metric(metric) for metric in _own(topic)]
    return yaml.safe_dump({"groups": groups}, sort_keys=False, allow_unicode=True, width=120)


def _weaver_attribute(attribute: Attribute, clashes: bool) -> dict[str, Any]:
    kind: Any = attribute.type
    if attribute.values and not clashes:
        value = int if attribute.type == "int" else str
        members = (
            {"id": v.lower().strip("_"), "value": value(v), "stability": "development"} for v in attribute.values
        )
        kind = {"members": list(members)}
    return {"id": attribute.name, "type": kind, "brief": attribute.brief, "stability": "development"}


def _weaver_metric(metric: Metric) -> dict[str, Any]:
    group: dict[str, Any] = {
        "id": f"metric.{metric.name}",
        "type": "metric",
        "metric_name": metric.name,
        "instrument": metric.instrument,
        "unit": metric.unit,
        "brief": metric.brief,
        "stability": metric.stability,
    }
    if metric.attributes:
        levels = {True: "required", False: "recommended"}
        group["attributes"] = [{"ref": a.name, "requirement_level": levels[a.required]} for a in metric.attributes]
    if metric.boundaries:
        group["annotations"] = {"obskit": {"boundaries": list(metric.boundaries)}}
    return group


def _clashing() -> set[str]:
    """Names that topics define with different closed sets: together they are open."""
    values: dict[str, set[tuple[str, ...]]] = {}
    for topic in topics():
        for attribute in _all(topic, Attribute):
            values.setdefault(attribute.name, set()).add(attribute.values)
    return {name for name, sets in values.items() if len(sets) > 1}


def _heading(topic: str) -> str:
    """The first line of the topic's module says what the topic is."""
    return (module(topic).__doc__ or topic).strip().splitlines()[0]


def _all(topic: str, kind: type[_Record]) -> Iterator[_Record]:
    return (value for value in vars(module(topic)).values() if isinstance(value, kind))


def _metrics(topic: str) -> Iterator[Metric | ForeignMetric]:
    return (record for _, _, record in metrics(topic))


def _labels(record: Metric | ForeignMetric) -> list[str]:
    return sorted(record.series[0].labels - {"le"})


def _own(topic: str) -> Iterator[Metric]:
    return (record for record in _metrics(topic) if isinstance(record, Metric))


def _brief(record: Metric | ForeignMetric) -> str:
    return f"{record.brief} Exists when {record.condition}." if record.condition else record.brief


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _metric_row(record: Metric | ForeignMetric) -> tuple[str, ...]:
    exists = f"when {record.condition}" if record.condition else record.presence.replace("_", " ")
    return (
        f"`{record.prometheus_name}`",
        f"`{record.name}`" if isinstance(record, Metric) else f"of {record.emitter} from {record.since}",
        record.series[0].type,
        f"`{record.unit}`" if record.unit else "",
        ", ".join(f"`{label}`" for label in _labels(record)),
        exists,
        record.brief,
    )


def _attribute_row(attribute: Attribute) -> tuple[str, ...]:
    values = ", ".join(f"`{value}`" for value in attribute.values) or "any"
    return f"`{attribute.name}`", f"`{attribute.label}`", values, attribute.brief


def _table(head: str, rows: Iterator[tuple[str, ...]]) -> list[str]:
    body = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    titles = head.split("|")
    return ["", f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}", *body] if body else []
