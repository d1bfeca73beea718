"""Metrics as OTLP, cumulative. Source: opentelemetry/proto/metrics/v1/metrics.proto."""

from __future__ import annotations

from obskit._runtime.engine.streams import Exemplar, Point, Stream
from obskit._runtime.engine.wire import Attributes, double, fixed64, key_value, message, tag, text

_NAME, _BRIEF, _UNIT = tag(1, 2), tag(2, 2), tag(3, 2)
_POINT = tag(1, 2)
_SHAPE = {"gauge": tag(5, 2), "counter": tag(7, 2), "updowncounter": tag(7, 2), "histogram": tag(9, 2)}
_CUMULATIVE = tag(2, 0) + b"\2"
_TAIL = {
    "gauge": b"",
    "counter": _CUMULATIVE + tag(3, 0) + b"\1",
    "updowncounter": _CUMULATIVE,
    "histogram": _CUMULATIVE,
}
_START, _TIME = tag(2, 1), tag(3, 1)
_AS_DOUBLE, _AS_INT = tag(4, 1), tag(6, 1)
_COUNT, _SUM, _BUCKETS, _BOUNDS = tag(4, 1), tag(5, 1), tag(6, 2), tag(7, 2)
_SMALLEST, _LARGEST = tag(11, 1), tag(12, 1)


class MetricEncoder:
    """Encodes the points of streams; used by one thread."""

    def __init__(self) -> None:
        self._of_number, self._of_histogram = Attributes(7), Attributes(9)
        self._bounds: dict[tuple[float, ...], bytes] = {}

    def encoded(self, stream: Stream, started: int, now: int) -> bytes:
        """Return a metric with all its points.

        Args:
            stream: The stream.
            started: When it began at zero, in nanoseconds since the epoch.
            now: When it is read.
        """
        if stream.encoded is None:
            named = ((_NAME, stream.name), (_BRIEF, stream.brief), (_UNIT, stream.unit))
            stream.encoded = b"".join(message(field, text(said)) for field, said in named if said)
        encode = self._histogram if stream.kind == "histogram" else self._number
        times = (b"" if stream.kind == "gauge" else _START + fixed64(started)) + _TIME + fixed64(now)
        points = [message(_POINT, encode(point, times)) for point in stream.points.values()]
        points.append(_TAIL[stream.kind])
        return stream.encoded + message(_SHAPE[stream.kind], b"".join(points))

    def _number(self, point: Point, times: bytes) -> bytes:
        if point.encoded is None:
            point.encoded = self._of_number.encoded(point.attributes)
        return b"".join((times, point.encoded, _value(_AS_DOUBLE, _AS_INT, point.value), *_exemplars(tag(5, 2), point)))

    def _histogram(self, point: Point, times: bytes) -> bytes:
        if point.encoded is None:
            point.encoded = self._of_histogram.encoded(point.attributes)
        bounds = self._bounds.get(point.boundaries)
        if bounds is None:
            bounds = message(_BOUNDS, b"".join(map(double, point.boundaries)))
            self._bounds[point.boundaries] = bounds
        parts = [times, point.encoded, _COUNT, fixed64(point.count), _SUM, double(point.value)]
        parts += (message(_BUCKETS, b"".join(map(fixed64, point.buckets))), bounds)
        if point.smallest <= point.largest:
            parts += (_SMALLEST, double(point.smallest), _LARGEST, double(point.largest))
        parts += _exemplars(tag(8, 2), point)
        return b"".join(parts)


def _value(as_double: bytes, as_int: bytes, value: float) -> bytes:
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return as_int + fixed64(value & 0xFFFFFFFFFFFFFFFF)
    return as_double + double(value)


def _exemplars(field: bytes, point: Point) -> list[bytes]:
    if not point.exemplars:
        return []
    exemplars, point.exemplars = point.exemplars, {}
    return [message(field, _exemplar(exemplar)) for exemplar in exemplars.values()]


def _exemplar(exemplar: Exemplar) -> bytes:
    value, moment, trace_id, span_id, rest = exemplar
    return b"".join(
        (
            tag(2, 1) + fixed64(moment),
            _value(tag(3, 1), tag(6, 1), value),
            message(tag(4, 2), span_id.to_bytes(8, "big")),
            message(tag(5, 2), trace_id.to_bytes(16, "big")),
            *(message(tag(7, 2), key_value(key, said)) for key, said in (rest or {}).items()),
        )
    )
