"""Instrumentation scopes, and how records are grouped by them in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from obskit._runtime.engine.wire import Attributes, message, tag, text

_RESOURCE, _GROUP, _SCOPE, _RECORD, _SCHEMA = tag(1, 2), tag(2, 2), tag(1, 2), tag(2, 2), tag(3, 2)
_NAME, _VERSION = tag(1, 2), tag(2, 2)


class Scope:
    """Who made a record: the library's name and version, as the SDK's ``InstrumentationScope``.

    Args:
        name: Name of the instrumenting library.
        version: Its version.
        schema_url: Of the semantic conventions that it follows.
        attributes: Of the scope itself.
    """

    __slots__ = ("attributes", "head", "name", "schema_url", "tail", "version")

    def __init__(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.version, self.schema_url = name, version, schema_url
        self.attributes = dict(attributes or {})
        said = (message(_NAME, text(name)) if name else b"") + (message(_VERSION, text(version)) if version else b"")
        #: What a group of its records begins and ends with.
        self.head = message(_SCOPE, said + Attributes(3).encoded(self.attributes))
        self.tail = message(_SCHEMA, text(schema_url)) if schema_url else b""

    def __repr__(self) -> str:
        return f"Scope({self.name!r}, {self.version!r})"


class Scopes:
    """One scope for each that is asked for, so that scopes are the same when they are equal."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Scope] = {}

    def get(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Scope:
        """Return the scope."""
        told = tuple(sorted((key, str(value)) for key, value in attributes.items())) if attributes else ()
        key = (name, version, schema_url, told)
        found = self._known.get(key)
        if found is None:
            found = self._known.setdefault(key, Scope(name, version, schema_url, attributes))
        return found


def encoded_resource(attributes: Mapping[str, Any]) -> bytes:
    """Return the resource as the first field of a group."""
    return message(_RESOURCE, Attributes(1).encoded(attributes))


def request(resource: bytes, groups: Mapping[Scope, list[bytes]]) -> bytes:
    """Return an export request: the same shape for spans, metrics and log records.

    Args:
        resource: Of :func:`encoded_resource`.
        groups: Scope -> its encoded records.
    """
    parts = [resource]
    for scope, records in groups.items():
        group = [scope.head]
        group += [message(_RECORD, record) for record in records]
        group.append(scope.tail)
        parts.append(message(_GROUP, b"".join(group)))
    return message(_RESOURCE, b"".join(parts))
