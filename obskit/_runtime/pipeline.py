"""The seam between what is observed and how it is sent.

Hooks know this protocol and the OpenTelemetry API; only the module behind it knows an SDK, a queue or a wire format.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from obskit.catalogue import Metric

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind

Attributes = Mapping[str, "str | int | float | bool"]
#: Adds to a counter or observes a value: ``record(value, attributes)``.
Recorder = Callable[[float, Attributes], None]
#: Reads an observable instrument: yields (value, attributes).
Reading = Callable[[], Iterable[tuple[float, Attributes]]]
#: The one outcome of a record that is no loss.
EXPORTED = "exported"


class Pipeline(Protocol):
    """Where records go."""

    def instrument(self, record: Metric) -> Recorder:
        """Return the function that records a value of a counter or histogram."""

    def observe(self, record: Metric, read: Reading) -> None:
        """Read a gauge, an up-down counter or a counter at each export."""

    def span(self, name: str, kind: SpanKind, attributes: Attributes, context: Context | None = None) -> Span:
        """Start a span; the caller ends it."""

    def log(self, record: logging.LogRecord) -> None:
        """Send a log record."""

    def totals(self) -> dict[str, dict[str, int]]:
        """Return signal -> :data:`EXPORTED` and each reason of a drop -> records."""

    def finishers(self) -> list[Callable[[], None]]:
        """Return what must run, side by side, to deliver everything that was accepted; each may block."""

    def closers(self) -> list[Callable[[], None]]:
        """Return what must run, side by side, to deliver everything and then stop; each may block."""

    def give_up(self) -> None:
        """Book as lost what is still waiting."""
