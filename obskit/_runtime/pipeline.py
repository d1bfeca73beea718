"""The seam between what is observed and how it is sent.

Hooks know this protocol and the OpenTelemetry API; only the modules behind it know a queue or a wire format.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from obskit.catalogue import Metric

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind

Attributes = Mapping[str, "str | int | float | bool"]
#: Reads an observable instrument: yields (value, attributes).
Reading = Callable[[], Iterable[tuple[float, Attributes]]]
#: Records a value of one series; the span, if it is sampled, becomes its example.
Series = Callable[["float", "Span | None"], None]
#: The one outcome of a record that is no loss.
EXPORTED = "exported"


class Recorder(Protocol):
    """Adds to a counter, or takes a value of a histogram.

    Takes no lock: it may be called by a callback of the garbage collector.
    """

    def __call__(self, value: float, attributes: Attributes) -> None:
        """Record a value, with the current span as its example."""

    def bind(self, attributes: Attributes) -> Series:
        """Return the recorder of one series, for where it is needed again and again."""

    def prepare(self, attributes: Attributes) -> None:
        """Give a series its point before it has a value, where the provider can."""


class Nowhere:
    """The recorder of what is recorded before there is a pipeline."""

    def __call__(self, value: float, attributes: Attributes) -> None:
        """See the protocol."""

    def bind(self, _attributes: Attributes) -> Series:
        """See the protocol."""
        return lambda _value, _span: None

    def prepare(self, _attributes: Attributes) -> None:
        """See the protocol."""


class Pipeline(Protocol):
    """Where records go."""

    def instrument(self, record: Metric) -> Recorder:
        """Return the recorder of a counter or histogram."""

    def observe(self, record: Metric, read: Reading) -> None:
        """Read a gauge, an up-down counter or a counter at each export."""

    def span(self, name: str, kind: SpanKind, attributes: dict[str, Any], context: Context | None = None) -> Span:
        """Start a span; the caller ends it, and leaves the attributes to it."""

    def log(self, record: logging.LogRecord) -> None:
        """Send a log record."""

    def awake(self) -> None:
        """Say that this process serves: one that forked and then does nothing but wait sends nothing either."""

    def totals(self) -> dict[str, dict[str, int]]:
        """Return signal -> :data:`EXPORTED` and each reason of a loss -> records."""

    def inherited(self) -> dict[str, dict[str, int]]:
        """Return signal -> reason -> records that the last process in this place took with it."""

    def flush(self, budget: float) -> bool:
        """Deliver what was accepted, within the budget in seconds; False when that was not enough.

        Safe in the handler of a signal.
        """

    def give_up(self) -> None:
        """Book as lost what still waits."""
