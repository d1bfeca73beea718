"""PromQL as a tree of small records, each with its parent, so that a check reads like what it says.

Parentheses and unary plus are gone; a selector and its range are one node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from obskit._lint._labels import ANY as ANY_LABELS
from obskit._lint._labels import Labels
from obskit._lint._numbers import ANY as ANY_NUMBERS
from obskit._lint._numbers import Numbers

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})
#: Aggregations that choose among their series and leave them as they are.
CHOICES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
#: Functions that add up what a counter has gone up by.
RATES = frozenset({"rate", "irate", "increase"})
_DEEPEST = 60


@dataclass(eq=False)
class Node:
    """A part of an expression.

    Args:
        raw: The parser's node.
        parts: What it is made of, from the left.
        parent: What it is part of.
        labels: What is known of the labels of its result.
        numbers: What is known of the values of its result.
        size: How many parts it is made of, all in all.
        depth: How deep they are nested.
        is_scalar: Whether its result is a number or a text, no vector.
    """

    raw: Any
    parts: tuple[Node, ...]
    parent: Node | None = field(default=None, init=False)
    labels: Labels = field(default=ANY_LABELS, init=False)
    numbers: Numbers = field(default=ANY_NUMBERS, init=False)
    size: int = field(default=1, init=False)
    depth: int = field(default=1, init=False)
    is_scalar: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.size += sum(part.size for part in self.parts)
        self.depth += max((part.depth for part in self.parts), default=0)
        for part in self.parts:
            part.parent = self

    def __str__(self) -> str:
        """PromQL on one line, cut where it is long."""
        if self.depth > _DEEPEST:  # which takes the parser's printer seconds
            return f"an expression of {self.size} parts"
        text = self.spelt()
        return text if len(text) <= 140 else f"{text[:139]}…"

    def spelt(self) -> str:
        """Return PromQL on one line."""
        return " ".join(str(self.raw.prettify()).split())

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below, from the top."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.parts))

    def above(self) -> Iterator[Node]:
        """Yield all that this is part of, from the inside out."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def same(self, other: Node) -> bool:
        """Return whether another is the same query."""
        return self.size == other.size and self.spelt() == other.spelt()

    def selectors(self) -> Iterator[Selector]:
        """Yield every selector in it."""
        return (node for node in self.walk() if isinstance(node, Selector))


@dataclass(frozen=True)
class Matcher:
    """One matcher of a selector."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        """The matcher as PromQL."""
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.label}{self.operator}"{quoted}"'


@dataclass(eq=False)
class Selector(Node):
    """``name{matchers}[window] offset past``; seconds, and whether it looks at one fixed time."""

    name: str
    matchers: tuple[Matcher, ...]
    window: float | None = None
    past: float = 0.0
    fixed: str = ""


@dataclass(eq=False)
class Subquery(Node):
    """``(…)[window:step]``; ``step`` is None where the evaluation interval is meant."""

    window: float
    step: float | None
    past: float = 0.0
    fixed: str = ""


@dataclass(eq=False)
class Call(Node):
    """``name(…)``; a sign before an expression is a call of ``-``."""

    name: str
    scalar: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_scalar = self.scalar


@dataclass(eq=False)
class Aggregate(Node):
    """``name by (labels) (…)``; the parameter, where there is one, is the last part."""

    name: str
    by: bool
    grouping: tuple[str, ...]


@dataclass(eq=False)
class Binary(Node):
    """``left name right``.

    Args:
        name: The operator.
        returns_bool: ``bool`` is there.
        on: True with ``on``, False with ``ignoring``, None with neither.
        matching: The labels of ``on`` or ``ignoring``.
        many: ``left`` with group_left, ``right`` with group_right, or "".
        copied: The labels of group_left or group_right.
        filled: Series that only one side has are filled up.
    """

    name: str
    returns_bool: bool
    on: bool | None
    matching: tuple[str, ...]
    many: str
    copied: tuple[str, ...]
    filled: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_scalar = self.left.is_scalar and self.right.is_scalar

    @property
    def left(self) -> Node:
        """The left side."""
        return self.parts[0]

    @property
    def right(self) -> Node:
        """The right side."""
        return self.parts[1]

    @property
    def filters(self) -> bool:
        """Whether it is a comparison that drops what does not hold."""
        return self.name in COMPARISONS and not self.returns_bool

    @property
    def joins(self) -> bool:
        """Whether series of two sides must find each other."""
        return not (self.left.is_scalar or self.right.is_scalar)


@dataclass(eq=False)
class Number(Node):
    """A number."""

    value: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_scalar = True


@dataclass(eq=False)
class Text(Node):
    """A string."""

    value: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_scalar = True
