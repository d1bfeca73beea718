"""The bytes of OTLP: protobuf's wire format, and the values that all signals share.

Source: https://protobuf.dev/programming-guides/encoding/ and opentelemetry/proto/common/v1/common.proto. A message is
written as the concatenation of its fields; a field is a tag, its length where it has one, and its payload.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Texts of one sort whose bytes are remembered.
MOST_CACHED = 4096
#: Values that are no longer than this are worth remembering.
LONGEST_CACHED = 256
_INT64 = 1 << 63

double = struct.Struct("<d").pack
fixed64 = struct.Struct("<Q").pack


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


#: Those of one byte and of the most usual two.
_SMALL = (
    *(bytes((number,)) for number in range(128)),
    *(bytes((number & 0x7F | 0x80, number >> 7)) for number in range(128, 2048)),
)


def varint(number: int) -> bytes:
    r"""Return a number of up to 64 bits, seven at a time; negative ones as two's complement.

    Example:
        >>> varint(300), len(varint(-1))
        (b'\xac\x02', 10)
    """
    return _SMALL[number] if 0 <= number < 2048 else _varint(number & 0xFFFFFFFFFFFFFFFF)


def tag(field: int, kind: int) -> bytes:
    """Return the tag of a field.

    Args:
        field: Its number.
        kind: 0 for a varint, 1 for eight bytes, 2 for a length and as many bytes, 5 for four bytes.
    """
    return varint(field << 3 | kind)


def message(field: bytes, payload: bytes) -> bytes:
    """Return a field of bytes, text or a message: its tag, its length, its payload."""
    size = len(payload)
    return field + (_SMALL[size] if size < 2048 else _varint(size)) + payload


def text(value: str) -> bytes:
    """Return UTF-8; what has none, as the lone surrogates of a file name, as escapes."""
    return value.encode("utf-8", "backslashreplace")


_1, _2, _7 = tag(1, 2), tag(2, 2), tag(7, 2)
_BOOL, _INT, _DOUBLE, _ARRAY, _LIST = tag(2, 0), tag(3, 0), tag(4, 1), tag(5, 2), tag(6, 2)


def any_value(value: Any) -> bytes:
    r"""Return an ``AnyValue``: text, bytes, truth, number, sequence or mapping; of anything else its text.

    Example:
        >>> any_value("GET"), any_value(True), any_value(None)
        (b'\n\x03GET', b'\x10\x01', b'')
    """
    if value is None:
        return b""
    if isinstance(value, bool):
        return _BOOL + (b"\1" if value else b"\0")
    if isinstance(value, str):
        return message(_1, text(value))
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return _INT + varint(int(value))
    if isinstance(value, float):
        return _DOUBLE + double(value)
    if isinstance(value, (bytes, bytearray)):
        return message(_7, bytes(value))
    if isinstance(value, Mapping):
        return message(_LIST, b"".join(message(_1, key_value(str(key), item)) for key, item in value.items()))
    if isinstance(value, Sequence):
        return message(_ARRAY, b"".join(message(_1, any_value(item)) for item in value))
    return message(_1, text(str(value)))


def key_value(key: str, value: Any) -> bytes:
    """Return a ``KeyValue``."""
    return message(_1, text(key)) + message(_2, any_value(value))


class Attributes:
    """Encodes attributes as a repeated field, and remembers the pairs that come again.

    Used by one thread.

    Args:
        field: Number of the field.

    Example:
        >>> Attributes(1).encoded({"a": 1}) == message(tag(1, 2), key_value("a", 1))
        True
    """

    def __init__(self, field: int) -> None:
        self._tag = tag(field, 2)
        self._texts: dict[tuple[str, str], bytes] = {}
        self._numbers: dict[tuple[str, int], bytes] = {}

    def encoded(self, attributes: Mapping[str, Any]) -> bytes:
        """Return all attributes, one field each."""
        texts, numbers, parts = self._texts, self._numbers, []
        for pair in attributes.items():
            kind = type(pair[1])
            found = texts.get(pair) if kind is str else numbers.get(pair) if kind is int else None
            parts.append(self._encode(pair, kind) if found is None else found)
        return b"".join(parts)

    def _encode(self, pair: tuple[str, Any], kind: type) -> bytes:
        encoded = message(self._tag, key_value(*pair))
        known: dict[Any, bytes] | None = self._texts if kind is str else self._numbers if kind is int else None
        if known is not None and len(encoded) <= LONGEST_CACHED:
            if len(known) >= MOST_CACHED:  # paths with an id in them: begin anew
                known.clear()
            known[pair] = encoded
        return encoded


def fields(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the payload of each field of a message that has only fields with a length.

    Args:
        payload: A request, a resource's or a scope's group as this package writes them, or a collector's response.

    Raises:
        ValueError: It is none.

    Example:
        >>> list(fields(message(tag(2, 2), b"abc")))
        [(2, b'abc')]
    """
    position = 0
    while position < len(payload):
        header, position = read_varint(payload, position)
        if header & 7 != 2:
            raise ValueError("a field without a length")
        size, position = read_varint(payload, position)
        if position + size > len(payload):
            raise ValueError("a field that is cut off")
        yield header >> 3, payload[position : position + size]
        position += size


def read_varint(payload: bytes, position: int) -> tuple[int, int]:
    """Return a number and the position behind it.

    Raises:
        ValueError: It is cut off, or longer than 64 bits.
    """
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(payload):
            break
        byte = payload[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
    raise ValueError("a number that is cut off")
