"""Instrumentations that a service adds by hand, and that tell of what obskit observes itself: one span for both.

They ask for a span as always, and get a :class:`Twin`: what their hooks set goes to our span of the same request or
query, what they say of it themselves is left out, and its end is ours. Nothing of this runs before one of them is
there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext

from obskit._runtime.engine.spans import type_of

_CONTRIB = "opentelemetry.instrumentation."
#: Scopes of instrumentations of requests -> the libraries whose requests obskit observes in their stead.
SERVERS = {
    _CONTRIB + "asgi": ("starlette", "fastapi"),
    _CONTRIB + "fastapi": ("fastapi",),
    _CONTRIB + "flask": ("flask",),
    _CONTRIB + "starlette": ("starlette",),
    _CONTRIB + "wsgi": ("flask",),
}
#: Scopes of instrumentations of queries: SQLAlchemy's, and those of the drivers below it.
_DRIVERS = ("aiopg", "asyncpg", "dbapi", "mysql", "mysqlclient", "psycopg", "psycopg2", "pymssql", "pymysql", "sqlite3")
SQLALCHEMY = _CONTRIB + "sqlalchemy"
CLIENTS = frozenset((SQLALCHEMY, *(_CONTRIB + name for name in _DRIVERS)))
#: What ours says already, in the new names and the old, without values of query strings and of literals; and which
#: message of ASGI a span was about.
_SAID = frozenset(
    {
        "asgi.event.type",
        "db.name",
        "db.namespace",
        "db.operation",
        "db.operation.name",
        "db.query.text",
        "db.statement",
        "db.system",
        "db.system.name",
        "error.type",
        "http.method",
        "http.request.method",
        "http.request.method_original",
        "http.response.status_code",
        "http.route",
        "http.scheme",
        "http.status_code",
        "http.target",
        "http.url",
        "http.user_agent",
        "url.full",
        "url.path",
        "url.query",
        "url.scheme",
        "user_agent.original",
    }
)


class State:
    """What is known of them in this process."""

    def __init__(self) -> None:
        #: Whether there is one at all: asked on the way of every request and query.
        self.present = False
        #: Scopes of :data:`SERVERS` whose requests are all ours.
        self.doubled: frozenset[str] = frozenset()
        #: Paths that obskit leaves out, and they with it.
        self.excluded: frozenset[str] = frozenset()
        #: What has to be done before SQLAlchemy's listens to events; None once it was.
        self._before_listening: list[Callable[[], None]] | None = []

    def meet(self, scope: str) -> None:
        """Take note of one that is there."""
        self.present = True
        if scope == SQLALCHEMY and self._before_listening is not None:
            actions, self._before_listening = self._before_listening, None
            for action in actions:
                action()

    def when_listening(self, action: Callable[[], None]) -> None:
        """Run an action once SQLAlchemy's is there."""
        if self._before_listening is None:
            action()
        else:
            self._before_listening.append(action)

    def observe(self, states: Mapping[str, str]) -> None:
        """Take what became of our instrumentations.

        Args:
            states: Library -> one of the values of ``telemetry.STATE``.
        """
        self.doubled = frozenset(
            scope
            for scope, libraries in SERVERS.items()
            if any(states.get(library) == "instrumented" for library in libraries)
            and not any(states.get(library) in ("disabled", "failed") for library in libraries)
        )


state = State()
#: Our span of the query that the driver runs now; it is not the current one.
query: ContextVar[Span | None] = ContextVar("obskit_query", default=None)


#: What a middleware was given last for a request: whether its measurements are ours too is known by that.
request: ContextVar[Span | None] = ContextVar("obskit_request", default=None)


def running(span: Span | None) -> None:
    """Say that a query of ours begins, or that it is over."""
    if state.present:
        query.set(span)


