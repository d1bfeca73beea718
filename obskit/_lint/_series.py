"""What can be told of a series' type without asking anybody: by its name, and by how the rules themselves use it."""

from __future__ import annotations

import re
from functools import cache

from obskit import catalogue
from obskit._lint._pack import Pack
from obskit._lint._tree import RATES, Binary, Call, Selector

#: Endings that say what goes up and down, or is written once.
_GAUGE = re.compile(r"_(?:info|ratio|percent|percentage|celsius|timestamp|timestamp_seconds|created)$")

_OF_COUNTER = re.compile(r"_(?:total|count|sum|bucket)$")
#: Endings of what happens, again and again.
_EVENTS = re.compile(
    r"(?:^|_)(?:errors|failures|exceptions|faults|requests|restarts|retries|timeouts|crashes|panics)_total$"
)


def of_catalogue(name: str) -> str:
    """Return the type that the catalogue gives a series, or "".

    Example:
        >>> of_catalogue("kube_pod_status_ready"), of_catalogue("x")
        ('gauge', '')
    """
    return _types().get(name, "")


def is_gauge(name: str, compared: frozenset[str] = frozenset()) -> bool:
    """Return whether a series is no counter, for certain.

    Args:
        name: Its name.
        compared: Series that some rule holds against one value, as a state is.
    """
    if ":" in name or of_catalogue(name) == "counter":
        return False
    by_use = name in compared and not _OF_COUNTER.search(name)
    return by_use or of_catalogue(name) in ("gauge", "info") or bool(_GAUGE.search(name))


def is_bucket(name: str) -> bool:
    """Return whether a series is a bucket of a histogram by its name."""
    return ":" not in name and name.endswith("_bucket")


def is_counter(name: str) -> bool:
    """Return whether a series is a counter by its name: ``_total`` alone is the ending of many a gauge too."""
    return ":" not in name and bool(_EVENTS.search(name)) and of_catalogue(name) in ("", "counter")


def states(pack: Pack) -> frozenset[str]:
    """Return the series that some rule asks to be equal to one number: a counter is at no number for long."""
    return frozenset(
        node.left.name
        for _, node in pack.parts(Binary)
        if node.name == "==" and isinstance(node.left, Selector) and node.right.is_scalar
    )


def rated(pack: Pack) -> frozenset[str]:
    """Return the series that some rule takes the rate of: who wrote that knows that they are counters."""
    gauges = states(pack)
    asked = (call.parts[0] for _, call in pack.parts(Call) if call.name in RATES)
    names = {inner.name for inner in asked if isinstance(inner, Selector)}
    return frozenset(name for name in names if not is_gauge(name, gauges))


@cache
def _types() -> dict[str, str]:
    return {name: series.type for name, series in catalogue.series().items()}
