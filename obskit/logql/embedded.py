"""The small languages inside texts: patterns, paths of JSON and logfmt, addresses; each as Loki reads it."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise

_CAPTURE = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")
_SPACE = r"[ \t\n]*"
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_QUOTED = r'"[^"\]]*["\]]'
_STEP = rf"\[{_SPACE}(?:{_QUOTED}|[0-9]{{1,18}}(?=[ \t\n\]])){_SPACE}\]"
_JSON_PATH = re.compile(rf"{_SPACE}(?:{_WORD}|{_STEP})(?:{_SPACE}(?:{_STEP}|\.{_SPACE}{_WORD}))*{_SPACE}")
_LOGFMT_PATH = re.compile(rf'{_SPACE}(?:{_WORD}|"[^"\]]*(?:["\]]|\Z))(?:{_SPACE}"[^"\]]*(?:["\]]|\Z))*{_SPACE}')


def pattern_labels(text: str) -> tuple[str, ...]:
    """Return the labels that ``| pattern`` makes.

    Raises:
        ValueError: Not a pattern with at least one named capture.

    Example:
        >>> pattern_labels("<ip> - - <_> <method>")
        ('ip', 'method')
    """
    labels = [name for name in _captures(text) if name != "_"]
    if not labels:
        raise ValueError("it names nothing to capture, as in <ip>")
    if len(set(labels)) < len(labels):
        raise ValueError(f"it captures {max(labels, key=labels.count)} twice")
    return tuple(labels)


def check_line_pattern(text: str) -> None:
    """Check the pattern of ``|>`` and ``!>``.

    Raises:
        ValueError: Not a pattern whose captures are all ``<_>``.
    """
    if named := next((name for name in _captures(text) if name != "_"), ""):
        raise ValueError(f"a line filter captures nothing: write <_> for <{named}>")


def _captures(text: str) -> list[str]:
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise ValueError("it is no UTF-8")
    found = list(_CAPTURE.finditer(text))
    for one, next_ in pairwise(found):
        if one.end() == next_.start():
            raise ValueError(f"there is nothing between {one.group()} and {next_.group()}")
    return [capture[1] for capture in found]


def check_json_path(text: str) -> None:
    """Check what ``| json label="…"`` extracts.

    Raises:
        ValueError: Not a path such as ``request.headers["X-Id"][0]``.
    """
    if not _JSON_PATH.fullmatch(text):
        raise ValueError('write it as servers[0].name or headers["X-Id"]')


def check_logfmt_path(text: str) -> None:
    """Check what ``| logfmt label="…"`` extracts.

    Raises:
        ValueError: Not the name of a field.
    """
    if not _LOGFMT_PATH.fullmatch(text):
        raise ValueError("write the name of a field, such as level")


def check_addresses(text: str) -> None:
    """Check what stands in ``ip("…")``.

    Raises:
        ValueError: Neither an address, nor a range of addresses, nor a network.

    Example:
        >>> for text in ("10.0.0.1", "10.0.0.1-10.0.0.9", "10.0.0.0/8", "::1"):
        ...     check_addresses(text)
    """
    if _address(text):
        return
    network, slash, bits = text.partition("/")
    first, last = (_address(part) for part in text.partition("-")[::2])
    if slash and re.fullmatch("0|[1-9][0-9]{0,2}", bits) and "%" not in network:
        found = _address(network)
        if found and int(bits) <= found.max_prefixlen:
            return
    elif first and last and "%" not in text and first.version == last.version and int(first) <= int(last):
        return
    raise ValueError("write 10.0.0.1, 10.0.0.1-10.0.0.9 or 10.0.0.0/8")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address; a zone such as ``%eth0`` may follow one of version 6."""
    address, percent, zone = text.partition("%")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return None if percent and (not zone or found.version == 4) else found
