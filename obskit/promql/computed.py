"""Durations that are computed, in ranges and behind ``offset``, as Prometheus 3.16 reads them: ``[5m * 2]``."""

from __future__ import annotations

import re

from obskit.promql import durations

_TOKEN = re.compile(
    r"""\s*(?:(?P<literal>0x[0-9a-f]+|(?:[0-9]+(?:ms|[smhdwy]))+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)(?!\w)
    |(?P<word>step|range|min_of|max_of)(?=\s*\()
    |(?P<mark>[-+*/%^(),:]))""",
    re.VERBOSE | re.IGNORECASE,
)
_WITHOUT_ARGUMENTS, _OPERATORS = {"step", "range"}, set("+-*/%^")
_DEEPEST = 30


def problem(window: str) -> str:
    """Return what is wrong with the inside of ``[…]``, or "".

    Example:
        >>> problem("5m * 2:step()"), problem("-5m"), problem("1m,2m")
        ('', 'is no duration above 0', 'cannot be read from ,2m on')
    """
    try:
        reader = _Reader(window)
        reader.above_nothing()
        if reader.take(":") and reader.rest():
            reader.above_nothing()
        if reader.rest():
            reader.refuse()
    except ValueError as error:
        return str(error)
    return ""


def end_of_operand(text: str, at: int) -> int:
    """Return where what stands behind ``offset`` and its sign ends.

    Args:
        text: A query.
        at: Where it begins.

    Raises:
        ValueError: It is no duration.

    Example:
        >>> end_of_operand("x offset (1m * 2) > 1", 9)
        17
    """
    reader = _Reader(text, at)
    reader.operand()
    return reader.at


class _Reader:
    def __init__(self, text: str, at: int = 0) -> None:
        self.text, self.at = text, at
        self.deep = 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def refuse(self) -> None:
        raise ValueError(f"cannot be read from {self.rest()[:10]} on" if self.rest() else "ends too early")

    def take(self, *wanted: str) -> str:
        """Go behind the next token if it is of a kind or one of some marks; return it."""
        found = _TOKEN.match(self.text, self.at)
        if found and (found.lastgroup in wanted or found[found.lastgroup or 0].lower() in wanted):
            self.at = found.end()
            return found[found.lastgroup or 0].lower()
        return ""

    def need(self, *wanted: str) -> str:
        taken = self.take(*wanted)
        if not taken:
            self.refuse()
        return taken

    def above_nothing(self) -> None:
        value = self.expression()
        if value is not None and value <= 0:
            raise ValueError("is no duration above 0")

    def expression(self) -> float | None:
        """Read operands and what joins them; return the value of a literal that stands alone."""
        value = self.operand()
        while operator := self.take(*_OPERATORS):
            value = None
            if self.operand() == 0 and operator in "/%":
                raise ValueError("divides by 0")
        return value

    def operand(self) -> float | None:
        sign = 1
        while taken := self.take("+", "-"):
            sign = -sign if taken == "-" else sign
        if literal := self.take("literal"):
            return sign * _value(literal)
        self.deep += 1
        if self.deep > _DEEPEST:
            raise ValueError("is deeper than people write")
        word = self.take("word")
        self.need("(")
        if word not in _WITHOUT_ARGUMENTS:
            self.expression()
        if word.endswith("_of"):
            self.need(",")
            self.expression()
        self.need(")")
        self.deep -= 1
        return None


def _value(literal: str) -> float:
    if literal.startswith("0x"):
        return float(int(literal, 16))
    try:
        return float(literal.replace("_", ""))
    except ValueError:
        return durations.seconds(literal)
