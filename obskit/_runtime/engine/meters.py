"""The meter provider: instruments for everybody who uses the OpenTelemetry API in this process.

Imported where the API's own module is, see ``pipeline``.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation

from obskit._runtime.engine.callbacks import Values
from obskit._runtime.engine.metering import Measure, Streams
from obskit._runtime.engine.scopes import Scope, Scopes
from obskit._runtime.engine.streams import DEFAULT_BOUNDARIES, Kind, Stream
from obskit._runtime.engine.twinning import measuring
from obskit._runtime.guard import contained, warn

_NAME = re.compile(r"[A-Za-z][-_./A-Za-z0-9]{0,254}")
_LONGEST_UNIT = 63
_NONE: Mapping[str, Any] = {}


class MeterProvider(metrics.MeterProvider):
    """See the API.

    Args:
        streams: Where instruments are made.
        flush: Delivers what was accepted within so many seconds.
    """

    def __init__(self, streams: Streams, flush: Callable[[float], bool]) -> None:
        self._streams, self._flush = streams, flush
        self._scopes = Scopes()
        self._meters: dict[Scope, Meter] = {}

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> metrics.Meter:
        """See the API."""
        if not name:
            warn("obskit: a meter without a name records nothing")
            return metrics.NoOpMeter(name or "")
        scope = self._scopes.get(name, version, schema_url, attributes)
        return self._meters.setdefault(scope, Meter(scope, self._streams))

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """See the SDK."""
        return self._flush(timeout_millis / 1000)

    def shutdown(self, timeout_millis: float = 30_000) -> None:
        """Deliver; obskit itself ends with the process."""
        self._flush(timeout_millis / 1000)


class Meter(metrics.Meter):
    """See the API."""

    def __init__(self, scope: Scope, streams: Streams) -> None:
        super().__init__(scope.name, scope.version, scope.schema_url)
        self._scope, self._streams = scope, streams
        self._made: dict[tuple[Any, ...], Any] = {}

    def create_counter(self, name: str, unit: str = "", description: str = "") -> Any:
        """See the API."""
        return self._make(Counter, "counter", name, unit, description)

    def create_up_down_counter(self, name: str, unit: str = "", description: str = "") -> Any:
        """See the API."""
        return self._make(UpDownCounter, "updowncounter", name, unit, description)

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> Any:
        """See the API."""
        return self._make(Gauge, "gauge", name, unit, description)

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> Any:
        """See the API."""
        wanted = explicit_bucket_boundaries_advisory
        if wanted is not None and not (
            isinstance(wanted, Sequence) and all(isinstance(bound, (int, float)) for bound in wanted)
        ):
            warn("obskit: boundaries of histogram %s must be a sequence of numbers", name)
            wanted = None
        return self._make(
            Histogram, "histogram", name, unit, description, DEFAULT_BOUNDARIES if wanted is None else tuple(wanted)
        )

    def create_observable_counter(self, name: str, callbacks: Any = None, unit: str = "", description: str = "") -> Any:
        """See the API."""
        return self._observe(ObservableCounter, "counter", name, callbacks, unit, description)

    def create_observable_up_down_counter(
        self, name: str, callbacks: Any = None, unit: str = "", description: str = ""
    ) -> Any:
        """See the API."""
        return self._observe(ObservableUpDownCounter, "updowncounter", name, callbacks, unit, description)

    def create_observable_gauge(self, name: str, callbacks: Any = None, unit: str = "", description: str = "") -> Any:
        """See the API."""
        return self._observe(ObservableGauge, "gauge", name, callbacks, unit, description)

    def _make(
        self, kind: type, stream_kind: Kind, name: str, unit: str, brief: str, boundaries: tuple[float, ...] = ()
    ) -> Any:
        key = _checked(name, unit, brief, kind)
        with self._streams.lock:
            if key not in self._made:
                stream = self._streams.make(self._scope, key[0], key[1], key[2], stream_kind, boundaries)
                self._made[key] = kind(stream, _nowhere if stream.dropped else measuring(self._streams, stream))
            return self._made[key]

    def _observe(self, kind: type, stream_kind: Kind, name: str, callbacks: Any, unit: str, brief: str) -> Any:
        key = _checked(name, unit, brief, kind)
        with self._streams.lock:
            if key not in self._made:
                stream = self._streams.make(self._scope, key[0], key[1], key[2], stream_kind, observed=True)
                for callback in () if stream.dropped else callbacks or ():
                    self._streams.callbacks.add(stream, _reader(key[0], callback))
                self._made[key] = kind(key[0], callbacks, key[1], key[2])
            return self._made[key]


class _Recorded:
    """A synchronous instrument."""

    signed = True

    def __init__(self, stream: Stream, measure: Measure) -> None:
        self.name, self.unit, self.description = stream.name, stream.unit, stream.brief
        self._stream, self._measure = stream, measure

    def _record(self, amount: float, attributes: Mapping[str, Any] | None, context: Context | None) -> None:
        if type(amount) is not int and type(amount) is not float:
            amount = _number(amount)
        if not math.isfinite(amount) or (amount < 0 and not self.signed):
            warn("obskit: %s is no value for %s; left out", amount, self.name)
            return
        span = trace.get_current_span(context).get_span_context()
        example = span if span.trace_flags & 1 else None
        kept = hashable(attributes) if attributes else _NONE
        self._measure((self._stream, amount, kept, example, time.time_ns()))


class Counter(_Recorded, metrics.Counter):
    """See the API."""

    signed = False

    def add(self, amount: float, attributes: Any = None, context: Context | None = None) -> None:
        """See the API."""
        self._record(amount, attributes, context)


class UpDownCounter(_Recorded, metrics.UpDownCounter):
    """See the API."""

    def add(self, amount: float, attributes: Any = None, context: Context | None = None) -> None:
        """See the API."""
        self._record(amount, attributes, context)


class Histogram(_Recorded, metrics.Histogram):
    """See the API."""

    signed = False

    def record(self, amount: float, attributes: Any = None, context: Context | None = None) -> None:
        """See the API."""
        self._record(amount, attributes, context)


class Gauge(_Recorded):
    """See the API, whose own class of this name not every version shows."""

    def set(self, amount: float, attributes: Any = None, context: Context | None = None) -> None:
        """See the API."""
        self._record(amount, attributes, context)


class _Observed:
    """An asynchronous instrument: its callbacks are read at each export."""

    def __init__(self, name: str, _callbacks: Any, unit: str, description: str) -> None:
        self.name, self.unit, self.description = name, unit, description


class ObservableCounter(_Observed, metrics.ObservableCounter):
    """See the API."""


class ObservableUpDownCounter(_Observed, metrics.ObservableUpDownCounter):
    """See the API."""


class ObservableGauge(_Observed, metrics.ObservableGauge):
    """See the API."""


def hashable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of attributes whose values no list can change any more."""
    return {
        key if type(key) is str else str(key): value if type(value) in (str, int, bool, float) else _frozen(value)
        for key, value in attributes.items()
    }


