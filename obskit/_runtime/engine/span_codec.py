"""Spans as OTLP. Source: opentelemetry/proto/trace/v1/trace.proto."""

from __future__ import annotations

import struct
from typing import Any

from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState

from obskit._runtime.engine.spans import UNSET, Event, Span
from obskit._runtime.engine.wire import LONGEST_CACHED, MOST_CACHED, Attributes, fixed64, message, tag, text, varint

_STATE, _PARENT, _NAME = tag(3, 2), tag(4, 2), tag(5, 2)
_START, _END = tag(7, 1), tag(8, 1)
_TIMES = struct.Struct("<cQcQ").pack
_DROPPED_ATTRIBUTES, _EVENT, _DROPPED_EVENTS = tag(10, 0), tag(11, 2), tag(12, 0)
_LINK, _DROPPED_LINKS, _STATUS = tag(13, 2), tag(14, 0), tag(15, 2)
_HEAD = tag(1, 2) + b"\x10"
_SPAN_ID = tag(2, 2) + b"\x08"
_PARENT_ID = _PARENT + b"\x08"
#: SpanKind of the API -> that of OTLP, which begins at 1.
_KINDS = tuple(tag(6, 0) + varint(kind + 1) for kind in range(5))
#: Flags say whether the parent is remote, and that this is known.
_HERE, _REMOTE = (tag(16, 5) + flags.to_bytes(4, "little") for flags in (0x100, 0x300))
_UNSET = message(_STATUS, b"")
_NOBODY: tuple[SpanKind | None, bytes] = (None, b"")


class SpanEncoder:
    """Encodes spans; used by one thread."""

    def __init__(self) -> None:
        self._attributes = Attributes(9)
        self._of_event, self._of_link = Attributes(3), Attributes(4)
        #: Name -> the kind that spans of that name have, and both as bytes.
        self._names: dict[str, tuple[SpanKind, bytes]] = {}

    def encoded(self, span: Span) -> bytes:
        """Return a span that ended."""
        parent = span.parent
        kind, named = self._names.get(span.name) or _NOBODY
        if not named or kind is not span.kind:
            named = self._named(span.name, span.kind)
        parts = [
            _HEAD,
            span.trace_id.to_bytes(16, "big"),
            _SPAN_ID,
            span.span_id.to_bytes(8, "big"),
            named,
            _TIMES(_START, span.start_time, _END, span.end_time or 0),
            self._attributes.encoded(span.attributes),
        ]
        if parent is None:
            parts.append(_HERE)
        else:
            parts += (_PARENT_ID, parent.span_id.to_bytes(8, "big"), _REMOTE if parent.is_remote else _HERE)
            if parent.trace_state:
                parts.append(_state(_STATE, parent.trace_state))
        parts.append(_UNSET if span.status is UNSET else _status(span))
        if not span.is_plain:
            parts += self._more(span)
        return b"".join(parts)

    def _named(self, name: str, kind: SpanKind) -> bytes:
        """Encode a name with a kind, and remember it."""
        encoded = message(_NAME, text(name)) + _KINDS[kind.value]
        if len(encoded) <= LONGEST_CACHED:
            if len(self._names) >= MOST_CACHED:  # names with an id in them: begin anew
                self._names.clear()
            self._names[name] = kind, encoded
        return encoded

    def _more(self, span: Span) -> list[bytes]:
        parts = [message(_EVENT, self._event(event)) for event in span.events]
        parts += [message(_LINK, self._link(link)) for link in span.links]
        for field, count in (
            (_DROPPED_ATTRIBUTES, span.dropped_attributes),
            (_DROPPED_EVENTS, span.dropped_events),
            (_DROPPED_LINKS, span.dropped_links),
        ):
            parts.append(_count(field, count))
        return parts

    def _event(self, event: Event) -> bytes:
        return b"".join(
            (
                tag(1, 1) + fixed64(event.timestamp),
                message(tag(2, 2), text(event.name)),
                self._of_event.encoded(event.attributes),
                _count(tag(4, 0), event.dropped_attributes),
            )
        )

    def _link(self, link: Link) -> bytes:
        context: SpanContext = link.context
        attributes: Any = link.attributes or {}
        return b"".join(
            (
                _HEAD,
                context.trace_id.to_bytes(16, "big"),
                _SPAN_ID,
                context.span_id.to_bytes(8, "big"),
                self._of_link.encoded(attributes),
                _count(tag(5, 0), link.dropped_attributes),
                tag(6, 5) + (0x300 if context.is_remote else 0x100).to_bytes(4, "little"),
            )
        )


def _state(field: bytes, state: TraceState) -> bytes:
    return message(field, text(state.to_header()))


def _status(span: Span) -> bytes:
    description, code = span.status.description, span.status.status_code.value
    said = message(tag(2, 2), text(description)) if description else b""
    return message(_STATUS, said + (tag(3, 0) + varint(code) if code else b""))


def _count(field: bytes, count: int) -> bytes:
    return field + varint(count) if count else b""
