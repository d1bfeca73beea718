"""The tracer provider: light spans for everybody who uses the OpenTelemetry API in this process."""

from __future__ import annotations

import functools
import inspect
import random
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from obskit._runtime import forks
from obskit._runtime.engine import sdk
from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.sampling import Sampler
from obskit._runtime.engine.scopes import Scope, Scopes
from obskit._runtime.engine.spans import Ended, Span, note_error
from obskit._runtime.guard import contained

#: Set where the API knows it: the trace id is random, which it is.
_RANDOM = getattr(TraceFlags, "RANDOM_TRACE_ID", 0)
#: Attributes that a hook of ours gives a span at its start, at the most.
_FEW = 16
_FLAGS = tuple(TraceFlags(flags) for flags in range(4))


class TracerProvider(trace.TracerProvider):
    """See the API.

    Args:
        sampler: Which traces are kept.
        limits: How much a span may hold.
        ended: Where spans go that ended and are sampled.
        resource: Makes the SDK's resource, for those who ask for it.
        flush: Delivers what was accepted within so many seconds, and says whether that was enough.
    """

    def __init__(
        self,
        sampler: Sampler,
        limits: Limits,
        ended: Ended,
        resource: Callable[[], Any],
        flush: Callable[[float], bool],
    ) -> None:
        self.sampler, self.limits, self.ended = sampler, limits, ended
        #: Makes ids; our own generator, since a service may seed the one of the module.
        self.ids = random.Random()  # noqa: S311 - ids are no secrets
        self.scopes = Scopes()
        #: Processors that the service added; called in order, as the SDK does.
        self.processors: tuple[Any, ...] = ()
        #: Scope -> what makes its tracer, where that is one of its own.
        self.kinds: Mapping[str, Callable[[TracerProvider, Scope], Tracer]] = {}
        #: Whether what our own hooks give a span may be more than it may hold.
        self.narrow = limits.span_attribute_length is not None or (limits.span_attributes or _FEW) < _FEW
        self._resource, self._flush = resource, flush
        self._made: Any = None

    def begin_anew(self) -> None:
        """Be the provider of a forked child, which would make the ids of its siblings."""
        self.ids.seed()
        self._made = None

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Tracer:
        """See the API."""
        scope = self.scopes.get(
            instrumenting_module_name or "", instrumenting_library_version, schema_url, attributes or {}
        )
        return self.kinds.get(scope.name, Tracer)(self, scope)

    @property
    def resource(self) -> Any:
        """The resource, as the SDK's."""
        if self._made is None:
            self._made = self._resource()
        return self._made

    def add_span_processor(self, span_processor: Any) -> None:
        """See the SDK: the processor is told of every span, ours included."""
        self.processors += (span_processor,)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """See the SDK."""
        done = [bool(processor.force_flush(timeout_millis)) for processor in self.processors]
        return self._flush(timeout_millis / 1000) and all(done)

    def shutdown(self) -> None:
        """Shut the service's processors down; obskit itself ends with the process."""
        for processor in self.processors:
            processor.shutdown()

    def tell_of_end(self, span: Span) -> None:
        """Pass a span that ended to the processors."""
        _told(lambda: self._tell_of_end(span))

    def tell_of_start(self, span: Span, context: Context | None) -> None:
        """Pass a span that begins to the processors."""
        for processor in self.processors:
            _told(functools.partial(processor.on_start, span, parent_context=context))

    def _tell_of_end(self, span: Span) -> None:
        readable = sdk.readable(span)
        for processor in self.processors:
            _told(functools.partial(processor.on_end, readable))


@contained("span.processor", closes="span.processor")  # one that fails keeps no other from its spans
def _told(tell: Callable[[], None]) -> None:
    tell()


class Tracer(trace.Tracer):
    """See the API."""

    def __init__(self, provider: TracerProvider, scope: Scope) -> None:
        self._provider, self._scope = provider, scope

    def begin(
        self,
        name: str,
        kind: SpanKind,
        attributes: dict[str, Any],
        context: Context | None = None,
        start: int | None = None,
        given: Callable[[Span], None] | None = None,
    ) -> Span | NonRecordingSpan:
        """Start a span.

        Args:
            name: Its name.
            kind: Its kind.
            attributes: Plain values that are the span's from now on.
            context: With the parent; the current one if None.
            start: Nanoseconds since the epoch.
            given: Adds what else the span has from its start.
        """
        provider = self._provider
        if not forks.page[0]:
            forks.check()
        # An empty context, which a request without a traceparent has, holds no span.
        above = None if context is not None and not context else trace.get_current_span(context)
        parent = None if above is None else above.get_span_context()
        if parent is not None and not parent.is_valid:
            parent = None
        # A span of ours says the same as its context; that is a tuple, each field of which is a call.
        origin = above if type(above) is Span else parent
        if origin is None:
            trace_id, flags = provider.ids.getrandbits(128) or 1, _RANDOM
        else:
            trace_id, flags = origin.trace_id, origin.trace_flags & _RANDOM
        span_id = provider.ids.getrandbits(64) or 1
        if not provider.sampler(origin, trace_id):
            state = parent.trace_state if parent is not None else None
            return NonRecordingSpan(SpanContext(trace_id, span_id, False, _FLAGS[flags], state))
        began = time.time_ns() if start is None else start
        span = Span(provider, self._scope, name, kind, trace_id, span_id, _FLAGS[flags | 1], parent, attributes, began)
        if provider.narrow:
            span.bounded()
        if given is not None:
            given(span)
        if provider.processors:
            provider.tell_of_start(span, context)
        return span

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
        """See the API."""

        def given(span: Span) -> None:
            span.keep(attributes, links)
            span.escaping(record_exception, set_status_on_exception)

        return self.begin(name, kind, {}, context, start_time, given)

    def start_as_current_span(  # type: ignore[override]
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> CurrentSpan:
        """See the API; also as a decorator, of coroutines too."""

        def begin() -> trace.Span:
            return self.start_span(
                name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
            )

        return CurrentSpan(begin, record_exception, set_status_on_exception, end_on_exit)


class CurrentSpan:
    """A span that is the current one within a ``with`` block, or within each call of what it decorates.

    Args:
        begin: Starts the span.
        record: Whether an exception is recorded on it.
        set_status: Whether an exception makes its status an error.
        end: Whether it ends with the block.
    """

    def __init__(self, begin: Callable[[], trace.Span], record: bool, set_status: bool, end: bool) -> None:
        self._begin, self._record, self._set_status, self._ends = begin, record, set_status, end

    def __enter__(self) -> trace.Span:
        span = self._span = self._begin()
        self._token = contexts.attach(trace.set_span_in_context(span))
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        contexts.detach(self._token)
        if isinstance(error, Exception):  # what is none, as the end of a generator, is no error either
            note_error(self._span, error, self._record, self._set_status)
        if self._ends:
            self._span.end()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        anew = functools.partial(CurrentSpan, self._begin, self._record, self._set_status, self._ends)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaiting(*args: Any, **kwargs: Any) -> Any:
                with anew():
                    return await function(*args, **kwargs)

            return awaiting

        @functools.wraps(function)
        def calling(*args: Any, **kwargs: Any) -> Any:
            with anew():
                return function(*args, **kwargs)

        return calling
