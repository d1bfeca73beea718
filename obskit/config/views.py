"""A view: what becomes of the measurements of an instrument. Source: OpenTelemetry specification, "Metrics SDK: View".

The facade imports this module, so it imports nothing that takes its time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, get_args

from obskit.exceptions import InputError

InstrumentType = Literal[
    "counter",
    "up_down_counter",
    "histogram",
    "gauge",
    "observable_counter",
    "observable_up_down_counter",
    "observable_gauge",
]
Aggregation = Literal["default", "drop", "sum", "last_value", "explicit_bucket_histogram"]
_SELECTORS = (
    "instrument_name",
    "instrument_type",
    "instrument_unit",
    "meter_name",
    "meter_version",
    "meter_schema_url",
)
_TEXTS = (*_SELECTORS, "name", "description")


class View:
    """What becomes of the measurements of the instruments that it selects; for ``obskit.init(views=[…])``.

    An instrument is selected when everything fits that is given to select by. Each view that selects it makes one
    stream of it; an instrument that no view selects is exported as it is. What obskit measures itself is what alerts
    query, and no view applies to it.

    Args:
        instrument_name: Its name, small and capital letters alike; ``*`` is any text, ``?`` any one character.
        instrument_type: ``counter``, ``up_down_counter``, ``histogram``, ``gauge``, ``observable_counter``,
            ``observable_up_down_counter`` or ``observable_gauge``.
        instrument_unit: Its unit.
        meter_name: Name of the meter that made it.
        meter_version: Version of that meter.
        meter_schema_url: Schema URL of that meter.
        name: Name to export under; then ``instrument_name`` must be that of one instrument.
        description: Description to export.
        attribute_keys: Attributes that are kept; points that differ in others alone become one. What is left out is
            still told of a point's examples.
        aggregation: ``default`` for what suits the instrument, ``drop`` for nothing at all, ``sum``, ``last_value`` or
            ``explicit_bucket_histogram``.
        boundaries: Boundaries of the buckets of an ``explicit_bucket_histogram``, which giving them asks for; the
            instrument's, or the usual ones, if None.
        record_min_max: False for an ``explicit_bucket_histogram`` without its smallest and largest value.
        aggregation_cardinality_limit: Sets of attributes that are told apart; more share one point. 2000 if None.

    Raises:
        InputError: A value that cannot be used.

    Example:
        >>> View(instrument_name="cache.*", attribute_keys={"cache"})
        View(instrument_name='cache.*', attribute_keys=frozenset({'cache'}))
    """

    def __init__(
        self,
        *,
        instrument_name: str | None = None,
        instrument_type: InstrumentType | None = None,
        instrument_unit: str | None = None,
        meter_name: str | None = None,
        meter_version: str | None = None,
        meter_schema_url: str | None = None,
        name: str | None = None,
        description: str | None = None,
        attribute_keys: Collection[str] | None = None,
        aggregation: Aggregation = "default",
        boundaries: Sequence[float] | None = None,
        record_min_max: bool = True,
        aggregation_cardinality_limit: int | None = None,
    ) -> None:
        self.instrument_name, self.instrument_type, self.instrument_unit = (
            instrument_name,
            instrument_type,
            instrument_unit,
        )
        self.meter_name, self.meter_version, self.meter_schema_url = meter_name, meter_version, meter_schema_url
        self.name, self.description = name, description
        self.attribute_keys = None if attribute_keys is None else _keys(attribute_keys)
        self.boundaries = None if boundaries is None else _rising(boundaries)
        self.aggregation: Aggregation = aggregation
        self.record_min_max = record_min_max
        self.aggregation_cardinality_limit = aggregation_cardinality_limit
        self._check()
        if boundaries is not None or not record_min_max:
            self.aggregation = "explicit_bucket_histogram"

    def __repr__(self) -> str:
        usual = {"aggregation": "default", "record_min_max": True}
        given = (f"{key}={value!r}" for key, value in vars(self).items() if value != usual.get(key))
        return f"View({', '.join(given)})"

    def _check(self) -> None:
        for key in _TEXTS:
            value = getattr(self, key)
            if value is not None and not isinstance(value, str):
                raise _wrong(f"{key}={value!r} is no text", _remedy(key))
        if all(getattr(self, key) is None for key in _SELECTORS):
            raise _wrong(f"{self!r} selects no instrument", f"give one of {', '.join(_SELECTORS)}")
        self._check_name()
        for key, known in (("instrument_type", get_args(InstrumentType)), ("aggregation", get_args(Aggregation))):
            if getattr(self, key) not in (None, *known):
                raise _wrong(f"{key}={getattr(self, key)!r} is not known", _remedy(key))
        is_histogram = self.aggregation in ("default", "explicit_bucket_histogram")
        if not is_histogram and (self.boundaries is not None or not self.record_min_max):
            raise _wrong(
                f"aggregation={self.aggregation!r} has neither boundaries nor a smallest and a largest value",
                "leave them out, or take explicit_bucket_histogram",
            )
        limit: Any = self.aggregation_cardinality_limit
        if limit is not None and (type(limit) is not int or limit < 1):
            raise _wrong(f"aggregation_cardinality_limit={limit!r} is no whole number from 1", "count what you need")

    def _check_name(self) -> None:
        selected = self.instrument_name
        if self.name == "":
            raise _wrong("name='' is no name", "leave it out to keep the instrument's")
        if self.name is not None and (selected is None or "*" in selected or "?" in selected):
            raise _wrong(
                f"name={self.name!r} with instrument_name={selected!r} could name several instruments alike",
                "give the whole instrument_name of one, and a view for each",
            )


def checked(views: Iterable[View]) -> tuple[View, ...]:
    """Return what ``init()`` was given as views.

    Raises:
        InputError: Something among them is none.

    Example:
        >>> checked([View(instrument_name="*", aggregation="drop")])
        (View(instrument_name='*', aggregation='drop'),)
    """
    found: Any = tuple(views) if isinstance(views, Iterable) else (views,)
    for view in found:
        if not isinstance(view, View):
            raise InputError(f"views holds {view!r}", place="obskit.init()", remedy="give a list of obskit.View(…)")
    return found  # type: ignore[no-any-return]


def _keys(given: Collection[str]) -> frozenset[str]:
    if isinstance(given, (str, bytes)) or not all(isinstance(key, str) for key in given):
        raise _wrong(f"attribute_keys={given!r} is no list of texts", "give the attributes to keep, as ['route']")
    return frozenset(given)


def _rising(given: Sequence[float]) -> tuple[float, ...]:
    try:
        bounds = tuple(float(bound) for bound in given)
    except (TypeError, ValueError):
        bounds = (float("nan"),)
    # Infinity is the bound of the last bucket without being said.
    infinity = float("inf")
    if not all(low < high for low, high in zip((-infinity, *bounds), (*bounds, infinity), strict=True)):
        raise _wrong(f"boundaries={given!r} are no numbers that rise", "give each once, smallest first, no infinity")
    return bounds


def _remedy(key: str) -> str:
    if key == "instrument_type":
        return f"one of {', '.join(get_args(InstrumentType))}"
    if key == "aggregation":
        return f"one of {', '.join(get_args(Aggregation))}; others need a MeterProvider of the SDK, set before init()"
    return "give text, or leave it out"


def _wrong(problem: str, remedy: str) -> InputError:
    return InputError(problem, place="obskit.View()", remedy=remedy)
