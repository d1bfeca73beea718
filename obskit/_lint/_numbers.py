"""Which values a result can have when nothing is known of the series: ``count`` gives 1 or more, ``rate`` 0 or more.

NaN is left out: every comparison but ``!=`` drops it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """An interval of values.

    Args:
        low: The least.
        high: The greatest.
        above: Whether all are greater than ``low``.
        below: Whether all are less than ``high``.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is no such value."""
        return self.low > self.high or (self.low == self.high and (self.above or self.below))

    @property
    def single(self) -> bool:
        """Whether there is one such value."""
        return self.low == self.high

    def __str__(self) -> str:
        """In words, for messages.

        Example:
            >>> str(Numbers(0)), str(Numbers(1, 31)), str(Numbers(2, 2))
            ('0 or more', '1 to 31', '2')
        """
        if self.single:
            return f"{self.low:g}"
        if math.isinf(self.high):
            return (
                "any number"
                if math.isinf(self.low)
                else f"more than {self.low:g}"
                if self.above
                else f"{self.low:g} or more"
            )
        if math.isinf(self.low):
            return f"less than {self.high:g}" if self.below else f"{self.high:g} or less"
        return f"{self.low:g} to {self.high:g}"

    def meets(self, operator: str, other: Numbers) -> bool | None:
        """Return whether a comparison with another holds always, never (False) or sometimes (None).

        Example:
            >>> Numbers(1).meets("==", Numbers(0, 0)), Numbers(0).meets(">=", Numbers(0, 0))
            (False, True)
        """
        if operator in ("==", "!="):
            same = True if self.single and self == other else False if self.both(other).empty else None
            return same if operator == "==" or same is None else not same
        if operator in ("<", "<="):
            return other.meets({"<": ">", "<=": ">="}[operator], self)
        strictly = operator == ">"
        touching = self.above or other.below
        if self.low > other.high or (self.low == other.high and (touching or not strictly)):
            return True
        apart = self.below or other.above
        if self.high < other.low or (self.high == other.low and (apart or strictly)):
            return False
        return None

    def where(self, operator: str, other: Numbers) -> Numbers:
        """Return the values that a comparison with another leaves."""
        if operator == "==":
            return self.both(other)
        if operator in (">", ">="):
            return self.both(Numbers(low=other.low, above=operator == ">" or other.above))
        if operator in ("<", "<="):
            return self.both(Numbers(high=other.high, below=operator == "<" or other.below))
        return self

    def both(self, other: Numbers) -> Numbers:
        """Return the values that are in two intervals."""
        low, above = max((self.low, self.above), (other.low, other.above))
        high, inside = min((self.high, not self.below), (other.high, not other.below))
        return Numbers(low, high, above, not inside)

    def either(self, other: Numbers) -> Numbers:
        """Return an interval that holds the values of two."""
        low, above = min((self.low, self.above), (other.low, other.above))
        high, inside = max((self.high, not self.below), (other.high, not other.below))
        return Numbers(low, high, above, not inside)


ANY = Numbers()
NOT_NEGATIVE = Numbers(low=0.0)
AT_LEAST_ONE = Numbers(low=1.0)


def only(value: float) -> Numbers:
    """Return a single value; NaN can be anything."""
    return ANY if math.isnan(value) else Numbers(value, value)


def arithmetic(operator: str, left: Numbers, right: Numbers) -> Numbers:
    """Return an interval that holds what an arithmetic operator makes of two.

    Example:
        >>> str(arithmetic("*", Numbers(0, 1), only(100))), str(arithmetic("/", NOT_NEGATIVE, NOT_NEGATIVE))
        ('0 to 100', '0 or more')
    """
    if left.empty or right.empty:
        return ANY
    if operator == "-":
        operator, right = "+", Numbers(-right.high, -right.low, right.below, right.above)
    if operator == "+":
        low, high = left.low + right.low, left.high + right.high
        return ANY if math.isnan(low) or math.isnan(high) else Numbers(low, high)
    if operator == "*":
        return _product(left, right)
    if operator == "/":
        return _quotient(left, right)
    if operator == "^" and left.low >= 0:
        return NOT_NEGATIVE
    if operator == "%" and left.low >= 0:
        return Numbers(0.0, left.high)
    return ANY


def _product(left: Numbers, right: Numbers) -> Numbers:
    ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    if any(map(math.isnan, ends)):  # 0 times without end: of signs alone is something known
        return NOT_NEGATIVE if left.low >= 0 and right.low >= 0 else ANY
    return Numbers(min(ends), max(ends))


def _quotient(left: Numbers, right: Numbers) -> Numbers:
    if right.low <= 0 <= right.high:
        return NOT_NEGATIVE if left.low >= 0 and right.low >= 0 else ANY
    ends = (1 / right.low, 1 / right.high)
    return _product(left, Numbers(min(ends), max(ends)))
