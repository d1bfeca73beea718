"""What measurements add up to: sums, last values and histograms, each by its attributes.

One thread adds up, so that no request waits for another's measurement and none is lost between two of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from obskit._runtime.engine.scopes import Scope

Kind = Literal["counter", "updowncounter", "gauge", "histogram"]
#: The SDK's, for histograms that ask for none.
DEFAULT_BOUNDARIES = (
    0.0,
    5.0,
    10.0,
    25.0,
    50.0,
    75.0,
    100.0,
    250.0,
    500.0,
    750.0,
    1000.0,
    2500.0,
    5000.0,
    7500.0,
    10000.0,
)
#: Sets of attributes of one stream, as the specification advises; more share one point.
MOST_POINTS = 2000
OVERFLOW: dict[str, Any] = {"otel.metric.overflow": True}

#: A measurement that is an example of its point: value, nanoseconds since the epoch, trace id, span id, and attributes
#: that the point has not.
Exemplar = tuple[float, int, int, int, Mapping[str, Any] | None]


class Point:
    """One series of an instrument.

    Args:
        attributes: Its attributes.
        boundaries: Of a histogram, without infinity.
    """

    __slots__ = ("attributes", "boundaries", "buckets", "count", "encoded", "exemplars", "largest", "smallest", "value")

    def __init__(self, attributes: Mapping[str, Any], boundaries: tuple[float, ...]) -> None:
        self.attributes, self.boundaries = attributes, boundaries
        #: Its attributes as bytes, once they were encoded.
        self.encoded: bytes | None = None
        self.clear()

    def clear(self) -> None:
        """Begin at zero."""
        self.value: float = 0
        self.count = 0
        self.smallest, self.largest = float("inf"), float("-inf")
        self.buckets = [0] * (len(self.boundaries) + 1)
        #: Bucket -> the latest example since the last export.
        self.exemplars: dict[int, Exemplar] = {}

    @property
    def sum(self) -> float:
        """Of a histogram: all its values together."""
        return self.value

    def add(self, value: float) -> int:
        """Add a measurement of a counter."""
        self.value += value
        return 0

    def set(self, value: float) -> int:
        """Take a measurement of a gauge."""
        self.value = value
        return 0

    def record(self, value: float) -> int:
        """Take a measurement of a histogram and return its bucket; a boundary belongs to the bucket below it."""
        self.value += value
        self.count += 1
        if value < self.smallest:
            self.smallest = value
        if value > self.largest:
            self.largest = value
        bucket = bisect_left(self.boundaries, value)
        self.buckets[bucket] += 1
        return bucket

    def tally(self, value: float) -> int:
        """Take a measurement as :meth:`record` does, without the smallest and the largest."""
        self.value += value
        self.count += 1
        bucket = bisect_left(self.boundaries, value)
        self.buckets[bucket] += 1
        return bucket


class Stream:
    """The points of one instrument.

    Args:
        scope: Who made the instrument.
        name: Its name.
        unit: Its unit.
        brief: What it says.
        kind: What its measurements add up to.
        boundaries: Of a histogram.
        observed: Whether its values are read at each export; then they are totals, and those not read are gone.
        background: Whether it measures the process itself, which goes on when there is nothing to do.

    Example:
        >>> stream = Stream(Scope("x"), "jobs", "{job}", "Jobs done.", "counter")
        >>> stream.take(2, {"queue": "a"}), stream.take(3, {"queue": "a"}), stream.point({"queue": "a"}).value
        (True, True, 5)
    """

    #: Whether nobody wants its measurements.
    dropped = False
    #: Sets of attributes that have a point of their own.
    limit = MOST_POINTS

    def __init__(
        self,
        scope: Scope,
        name: str,
        unit: str,
        brief: str,
        kind: Kind,
        boundaries: tuple[float, ...] = (),
        observed: bool = False,
        background: bool = False,
    ) -> None:
        self.background = background
        self.scope, self.name, self.unit, self.brief, self.kind, self.observed = (
            scope,
            name,
            unit,
            brief,
            kind,
            observed,
        )
        self.boundaries = boundaries
        self.points: dict[Any, Point] = {}
        #: Name, unit and brief as bytes, once they were encoded.
        self.encoded: bytes | None = None
        # What is observed begins at zero at each export, so that what a view merges adds up.
        self._take = Point.record if kind == "histogram" else Point.add if kind.endswith("counter") else Point.set

    def point(self, attributes: Mapping[str, Any]) -> Point:
        """Return the point of a set of attributes; the shared one when there are too many."""
        key = frozenset(attributes.items()) if attributes else None
        found = self.points.get(key)
        if found is None:
            if len(self.points) >= self.limit and attributes is not OVERFLOW:
                return self.point(OVERFLOW)
            found = self.points[key] = Point(dict(attributes), self.boundaries)
        return found

    def take(self, value: float, attributes: Mapping[str, Any], span: Any = None, moment: int = 0) -> bool:
        """Add a measurement, and say whether it is a sign of work.

        Args:
            value: What was measured.
            attributes: Its attributes, which nobody changes any more.
            span: Sampled span that it is an example of, with ``trace_id`` and ``span_id``.
            moment: When, in nanoseconds since the epoch.
        """
        self.add(self.point(attributes), value, span, moment)
        return not self.background

    def take_all(self, values: Iterable[tuple[float, Mapping[str, Any]]]) -> None:
        """Take what was read of an observable instrument."""
        for value, attributes in values:
            self.take(value, attributes)

    def add(self, point: Point, value: float, span: Any, moment: int, rest: Mapping[str, Any] | None = None) -> None:
        """Add a measurement to a point; the rest is what the measurement's attributes say beyond the point's."""
        bucket = self._take(point, value)
        if span is not None:
            point.exemplars[bucket] = (value, moment, span.trace_id, span.span_id, rest)

    def begin_anew(self) -> None:
        """Begin at zero, in a forked child; the last value of a gauge is its parent's."""
        if self.kind == "gauge" or self.observed:
            self.points.clear()
        for point in self.points.values():
            point.clear()


class Series:
    """One point of a counter or histogram, found once.

    Args:
        stream: The stream.
        attributes: Of the point.
    """

    __slots__ = ("_attributes", "_point", "_stream")

    def __init__(self, stream: Stream, attributes: Mapping[str, Any]) -> None:
        self._stream, self._attributes = stream, attributes
        self._point: Point | None = None

    def take(self, value: float, _attributes: None, span: Any, moment: int) -> bool:
        """Add a measurement; see :meth:`Stream.take`."""
        point = self._point
        if point is None:
            point = self._point = self._stream.point(self._attributes)
        self._stream.add(point, value, span, moment)
        return not self._stream.background


class Prepared:
    """Stands among the measurements for a point that has none yet.

    Args:
        stream: The stream.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def take(self, _value: float, attributes: Mapping[str, Any], _span: Any, _moment: int) -> bool:
        """Make the point; see :meth:`Stream.take`."""
        self._stream.point(attributes)
        return not self._stream.background
