"""Log records: kept on the thread that logs, made ready by the engine's."""

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.attributes import BoundedAttributes

from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.scopes import Scope, Scopes
from obskit._runtime.engine.spans import current, type_of
from obskit._runtime.engine.wire import Attributes, any_value, fixed64, message, tag, text, varint
from obskit._runtime.jsonlines import USUAL, encodable, extras, formatted
from obskit._runtime.jsonlines import message as message_of

_PLAIN = frozenset({str, int, float, bool, type(None)})
_SEVERITIES = (
    (logging.CRITICAL, 21),
    (logging.ERROR, 17),
    (logging.WARNING, 13),
    (logging.INFO, 9),
    (logging.DEBUG, 5),
)


class Entry:
    """A log record of OpenTelemetry, ready to be encoded."""

    __slots__ = (
        "attributes",
        "body",
        "encoded_body",
        "event_name",
        "observed_timestamp",
        "scope",
        "severity_number",
        "severity_text",
        "span_id",
        "timestamp",
        "trace_flags",
        "trace_id",
    )

    def __init__(self, scope: Scope, timestamp: int | None, observed: int, span: Any) -> None:
        self.scope, self.timestamp, self.observed_timestamp = scope, timestamp, observed
        self.trace_id: int = 0
        self.span_id: int = 0
        self.trace_flags: int = 0
        if span is not None:
            self.trace_id, self.span_id, self.trace_flags = span.trace_id, span.span_id, span.trace_flags
        self.severity_number: int = 0
        self.severity_text: str | None = None
        self.body: Any = None
        self.encoded_body: bytes | None = None
        self.attributes: Mapping[str, Any] = {}
        self.event_name: str | None = None


class Kept:
    """A record of the standard library, as it was logged.

    What could change until it is formatted, or must not be kept alive, is made text at once: arguments that are no
    plain values, what the caller added, and tracebacks with their frames.
    """

    __slots__ = (
        "_arguments",
        "_attributes",
        "_created",
        "_level",
        "_level_name",
        "_message",
        "_observed",
        "_span",
        "name",
    )

    def __init__(self, record: logging.LogRecord) -> None:
        self.name, self._created, self._observed = record.name, record.created, time.time_ns()
        self._level, self._level_name = record.levelno, record.levelname
        self._span = current()
        if type(record) is logging.LogRecord and type(record.msg) is str and _is_plain(record.args):
            self._message, self._arguments = record.msg, record.args
        else:
            self._message, self._arguments = message_of(record), None
        self._attributes: dict[str, Any] | None = None
        if record.exc_info or len(vars(record)) > USUAL:
            self._attributes = {**_extras(record), **_exception(record)}

    def entry(self, scopes: Scopes, limits: Limits) -> Entry:
        """Return the record of OpenTelemetry."""
        made = Entry(scopes.get(self.name), int(self._created * 1e9), self._observed, self._span)
        made.severity_text, made.severity_number = self._level_name, severity(self._level)
        made.body = encodable(formatted(self._message, self._arguments))
        if self._attributes:
            made.attributes = limited(self._attributes, limits)
        return made


def limited(attributes: Mapping[str, Any], limits: Limits) -> BoundedAttributes:
    """Hold the attributes of a log record to the limits."""
    return BoundedAttributes(limits.log_attributes, attributes, max_value_len=limits.log_attribute_length)


class EntryEncoder:
    """Encodes log records; used by one thread. Source: opentelemetry/proto/logs/v1/logs.proto."""

    def __init__(self) -> None:
        self._attributes = Attributes(6)
        self._severities: dict[tuple[int, str | None], bytes] = {}

    def _severity(self, number: int, name: str | None) -> bytes:
        """Encode a severity, and remember it: there are few."""
        encoded = (_SEVERITY + varint(number) if number else b"") + (
            message(_SEVERITY_TEXT, text(name)) if name else b""
        )
        if len(self._severities) < _MOST_SEVERITIES:
            self._severities[number, name] = encoded
        return encoded

    def encoded(self, entry: Entry) -> bytes:
        """Return a log record."""
        body = any_value(entry.body) if entry.encoded_body is None else entry.encoded_body
        severity = self._severities.get((entry.severity_number, entry.severity_text))
        if severity is None:
            severity = self._severity(entry.severity_number, entry.severity_text)
        if entry.timestamp:
            parts = [_TIMES(_TIME, entry.timestamp, _OBSERVED, entry.observed_timestamp)]
        else:
            parts = [_OBSERVED, fixed64(entry.observed_timestamp)]
        parts += (severity, message(_BODY, body))
        if entry.attributes:
            parts.append(self._attributes.encoded(entry.attributes))
        if dropped := getattr(entry.attributes, "dropped", 0):
            parts.append(_DROPPED + varint(dropped))
        if entry.trace_flags:
            parts.append(_FLAGS + int(entry.trace_flags).to_bytes(4, "little"))
        if entry.trace_id:
            parts += (_TRACE, entry.trace_id.to_bytes(16, "big"))
        if entry.span_id:
            parts += (_SPAN, entry.span_id.to_bytes(8, "big"))
        if entry.event_name:
            parts.append(message(_EVENT, text(entry.event_name)))
        return b"".join(parts)


_TIME, _SEVERITY, _SEVERITY_TEXT, _BODY = tag(1, 1), tag(2, 0), tag(3, 2), tag(5, 2)
_TIMES = struct.Struct("<cQcQ").pack
_MOST_SEVERITIES = 64
_DROPPED, _FLAGS, _OBSERVED, _EVENT = tag(7, 0), tag(8, 5), tag(11, 1), tag(12, 2)
#: With their lengths.
_TRACE, _SPAN = tag(9, 2) + b"\x10", tag(10, 2) + b"\x08"


def severity(level: int) -> int:
    """Return the severity number of a level of the standard library.

    Source: OpenTelemetry logs data model, "Severity fields".

    Example:
        >>> severity(logging.WARNING), severity(1)
        (13, 1)
    """
    return next((number for threshold, number in _SEVERITIES if level >= threshold), 1)


def _is_plain(arguments: Any) -> bool:
    return not arguments or (type(arguments) is tuple and all(type(argument) in _PLAIN for argument in arguments))


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller added, as values that an attribute may have."""
    return {
        key: value if isinstance(value, (bool, int, float)) else encodable(str(value))
        for key, value in extras(record).items()
    }


def _exception(record: logging.LogRecord) -> dict[str, str]:
    """The attributes of a logged exception, as the semantic conventions call them."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, _ = record.exc_info
    return {
        "exception.type": type_of(kind),
        "exception.message": encodable(str(error)),
        "exception.stacktrace": encodable(logging.Formatter().formatException(record.exc_info)),
    }
