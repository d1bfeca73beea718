"""What a key of ``obskit.yaml`` means, told from the model itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from obskit.config.loading import schema
from obskit.config.project import DURATION_END


@dataclass(frozen=True)
class Key:
    """One key of ``obskit.yaml``.

    Args:
        name: As ``obskit explain`` takes it: ``intervals.export``, ``shards[].expected``, ``alerts.*.for``.
        type: Words for a person.
        default: As one would write it, or "" when there is none.
        description: One sentence.
    """

    name: str
    type: str
    default: str
    description: str


def keys() -> list[Key]:
    """Return every key, in the order of the file.

    Example:
        >>> next(key for key in keys() if key.name == "intervals.export").default
        '5s'
    """
    root = schema()
    return list(_walk(root, _resolve(root, root), ""))


def _walk(root: dict[str, Any], node: dict[str, Any], prefix: str) -> Iterator[Key]:
    for name, field in node.get("properties", {}).items():
        full = f"{prefix}{name}"
        inner = _resolve(root, field)
        yield Key(
            full, _type(root, inner), _default(field, inner), field.get("description", inner.get("description", ""))
        )
        if inner.get("type") == "object" and "properties" in inner:
            yield from _walk(root, inner, f"{full}.")
        elif inner.get("type") == "array":
            yield from _walk(root, _resolve(root, inner["items"]), f"{full}[].")
        elif isinstance(inner.get("additionalProperties"), dict):
            for choice in _choices(inner["additionalProperties"]):
                yield from _walk(root, _resolve(root, choice), f"{full}.*.")


def _choices(node: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands in ``anyOf``, or the node itself."""
    choices: list[dict[str, Any]] = node.get("anyOf", [node])
    return choices


def _resolve(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    if not reference:
        return node
    found: dict[str, Any] = root["$defs"][reference.rpartition("/")[2]]
    return found


def _type(root: dict[str, Any], node: dict[str, Any]) -> str:
    if "enum" in node:
        return " | ".join(map(str, node["enum"]))
    kind = node.get("type")
    if kind == "array":
        return f"list of {_type(root, _resolve(root, node['items']))}"
    if kind == "object":
        return "mapping"
    bounds = [f"{word} {node[key]}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in node]
    words = {"string": "duration" if node.get("pattern", "").endswith(DURATION_END) else "text"}
    return " ".join([words.get(str(kind), str(kind)), *bounds])


def _default(field: dict[str, Any], inner: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None or inner.get("type") == "object":
        return ""
    return default if isinstance(default, str) else json.dumps(default)
