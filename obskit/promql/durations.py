"""Durations as Prometheus writes them."""

from __future__ import annotations

import re

#: Unit -> seconds, longest first, as they must follow each other. A year has 365 days.
_UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_DURATION = re.compile("".join(rf"(?:([0-9]{{1,12}}){unit}(?![a-z]))?" for unit in _UNITS))


def seconds(text: str) -> float:
    """Return the seconds of a duration such as ``1h30m`` or ``500ms``; ``0`` needs no unit.

    Raises:
        ValueError: Not a duration.

    Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file.

    Example:
        >>> seconds("1m30s"), seconds("500ms"), seconds("0")
        (90.0, 0.5, 0.0)
    """
    if text == "0":
        return 0.0
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no duration such as 30s, 1h30m or 500ms")
    return float(sum(int(count or 0) * unit for count, unit in zip(found.groups(), _UNITS.values(), strict=True)))
