"""YAML as nodes that know their lines: findings name a line, and nothing of the text is lost to a conversion.

Scalars are text, as Prometheus reads them: ``expr: 1``, ``severity: 3`` and ``for: 0`` are what is written there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from obskit.config import yaml_source
from obskit.exceptions import InputError

_DEEPEST = 100
_MERGE = "<<"


@dataclass(frozen=True)
class Scalar:
    """A text and where it stands.

    Args:
        text: The text; "" when nothing is given.
        line: First line, from 1.
        last: Last line.
        plain: Whether it is written without quotes.
    """

    text: str
    line: int
    last: int
    plain: bool = True

    @property
    def given(self) -> bool:
        """Whether it is more than a null."""
        return not (self.plain and self.text in ("", "~", "null", "Null", "NULL"))


@dataclass
class Sequence:
    """A list and where it stands."""

    line: int
    last: int
    items: list[Node] = field(default_factory=list)


@dataclass
class Mapping:
    """A mapping and where it stands."""

    line: int
    last: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)

    def fields(self) -> Iterator[tuple[Scalar, Node]]:
        """Yield each key with its value, and those that a merge key brings and that are not there already."""
        own = [(key, value) for key, value in self.pairs if isinstance(key, Scalar)]
        merged = [value for key, value in own if key.text == _MERGE]
        yield from ((key, value) for key, value in own if key.text != _MERGE)
        there = {key.text for key, _ in own}
        for other in (one for value in merged for one in (value.items if isinstance(value, Sequence) else [value])):
            for key, value in other.pairs if isinstance(other, Mapping) else ():
                if isinstance(key, Scalar) and key.text not in there:
                    there.add(key.text)
                    yield key, value

    def get(self, name: str) -> Node | None:
        """Return the value of a key, or None."""
        return next((value for key, value in self.fields() if key.text == name), None)

    def text(self, name: str) -> str:
        """Return the text of a key, or "" where there is none."""
        value = self.get(name)
        return value.text if isinstance(value, Scalar) and value.given else ""


Node = Scalar | Sequence | Mapping


def documents(text: str, file: str) -> list[Node]:
    """Return the documents of a file of YAML, of which JSON is a part.

    Args:
        text: The file.
        file: Its name, for messages.

    Raises:
        InputError: It is no YAML, or too deep to be meant.

    Example:
        >>> (document,) = documents("a: {b: 10m}", "rules.yaml")
        >>> document.get("a").text("b"), document.get("a").line
        ('10m', 1)
    """
    composer = _Composer(text.splitlines())
    try:
        for event in yaml_source.events(text, _DEEPEST, file):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"not YAML: {error.problem}", place=f"{file}:{line}", remedy="is it the right file?") from None
    except yaml.YAMLError as error:
        raise InputError(
            f"not YAML: {str(error).splitlines()[0]}", place=file, remedy="is it the right file?"
        ) from None
    return composer.documents


class _Composer:
    """Makes nodes of events; an alias is the node that it names, so that nothing grows."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.documents: list[Node] = []
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            self._put(event, self._scalar(event))
        elif isinstance(event, yaml.AliasEvent):
            node = self._anchors.get(event.anchor or "")
            if node is None:
                raise yaml.YAMLError(f"undefined alias *{event.anchor} on line {_line(event)}")
            self._add(node)
        elif isinstance(event, yaml.CollectionStartEvent):
            kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
            node = kind(_line(event), _line(event))
            self._put(event, node)
            self._open.append(node)
            self._keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._keys.pop()
            done = self._open.pop()
            if self._open:
                self._open[-1].last = max(self._open[-1].last, done.last)

    def _put(self, event: yaml.NodeEvent, node: Node) -> None:
        if event.anchor:
            self._anchors[event.anchor] = node
        if self._open:
            self._open[-1].last = max(self._open[-1].last, node.last)
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.documents.append(node)
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((self._keys[-1], node))
            self._keys[-1] = None

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        first = _line(event)
        last = event.end_mark.line + 1 if event.end_mark else first
        if event.style not in ("|", ">"):
            return Scalar(event.value, first, last, plain=not event.style)
        last -= 1  # such a text begins below its mark, and ends where the next line begins
        while last > first + 1 and not self._lines[min(last, len(self._lines)) - 1].strip():
            last -= 1
        return Scalar(event.value, first + 1, max(last, first + 1), plain=False)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
