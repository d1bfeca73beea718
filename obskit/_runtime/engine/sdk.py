"""The SDK's own classes, for services that bring the SDK: their processors and readers expect them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from obskit._runtime.engine.spans import Span


def readable(span: Span) -> Any:
    """Return a span as the SDK's ``ReadableSpan``."""
    from opentelemetry.sdk.trace import ReadableSpan

    told: dict[str, Any] = {"events": span.events, "instrumentation_scope": span.instrumentation_scope}
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        **told,
    )


def resource(attributes: Mapping[str, Any]) -> Any:
    """Return attributes as the SDK's ``Resource``; where there is no SDK, as something with the same attributes."""
    try:
        from opentelemetry.sdk.resources import Resource
    except ImportError:
        return SimpleNamespace(attributes=dict(attributes), schema_url="")
    return Resource(dict(attributes))