class Twin(Span):
    """The span that such an instrumentation gets: a handle on another one.

    Args:
        span: The other one; ours, or its own that ours may still replace.
        name: What its owner called it at the start.
        attributes: What its owner said of it at the start.
        replace: Makes its own span ours, with our name and attributes; None when the span is ours from the start.
    """

    def __init__(
        self,
        span: Span,
        name: str,
        attributes: Mapping[str, Any] | None,
        replace: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        self.span, self._name, self._start, self._replace = span, name, attributes or {}, replace
        before: Any = span
        #: What its own span holds of that: values within the limits.
        self._held: Mapping[str, Any] = {} if replace is None else dict(before.attributes)

    def give_way(self, name: str, attributes: dict[str, Any]) -> Span | None:
        """Make its span ours, with what was set on it; None when that cannot be.

        Args:
            name: Our name for it.
            attributes: What we say of it.
        """
        replace, span = self._replace, self.span
        if replace is None or not span.is_recording():
            return None
        self._replace = None
        before: Any = span
        kept = {key: value for key, value in before.attributes.items() if not _repeats(self._held, key, value)}
        replace(name if before.name == self._name else before.name, attributes)
        span.set_attributes(kept)
        return span

    @property
    def is_ours(self) -> bool:
        """Whether the span is ours by now."""
        return self._replace is None

    def __getattr__(self, name: str) -> Any:
        """What readers of the SDK's spans expect, as ``kind`` and ``attributes``."""
        return getattr(self.span, name)

    def get_span_context(self) -> SpanContext:
        """See the API."""
        return self.span.get_span_context()

    def is_recording(self) -> bool:
        """See the API."""
        return self.span.is_recording()

    def set_attribute(self, key: str, value: Any) -> None:
        """See the API."""
        if self.is_recording() and (self._replace is not None or not _repeats(self._start, key, value)):
            self.span.set_attribute(key, value)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """See the API."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """See the API."""
        if self.is_recording():
            self.span.add_event(name, attributes, timestamp)

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:
        """See the API."""
        if self.is_recording():
            self.span.add_link(context, attributes)

    def update_name(self, name: str) -> None:
        """See the API."""
        if self.is_recording():
            self.span.update_name(name)

    def set_status(self, status: Any, description: str | None = None) -> None:
        """See the API."""
        if self.is_recording():
            self.span.set_status(status, description)

    def record_exception(
        self, exception: BaseException, attributes: Any = None, timestamp: int | None = None, escaped: bool = False
    ) -> None:
        """See the API."""
        if self.is_recording() and not is_told(self.span, exception):  # a middleware within it may have seen it too
            self.span.record_exception(exception, attributes, timestamp, escaped)

    def end(self, end_time: int | None = None) -> None:
        """See the API; a span that is ours goes on."""
        if self._replace is not None:
            self.span.end(end_time)


class Unsampled(NonRecordingSpan):
    """What a middleware around the application gets for a request that is not sampled.

    Args:
        context: Of the span that there would be.
    """

    def __init__(self, context: SpanContext) -> None:
        super().__init__(context)
        #: Whether the request reached us.
        self.is_ours = False


def is_ours(span: Span | None) -> bool | None:
    """Whether a request is one that obskit observes, by what a middleware was given for it; None if that is unknown."""
    return span.is_ours if isinstance(span, (Twin, Unsampled)) else None


def _repeats(start: Mapping[str, Any], key: str, value: Any) -> bool:
    """Whether an attribute is what its owner says of every span: what a hook made of it is not."""
    return key in _SAID and bool(start.get(key, value) == value)


def is_told(span: Span, error: BaseException) -> bool:
    """Whether an error is on a span already, by a middleware that saw it pass or by the service."""
    told = (event.attributes for event in getattr(span, "events", ()) if event.name == "exception")
    said = (type_of(type(error)), str(error))
    return any((each.get("exception.type"), each.get("exception.message")) == said for each in told)


def taken_over(name: str, attributes: dict[str, Any]) -> Span | None:
    """Return the span that a middleware around the application began for this request, as ours; None without one.

    Args:
        name: Our name for it.
        attributes: What we say of it.
    """
    current = trace.get_current_span()
    if isinstance(current, Twin):
        return current.give_way(name, attributes)
    if not isinstance(current, Unsampled) or current.is_ours:
        return None
    current.is_ours = True
    return NonRecordingSpan(current.get_span_context())  # not sampled, as the middleware decided
