"""The words of a template of Go, within an action; Go's ``text/template/parse/lex.go`` and ``strconv`` say which."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from obskit.gotemplate import literals

#: What every template can call.
FUNCTIONS = frozenset(
    "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne".split()  # noqa: SIM905
)
KEYWORDS = {"if", "with", "range", "end", "else", "break", "continue", "define", "block", "template"}
LITERALS = {"true", "false", "nil"}

OPENING = re.compile(r"\{\{(?:-(?=[ \t\r\n]))?")
COMMENT = re.compile(r"\{\{(?:-[ \t\r\n])?/\*[^*]*(?:\*(?!/)[^*]*)*\*/(?:[ \t\r\n]-)?\}\}")
_AFTER_NAME = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"
TOKEN = re.compile(
    rf"""(?P<end>(?:[ \t\r\n]+-)?\}}\}})
    |(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)
    |(?P<character>{literals.CHARACTER})
    |(?P<number>[+-][0-9a-zA-Z_.+-]*|\.?[0-9][0-9a-zA-Z_.+-]*)
    |(?P<variable>\$\w*){_AFTER_NAME}
    |(?P<field>\.\w+){_AFTER_NAME}
    |(?P<dot>\.){_AFTER_NAME}
    |(?P<word>\w+){_AFTER_NAME}
    |(?P<mark>:=|[=|(),])""",
    re.VERBOSE,
)
_NAME = re.compile(r"[.$]?\w*")
COMMENTED = re.compile(r"[ \t\r\n]?/\*")
#: What gives a value and cannot be called.
CONSTANTS = {"text", "character", "number", "dot", "constant"}
TERMS = {"text", "character", "number", "variable", "field", "dot", "word"}

#: Patterns that few templates need are texts: the start of a render does not wait for them.
_INTEGER = (
    r"[+-]?(?:0[xX](?P<hex>(?:_?[0-9a-fA-F])+)|0[bB](?P<bin>(?:_?[01])+)|0[oO]?(?P<oct>(?:_?[0-7])+)"
    r"|(?P<dec>0|[1-9](?:_?[0-9])*))"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_DIGITS = "[0-9](?:_?[0-9])*"
_POINT = rf"(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_HEX = "[0-9a-fA-F](?:_?[0-9a-fA-F])*"
_HEX_POINT = rf"0[xX](?:_?{_HEX}(?:\.(?:{_HEX})?)?|\.{_HEX})[pP][+-]?{_DIGITS}"
_REAL = rf"[+-]?(?:(?=[^eE.]*[eE.]){_POINT}|{_HEX_POINT})"
_IMAGINARY = rf"[+-]?(?:{_POINT}|{_HEX_POINT})(?:[+-](?:{_POINT}|{_HEX_POINT}))?i"
_SURROGATE = r"(?<!\\)(?:\\\\)*\\(?:u|U0000)[dD][89a-fA-F]"
#: Beyond these Python reads no number, and nobody writes one.
_LONGEST_NUMBER = 400

#: What people write who take templates for another language.
_HINTS = {
    **dict.fromkeys("*/+%^", "templates do not calculate: let the expression do it"),
    "-": "templates do not calculate, and a name with - in it is read with index",
    **dict.fromkeys("<>!", "compare with gt, ge, lt, le, eq or ne, as in gt $value 1.0"),
    "=": "write := to declare a variable, and eq to compare",
    "[": 'write index $labels "name"',
    "]": 'write index $labels "name"',
    "&": "write and in front of both sides",
    ";": "an action holds one pipeline",
    "{": "{{ stands without its other half",
    "'": "between single quotes stands one character: write double ones",
    '"': "a quote stands without its other half",
    "`": "a quote stands without its other half",
}


class Token(NamedTuple):
    """A word: its kind is the name of its group in ``TOKEN``."""

    kind: str
    written: str


def unreadable(text: str, at: int) -> str:
    """Return why no token begins at a place.

    Example:
        >>> unreadable('{{ $labels["shard"] }}', 3)
        '[ cannot follow $labels; write index $labels "name"'
    """
    rest = text[at:]
    if not rest:
        return "{{ stands without its other half"
    name = _NAME.match(text, at)
    before = name.group() if name else ""
    if before == "." and not rest[1:2].isalnum():
        return "a name is missing after ."
    wrong = text[at + len(before) : at + len(before) + 1]
    if before and wrong:
        hint = _HINTS.get(wrong, "")
        return f"{wrong!a} cannot follow {before}" if not hint else f"{wrong} cannot follow {before}; {hint}"
    hint = _HINTS.get(rest[0], "")
    return hint if rest[0] in "{'\"`" else f"{rest[0]} has no meaning here{hint and f'; {hint}'}"


def misplaced(token: Token) -> str:
    """Return why a token that can be read cannot stand where it stands.

    Example:
        >>> misplaced(Token("mark", "="))
        '= has no meaning here; write := to declare a variable, and eq to compare'
    """
    if token.kind == "dot":
        return "a name is missing after ."
    hint = _HINTS.get(token.written[0], "") if token.kind in ("mark", "number") else ""
    return f"{token.written[:30]} has no meaning here" + (f"; {hint}" if hint else "")


def check(token: Token) -> None:
    r"""Check a token that a pattern alone cannot.

    Raises:
        ValueError: A number or a text that Go would not read, or a name that is none for it.

    Example:
        >>> check(Token("text", r'"\d"'))
        Traceback (most recent call last):
        ...
        ValueError: \d is no escape; a backslash is written \\
    """
    if token.kind == "number":
        check_number(token.written)
    elif token.kind == "text":
        check_text(token.written)
    elif not token.written.isascii() and token.kind != "character" and not all(map(_is_of_name, token.written)):
        raise ValueError(f"{token.written[:30]} is no name")


def _is_of_name(character: str) -> bool:
    return character in "$._" or unicodedata.category(character)[0] == "L" or character.isdecimal()


def check_text(written: str) -> None:
    r"""Check a text in quotes.

    Raises:
        ValueError: An escape that Go does not know.
    """
    if written[0] == '"' and re.search(_SURROGATE, written):
        raise ValueError("half a character stands in a text")
    literals.unquote(written)


def check_number(written: str) -> None:
    """Check a number.

    Raises:
        ValueError: Go would not read it, or it is too large.

    Example:
        >>> for number in ("1.5", "0x1F", "1_000", "-3", "1e3"):
        ...     check_number(number)
    """
    if len(written) > _LONGEST_NUMBER or not (_is_integer(written) or _is_real(written)):
        hint = _HINTS.get(written[1:2] or written[0], "")
        what = f"{written[:30]} is no number, or too large"
        raise ValueError(f"{what}; {hint}" if hint else what)


def _is_integer(written: str) -> bool:
    found = re.fullmatch(_INTEGER, written)
    if found is None:
        return False
    kind = str(found.lastgroup)
    size = int(found[kind].replace("_", ""), _BASES[kind])
    return size <= 2**63 if written[0] == "-" else size < 2**63 if written[0] == "+" else size < 2**64


def _is_real(written: str) -> bool:
    if re.fullmatch(_IMAGINARY, written):
        return True
    if not re.fullmatch(_REAL, written):
        return False
    try:
        return abs(float.fromhex(written.replace("_", "")) if "x" in written.lower() else float(written)) < float("inf")
    except (ValueError, OverflowError):
        return False
