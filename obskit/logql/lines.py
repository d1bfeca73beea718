"""The parts of a LogQL query that are about lines: which streams, and what happens to their lines.

Two trees are equal when they mean the same query: where a part stands is not compared, and what may be written in
several ways (``| a="1", b="2"`` and ``| a="1" and b="2"``) is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Node:
    """Any part of a query.

    Args:
        start: Where it begins, in characters from the start of the query.
    """

    start: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Matcher(Node):
    """``name="value"`` in a selector, in a filter or behind ``drop`` and ``keep``; the operator is = != =~ or !~."""

    name: str
    operator: str
    value: str


@dataclass(frozen=True)
class Selector(Node):
    """``{…}``: which streams."""

    matchers: tuple[Matcher, ...]


@dataclass(frozen=True)
class LineMatch(Node):
    """What a line filter looks for: a text, an expression, a pattern, or addresses when the function is ``ip``."""

    text: str
    function: str = ""


@dataclass(frozen=True)
class LineFilter(Node):
    """``|= "a" or "b"``; the operator is one of |= != |~ !~ |> !>."""

    operator: str
    alternatives: tuple[LineMatch, ...]


@dataclass(frozen=True)
class Extraction(Node):
    """``label="expression"`` behind ``json`` or ``logfmt``."""

    label: str
    expression: str


@dataclass(frozen=True)
class JsonParser(Node):
    """``| json``; without extractions every field becomes a label."""

    extractions: tuple[Extraction, ...] = ()


@dataclass(frozen=True)
class LogfmtParser(Node):
    """``| logfmt``; without extractions every field becomes a label."""

    extractions: tuple[Extraction, ...] = ()
    strict: bool = False
    keep_empty: bool = False


@dataclass(frozen=True)
class RegexpParser(Node):
    """``| regexp "…"`` and the labels that it makes."""

    pattern: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class PatternParser(Node):
    """``| pattern "…"`` and the labels that it makes."""

    pattern: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Unpack(Node):
    """``| unpack``."""


@dataclass(frozen=True)
class Comparison(Node):
    """``size > 10KB``: a label as a number, as a duration (in seconds, unit "s") or as a size (in bytes, unit "B")."""

    name: str
    operator: str
    value: float
    unit: str = ""


@dataclass(frozen=True)
class AddressMatch(Node):
    """``remote = ip("10.0.0.0/8")``; the operator is = or !=."""

    name: str
    operator: str
    addresses: str


@dataclass(frozen=True)
class Combination(Node):
    """Conditions joined by ``and`` or ``or``, at least two; none of them is a combination by the same operator."""

    operator: str
    operands: tuple[Condition, ...]


Condition: TypeAlias = Matcher | Comparison | AddressMatch | Combination


@dataclass(frozen=True)
class LabelFilter(Node):
    """``| level="error" or size > 10KB``."""

    condition: Condition


@dataclass(frozen=True)
class LineFormat(Node):
    """``| line_format "{{.message}}"`` and the labels that the template reads."""

    template: str
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment(Node):
    """``label=other`` (which renames) or ``label="{{.template}}"``, and the labels that either reads."""

    label: str
    value: str
    renames: bool
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelFormat(Node):
    """``| label_format a=b, c="{{.d}}"``."""

    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class Decolorize(Node):
    """``| decolorize``."""


@dataclass(frozen=True)
class Name(Node):
    """A label by its name alone: behind ``drop`` and ``keep``, in ``by (…)``, ``on (…)`` and their like."""

    name: str


@dataclass(frozen=True)
class Drop(Node):
    """``| drop a, b="c"``."""

    labels: tuple[Name | Matcher, ...]


@dataclass(frozen=True)
class Keep(Node):
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


@dataclass(frozen=True)
class LogQuery(Node):
    """Streams and what happens to their lines: a query that gives lines."""

    selector: Selector
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Unwrap(Node):
    """``| unwrap duration(took) | took > 1s``: the label that samples are made of, and the conditions behind it."""

    label: str
    conversion: str = ""
    conditions: tuple[Condition, ...] = ()
