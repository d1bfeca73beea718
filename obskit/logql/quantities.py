"""Durations, sizes, numbers and texts as LogQL writes them, read and written.

Loki reads a duration as Prometheus does (``1d12h``) and, where that fails, as Go does (``1.5h``, ``-3ns``).
"""

from __future__ import annotations

import re
from decimal import Decimal

_LONGEST_NS = 2**63 - 1
_MOST_BYTES = 2**64
#: Unit -> nanoseconds, in the order in which they must follow each other; a year has 365 days.
_PROMETHEUS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PROMETHEUS_DURATION = re.compile("".join(rf"(?:([0-9]{{1,20}}){unit}(?![a-z]))?" for unit in _PROMETHEUS))
_GO = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_GO_PART = re.compile(r"([0-9]{1,30}\.?[0-9]*|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SIZE = re.compile(r"([0-9.]+)([kKMGT]?i?B?)")
_POWERS = {letter: power for power, letter in enumerate("KMGT", 1)}

_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f\udc80-\udcff]')


def range_seconds(text: str) -> float:
    """Return the seconds of what stands in ``[…]``.

    Raises:
        ValueError: Not a duration there.

    Example:
        >>> range_seconds("1h30m"), range_seconds("500ms")
        (5400.0, 0.5)
    """
    found = _PROMETHEUS_DURATION.fullmatch(text)
    if not text or (found is None and text != "0"):
        raise ValueError(f"[{text}] is no window such as [5m] or [1h30m]")
    counts = found.groups() if found else ()
    milliseconds = sum(int(count or 0) * unit for count, unit in zip(counts, _PROMETHEUS.values(), strict=False))
    if milliseconds * 10**6 > _LONGEST_NS:
        raise ValueError(f"[{text}] is longer than 292 years")
    return milliseconds / 1000


def duration_seconds(text: str) -> float | None:
    """Return the seconds of a duration in a filter or behind ``offset``; None where it is none.

    Example:
        >>> duration_seconds("1d12h"), duration_seconds("-1.5h"), duration_seconds("3")
        (129600.0, -5400.0, None)
    """
    try:
        return range_seconds(text)
    except ValueError:
        unsigned = text.removeprefix("-")
    if unsigned == "0":
        return 0.0
    parts = list(_GO_PART.finditer(unsigned))
    if not parts or "".join(found.group() for found in parts) != unsigned:
        return None
    nanoseconds = sum(int(Decimal(found[1]) * _GO[found[2]]) for found in parts)
    if nanoseconds > _LONGEST_NS:
        return None
    return (-nanoseconds if text.startswith("-") else nanoseconds) / 10**9


def duration_text(seconds: float) -> str:
    """Return a duration as LogQL reads it.

    Example:
        >>> duration_text(5400), duration_text(0.5), duration_text(-0.0000015)
        ('1h30m', '500ms', '-0.0000015s')
    """
    milliseconds = round(seconds * 1000)
    if seconds < 0 or milliseconds / 1000 != seconds:
        return f"{Decimal(repr(float(seconds))):f}s"
    text = ""
    for unit, size in _PROMETHEUS.items():
        if size <= milliseconds and (unit not in "yw" or milliseconds % size == 0):
            count, milliseconds = divmod(milliseconds, size)
            text += f"{count}{unit}"
    return text or "0s"


def size_bytes(text: str) -> int | None:
    """Return the bytes of a size; None where it is none.

    Example:
        >>> size_bytes("1.5KiB"), size_bytes("20MB"), size_bytes("5k"), size_bytes("5")
        (1536, 20000000, 5000, 5)
    """
    found = _SIZE.fullmatch(text)
    try:
        count = float(found[1]) if found else -1.0
    except ValueError:
        return None
    if found is None or found[2].startswith("i"):
        return None
    unit = found[2].upper().removesuffix("B")
    size = count * (1024 if unit.endswith("I") else 1000) ** _POWERS.get(unit[:1], 0)
    return int(size) if size < _MOST_BYTES else None


def number(text: str) -> float:
    """Return the value of a number.

    Raises:
        ValueError: Loki reads no number there.

    Example:
        >>> number("1_000.5"), number("0x1p4")
        (1000.5, 16.0)
    """
    if text[:2] in ("0x", "0X"):
        if "p" not in text.lower():
            raise ValueError(f"{text} is no decimal number")
        return float.fromhex(text.replace("_", ""))
    if text[:2].lower() in ("0b", "0o"):
        raise ValueError(f"{text} is no decimal number")
    value = float(text)
    if value == float("inf"):
        raise ValueError(f"{text} is too large")
    return value


def number_text(value: float) -> str:
    """Return a number as LogQL reads it.

    Example:
        >>> number_text(0.5), number_text(1000.0), number_text(1e21)
        ('0.5', '1000', '1000000000000000000000')
    """
    return f"{Decimal(repr(float(value))):f}".removesuffix(".0") if value else "0"


def size_text(size: float) -> str:
    """Return a number of bytes as LogQL reads it, which cannot read 0B.

    Example:
        >>> size_text(1536), size_text(0)
        ('1536B', '0KB')
    """
    return f"{number_text(size)}B" if size else "0KB"


def quote(text: str) -> str:
    r"""Return a text between double quotes, as LogQL reads it.

    Example:
        >>> print(quote('a"b'), quote("x\n"))
        "a\"b" "x\x0a"
    """
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return f"\\{character}" if character in '"\\' else f"\\x{ord(character) & 0xFF:02x}"
