"""Which traces are kept: the samplers that ``OTEL_TRACES_SAMPLER`` names.

Source: OpenTelemetry specification, "Built-in samplers"; the ratio is of the lower 64 bits of the trace id, as in the
SDK, so that services of both kinds agree on a trace.
"""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.trace import SpanContext

from obskit._runtime.engine.spans import Span

#: Says whether a span is recorded, by its parent or that one's context, and its trace id.
Sampler = Callable[["Span | SpanContext | None", int], bool]
_LOWER = (1 << 64) - 1


def sampler(name: str, ratio: float = 1.0) -> Sampler:
    """Return a sampler.

    Args:
        name: One of :data:`obskit.config.values.SAMPLERS`.
        ratio: Share of the traces that a ``traceidratio`` keeps, from 0 to 1.

    Example:
        >>> sampler("traceidratio", 0.5)(None, 1 << 63), sampler("always_on")(None, 1)
        (False, True)
    """
    base = name.removeprefix("parentbased_")
    root = _ratio(ratio) if base == "traceidratio" else _always(base == "always_on")
    if name == "parentbased_always_on":
        return lambda parent, _trace_id: parent is None or parent.trace_flags & 1 == 1
    return _by_parent(root) if name.startswith("parentbased_") else root


def _always(answer: bool) -> Sampler:
    return lambda _parent, _trace_id: answer


def _ratio(ratio: float) -> Sampler:
    bound = round(ratio * (1 << 64))
    return lambda _parent, trace_id: trace_id & _LOWER < bound


def _by_parent(root: Sampler) -> Sampler:
    def decide(parent: Span | SpanContext | None, trace_id: int) -> bool:
        return root(parent, trace_id) if parent is None else parent.trace_flags & 1 == 1

    return decide
