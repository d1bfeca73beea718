"""Texts, characters and numbers as Go writes them."""

from __future__ import annotations

import re

#: A character between single quotes.
CHARACTER = r"""'(?:[^'\\\n]|\\(?:[abfnrtv\\']|[0-7]{3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}))'"""
_ESCAPE = re.compile(r"""\\(?:([abfnrtv\\"])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3}))""")
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


def unquote(text: str) -> str:
    r"""Return what a quoted text says; bytes that are no UTF-8 become surrogates, as `os.fsdecode` has it.

    Raises:
        ValueError: An escape that Go does not know.

    Example:
        >>> unquote(r'"a\tb\u00e9"'), unquote(r'`a\tb`')
        ('a\tbé', 'a\\tb')
    """
    inside = text[1:-1]
    if text[0] == "`" or "\\" not in inside:
        return inside
    parts: list[bytes] = []
    at = 0
    while (backslash := inside.find("\\", at)) >= 0:
        found = _ESCAPE.match(inside, backslash)
        if found is None:
            raise ValueError(f"{inside[backslash : backslash + 2]} is no escape; a backslash is written \\\\")
        parts += (inside[at:backslash].encode(), _escaped(found))
        at = found.end()
    return b"".join((*parts, inside[at:].encode())).decode("utf-8", "surrogateescape")


def _escaped(found: re.Match[str]) -> bytes:
    simple, byte, short, long, octal = found.groups()
    if simple or byte or octal:
        value = _ESCAPES[simple] if simple else int(byte, 16) if byte else int(octal, 8)
        if value > 255:
            raise ValueError(f"\\{octal} is more than a byte")
        return bytes([value])
    code = int(short or long, 16)
    if code > 0x10FFFF:
        raise ValueError(f"\\U{long} is no character")
    return ("\ufffd" if 0xD800 <= code < 0xE000 else chr(code)).encode()
