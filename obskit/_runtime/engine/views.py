"""Which streams an instrument has by the views. Source: OpenTelemetry specification, "Metrics SDK: View"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from obskit._runtime.engine.streams import DEFAULT_BOUNDARIES, MOST_POINTS, Kind, Point, Stream
from obskit._runtime.guard import warn
from obskit.config.views import View

_SPELT = {"updowncounter": "up_down_counter"}


class Views:
    """The views of a process.

    Args:
        views: In the order in which they were given.

    Example:
        >>> from obskit._runtime.engine.scopes import Scope
        >>> views = Views([View(instrument_name="jobs", name="work")])
        >>> [stream.name for stream in views.applied(Stream(Scope("x"), "jobs", "", "", "counter"), []).streams]
        ['work']
    """

    def __init__(self, views: Sequence[View] = ()) -> None:
        self._views = [(view, _pattern(view.instrument_name)) for view in views]
        self._told: set[View] = set()

    def __bool__(self) -> bool:
        return bool(self._views)

    def applied(self, instrument: Stream, known: Iterable[Stream]) -> Viewed | None:
        """Return what the views make of an instrument; None where none applies.

        Args:
            instrument: As it would be without.
            known: The streams that there are, to tell of names that meet.
        """
        views = [view for view, pattern in self._views if _selects(view, pattern, instrument)]
        views = [view for view in views if _possible(view, instrument)]
        if not views:
            return None
        streams = [ViewStream(instrument, view) for view in views if view.aggregation != "drop"]
        names = {other.name for other in known if other.scope is instrument.scope}
        for stream in streams:
            if stream.name in names:
                warn("obskit: two streams of %s are called %s; give a view a name", stream.scope.name, stream.name)
            names.add(stream.name)
        return Viewed(instrument, streams)

    def spare(self, ours: Stream) -> None:
        """Tell, once for each view, of one that asks for what is ours by its name."""
        for view, pattern in self._views:
            asked = (view.instrument_name or "").lower() == ours.name
            if asked and view not in self._told and _selects(view, pattern, ours):
                self._told.add(view)
                warn("obskit: %r does not apply: %s is obskit's own, and alerts query it", view, ours.name)


class Viewed(Stream):
    """An instrument that views apply to: it has no points itself, its measurements go to the streams of the views.

    Args:
        instrument: As it would be without.
        streams: Of the views; none where all of them drop it.
    """

    def __init__(self, instrument: Stream, streams: Sequence[Stream]) -> None:
        super().__init__(instrument.scope, instrument.name, instrument.unit, instrument.brief, instrument.kind)
        self.streams = streams
        self.dropped = not streams

    def take(self, value: float, attributes: Mapping[str, Any], span: Any = None, moment: int = 0) -> bool:
        """See :meth:`Stream.take`."""
        for stream in self.streams:
            stream.take(value, attributes, span, moment)
        return True


class ViewStream(Stream):
    """What a view makes of an instrument.

    Args:
        instrument: As it would be without.
        view: The view.
    """

    def __init__(self, instrument: Stream, view: View) -> None:
        kind = _kind(view, instrument)
        bounds: tuple[float, ...] = ()
        if kind == "histogram":
            own = instrument.boundaries if instrument.kind == "histogram" else DEFAULT_BOUNDARIES
            bounds = own if view.boundaries is None else view.boundaries
        brief = instrument.brief if view.description is None else view.description
        name = view.name or instrument.name
        super().__init__(instrument.scope, name, instrument.unit, brief, kind, bounds, instrument.observed)
        self.limit = view.aggregation_cardinality_limit or MOST_POINTS
        self._keys = view.attribute_keys
        if kind == "histogram" and not view.record_min_max:
            self._take = Point.tally

    def take(self, value: float, attributes: Mapping[str, Any], span: Any = None, moment: int = 0) -> bool:
        """See :meth:`Stream.take`; attributes that the point has not are told of its example."""
        keys = self._keys
        kept = attributes if keys is None else {key: said for key, said in attributes.items() if key in keys}
        point = self.point(kept)
        rest = None
        if span is not None:
            rest = {key: said for key, said in attributes.items() if key not in point.attributes}
        self.add(point, value, span, moment, rest)
        return True


def _pattern(name: str | None) -> re.Pattern[str] | None:
    if name is None:
        return None
    return re.compile(re.escape(name.lower()).replace(r"\*", ".*").replace(r"\?", "."))


def _selects(view: View, pattern: re.Pattern[str] | None, instrument: Stream) -> bool:
    """Whether all fits that the view selects by."""
    scope = instrument.scope
    kind = _SPELT.get(instrument.kind, instrument.kind)
    pairs = (
        (view.instrument_type, f"observable_{kind}" if instrument.observed else kind),
        (view.instrument_unit, instrument.unit),
        (view.meter_name, scope.name),
        (view.meter_version, scope.version),
        (view.meter_schema_url, scope.schema_url),
    )
    named = pattern is None or pattern.fullmatch(instrument.name) is not None
    return named and all(asked is None or asked == said for asked, said in pairs)


def _possible(view: View, instrument: Stream) -> bool:
    """Whether a view can be applied; a total that is read has no buckets."""
    if instrument.observed and view.aggregation == "explicit_bucket_histogram":
        warn("obskit: %r does not apply to %s: what is observed makes no histogram", view, instrument.name)
        return False
    return True


def _kind(view: View, instrument: Stream) -> Kind:
    if view.aggregation == "explicit_bucket_histogram":
        return "histogram"
    if view.aggregation == "last_value":
        return "gauge"
    if view.aggregation == "sum":  # of a gauge it may fall; what a histogram takes is never negative
        return "updowncounter" if instrument.kind in ("gauge", "updowncounter") else "counter"
    return instrument.kind
