"""One HTTP request as a server sees it: its span, its duration, and the requests in flight.

Source: OpenTelemetry semantic conventions, HTTP spans and HTTP metrics (stable).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextvars import Token
from typing import Any

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode

from obskit._runtime.pipeline import Attributes, Pipeline
from obskit.catalogue import http
from obskit.config.settings import Settings

_METHODS = frozenset(http.METHOD.values)
_OTHER = "_OTHER"
#: Whoever invents a method may send any text.
_LONGEST_METHOD = 64

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
        self._pipeline = pipeline
        self._excluded = frozenset(settings.excluded_paths)
        self.record = pipeline.instrument(http.SERVER_REQUEST_DURATION)
        self._active: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        pipeline.observe(http.SERVER_ACTIVE_REQUESTS, self._readings)

    def begin(self, method: str, scheme: str, path: str, query: str, headers: Mapping[str, str]) -> Request | None:
        """Start a request; None when its path is excluded.

        Args:
            method: As the client sent it.
            scheme: http or https.
            path: Path without the query.
            query: The raw query string; only its parameter names are kept.
            headers: Headers by their names in lower case.
        """
        if path in self._excluded:
            return None
        known = method if method in _METHODS else _OTHER
        attributes: dict[str, Any] = {http.METHOD.name: known, http.SCHEME.name: scheme}
        extra: dict[str, Any] = {http.PATH.name: path}
        if known == _OTHER:
            extra[http.METHOD_ORIGINAL.name] = method[:_LONGEST_METHOD]
        if query:
            extra[http.QUERY.name] = _without_values(query)
        if agent := headers.get("user-agent"):
            extra[http.USER_AGENT.name] = agent
        parent = propagate.extract(headers)
        span = self._pipeline.span(_shown(known), SpanKind.SERVER, {**attributes, **extra}, parent)
        return Request(self, span, attributes, parent)

    def change(self, key: tuple[str, str], by: int) -> None:
        """Count requests in flight."""
        with self._lock:
            self._active[key] = self._active.get(key, 0) + by

    def _readings(self) -> Iterable[tuple[float, Attributes]]:
        with self._lock:
            active = dict(self._active)
        return [
            (count, {http.METHOD.name: method, http.SCHEME.name: scheme}) for (method, scheme), count in active.items()
        ]


class Request:
    """A request that is being served."""

    def __init__(self, owner: Requests, span: Span, attributes: dict[str, Any], parent: Context) -> None:
        self._owner, self._span, self._attributes = owner, span, attributes
        self.status: int | None = None
        self._finished = False
        self._elapsed: float | None = None
        self._key = (attributes[http.METHOD.name], attributes[http.SCHEME.name])
        owner.change(self._key, 1)
        self._started = time.perf_counter()
        self._token: Token[Context] | None = context.attach(trace.set_span_in_context(span, parent))

    def stop(self) -> None:
        """Take the time, where the end of the request is not the end of the response."""
        if self._elapsed is None:
            self._elapsed = time.perf_counter() - self._started

    def finish(self, route: str | None, error: BaseException | None = None) -> None:
        """End the span and record the duration, once; the span stays current until :meth:`leave`."""
        if self._finished:
            return
        self._finished = True
        self.stop()
        self._owner.change(self._key, -1)
        try:
            self._describe(self._elapsed or 0.0, route, error)
        finally:
            self._span.end()

    def _describe(self, elapsed: float, route: str | None, error: BaseException | None) -> None:
        attributes, span = self._attributes, self._span
        if route:
            attributes[http.ROUTE.name] = route
            span.update_name(f"{_shown(attributes[http.METHOD.name])} {route}")
        if self.status is not None:
            attributes[http.STATUS_CODE.name] = self.status
        if error is not None:
            attributes[http.ERROR_TYPE.name] = type(error).__qualname__
            span.record_exception(error)
        elif self.status is not None and self.status >= 500:
            attributes[http.ERROR_TYPE.name] = str(self.status)
        if http.ERROR_TYPE.name in attributes:
            span.set_status(StatusCode.ERROR)
        span.set_attributes(attributes)
        # The current span becomes the exemplar; a WSGI body is closed after the application has left.
        token = context.attach(trace.set_span_in_context(span)) if self._token is None else None
        try:
            self._owner.record(elapsed, attributes)
        finally:
            if token is not None:
                context.detach(token)

    def resume(self) -> None:
        """Make the span current again, until :meth:`leave`."""
        if self._token is None:
            self._token = context.attach(trace.set_span_in_context(self._span))

    def leave(self) -> None:
        """Make the span of before current again."""
        token, self._token = self._token, None
        if token is not None:
            context.detach(token)


def _shown(method: str) -> str:
    return "HTTP" if method == _OTHER else method


def _without_values(query: str) -> str:
    """Keep the names of parameters: values may be secrets, and nobody can list which."""
    names = (part.partition("=")[0] for part in query.split("&"))
    return "&".join(f"{name}=REDACTED" for name in names if name)
