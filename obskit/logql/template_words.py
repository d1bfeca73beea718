"""The words of a template of Go, within an action."""

from __future__ import annotations

import re
from typing import NamedTuple

from obskit.logql import quantities

_OF_GO = "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne"
_OF_LOKI = """ToLower ToUpper Replace Trim TrimLeft TrimRight TrimPrefix TrimSuffix TrimSpace regexReplaceAll
    regexReplaceAllLiteral count urldecode urlencode bytes duration duration_seconds unixEpochMillis unixEpochNanos
    toDateInZone unixToTime alignLeft alignRight b64enc b64dec lower upper title trunc substr contains hasPrefix
    hasSuffix indent nindent replace repeat trim trimAll trimSuffix trimPrefix int float64 add sub mul div mod addf
    subf mulf divf max min maxf minf ceil floor round fromJson date toDate now unixEpoch default __line__
    __timestamp__"""
FUNCTIONS = frozenset(re.findall(r"\w+", _OF_GO + " " + _OF_LOKI))
KEYWORDS = {"if", "with", "range", "end", "else", "break", "continue", "define", "block", "template"}

OPENING = re.compile(r"\{\{(?:-(?=[ \t\r\n]))?")
COMMENT = re.compile(r"\{\{(?:-[ \t\r\n])?/\*[^*]*(?:\*(?!/)[^*]*)*\*/(?:[ \t\r\n]-)?\}\}")
_AFTER_NAME = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"
TOKEN = re.compile(
    rf"""(?P<end>(?:[ \t\r\n]+-)?\}}\}})
    |(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)
    |(?P<character>{quantities.CHARACTER})
    |(?P<number>[+-][0-9a-zA-Z_.+-]*|\.?[0-9][0-9a-zA-Z_.+-]*)
    |(?P<variable>\$\w*){_AFTER_NAME}
    |(?P<field>\.\w+){_AFTER_NAME}
    |(?P<dot>\.){_AFTER_NAME}
    |(?P<word>\w+){_AFTER_NAME}
    |(?P<mark>:=|[=|(),])""",
    re.VERBOSE,
)
_REAL = r"(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?"
_IMAGINARY = re.compile(rf"[+-]?{_REAL}(?:[+-]{_REAL})?i")
_OCTAL = re.compile("[+-]?0[0-7_]+")
COMMENTED = re.compile(r"[ \t\r\n]?/\*")
#: What gives a value and cannot be called.
CONSTANTS = {"text", "character", "number", "dot", "constant"}
TERMS = {"text", "character", "number", "variable", "field", "dot", "word"}


class Token(NamedTuple):
    """A word: its kind is the name of its group in ``TOKEN``."""

    kind: str
    written: str


def check_number(written: str) -> None:
    """Check a number.

    Raises:
        ValueError: Go would not read it, or it is too large.
    """
    if _IMAGINARY.fullmatch(written):
        return
    try:
        value: float = int(written, 8 if _OCTAL.fullmatch(written) else 0)
        fits = -(2**63) <= value < 2**64
    except ValueError:
        fits = not written.strip("+-").replace("_", "").isdigit() and _is_finite(written)
    if not fits:
        raise ValueError(f"{written} is no number, or too large")


def _is_finite(written: str) -> bool:
    try:
        return abs(float(written)) < float("inf")
    except ValueError:
        return False
