"""Tracers and instruments for instrumentations that tell of what obskit observes itself; see ``twins``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, SpanKind

from obskit._runtime import twins
from obskit._runtime.engine.scopes import Scope
from obskit._runtime.engine.spans import Span
from obskit._runtime.engine.streams import Stream
from obskit._runtime.engine.tracing import Tracer, TracerProvider
from obskit._runtime.engine.views import Viewed
from obskit._runtime.twins import Twin

if TYPE_CHECKING:
    from obskit._runtime.engine.metering import Measure, Streams

#: Ends of the names of the spans that ASGI middlewares make of each message of a response: they tell when the server
#: took it. Those of a websocket tell of what was said on it, which nothing of ours does.
_MESSAGES = (" http send", " http receive")
#: Begins of the names that both we and other instrumentations measure.
_SHARED = ("http.server.", "db.client.")


def install(provider: TracerProvider, ours: Scope) -> None:
    """Let a provider give them tracers of their own.

    Args:
        provider: The global one.
        ours: Scope of our own spans.
    """
    provider.kinds = {
        **dict.fromkeys(twins.SERVERS, functools.partial(ServerTracer, ours=ours)),
        **dict.fromkeys(twins.CLIENTS, QueryTracer),
    }


class ServerTracer(Tracer):
    """The tracer of an instrumentation of requests.

    Args:
        provider: Its provider.
        scope: Who it is.
        ours: Scope of our own spans.
    """

    def __init__(self, provider: TracerProvider, scope: Scope, ours: Scope) -> None:
        super().__init__(provider, scope)
        self._ours = ours
        twins.state.meet(scope.name)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """See the API: a request or a message is our span, all else, as of a background task, is what it is."""
        span = self._ours_or_none(name, context, attributes)
        if span is None:
            span = super().start_span(
                name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
            )
            if kind is SpanKind.SERVER:  # around the application: whether we observe that is not known yet
                span = self._may_become_ours(span, name, attributes)
        if attributes:
            twins.request.set(span)
        return span

    def _ours_or_none(
        self, name: str, context: Context | None, attributes: Mapping[str, Any] | None
    ) -> trace.Span | None:
        """Our span of a request or of a message of it, or one of nothing where obskit leaves the request out."""
        if not attributes and not name.endswith(_MESSAGES):
            return None
        current = trace.get_current_span(context)
        whole: Any = current.span if isinstance(current, Twin) else current
        if type(whole) is Span and whole.instrumentation_scope is self._ours and whole.kind is SpanKind.SERVER:
            return Twin(whole, name, attributes)
        return INVALID_SPAN if self._is_excluded(current, attributes) else None

    def _may_become_ours(self, span: trace.Span, name: str, attributes: Mapping[str, Any] | None) -> trace.Span:
        if type(span) is Span:
            return Twin(span, name, attributes, functools.partial(span.retell, self._ours))
        return twins.Unsampled(span.get_span_context())

    def _is_excluded(self, current: trace.Span, attributes: Mapping[str, Any] | None) -> bool:
        """Whether this is a request that obskit leaves out, or a message of it."""
        above = current.get_span_context()
        if self._scope.name not in twins.state.doubled or (above.is_valid and not above.is_remote):
            return False
        if not attributes:
            return True
        path = attributes.get("url.path") or attributes.get("http.target") or ""
        return str(path).partition("?")[0] in twins.state.excluded


class QueryTracer(Tracer):
    """The tracer of an instrumentation of queries.

    Args:
        provider: Its provider.
        scope: Who it is.
    """

    def __init__(self, provider: TracerProvider, scope: Scope) -> None:
        super().__init__(provider, scope)
        twins.state.meet(scope.name)

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """See the API: while a query of ours runs it is that, else, as for a driver that is used directly, its own."""
        ours = twins.query.get()
        if type(ours) is Span and ours.is_recording():
            return Twin(ours, name, attributes)
        if isinstance(ours, trace.NonRecordingSpan):  # ours is not sampled
            return ours
        return super().start_span(
            name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
        )


def measuring(streams: Streams, stream: Stream) -> Measure:
    """Return where the measurements of an instrument of the service go.

    Those under a name of ours are left out where they are of a request or a query that we measure. Of what we do not,
    they go to our own stream: two series of one name with the same attributes would be one for Prometheus. Views that
    keep the name do not change that, since they do not apply to what is ours.
    """
    scope, name = stream.scope.name, stream.name
    viewed = stream.streams if isinstance(stream, Viewed) else ()
    if not name.startswith(_SHARED) or (viewed and all(each.name != name for each in viewed)):
        return streams.measure
    #: Whether a view of the service makes a metric of its own of it.
    renamed = any(each.name != name for each in viewed)

    def measure(record: tuple[Any, float, Any, Any, int]) -> None:
        ours = streams.ours.get(name)
        if ours is None or renamed:
            streams.measure(record)
        if ours is not None and _is_its_own(scope, stream):
            if not beside(stream, ours):
                if stream.kind == ours.kind:
                    streams.measure((ours, *record[1:]))
            elif not renamed:
                streams.measure(record)

    return measure


def _is_its_own(scope: str, stream: Stream) -> bool:
    """Whether a measurement that is made now is of what obskit does not measure."""
    if scope in twins.CLIENTS:
        return twins.query.get() is None
    # What is in flight is counted before anybody knows whose the request is.
    ours = twins.is_ours(twins.request.get()) if scope in twins.SERVERS and stream.kind == "histogram" else None
    return scope not in twins.state.doubled if ours is None else not ours


def beside(stream: Stream, ours: Stream) -> bool:
    """Whether a stream of the service stands beside ours of the same name: where it cannot be added to ours.

    Ours is read, and nothing can be added to it; or the unit is another, which Prometheus makes part of the name.
    """
    return stream.name.startswith(_SHARED) and not stream.observed and (ours.observed or stream.unit != ours.unit)


#: Makes the tracer of a scope.
Kind = Callable[[TracerProvider, Scope], Tracer]
