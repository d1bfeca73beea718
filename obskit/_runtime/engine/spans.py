"""A light span: the OpenTelemetry API's, with what a reader of the SDK's spans finds on them.

What an attribute may be, and how a span that is full behaves, is left to the ``BoundedAttributes`` of the API that is
installed; plain values take a shorter way to the same result.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace import Span as ApiSpan

from obskit._runtime.guard import warn

if TYPE_CHECKING:
    from obskit._runtime.engine.scopes import Scope
    from obskit._runtime.engine.tracing import TracerProvider

_PLAIN = frozenset({str, int, float, bool})
UNSET = Status(StatusCode.UNSET)


class Event:
    """Something that happened during a span; as the SDK's."""

    __slots__ = ("attributes", "name", "timestamp")

    def __init__(self, name: str, attributes: Mapping[str, Any], timestamp: int) -> None:
        self.name, self.attributes, self.timestamp = name, attributes, timestamp

    @property
    def dropped_attributes(self) -> int:
        """Attributes beyond the limit."""
        return getattr(self.attributes, "dropped", 0)


class Span(ApiSpan):
    """A span that is recorded; made by a tracer.

    Args:
        owner: The provider, with the limits, the processors and where ended spans go.
        scope: Who makes it.
        name: Its name.
        kind: Its kind.
        trace_id: 128 bits.
        span_id: 64 bits.
        flags: Of the trace.
        parent: Context of its parent.
        attributes: Plain values that nobody else changes; the span keeps the dictionary.
        start: Nanoseconds since the epoch.
    """

    __slots__ = (
        "_attributes",
        "_context",
        "_end",
        "_escapes",
        "_events",
        "_events_dropped",
        "_kind",
        "_links",
        "_links_dropped",
        "_name",
        "_owner",
        "_parent",
        "_scope",
        "_start",
        "_status",
        "span_id",
        "trace_flags",
        "trace_id",
    )

    def __init__(
        self,
        owner: TracerProvider,
        scope: Scope,
        name: str,
        kind: SpanKind,
        trace_id: int,
        span_id: int,
        flags: TraceFlags,
        parent: SpanContext | None,
        attributes: dict[str, Any],
        start: int,
    ) -> None:
        self._owner, self._scope, self._name, self._kind = owner, scope, name, kind
        self.trace_id, self.span_id, self.trace_flags, self._parent = trace_id, span_id, flags, parent
        self._attributes: dict[str, Any] | BoundedAttributes = attributes
        self._start, self._end = start, -1  # while it is open
        self._status = UNSET
        self._context: SpanContext | None = None
        self._events: list[Event] | None = None
        self._links: list[Link] | None = None
        self._events_dropped = self._links_dropped = 0
        #: What a ``with`` block does with its exception: record it, set the status.
        self._escapes = (True, True)

    # --- the API

    def get_span_context(self) -> SpanContext:
        """See the API."""
        context = self._context
        if context is None:
            parent = self._parent
            state = parent.trace_state if parent is not None else None
            context = self._context = SpanContext(self.trace_id, self.span_id, False, self.trace_flags, state)
        return context

    def is_recording(self) -> bool:
        """See the API."""
        return self._end < 0

    def set_attribute(self, key: str, value: Any) -> None:
        """See the API."""
        if self._end >= 0:
            warn("obskit: setting an attribute of the span %s, which ended", self._name)
            return
        held, limits = self._attributes, self._owner.limits
        if (
            type(held) is dict
            and type(value) in _PLAIN
            and key.__class__ is str
            and key
            and (limits.span_attributes is None or len(held) < limits.span_attributes)
            and limits.span_attribute_length is None
        ):
            held[key] = value
        else:
            self.bounded()[key] = value

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """See the API."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """See the API."""
        if not self._open("add_event"):
            return
        limits = self._owner.limits
        kept = BoundedAttributes(limits.event_attributes, attributes, max_value_len=limits.attribute_length)
        events = self._events
        if events is None:
            events = self._events = []
        events.append(Event(name, kept, time.time_ns() if timestamp is None else timestamp))
        if limits.events is not None and len(events) > limits.events:
            del events[0]
            self._events_dropped += 1

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:
        """See the API."""
        if not context or not (context.is_valid or attributes or context.trace_state) or not self._open("add_link"):
            return
        limits = self._owner.limits
        kept = BoundedAttributes(limits.link_attributes, attributes, max_value_len=limits.attribute_length)
        links = self._links
        if links is None:
            links = self._links = []
        links.append(Link(context, kept))
        if limits.links is not None and len(links) > limits.links:
            del links[0]
            self._links_dropped += 1

    def update_name(self, name: str) -> None:
        """See the API."""
        if self._open("update_name"):
            self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """See the API; OK is final, and UNSET changes nothing."""
        if not self._open("set_status"):
            return
        code = status.status_code if isinstance(status, Status) else status
        if self._status.status_code is StatusCode.OK or code is StatusCode.UNSET:
            return
        self._status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self, exception: BaseException, attributes: Any = None, timestamp: int | None = None, escaped: bool = False
    ) -> None:
        """See the API."""
        told = {**described(exception), "exception.escaped": str(escaped)}
        self.add_event("exception", {**told, **(attributes or {})}, timestamp)

    def end(self, end_time: int | None = None) -> None:
        """See the API."""
        if self._end >= 0:
            warn("obskit: the span %s was ended twice", self._name)
            return
        self._end = time.time_ns() if end_time is None else end_time
        owner = self._owner
        if owner.processors:
            owner.tell_of_end(self)
        if self.trace_flags & 1:
            owner.ended(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            note_error(self, error, *self._escapes, escaped=True)
        self.end()

    # --- what readers of the SDK's spans expect

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def kind(self) -> SpanKind:
        """Its kind."""
        return self._kind

    @property
    def context(self) -> SpanContext:
        """Its own context."""
        return self.get_span_context()

    @property
    def parent(self) -> SpanContext | None:
        """Context of its parent."""
        return self._parent

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Its attributes, not to be changed."""
        held = self._attributes
        return MappingProxyType(held) if isinstance(held, dict) else held

    @property
    def events(self) -> Sequence[Event]:
        """Its events, oldest first."""
        return tuple(self._events or ())

    @property
    def links(self) -> Sequence[Link]:
        """Its links."""
        return tuple(self._links or ())

    @property
    def status(self) -> Status:
        """Its status."""
        return self._status

    @property
    def start_time(self) -> int:
        """Nanoseconds since the epoch."""
        return self._start

    @property
    def end_time(self) -> int | None:
        """Nanoseconds since the epoch; None while it is open."""
        return self._end if self._end >= 0 else None

    @property
    def instrumentation_scope(self) -> Scope:
        """Who made it."""
        return self._scope

    @property
    def resource(self) -> Any:
        """The resource, as the SDK's."""
        return self._owner.resource

    @property
    def is_plain(self) -> bool:
        """Whether it has no events, no links, and all its attributes."""
        return self._events is None and self._links is None and type(self._attributes) is dict

    @property
    def dropped_attributes(self) -> int:
        """Attributes beyond the limit."""
        return getattr(self._attributes, "dropped", 0)

    @property
    def dropped_events(self) -> int:
        """Events beyond the limit."""
        return self._events_dropped

    @property
    def dropped_links(self) -> int:
        """Links beyond the limit."""
        return self._links_dropped

    # ---

    def keep(self, attributes: Mapping[str, Any] | None, links: Sequence[Link] | None) -> None:
        """Take what a tracer was given: any values, within the limits."""
        if attributes:
            self.set_attributes(attributes)
        for link in links or ():
            self.add_link(link.context, link.attributes)

    def escaping(self, record: bool, set_status: bool) -> None:
        """Say what a ``with`` block does with its exception."""
        self._escapes = (record, set_status)

    def retell(self, scope: Scope, name: str, attributes: dict[str, Any]) -> None:
        """Be the span of another scope from now on, with the same ids, parent and begin; its attributes are new."""
        self._scope, self._name, self._attributes = scope, name, attributes
        if self._owner.narrow:
            self.bounded()

    def _open(self, action: str) -> bool:
        if self._end >= 0:
            warn("obskit: %s on the span %s, which ended", action, self._name)
            return False
        return True

    def bounded(self) -> BoundedAttributes:
        """Hold its attributes to the limits from now on, and return them."""
        held = self._attributes
        if isinstance(held, BoundedAttributes):
            return held
        limits = self._owner.limits
        held = self._attributes = BoundedAttributes(
            limits.span_attributes, held, immutable=False, max_value_len=limits.span_attribute_length
        )
        return held


def note_error(span: ApiSpan, error: BaseException, record: bool, set_status: bool, escaped: bool = False) -> None:
    """Put the exception that ended a block on its span, as the block asked for."""
    if not span.is_recording():
        return
    if record:
        span.record_exception(error, escaped=escaped)
    if set_status:
        span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


def described(error: BaseException) -> dict[str, str]:
    """Return the attributes of an exception. Source: OpenTelemetry semantic conventions for exceptions."""
    kind = type(error)
    return {
        "exception.type": type_of(kind),
        "exception.message": str(error),
        # Python 3.10 wants all three.
        "exception.stacktrace": "".join(traceback.format_exception(kind, error, error.__traceback__)),
    }


def type_of(kind: type[BaseException]) -> str:
    """Return the name of a class of exceptions, with its module unless that is Python's own."""
    return kind.__qualname__ if kind.__module__ in ("", "builtins") else f"{kind.__module__}.{kind.__qualname__}"


def current() -> Span | SpanContext | None:
    """Return the current span, or the context of one that is not ours: both have the ids and ``trace_flags``."""
    span = get_current_span()
    if type(span) is Span:
        return span
    context = span.get_span_context()
    return context if context.is_valid else None


#: Where ended spans go.
Ended = Callable[[Span], None]
