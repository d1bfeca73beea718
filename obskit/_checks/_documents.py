"""Files of others as data of the shape that checks read; everything else is bad input, with its place.

Whoever checks a folder checks what lies there: hand-written, half-written, or of another program.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import yaml

from obskit.config import yaml_source
from obskit.exceptions import InputError
from obskit.promql import durations

_DEEPEST = 100

_Shape = TypeVar("_Shape")


class Rule(msgspec.Struct):
    """A rule as it is written."""

    expr: str
    record: str = ""
    alert: str = ""
    for_: str = msgspec.field(default="0s", name="for")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Group(msgspec.Struct):
    """A group of rules."""

    name: str
    rules: list[Rule]
    interval: str = "1m"


class _Groups(msgspec.Struct):
    groups: list[Group] = []


class _Listed(msgspec.Struct):
    items: list[dict[str, Any]] | None = msgspec.field(default=None, name="list")


class _FieldConfig(msgspec.Struct):
    defaults: dict[str, Any] | None = None
    overrides: list[dict[str, Any]] | None = None


class _Panel(msgspec.Struct):
    targets: list[dict[str, Any]] | None = None
    panels: list[_Panel] | None = None
    fieldConfig: _FieldConfig | None = None  # noqa: N815 - Grafana's name


class _Board(msgspec.Struct):
    panels: list[_Panel]
    templating: _Listed | None = None
    annotations: _Listed | None = None


class _Pipeline(msgspec.Struct):
    receivers: list[str] | None = None
    processors: list[str] | None = None
    exporters: list[str] | None = None


class _Service(msgspec.Struct):
    pipelines: dict[str, _Pipeline | None] | None
    extensions: list[str] | None = None


class _Collector(msgspec.Struct):
    service: _Service
    receivers: dict[str, Any] | None = None
    processors: dict[str, Any] | None = None
    exporters: dict[str, Any] | None = None
    connectors: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


def load(path: str, text: str) -> Iterator[dict[str, Any]]:
    """Yield the mappings that a file of YAML or JSON consists of.

    Raises:
        InputError: It is neither, or too deep to be meant.
    """
    try:
        if path.endswith(".json"):
            loaded = [json.loads(text)]
        elif path.endswith((".yaml", ".yml")):
            deque(yaml_source.events(text, _DEEPEST, path), maxlen=0)  # before a tree of them runs out of stack
            loaded = list(yaml.load_all(text, Loader=yaml_source.LOADER))
        else:
            loaded = []
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", place=f"{path}:{error.lineno}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"not YAML: {error.problem}", place=f"{path}:{line}") from None
    except yaml.YAMLError as error:
        raise InputError(f"not YAML: {str(error).splitlines()[0]}", place=path) from None
    except RecursionError:
        raise InputError("the nesting is too deep", place=path, remedy="is it the right file?") from None
    except (ValueError, OverflowError) as error:  # numbers and dates that Python has no room for
        raise InputError(f"a value that cannot be read: {str(error)[:80]}", place=path) from None
    yield from (document for document in loaded if isinstance(document, dict))


def groups(path: str, document: dict[str, Any]) -> list[Group]:
    """Return the groups of a file of rules or of a PrometheusRule; none when it is neither.

    Raises:
        InputError: They have another shape.
    """
    inside = document.get("spec") or {} if document.get("kind") == "PrometheusRule" else document
    if document.get("kind") != "PrometheusRule" and "groups" not in document:
        return []
    found = shaped(path, inside, _Groups, "file of rules").groups
    for group in found:
        place = f"{path}: group {group.name}"
        if not seconds(place, "interval", group.interval):
            raise InputError("interval cannot be 0", place=place, remedy="leave it out, or write 5s or more")
        for rule in group.rules:
            if bool(rule.alert) == bool(rule.record):
                raise InputError(
                    f"a rule must have either alert or record: {rule.expr[:60]}", place=place, remedy="add one of them"
                )
            seconds(f"{place}: {rule.alert or rule.record}", "for", rule.for_)
    return found


def is_board(path: str, document: dict[str, Any]) -> bool:
    """Return whether a document is a dashboard.

    Raises:
        InputError: It is one, of another shape.
    """
    if not path.endswith(".json") or not isinstance(document.get("panels"), list):
        return False
    shaped(path, document, _Board, "dashboard")
    for annotation in (document.get("annotations") or {}).get("list") or ():
        if not isinstance(annotation.get("target") or {}, dict):
            raise InputError("the target of an annotation is no mapping", place=path)
    return True


def is_collector(path: str, document: dict[str, Any]) -> bool:
    """Return whether a document is a configuration of the OpenTelemetry Collector.

    Raises:
        InputError: It is one, of another shape.
    """
    if not isinstance(document.get("service"), dict) or "pipelines" not in document["service"]:
        return False
    shaped(path, document, _Collector, "configuration of the collector")
    return True


def whole(duration: str) -> str:
    """Return a duration of Prometheus in whole seconds, rounded up, as budgets are computed.

    Example:
        >>> whole("1500ms")
        '2s'
    """
    return f"{math.ceil(durations.seconds(duration))}s"


def seconds(place: str, key: str, text: str) -> float:
    try:
        return durations.seconds(text)
    except ValueError as error:
        raise InputError(f"{key} cannot be {error}", place=place, remedy="write a duration of Prometheus") from None


def shaped(path: str, data: Any, shape: type[_Shape], what: str) -> _Shape:
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise InputError(f"not a {what}: {error}", place=path, remedy="correct it there") from None
    except RecursionError:
        raise InputError("the nesting is too deep", place=path, remedy="is it the right file?") from None
