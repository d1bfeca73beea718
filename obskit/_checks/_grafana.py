"""Dashboards as text: their queries, with Grafana's variables replaced so that a parser can read them.

Source of the variables: https://grafana.com/docs/grafana/latest/dashboards/variables/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Stands in a string for a variable, whose value only Grafana knows.
ANY = "obskit_any_value"

_DURATIONS = ("__rate_interval", "__interval", "__range", "__auto")
_NUMBERS = ("__interval_ms", "__range_s", "__range_ms", "__from", "__to")
_BUILT_IN = {**dict.fromkeys(_DURATIONS, "1m"), **dict.fromkeys(_NUMBERS, "60000")}
#: Panels whose unit is not that of the values: a heatmap's is that of its buckets, a table's that of some column.
_UNITLESS = ("heatmap", "histogram", "table", "logs", "traces", "nodeGraph")
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)(?:[:.][^}]*)?\}|\[\[([A-Za-z_]\w*)(?::[^\]]*)?\]\]|\$([A-Za-z_]\w*)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_LABEL_VALUES = re.compile(r"label_values\(\s*(?P<selector>.*\S)\s*,\s*(?P<label>[A-Za-z_]\w*)\s*\)", re.DOTALL)
_RESULT = re.compile(r"query_result\((?P<query>.*)\)", re.DOTALL)
_NO_QUERY = re.compile(r"(label_values\(\s*\w+\s*\)|label_names\(.*\)|metrics\(.*\))", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """One query as it stands in a dashboard.

    Args:
        place: Dashboard, then panel, variable or annotation.
        source: ``prometheus``, ``loki`` or ``jaeger``.
        written: As written.
        query: With variables replaced, ready to parse; for Jaeger the tags.
        unknown: Variables that nothing defines.
        variables: Names of the variables that the dashboard has.
        legend: The legend's template, or "".
        unit: The panel's unit, or "" when it has none or several.
    """

    place: str
    source: str
    written: str
    query: str
    unknown: tuple[str, ...]
    variables: tuple[str, ...]
    legend: str = ""
    unit: str = ""


def texts(path: str, board: Mapping[str, Any]) -> Iterator[Text]:
    """Yield every query of a dashboard in Grafana's classic JSON."""
    variables = _items(board.get("templating"), "list")
    values = {str(v.get("name")): _value(v) for v in variables}
    sources = {str(v.get("name")): str(v.get("query")) for v in variables if v.get("type") == "datasource"}
    for variable in variables:
        if variable.get("type") == "query":
            place = f'{path}: variable "{variable.get("name")}"'
            yield from _variable(place, variable, _source(variable.get("datasource"), sources), values)
    for annotation in _items(board.get("annotations"), "list"):
        place = f'{path}: annotation "{annotation.get("name")}"'
        target = {**annotation, **(annotation.get("target") or {})}
        yield from _target(place, target, _source(annotation.get("datasource"), sources), values)
    for panel in panels(board):
        place = f'{path}: panel "{panel.get("title")}"'
        for target in _items(panel, "targets"):
            source = _source(target.get("datasource") or panel.get("datasource"), sources)
            yield from _target(place, target, source, values, _unit(panel))


def panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel, those in rows as well."""
    for panel in _items(board, "panels"):
        yield panel
        yield from _items(panel, "panels")


def _items(parent: Any, key: str) -> list[dict[str, Any]]:
    found = parent.get(key) if isinstance(parent, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _value(variable: Mapping[str, Any]) -> str:
    """What stands for a variable outside a string: its current value, or the first that it offers."""
    current = variable.get("current")
    value = current.get("value") if isinstance(current, dict) else None
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str) and value and not value.startswith("$"):
        return value
    query = variable.get("query")
    first = query.split(",")[0].strip() if isinstance(query, str) else ""
    return first if re.fullmatch(r"[\w.]+", first) else "1"


def _source(datasource: Any, sources: Mapping[str, str]) -> str:
    """The type of a data source: said, or that of the variable that picks it."""
    if isinstance(datasource, dict) and datasource.get("type"):
        return str(datasource["type"])
    uid = str(datasource.get("uid") if isinstance(datasource, dict) else datasource)
    variable = _VARIABLE.search(uid)
    name = next((part for part in variable.groups() if part), "") if variable else ""
    return sources.get(name, "prometheus")


def _unit(panel: Mapping[str, Any]) -> str:
    if panel.get("type") in _UNITLESS:
        return ""
    config = panel.get("fieldConfig") or {}
    if any(p.get("id") == "unit" for o in _items(config, "overrides") for p in _items(o, "properties")):
        return ""
    if panel.get("transformations"):
        return ""  # what is shown is no longer what the query gave
    return str((config.get("defaults") or {}).get("unit") or "")


def _variable(place: str, variable: Mapping[str, Any], source: str, values: Mapping[str, str]) -> Iterator[Text]:
    query = variable.get("query")
    if source == "loki" and isinstance(query, dict):
        label = query.get("label")
        written = f"sum by ({label}) (count_over_time({query.get('stream') or '{}'}[1m]))" if label else ""
    else:
        written = str((query.get("query") if isinstance(query, dict) else query) or variable.get("definition") or "")
    if not written or _NO_QUERY.fullmatch(written.strip()):
        return
    if (match := _LABEL_VALUES.fullmatch(written.strip())) is not None:
        plain = f"group by ({match['label']}) ({match['selector']})"
    else:
        result = _RESULT.fullmatch(written.strip())
        plain = result["query"] if result else written
    query_text, unknown = substitute(plain, values)
    yield Text(place, source, written, query_text, unknown, tuple(values))


def _target(
    place: str, target: Mapping[str, Any], source: str, values: Mapping[str, str], unit: str = ""
) -> Iterator[Text]:
    written = target.get("tags") if source == "jaeger" else target.get("expr")
    if not isinstance(written, str) or not written.strip():
        return
    query, unknown = substitute(written, values)
    legend = str(target.get("legendFormat") or "")
    _, more = substitute(legend, values)
    yield Text(place, source, written, query, tuple(dict.fromkeys(unknown + more)), tuple(values), legend, unit)


def substitute(text: str, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the text without variables, and the variables that nothing defines.

    Args:
        text: A query.
        values: What stands for each variable of the dashboard outside strings; inside, it is :data:`ANY`.

    Example:
        >>> substitute('rate(x{a=~"$a"}[$__rate_interval]) > $b', {"a": "1"})
        ('rate(x{a=~"obskit_any_value"}[1m]) > 1', ('b',))
    """
    unknown: list[str] = []

    def value(match: re.Match[str], inside: bool) -> str:
        name = next(part for part in match.groups() if part)
        if name not in values and not name.startswith("__"):
            unknown.append(name)
        return ANY if inside else values.get(name) or _BUILT_IN.get(name, "1")

    parts, end = [], 0
    for string in _STRING.finditer(text):
        parts.append(_VARIABLE.sub(lambda m: value(m, False), text[end : string.start()]))
        parts.append(_VARIABLE.sub(lambda m: value(m, True), string.group()))
        end = string.end()
    parts.append(_VARIABLE.sub(lambda m: value(m, False), text[end:]))
    return "".join(parts), tuple(dict.fromkeys(unknown))
