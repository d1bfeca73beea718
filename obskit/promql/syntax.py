"""Parsing of PromQL that others wrote: bounded, so that no query takes the process with it."""

from __future__ import annotations

import re
from typing import Any

import promql_parser

from obskit.promql import computed, durations, refused

#: Beyond these a query is an accident or an attack: the parser and who walks its tree run out of stack.
#: The largest of 3,300 public rules has 159 operators and 4,400 characters.
_MOST_PARENTHESES, _MOST_OPERATIONS, LONGEST = 200, 300, 20_000
#: Prometheus counts nanoseconds in 63 bits.
_LONGEST_DURATION = 292 * 365 * 86_400
#: A comment, or a string, which ends with the query where its quote is missing.
COMMENT_OR_STRING = re.compile(
    r"""#[^\n]*|"(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)|`[^`]*(?:`|\Z)""", re.DOTALL
)
_OPERATOR = re.compile(r"[-+*/%^(]|[<>]=?|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_WINDOW = re.compile(r"\[([^\]]*)\]")
_EMPTY_OFFSET = re.compile(r"(?<!\w)offset\s*[-+]?\s*0(?:ms|[smhdwy])(?![\w.])", re.IGNORECASE)
_OFFSET = re.compile(r"\boffset\s*[-+]?\s*([0-9a-z][0-9a-z.+-]*)", re.IGNORECASE)


def parse(query: str) -> Any:
    """Return the tree of a query.

    Args:
        query: PromQL.

    Raises:
        ValueError: It is no PromQL, or larger than any query that people write; says why.

    Example:
        >>> parse("sum(rate(x[1m]))").prettify()
        'sum(rate(x[1m]))'
    """
    bare = without_strings(query) if len(query) <= LONGEST else ""
    operations = len(_OPERATOR.findall(bare))
    if bare.count("(") > _MOST_PARENTHESES or operations > _MOST_OPERATIONS or len(query) > LONGEST:
        raise ValueError("longer or deeper than any query that people write")
    spans = [span.strip() for window in _WINDOW.findall(bare) for span in window.split(":")]
    offsets = _OFFSET.findall(bare) if "offset" in bare.lower() else ()
    for written in (*spans, *offsets):
        if not _seconds(written) <= _LONGEST_DURATION:  # the parser aborts on these
            raise ValueError(f"{written[:30]} is a duration that Prometheus has no room for")
    try:
        tree = promql_parser.parse(_for_the_parser(query, bare) if offsets or "`" in bare else query)
    except ValueError:
        _explain(bare)
        raise
    if any(span and not _seconds(span) for span in spans):
        _explain(bare)
    refused.check(query, bare, tree)
    return tree


def _for_the_parser(query: str, bare: str) -> str:
    """Return a query without what the parser refuses and Prometheus takes: offsets of 0s, backslashes in raw texts."""
    for found in _EMPTY_OFFSET.finditer(bare):
        query = query[: found.start()] + " " * len(found[0]) + query[found.end() :]
    return COMMENT_OR_STRING.sub(_escaped, query)


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] != "`" or "\\" not in text or text[-1] != "`":
        return text
    inside = text[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'


def _explain(bare: str) -> None:
    """Raise what is wrong with a range, of which the parser says nothing."""
    for window in _WINDOW.finditer(bare):
        if why := computed.problem(window[1]):
            raise ValueError(f"[{window[1][:40]}] at character {window.start() + 1} {why}") from None


def without_strings(query: str) -> str:
    """Return a query with every string empty and every comment blank, each at its place and length.

    Example:
        >>> without_strings('x{a="b|c"} # d')
        'x{a="   "}    '
    """
    return COMMENT_OR_STRING.sub(_blank, query)


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    return " " * len(text) if text[0] == "#" or len(text) < 2 else text[0] + " " * (len(text) - 2) + text[-1]


def _seconds(written: str) -> float:
    for reading in (durations.seconds, float, lambda text: float(int(text, 0))):
        try:
            return reading(written)
        except (ValueError, OverflowError):
            continue
    return 0.0  # no duration: the parser says so
