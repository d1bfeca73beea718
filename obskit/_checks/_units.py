"""Units of PromQL values as exponents of seconds and bytes, and the units of panels that can show them.

A counter of requests has no dimension, its rate is per second; a sum of seconds over a count of requests is seconds.
"""

from __future__ import annotations

from collections import Counter

#: (unit, exponent) pairs, sorted; a plain number is ().
Dimensions = tuple[tuple[str, int], ...]

PLAIN: Dimensions = ()
SECONDS: Dimensions = (("s", 1),)

#: Grafana's unit -> the dimension that it says (valueFormats/categories.ts in grafana/grafana).
GRAFANA: dict[str, Dimensions] = {
    **dict.fromkeys(("s", "dtdurations", "dthms", "clocks"), SECONDS),
    **dict.fromkeys(("bytes", "decbytes"), (("By", 1),)),
    **dict.fromkeys(("Bps", "binBps"), (("By", 1), ("s", -1))),
    **dict.fromkeys(("reqps", "ops", "rps", "wps", "iops", "cps", "eps", "mps", "recps", "rowsps"), (("s", -1),)),
    **dict.fromkeys(("percentunit",), PLAIN),
}
#: Units that show any number as it is; nothing to hold against a plain number or a rate.
_BARE = ("", "none", "short", "sishort", "locale", "string", "bool", "bool_on_off", "percent", "dateTimeFromNow")


def of(unit: str) -> Dimensions | None:
    """Return the dimensions of a UCUM unit, or None for one that is not known.

    Example:
        >>> of("By"), of("{request}"), of("ms")
        ((('By', 1),), (), None)
    """
    if unit in ("", "1") or unit.startswith("{"):
        return PLAIN
    return ((unit, 1),) if unit in ("s", "By") else None


def multiply(left: Dimensions | None, right: Dimensions | None, sign: int = 1) -> Dimensions | None:
    """Return the dimensions of a product, or of a quotient with ``sign=-1``.

    Example:
        >>> multiply((), (("s", -1),), -1)
        (('s', 1),)
    """
    if left is None or right is None:
        return None
    total = Counter(dict(left))
    for unit, exponent in right:
        total[unit] += sign * exponent
    return tuple(sorted((unit, exponent) for unit, exponent in total.items() if exponent))


def fits(panel: str, value: Dimensions | None) -> bool:
    """Return whether a panel's unit can show values of these dimensions; what is not known fits."""
    if value is None or (panel not in GRAFANA and panel not in _BARE):
        return True
    if panel in GRAFANA:
        return GRAFANA[panel] == value
    return value in (PLAIN, (("s", -1),))


def spell(value: Dimensions) -> str:
    """Return dimensions as people write them.

    Example:
        >>> spell((("By", 1), ("s", -1))), spell(())
        ('By/s', 'a plain number')
    """
    over = "·".join(unit for unit, exponent in value if exponent > 0)
    under = "".join(f"/{unit}" for unit, exponent in value if exponent < 0)
    return (over or ("1" if under else "a plain number")) + under
