"""The words of a LogQL query, as Loki's own scanner cuts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from obskit.gotemplate import literals
from obskit.logql import quantities
from obskit.logql.errors import LogQLError

#: Loki refuses what is longer, in bytes.
LONGEST = 131_071

_OVER_TIME = {"count", "bytes", "avg", "sum", "min", "max", "stdvar", "stddev", "quantile", "first", "last", "absent"}
RANGE_FUNCTIONS = frozenset({f"{name}_over_time" for name in _OVER_TIME} | {"rate", "rate_counter", "bytes_rate"})
VECTOR_FUNCTIONS = frozenset(
    {"sum", "avg", "max", "min", "count", "stddev", "stdvar", "bottomk", "topk", "sort", "sort_desc", "approx_topk"}
)
CONVERSIONS = frozenset({"bytes", "duration", "duration_seconds"})
#: Operator -> how close it binds.
POWERS = {"or": 1, "and": 2, "unless": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "^": 6}
POWERS |= dict.fromkeys(("==", "!=", ">", ">=", "<", "<="), 3)
#: Words that are names too where no parenthesis or grouping follows.
_CALLED = RANGE_FUNCTIONS | VECTOR_FUNCTIONS | CONVERSIONS | {"vector", "label_replace", "ip"}
_RESERVED = {"by", "without", "bool", "offset", "on", "ignoring", "group_left", "group_right", "or", "and", "unless"}
_RESERVED |= {"json", "regexp", "logfmt", "unpack", "pattern", "unwrap", "label_format", "line_format", "decolorize"}
_RESERVED |= {"drop", "keep", "variants", "of"}
_CALL = re.compile(r"\s*(?:\(|(?:by|without)\s*\()", re.IGNORECASE)

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<word>[^\W\d]\w*)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)
    |(?P<number>0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
        |0[bBoO][0-9_]*|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eEpP][+-]?[0-9_]*)?)
    |(?P<flag>--(?:strict|keep-empty)(?!-|[^\W\d_]))
    |(?P<window>\[[^\]]*\])
    |(?P<mark>\|[=~>]|![=~>]|=[=~]|[<>]=|-|/\*|["`\[]|[{}(),.\]=|+*/%^<>])
    |(?P<stray>"""
    + literals.CHARACTER
    + "|.)",
    re.VERBOSE | re.DOTALL,
)
_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = re.compile(
    rf"""(?:{_DIGITS}\.?|(?:{_DIGITS})?\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?
    |0[xX](?:_?[0-9a-fA-F])+|0[xX](?:_?[0-9a-fA-F])*\.?(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?[pP][+-]?{_DIGITS}""",
    re.VERBOSE,
)
_NO_OCTAL = re.compile(r"0[0-9_]*[89][0-9_]*")
#: What may follow the digits of a quantity: more than this many characters are none that people write.
_DURATION_TAIL = re.compile(r"[\dnuµmshdwy.]{1,200}")
_SIZE_TAIL = re.compile(r"[\dBikKMGTP.]{1,200}")
_UNCLOSED = {'"': "a text", "`": "a text", "[": "a window", "/*": "a comment", "'": "a text in quotes that LogQL lacks"}


class Token(NamedTuple):
    """A word of a query.

    Args:
        kind: What it is: ``name``, ``text``, ``number``, ``duration``, ``size``, ``window``, ``flag``, ``end``, or the
            word or operator itself.
        written: As it is written.
        value: Of a text what it says, of a quantity its value in seconds or bytes.
        start: Where it begins.
    """

    kind: str
    written: str
    value: str | float
    start: int


def scan(query: str) -> Iterator[Token]:
    """Yield the tokens of a query; the last one is its end.

    Raises:
        LogQLError: Loki's scanner would refuse it.

    Example:
        >>> [token.kind for token in scan('rate({a="b"}[5m])')]
        ['rate', '(', '{', 'name', '=', 'text', '}', 'window', ')', 'end']
    """
    if len(query.encode(errors="replace")) > LONGEST:
        raise LogQLError(f"the query is longer than {LONGEST} bytes")
    for wrong in re.finditer("[\0\ud800-\udfff]", query):
        raise LogQLError(f"{wrong.group()!r} is no character", query, wrong.start())
    at = 1 if query.startswith("\ufeff") else 0
    while at < len(query):
        found = _TOKEN.match(query, at)
        assert found is not None  # noqa: S101 - its last alternative is any character
        if found.lastgroup == "space":
            at = found.end()
            continue
        try:
            token = _token(query, at, str(found.lastgroup), found.group())
        except ValueError as error:
            raise LogQLError(str(error), query, at) from None
        yield token
        at += len(token.written)
    yield Token("end", "", "", len(query))


def _token(query: str, at: int, group: str, written: str) -> Token:
    if group == "word":
        return _word(query, at, written)
    if group == "text":
        return Token("text", written, literals.unquote(written), at)
    if group == "number":
        return _quantity(query, at, written)
    if group == "window":
        return Token("window", written, quantities.range_seconds(written[1:-1]), at)
    if written == "-" and (tail := _DURATION_TAIL.match(query, at + 1)):
        seconds = quantities.duration_seconds(written + tail.group())
        if seconds is not None:
            return Token("duration", written + tail.group(), seconds, at)
    if written in _UNCLOSED:
        raise ValueError(f"{_UNCLOSED[written]} is not closed")
    return Token(written if group == "mark" else "name" if group == "stray" else group, written, written, at)


def _word(query: str, at: int, written: str) -> Token:
    lower = written.lower()
    if lower in _CALLED:
        return Token(lower if _CALL.match(query, at + len(written)) else "name", written, written, at)
    return Token(lower if lower in _RESERVED else "name", written, written, at)


def _quantity(query: str, at: int, written: str) -> Token:
    if not _NUMBER.fullmatch(written) or _NO_OCTAL.fullmatch(written):
        raise ValueError(f"{written} is no number")
    end = at + len(written)
    if tail := _DURATION_TAIL.match(query, end):
        seconds = quantities.duration_seconds(written + tail.group())
        if seconds is not None:
            return Token("duration", written + tail.group(), seconds, at)
    if tail := _SIZE_TAIL.match(query, end):
        size = quantities.size_bytes(written + tail.group())
        if size is not None:
            return Token("size", written + tail.group(), size, at)
    return Token("number", written, quantities.number(written), at)
