"""Whether patterns of ``match`` have a value in common."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ITEM = re.compile(r"([^*+])([*+]?)")
#: A character, or any (``.``), and whether it may come any number of times, also none.
_Item = tuple[str, bool]


def overlap(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether a series can fit both of two ``match``.

    Args:
        one: Label -> pattern, of the kind that ``packs.<pack>.match`` takes.
        other: The same.

    Example:
        >>> overlap({"cluster": "eu-.*"}, {"cluster": "us-.*|ap-1"})
        False
        >>> overlap({"cluster": "eu-.*"}, {"cluster": "eu-1", "job": "redis"}), overlap({}, {"job": "redis"})
        (True, True)
    """
    return all(_common(pattern, other[label]) for label, pattern in one.items() if label in other)


def _common(one: str, other: str) -> bool:
    """Whether both patterns match some text."""
    others = [_items(alternative) for alternative in other.split("|")]
    return any(_meet(_items(alternative), items) for alternative in one.split("|") for items in others)


def _items(alternative: str) -> list[_Item]:
    found: list[_Item] = []
    for character, quantifier in _ITEM.findall(alternative):
        found += [(character, False)] * (quantifier != "*") + [(character, True)] * bool(quantifier)
    return found


def _meet(one: list[_Item], other: list[_Item]) -> bool:
    """Go through both at once; a place in each is all that there is to remember."""
    waiting, seen = [(0, 0)], set[tuple[int, int]]()
    while waiting:
        place = i, j = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if place == (len(one), len(other)):
            return True
        left, left_again = one[i] if i < len(one) else ("", False)
        right, right_again = other[j] if j < len(other) else ("", False)
        if left_again:
            waiting.append((i + 1, j))
        if right_again:
            waiting.append((i, j + 1))
        if left and right and (left == right or "." in (left, right)):
            waiting.append((i + (not left_again), j + (not right_again)))
    return False
