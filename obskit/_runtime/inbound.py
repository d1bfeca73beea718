"""Where a request comes from: its trace and its baggage, by the headers.

The W3C headers, which everybody has unless ``OTEL_PROPAGATORS`` or the service says otherwise, are read here in a fifth
of the time that the general way takes; any other propagator is asked as always. The API's propagators are imported by
the first request that needs them, or before the first fork.

Source: https://www.w3.org/TR/trace-context/#traceparent-header
"""

from __future__ import annotations

import functools
import importlib
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from obskit._runtime import imports
from obskit._runtime.guard import warn

if TYPE_CHECKING:
    from opentelemetry.propagators.textmap import TextMapPropagator

#: What is read here; all else belongs to other propagators.
TRACEPARENT, TRACESTATE, BAGGAGE = "traceparent", "tracestate", "baggage"
_FIELDS = {TRACEPARENT, TRACESTATE, BAGGAGE}
_USUAL = {"", "tracecontext,baggage", "tracecontext, baggage"}
#: Of the one version that there is, with its four parts and nothing behind them.
_SIMPLE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_FLAGS = tuple(TraceFlags(flags) for flags in range(256))

_nothing = Context()


@functools.cache
def _propagator(module: str, name: str) -> TextMapPropagator:
    found: TextMapPropagator = getattr(importlib.import_module(module), name)()
    return found


class Inbound:
    """Reads the headers of requests.

    Args:
        environment: Where ``OTEL_PROPAGATORS`` may stand.

    Example:
        >>> found = Inbound({}).context({"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}.get)
        >>> trace.get_current_span(found).get_span_context().is_remote
        True
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._by_default = environment.get("OTEL_PROPAGATORS", "").strip() in _USUAL
        #: The propagator in whose stead the headers are read here, and what tells which one is in force.
        self._usual: Any = None
        self._in_force: Callable[[], Any] | None = None
        try:
            if not self._by_default:
                importlib.import_module(imports.PROPAGATE)
            imports.once_there(imports.PROPAGATE, self._look)
        except Exception as fault:  # noqa: BLE001 - of a propagator that is not there, or of its own
            warn("obskit: OTEL_PROPAGATORS cannot be used (%s); the W3C headers are read", fault)
            self._by_default = True

    def _look(self, propagate: Any) -> None:
        self._in_force, now = propagate.get_global_textmap, propagate.get_global_textmap()
        if self._by_default and set(now.fields) == _FIELDS:
            self._usual = now

    @property
    def is_usual(self) -> bool:
        """Whether the W3C headers are all that counts; who never imported the propagators has set no other."""
        return self._by_default if self._in_force is None else self._in_force() is self._usual

    def context(self, header: Callable[[str], str | None]) -> Context:
        """Return the context of the W3C headers.

        Args:
            header: Returns a header by its name in lower case.
        """
        parent, baggage = header(TRACEPARENT), header(BAGGAGE)
        if parent is None and baggage is None:
            return _nothing
        found = _nothing if parent is None else _with_parent(parent, header(TRACESTATE))
        if baggage is not None:
            found = _propagator(imports.BAGGAGE, "W3CBaggagePropagator").extract({BAGGAGE: baggage}, found)
        return found


def by_others(headers: Mapping[str, Any]) -> Context:
    """Return the context that the propagators in force find in all headers of a request."""
    from opentelemetry import propagate

    return propagate.extract(headers)


def _with_parent(parent: str, state: str | None) -> Context:
    match = _SIMPLE.fullmatch(parent)
    if match is None or state:
        carrier = {TRACEPARENT: parent} if state is None else {TRACEPARENT: parent, TRACESTATE: state}
        return _propagator(imports.TRACE_CONTEXT, "TraceContextTextMapPropagator").extract(carrier, Context())
    trace_id, span_id = int(match[1], 16), int(match[2], 16)
    if not trace_id or not span_id:
        return _nothing
    context = SpanContext(trace_id, span_id, True, _FLAGS[int(match[3], 16)])
    return trace.set_span_in_context(NonRecordingSpan(context), _nothing)
