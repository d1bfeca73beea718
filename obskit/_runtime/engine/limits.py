"""How much one span or log record may hold.

Source: OpenTelemetry specification, "Span Limits" and "Attribute Limits", and their environment variables.
"""

from collections.abc import Mapping
from typing import NamedTuple

_MOST = 128


class Limits(NamedTuple):
    """The limits of one process; None is no limit.

    Args:
        attributes: Attributes of whatever has no limit of its own.
        attribute_length: Characters of a text value.
        log_attributes: Attributes of a log record.
        log_attribute_length: Characters of a text value of a log record.
        span_attributes: Attributes of a span.
        span_attribute_length: Characters of a text value of a span.
        events: Events of a span.
        links: Links of a span.
        event_attributes: Attributes of an event.
        link_attributes: Attributes of a link.
    """

    attributes: int | None = _MOST
    attribute_length: int | None = None
    log_attributes: int | None = _MOST
    log_attribute_length: int | None = None
    span_attributes: int | None = _MOST
    span_attribute_length: int | None = None
    events: int | None = _MOST
    links: int | None = _MOST
    event_attributes: int | None = _MOST
    link_attributes: int | None = _MOST


#: Field -> its variable, and the field whose value it has when the variable is not set.
_VARIABLES: dict[str, tuple[str, str | None]] = {
    "attributes": ("OTEL_ATTRIBUTE_COUNT_LIMIT", None),
    "attribute_length": ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", None),
    "log_attributes": ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "attributes"),
    "log_attribute_length": ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "attribute_length"),
    "span_attributes": ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "attributes"),
    "span_attribute_length": ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "attribute_length"),
    "events": ("OTEL_SPAN_EVENT_COUNT_LIMIT", None),
    "links": ("OTEL_SPAN_LINK_COUNT_LIMIT", None),
    "event_attributes": ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "attributes"),
    "link_attributes": ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "attributes"),
}


_DEFAULTS = Limits()._asdict()


def read(environment: Mapping[str, str]) -> tuple[Limits, list[str]]:
    """Return the limits that the environment asks for, and a complaint for each value that is none.

    Example:
        >>> read({"OTEL_SPAN_EVENT_COUNT_LIMIT": "5"})[0].events
        5
    """
    found: dict[str, int | None] = {}
    complaints = []
    for name, (variable, inherited) in _VARIABLES.items():
        text = environment.get(variable, "").strip()
        default = found[inherited] if inherited else _DEFAULTS[name]
        if text.isdecimal():
            found[name] = int(text)
        else:
            found[name] = default
            if text and text.lower() != "unset":
                complaints.append(f"{variable}={text!r} is not a whole number; using {default}")
    return Limits(**found), complaints
