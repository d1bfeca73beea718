"""One HTTP request as a server sees it: its span, its duration, and the requests in flight.

Source: OpenTelemetry semantic conventions, HTTP spans and HTTP metrics (stable).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import Token
from typing import Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

from obskit._runtime import forks, inbound, twins
from obskit._runtime.guard import contained
from obskit._runtime.inbound import Inbound
from obskit._runtime.pipeline import Attributes, Pipeline, Series
from obskit.catalogue import http
from obskit.config.settings import Settings

#: Marks a request that is observed already, by an outer application.
SEEN = "obskit.request"
#: Headers that are read of every request.
HEADERS = (inbound.TRACEPARENT, inbound.TRACESTATE, inbound.BAGGAGE, "user-agent")
_METHODS = frozenset(http.METHOD.values)
_OTHER = "_OTHER"
#: Whoever invents a method may send any text.
_LONGEST_METHOD = 64
#: What says that the client went away, which is no error of the server; as is being cancelled, which is no Exception.
_GONE = frozenset({"ClientDisconnect", "ClientDisconnected"})
#: Series whose recorders are kept; what is more is found anew each time.
_MOST_SERIES = 2000

# Names of attributes, looked up once: this is the way that every request takes.
_METHOD, _SCHEME, _PATH, _QUERY = http.METHOD.name, http.SCHEME.name, http.PATH.name, http.QUERY.name
_ROUTE, _STATUS, _ERROR, _AGENT = http.ROUTE.name, http.STATUS_CODE.name, http.ERROR_TYPE.name, http.USER_AGENT.name

_observers: dict[Pipeline, Requests] = {}


def requests(pipeline: Pipeline, settings: Settings) -> Requests:
    """Return the one observer of requests of a pipeline: all frameworks of a process share its instruments."""
    if pipeline not in _observers:
        _observers[pipeline] = Requests(pipeline, settings)
    return _observers[pipeline]


class Requests:
    """Observes requests of one framework.

    Args:
        pipeline: Where records go.
        settings: Settings in force.
    """

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.span, self._awake = pipeline.span, pipeline.awake
        self._excluded = twins.state.excluded = frozenset(settings.excluded_paths)
        self._inbound = Inbound()
        self._duration = pipeline.instrument(http.SERVER_REQUEST_DURATION)
        self._durations: dict[tuple[Any, ...], Series] = {}
        #: Method and scheme -> ids of the requests that are served now: adding and discarding take no lock.
        self._in_flight: dict[tuple[str, str], set[int]] = {}
        forks.in_child(self._in_flight.clear)
        pipeline.observe(http.SERVER_ACTIVE_REQUESTS, contained("requests.in_flight", ())(self._counts))

    def begin(
        self,
        method: str,
        scheme: str,
        path: str,
        mount: str,
        query: str,
        header: Callable[[str], str | None],
        all_headers: Callable[[], Mapping[str, str]],
        *,
        measured: bool = True,
    ) -> Request | None:
        """Start a request; None when its path is excluded.

        Args:
            method: As the client sent it.
            scheme: http or https.
            path: Path without the query.
            mount: What of it is not the application's own.
            query: The raw query string; only its parameter names are kept.
            header: Returns a header by its name in lower case.
            all_headers: Returns all of them, for propagators that read others than the usual ones.
            measured: Whether its duration says something about the service, which that of a websocket does not.
        """
        self._awake()
        if path in self._excluded or (mount and path.removeprefix(mount) in self._excluded):
            return None
        known = method if method in _METHODS else _OTHER
        attributes: dict[str, Any] = {_METHOD: known, _SCHEME: scheme, _PATH: path}
        if known is _OTHER:
            attributes[http.METHOD_ORIGINAL.name] = method[:_LONGEST_METHOD]
        if query:
            attributes[_QUERY] = _without_values(query)
        if agent := header("user-agent"):
            attributes[_AGENT] = agent
        usual = self._inbound.is_usual
        parent = self._inbound.context(header) if usual else inbound.by_others(all_headers())
        name = "HTTP" if known is _OTHER else known
        span = twins.taken_over(name, attributes) if twins.state.present else None
        if span is None:
            span = self.span(name, SpanKind.SERVER, attributes, parent)
        else:
            parent = context.get_current()
        return Request(self, span, known, scheme, parent, measured)

    def in_flight(self, key: tuple[str, str]) -> set[int]:
        """Return the ids of the requests in flight of a method and a scheme."""
        found = self._in_flight.get(key)
        return self._in_flight.setdefault(key, set()) if found is None else found

    def _counts(self) -> Iterable[tuple[float, Attributes]]:
        return [(len(ids), {_METHOD: key[0], _SCHEME: key[1]}) for key, ids in list(self._in_flight.items())]

    def duration(self, key: tuple[Any, ...]) -> Series:
        """Return the recorder of the durations of a method, a scheme, a route, a status and an error."""
        found = self._durations.get(key)
        if found is None:
            attributes = dict(zip((_METHOD, _SCHEME, _ROUTE, _STATUS, _ERROR), key, strict=True))
            found = self._duration.bind({name: value for name, value in attributes.items() if value is not None})
            if len(self._durations) < _MOST_SERIES:
                self._durations[key] = found
        return found


class Request:
    """A request that is being served."""

    __slots__ = (
        "_elapsed",
        "_ended",
        "_in_flight",
        "_key",
        "_measured",
        "_owner",
        "_span",
        "_started",
        "_token",
        "answered",
        "finished",
        "route",
        "status",
    )

    def __init__(self, owner: Requests, span: Span, method: str, scheme: str, parent: Context, measured: bool) -> None:
        self._owner, self._span, self._key, self._measured = owner, span, (method, scheme), measured
        self.status: int | None = None
        #: Template of the path, once the response went out.
        self.route: str | None = None
        self.answered = self.finished = False
        self._ended = 0
        if measured:
            self._in_flight = owner.in_flight(self._key)
            self._in_flight.add(id(self))
        self._started = time.perf_counter()
        self._token: Token[Context] | None = context.attach(trace.set_span_in_context(span, parent))

    def answer(self, route: str | None) -> None:
        """Take the time and the measurements: the client has its response.

        What a response of 500 and more failed with comes a moment later, and is part of its measurements. Middleware
        around us may still describe the span, and background tasks run within it, until :meth:`finish`.
        """
        if self.answered:
            return
        self._stop()
        self.route = route
        if self.status is None or self.status < 500:
            self.answered = True
            self._measure(None)

    def finish(self, route: str | None, error: BaseException | None = None) -> None:
        """End the span as of when the response went out, once; it stays current until :meth:`leave`."""
        if self.finished:
            return
        self.finished = True
        if not self._ended:
            self._stop()
            self.route = route
        if error is not None and (not isinstance(error, Exception) or type(error).__name__ in _GONE):
            error = None
            if self.status is not None and self.status >= 500:  # what a framework answers then reaches nobody
                self.status = None
        span, status = self._span, self.status
        failure = None
        if error is not None and not self.answered:
            failure = type(error).__qualname__
        elif status is not None and status >= 500:
            failure = str(status)
        try:
            if not self.answered:
                self._measure(failure)
            if span.is_recording():
                self._describe(failure, error)
        finally:
            span.end(self._ended)

    def _stop(self) -> None:
        self._elapsed, self._ended = time.perf_counter() - self._started, time.time_ns()

    def _measure(self, failure: str | None) -> None:
        if self._measured:
            self._in_flight.discard(id(self))
            self._owner.duration((*self._key, self.route or None, self.status, failure))(self._elapsed, self._span)

    def _describe(self, failure: str | None, error: BaseException | None) -> None:
        span, method, route = self._span, "HTTP" if self._key[0] is _OTHER else self._key[0], self.route
        if route:
            span.set_attribute(_ROUTE, route)
            if getattr(span, "name", method) == method:  # the service may have found a better one
                span.update_name(f"{method} {route}")
        if self.status is not None:
            span.set_attribute(_STATUS, self.status)
        if error is not None and not twins.is_told(span, error):
            span.record_exception(error)
        if failure is not None:
            span.set_attribute(_ERROR, failure)
            span.set_status(StatusCode.ERROR)

    def resume(self) -> None:
        """Make the span current again, until :meth:`leave`."""
        if self._token is None:
            self._token = context.attach(trace.set_span_in_context(self._span))

    def leave(self) -> None:
        """Make the span of before current again."""
        token, self._token = self._token, None
        if token is not None:
            context.detach(token)


def _without_values(query: str) -> str:
    """Keep the names of parameters: values may be secrets, and nobody can list which."""
    names = (part.partition("=")[0] for part in query.split("&"))
    return "&".join(f"{name}=REDACTED" for name in names if name)
