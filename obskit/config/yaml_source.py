"""YAML as plain data, with the line of everything in it.

Only what a settings file needs: mappings with text keys, lists, text, numbers, booleans, null. Aliases, tags and
duplicate keys are refused rather than interpreted: the first two are how a small file becomes a huge or a running one,
the third is how half of a setting gets lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from obskit.exceptions import InputError

#: A settings file is read by people; one larger than this is not one.
LARGEST_FILE = 1 << 20
DEEPEST_NESTING = 32

#: The fastest safe loader that this installation of PyYAML has.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?")
_NUMBER_REMEDY = "write it in plain digits, or quote it if it is text"
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}

Path_ = tuple["str | int", ...]


@dataclass(frozen=True)
class Document:
    """A parsed file.

    Args:
        file: Where it came from, as the user wrote it.
        data: Plain data.
        lines: Line (from 1) of the value at each path; of the key, for a key of a mapping.
    """

    file: str
    data: Any
    lines: dict[Path_, int]

    def place(self, path: Path_) -> str:
        """Return ``file:line`` of a path, or of the nearest thing around it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"

    def place_of(self, dotted: str) -> str | None:
        """Return ``file:line`` of a path written as ``alerts.ObskitShardHot.for``, or None when it is not there."""
        return next(
            (f"{self.file}:{line}" for path, line in self.lines.items() if path and spell(path) == dotted), None
        )


def spell(path: Path_) -> str:
    """Return a path as people write it.

    Example:
        >>> spell(("shards", 0, "expected"))
        'shards[0].expected'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(file: Path) -> Document:
    """Read a YAML file.

    Raises:
        InputError: It cannot be read, is not UTF-8, is no YAML, or uses more of YAML than a settings file needs.
    """
    return parse(_text(file), str(file))


def parse(text: str, file: str) -> Document:
    """Parse YAML text; ``file`` is only for messages.

    Raises:
        InputError: As for :func:`read`.

    Example:
        >>> document = parse("service: {name: shop}", "obskit.yaml")
        >>> document.data, document.place(("service", "name"))
        ({'service': {'name': 'shop'}}, 'obskit.yaml:1')
    """
    try:
        _refuse_hazards(text, file)
        loader = LOADER(text)
        node = loader.get_single_node()
        if node is None:
            raise InputError("the file is empty", place=file, remedy="the least it needs is service: {name: …}")
        lines: dict[Path_, int] = {}
        return Document(file, _Builder(loader, file, lines).build(node, ()), lines)
    except yaml.YAMLError as error:
        raise _broken(error, file) from None


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:  # a bound on the read, not on the size: a device has none
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InputError("the file is larger than 1 MiB", place=str(file), remedy="is it the right one?")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file", place=str(file), remedy="give its path with -c, or create it") from None
    except IsADirectoryError:
        raise InputError(
            "this is a directory", place=str(file), remedy=f"give a file, such as {file / 'obskit.yaml'}"
        ) from None
    except UnicodeDecodeError as error:
        remedy = "save the file as UTF-8"
        raise InputError(f"byte {error.start + 1} is not UTF-8", place=str(file), remedy=remedy) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", place=str(file), remedy="check path and permissions") from None


def _refuse_hazards(text: str, file: str) -> None:
    """Look at the events first: they are flat, so neither an alias nor a deep nesting has done harm by then."""
    for event in events(text, DEEPEST_NESTING, file):
        if isinstance(event, yaml.AliasEvent):
            problem = f"alias *{event.anchor} is not allowed"
            raise InputError(problem, place=_line(event, file), remedy="write the value out")


def events(text: str, deepest: int, file: str) -> Iterator[yaml.Event]:
    """Yield the events of YAML text, which are flat, until they are nested too deep.

    Args:
        text: YAML.
        deepest: Most levels of mappings and lists.
        file: Only for the message.

    Raises:
        InputError: It is deeper.
        yaml.YAMLError: It is no YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > deepest:
            raise _too_deep(_line(event, file), deepest)
        yield event


def _line(event: yaml.Event, file: str) -> str:
    return f"{file}:{event.start_mark.line + 1 if event.start_mark else 1}"


def _too_deep(place: str, deepest: int = DEEPEST_NESTING) -> InputError:
    return InputError("the nesting is too deep", place=place, remedy=f"keep it under {deepest} levels")


def _broken(error: yaml.YAMLError, file: str) -> InputError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    place = f"{file}:{mark.line + 1}" if mark else file
    if "nesting depth" in problem:  # libyaml has a limit of its own, and meets it first
        return _too_deep(place)
    return InputError(f"not valid YAML: {problem}", place=place, remedy="check indentation, colons and quotes there")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"


class _Builder:
    """Turns nodes into plain data and notes their lines."""

    def __init__(self, loader: Any, file: str, lines: dict[Path_, int]) -> None:
        self.loader, self.file, self.lines = loader, file, lines

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN_TAGS:
            return self.scalar(node)
        raise self.error(node, f"tag {node.tag} is not allowed", "write plain text, numbers, lists and mappings")

    def mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if key_node.tag != "tag:yaml.org,2002:str" or not isinstance(key, str):
                shown = key if isinstance(key, str) else "a list or mapping"
                raise self.error(key_node, f"key {shown} is not text", f'quote it: "{shown}"')
            inside = (*path, key)
            if key in result:
                first = self.lines[inside]
                raise self.error(key_node, f"key {key} is given twice (first on line {first})", "keep one of them")
            self.lines[inside] = key_node.start_mark.line + 1
            result[key] = self.build(value_node, inside)
        return result

    def scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag.endswith(":timestamp"):  # a date is text here, as it was written
            return node.value
        if node.tag.endswith((":int", ":float")) and not _PLAIN_NUMBER.fullmatch(node.value):
            # YAML 1.1 reads 1:30:00 as 5400, 010 as 8 and .inf as a number: hardly what anybody means here.
            raise self.error(node, f"{_short(node.value)} is not a plain number", _NUMBER_REMEDY)
        return self.loader.construct_object(node)

    def error(self, node: yaml.Node, problem: str, remedy: str) -> InputError:
        return InputError(problem, place=f"{self.file}:{node.start_mark.line + 1}", remedy=remedy)