def _nowhere(_: Any) -> None:
    """Take a measurement that nobody wants."""


def _number(amount: Any) -> float:
    """A number of another type, as of NumPy or ``decimal``; nan where it is none."""
    try:
        return float(amount)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _frozen(value: Any) -> Any:
    if isinstance(value, (str, int, float, bytes)) or value is None:
        return value
    if isinstance(value, Sequence):
        return tuple(_frozen(item) for item in value)
    return str(value)


def _checked(name: str, unit: str, brief: str, kind: type) -> tuple[str, str, str, type]:
    """The identity of an instrument. Source: OpenTelemetry specification, "Instrument name syntax" and "unit"."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"an instrument cannot be called {name!r}: a letter, then up to 254 of A-Z a-z 0-9 _ . - /")
    unit = str(unit or "")
    if not unit.isascii() or len(unit) > _LONGEST_UNIT:
        raise ValueError(f"{unit!r} is no unit: up to {_LONGEST_UNIT} ASCII characters")
    return name.lower(), unit, str(brief or ""), kind


def _reader(name: str, callback: Any) -> Callable[[], Values]:
    """What reads one callback, a function or a generator as the API allows; a fault of it is the service's own."""
    if isinstance(callback, Generator):
        next(callback)
        ask: Callable[[CallbackOptions], Iterable[Observation]] = callback.send
    else:
        ask = callback

    @contained("metrics.callback", ())
    def read() -> Values:
        try:
            return [
                (observation.value, hashable(observation.attributes or _NONE))
                for observation in ask(CallbackOptions())
                if math.isfinite(observation.value)
            ]
        except StopIteration:
            return ()
        except Exception as error:  # noqa: BLE001 - code of the service
            warn("obskit: a callback of %s failed: %r", name, error)
            return ()

    return read
