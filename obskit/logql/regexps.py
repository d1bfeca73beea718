r"""Regular expressions as Go reads them: whether one is valid, which groups it names, whether it meets an empty text.

Python's own ``re`` knows what Go does not (lookaround, backreferences) and lacks what Go has (``\pL``, ``\z``,
``[[:alpha:]]``, ``(?U)``). Source: https://pkg.go.dev/regexp/syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST_REPEATS = 1000
_MOST_GROUPS_DEEP = 250

_GROUP = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_FLAGS = re.compile(r"\(\?(?:[imsU]*(?:-[imsU]+)?)([:)])")
_COUNTS = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:[afnrtv]|x[0-9A-Fa-f]{2}|x\{(?P<code>[0-9A-Fa-f]+)\}|(?P<octal>0[0-7]{0,2}|[1-7][0-7]{1,2})"
    r"|(?P<itself>[\x00-/:-@\[-`{-\x7f]))"
)
_OF_CLASS = re.compile(r"\\(?:[dDsSwW]|[pP](?:\{\^?(?P<long>[^}]*)\}|(?P<short>[^{])))", re.DOTALL)
_NAMED_CLASS = re.compile(r"\[:(.*?):\]", re.DOTALL)
_CLASSES = re.compile(r"\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit)")
#: General categories of Unicode. Scripts are too many to list: what is spelt as one counts as one.
_CATEGORY = re.compile("C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|Any")
_SCRIPT = re.compile(r"[A-Z][A-Za-z]{2,30}(?:_[A-Z][A-Za-z]{1,30}){0,3}|Yi")
_EMPTY_AT = {"^": True, "$": True, r"\A": True, r"\z": True, r"\b": False, r"\B": True}


@dataclass(frozen=True)
class Regexp:
    """What a valid expression is.

    Args:
        names: Of its groups, in their order.
        groups: How many capture.
        meets_empty: Whether it meets the empty text as a whole.
    """

    names: tuple[str, ...]
    groups: int
    meets_empty: bool


@dataclass
class _Open:
    """A group that is being read: what its alternatives meet so far, and the items of the last one."""

    meets_empty: bool = False
    repeats: int = 1
    items: list[tuple[bool, int]] = field(default_factory=list)  # (meets the empty text, product of repeats inside)

    def close_alternative(self) -> None:
        self.meets_empty |= all(empty for empty, _ in self.items)
        self.repeats = max([self.repeats, *(repeats for _, repeats in self.items)])
        self.items = []


def read(text: str) -> Regexp:
    """Return what an expression is.

    Raises:
        ValueError: Go would not compile it.

    Example:
        >>> read("(?P<level>[a-z]+)|.*")
        Regexp(names=('level',), groups=1, meets_empty=True)
    """
    reader = _Reader(text)
    reader.read()
    top = reader.open[0]
    return Regexp(tuple(reader.names), reader.groups, top.meets_empty)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: list[str] = []
        self.groups = 0
        self.open = [_Open()]
        self.last_named = text.rfind(":]")
        self.repeated = False  # what stands before is itself a repetition, which Go does not repeat again

    def read(self) -> None:
        if any("\udc80" <= character <= "\udcff" for character in self.text):
            raise ValueError("it is no UTF-8")
        while self.at < len(self.text):
            before = self.repeated
            self.repeated = False
            _STEPS.get(self.text[self.at], _Reader._literal)(self)
            if self.repeated and before:
                raise ValueError("a repetition is repeated")
        if len(self.open) > 1:
            raise ValueError("a ( is not closed")
        self.open[0].close_alternative()

    def _push(self, meets_empty: bool, to: int) -> None:
        self.open[-1].items.append((meets_empty, 1))
        self.at = to

    def _literal(self) -> None:
        self._push(False, self.at + 1)

    def _anchor(self) -> None:
        self._push(True, self.at + 1)

    def _left(self) -> None:
        if flags := _FLAGS.match(self.text, self.at):
            self.at = flags.end()
            if flags[1] == ")":
                return
        elif group := _GROUP.match(self.text, self.at):
            self.groups += 1
            self.names.append(group[1])
            self.at = group.end()
        elif self.text.startswith("(?", self.at):
            raise ValueError(f"Go knows no {self.text[self.at : self.at + 4]}")
        else:
            self.groups += 1
            self.at += 1
        self.open.append(_Open())
        if len(self.open) > _MOST_GROUPS_DEEP:
            raise ValueError("its groups are too deep")

    def _right(self) -> None:
        if len(self.open) == 1:
            raise ValueError("a ) closes nothing")
        group = self.open.pop()
        group.close_alternative()
        self.open[-1].items.append((group.meets_empty, group.repeats))
        self.at += 1

    def _bar(self) -> None:
        self.open[-1].close_alternative()
        self.at += 1

    def _repeat(self) -> None:
        self._repeat_by(0 if self.text[self.at] in "*?" else 1, 1, self.at + 1)

    def _counted(self) -> None:
        found = _COUNTS.match(self.text, self.at)
        if found is None:
            self._literal()
            return
        least = _count(found[1])
        most = _count(found[3]) if found[3] else None if found[2] else least
        if least > _MOST_REPEATS or (most is not None and (most > _MOST_REPEATS or most < least)):
            raise ValueError(f"{found.group()} repeats too often, or backwards")
        self._repeat_by(least, (least or 1) if most is None else most, found.end())

    def _repeat_by(self, least: int, most: int, to: int) -> None:
        items = self.open[-1].items
        if not items:
            raise ValueError(f"there is nothing before {self.text[self.at]}")
        meets_empty, repeats = items.pop()
        if repeats * most > _MOST_REPEATS:
            raise ValueError("it repeats too often")
        items.append((meets_empty or least == 0, repeats * most or 1))
        self.at = to + self.text.startswith("?", to)
        self.repeated = True

    def _backslash(self) -> None:
        two = self.text[self.at : self.at + 2]
        if two in _EMPTY_AT:
            self._push(_EMPTY_AT[two], self.at + 2)
        elif quoted := _QUOTED.match(self.text, self.at):
            for _ in quoted[1]:
                self._push(False, self.at)
            self.at = quoted.end()
        else:
            self._push(False, self._class_escape(self.at) or self._escape(self.at)[1])

    def _class_escape(self, at: int) -> int:
        r"""Return where ``\d``, ``\pL`` or ``\p{Greek}`` ends, 0 where there is none."""
        found = _OF_CLASS.match(self.text, at)
        if found is None:
            return 0
        name = (found["long"] if found["long"] is not None else found["short"] or "").removeprefix("^")
        if found.group()[1] in "pP" and not _CATEGORY.fullmatch(name) and not _SCRIPT.fullmatch(name):
            raise ValueError(f"Go knows no {found.group()}")
        return found.end()

    def _escape(self, at: int) -> tuple[int, int]:
        """Return the code of an escaped character, and where its escape ends."""
        found = _ESCAPE.match(self.text, at)
        if found is None or (found["code"] and int(found["code"], 16) > 0x10FFFF):
            raise ValueError(f"Go knows no {self.text[at : at + 2]}" if self.text[at + 1 :] else "it ends in a \\")
        return _code(found), found.end()

    def _class(self) -> None:
        at = self.at + 1 + self.text.startswith("^", self.at + 1)
        first = True
        while first or not self.text.startswith("]", at):
            first = False
            named = _NAMED_CLASS.match(self.text, at) if at < self.last_named else None
            if named:
                if not _CLASSES.fullmatch(named[1]):
                    raise ValueError(f"Go knows no {named.group()}")
                at = named.end()
            else:
                at = self._class_escape(at) or self._span(at)
        self._push(False, at + 1)

    def _span(self, at: int) -> int:
        """Return where a character, or a span of characters such as ``a-z``, ends."""
        low, at = self._member(at)
        if self.text.startswith("-", at) and at + 1 < len(self.text) and self.text[at + 1] != "]":
            high, at = self._member(at + 1)
            if high < low:
                raise ValueError(f"{chr(low)}-{chr(high)} runs backwards")
        return at

    def _member(self, at: int) -> tuple[int, int]:
        if at >= len(self.text):
            raise ValueError("a [ is not closed")
        return self._escape(at) if self.text[at] == "\\" else (ord(self.text[at]), at + 1)


_STEPS: dict[str, Callable[[_Reader], None]] = {
    "(": _Reader._left,
    ")": _Reader._right,
    "|": _Reader._bar,
    "^": _Reader._anchor,
    "$": _Reader._anchor,
    "[": _Reader._class,
    "*": _Reader._repeat,
    "+": _Reader._repeat,
    "?": _Reader._repeat,
    "{": _Reader._counted,
    "\\": _Reader._backslash,
}


def _count(digits: str) -> int:
    return int(digits) if len(digits) <= 4 else _MOST_REPEATS + 1


def _code(found: re.Match[str]) -> int:
    escape = found.group()[1:]
    if found["octal"]:
        return int(found["octal"], 8)
    if escape[0] == "x":
        return int(found["code"] or escape[1:], 16)
    return ord(escape) if found["itself"] else {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}[escape]
