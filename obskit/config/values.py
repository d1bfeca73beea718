"""Texts of the environment as values: each function raises ValueError with what is allowed."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

#: Samplers by the names of the OpenTelemetry specification.
SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def flag(text: str) -> bool:
    """Source: OpenTelemetry specification, "Boolean value": nothing but "true" is true, and the rest is told."""
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError("true or false")
    return word == "true"


def seconds(text: str) -> float:
    """A time of up to an hour."""
    return _positive(float(text))


def milliseconds(text: str) -> float:
    """A time of up to five minutes, in seconds."""
    seconds = float(text) / 1000
    if not 0 < seconds <= 300:
        raise ValueError("a time above 0 and up to 5 minutes")
    return seconds


def _positive(value: float) -> float:
    if not 0 < value <= 3600:
        raise ValueError("a time above 0 and up to an hour")
    return value


def timeout(text: str) -> float:
    """Seconds, as OpenTelemetry's SDK for Python reads them; from 1000 on milliseconds, as its specification does.

    Raises:
        ValueError: No such time; the message says what is allowed.

    Example:
        >>> timeout("10"), timeout("10000")
        (10.0, 10.0)
    """
    number = float(text)
    return _positive(number / 1000 if number >= 1000 else number)


def headers(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values, ``name=value`` with commas between, percent-encoded where need be.

    Raises:
        ValueError: Something else.

    Example:
        >>> headers("api-key=a%3Db")
        (('api-key', 'a=b'),)
    """
    found = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (part.strip() for part in item.partition("="))
        value = unquote(value)
        if not separator or not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise ValueError("name=value,name=value with values percent-encoded")
        found.append((name, value))
    return tuple(found)


def compression(text: str) -> bool:
    """Whether requests are compressed.

    Raises:
        ValueError: Neither gzip nor none.
    """
    if text not in ("gzip", "none"):
        raise ValueError("gzip or none")
    return text == "gzip"


def sampler(text: str) -> str:
    """The name of a sampler, in lower case."""
    if text.lower() not in SAMPLERS:
        raise ValueError(f"one of {', '.join(SAMPLERS)}")
    return text.lower()


def ratio(text: str) -> float:
    """A share."""
    ratio = float(text)
    if not 0 <= ratio <= 1:
        raise ValueError("a ratio from 0 to 1")
    return ratio


def mebibytes(text: str) -> int:
    """A size in MiB, in bytes."""
    number = int(text)
    if not 1 <= number <= 1024:
        raise ValueError("a whole number of MiB from 1 to 1024")
    return number << 20


def words(text: str) -> tuple[str, ...]:
    """Words with commas between."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def url(text: str) -> str:
    """The URL of a collector.

    Raises:
        ValueError: It is none; the message says what is allowed.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("a URL that begins with http:// or https://")
    _ = parts.port  # raises where it is no number
    return text.rstrip("/")


def log_format(text: str) -> str:
    """What becomes of log lines on the console."""
    if text not in ("json", "off"):
        raise ValueError("json or off")
    return text


def exporter(text: str) -> bool:
    """Whether a signal is sent."""
    if text not in ("otlp", "none"):
        raise ValueError("otlp or none")
    return text == "otlp"
