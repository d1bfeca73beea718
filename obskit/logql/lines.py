"""The parts of a LogQL query that are about lines: which streams, and what happens to their lines.

Two trees are equal when they mean the same query: where a part stands is not compared, and what may be written in
several ways (``| a="1", b="2"`` and ``| a="1" and b="2"``) is one.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Node(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Any part of a query.

    Not a dataclass: thirty of them take a tenth of the time of a whole render to be made.

    Args:
        start: Where it begins, in characters from the start of the query.
    """

    start: int = 0

    def meaning(self) -> tuple[object, ...]:
        """Return what is compared: all but where it stands."""
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "start")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and type(other) is type(self) and self.meaning() == other.meaning()

    def __hash__(self) -> int:
        return hash((type(self), self.meaning()))


class Matcher(Node, frozen=True):
    """``name="value"`` in a selector, in a filter or behind ``drop`` and ``keep``; the operator is = != =~ or !~."""

    name: str
    operator: str
    value: str


class Selector(Node, frozen=True):
    """``{…}``: which streams."""

    matchers: tuple[Matcher, ...]


class LineMatch(Node, frozen=True):
    """What a line filter looks for: a text, an expression, a pattern, or addresses when the function is ``ip``."""

    text: str
    function: str = ""


class LineFilter(Node, frozen=True):
    """``|= "a" or "b"``; the operator is one of |= != |~ !~ |> !>."""

    operator: str
    alternatives: tuple[LineMatch, ...]


class Extraction(Node, frozen=True):
    """``label="expression"`` behind ``json`` or ``logfmt``."""

    label: str
    expression: str


class JsonParser(Node, frozen=True):
    """``| json``; without extractions every field becomes a label."""

    extractions: tuple[Extraction, ...] = ()


class LogfmtParser(Node, frozen=True):
    """``| logfmt``; without extractions every field becomes a label."""

    extractions: tuple[Extraction, ...] = ()
    strict: bool = False
    keep_empty: bool = False


class RegexpParser(Node, frozen=True):
    """``| regexp "…"`` and the labels that it makes."""

    pattern: str
    labels: tuple[str, ...]


class PatternParser(Node, frozen=True):
    """``| pattern "…"`` and the labels that it makes."""

    pattern: str
    labels: tuple[str, ...]


class Unpack(Node, frozen=True):
    """``| unpack``."""


class Comparison(Node, frozen=True):
    """``size > 10KB``: a label as a number, as a duration (in seconds, unit "s") or as a size (in bytes, unit "B")."""

    name: str
    operator: str
    value: float
    unit: str = ""


class AddressMatch(Node, frozen=True):
    """``remote = ip("10.0.0.0/8")``; the operator is = or !=."""

    name: str
    operator: str
    addresses: str


class Combination(Node, frozen=True):
    """Conditions joined by ``and`` or ``or``, at least two; none of them is a combination by the same operator."""

    operator: str
    operands: tuple[Condition, ...]


Condition: TypeAlias = Matcher | Comparison | AddressMatch | Combination


class LabelFilter(Node, frozen=True):
    """``| level="error" or size > 10KB``."""

    condition: Condition


class LineFormat(Node, frozen=True):
    """``| line_format "{{.message}}"`` and the labels that the template reads."""

    template: str
    reads: tuple[str, ...] = ()


class Assignment(Node, frozen=True):
    """``label=other`` (which renames) or ``label="{{.template}}"``, and the labels that either reads."""

    label: str
    value: str
    renames: bool
    reads: tuple[str, ...] = ()


class LabelFormat(Node, frozen=True):
    """``| label_format a=b, c="{{.d}}"``."""

    assignments: tuple[Assignment, ...]


class Decolorize(Node, frozen=True):
    """``| decolorize``."""


class Name(Node, frozen=True):
    """A label by its name alone: behind ``drop`` and ``keep``, in ``by (…)``, ``on (…)`` and their like."""

    name: str


class Drop(Node, frozen=True):
    """``| drop a, b="c"``."""

    labels: tuple[Name | Matcher, ...]


class Keep(Node, frozen=True):
    """``| keep a, b="c"``."""

    labels: tuple[Name | Matcher, ...]


Stage: TypeAlias = (
    LineFilter
    | JsonParser
    | LogfmtParser
    | RegexpParser
    | PatternParser
    | Unpack
    | LabelFilter
    | LineFormat
    | LabelFormat
    | Decolorize
    | Drop
    | Keep
)


class LogQuery(Node, frozen=True):
    """Streams and what happens to their lines: a query that gives lines."""

    selector: Selector
    stages: tuple[Stage, ...] = ()


class Unwrap(Node, frozen=True):
    """``| unwrap duration(took) | took > 1s``: the label that samples are made of, and the conditions behind it."""

    label: str
    conversion: str = ""
    conditions: tuple[Condition, ...] = ()
