"""The names that a LogQL query uses: labels of its streams, fields of its filters and groupings.

A tokenizer, no parser: https://grafana.com/docs/loki/latest/query/ says what may stand where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<word>[A-Za-z_][\w.]*)|(?P<op>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[|=<>])
    |(?P<range>\[[^\]]*\])|(?P<number>[\d.]+\w*)|(?P<mark>[{}(),+\-*/%^@])|(?P<space>\s+|\#[^\n]*)""",
    re.VERBOSE,
)
_COMPARE = {"=", "==", "!=", "=~", "!~", ">", "<", ">=", "<="}
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right", "keep", "drop"}
_MAKERS = {"label_format"}
_EXTRACTORS = {"regexp", "pattern"}


class LogQLError(ValueError):
    """Raised when a text is no LogQL; says where."""


@dataclass(frozen=True)
class Name:
    """A name and where it stands."""

    name: str
    where: Literal["stream", "field"]


def names(query: str) -> Iterator[Name]:
    """Yield the names that a query uses, without those that it makes itself.

    Raises:
        LogQLError: Not LogQL.

    Example:
        >>> [n.name for n in names('{service_name="shop"} |= "x" | trace_id="1"')]
        ['service_name', 'trace_id']
    """
    tokens = list(_tokens(query))
    if not any(text == "{" for _, text in tokens):
        raise LogQLError("no stream selector {…}")
    if any(text in _EXTRACTORS for _, text in tokens):
        made = None  # fields that the pattern names: not ours to know
    else:
        made = {text for i, (kind, text) in enumerate(tokens) if kind == "word" and _is_made(tokens, i)}
    inside = grouping = False
    for i, (kind, text) in enumerate(tokens):
        after = tokens[i + 1][1] if i + 1 < len(tokens) else ""
        before = tokens[i - 1][1] if i else ""
        if text in "{}" and kind == "mark":
            inside = text == "{"
        elif kind == "word" and text in _GROUPING and before != "," and (after == "(" or text in ("keep", "drop")):
            grouping = True
        elif text in ("|", ")") or (grouping and kind not in ("word", "mark")):
            grouping = False
        elif kind == "word" and inside and after in _COMPARE:
            yield Name(text, "stream")
        elif kind == "word" and not inside and made is not None and text not in made:
            unwrapped = before == "unwrap" and after != "("
            if (after in _COMPARE and before not in _MAKERS) or unwrapped or grouping:
                yield Name(text, "field")


def _is_made(tokens: list[tuple[str, str]], i: int) -> bool:
    """``label_format new=old, other=…`` makes ``new`` and ``other``."""
    for kind, text in reversed(tokens[:i]):
        if text in _MAKERS:
            return i + 1 < len(tokens) and tokens[i + 1][1] == "="
        if text == "|" or kind == "range":
            return False
    return False


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    at, depth = 0, []
    pairs = {")": "(", "}": "{"}
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            raise LogQLError(f"unexpected {query[at]!r}")
        at, kind, text = match.end(), str(match.lastgroup), match.group()
        if text in ("(", "{"):
            depth.append(text)
        elif text in pairs and (not depth or depth.pop() != pairs[text]):
            raise LogQLError(f"unexpected {text!r}")
        if kind != "space":
            yield kind, text
    if depth:
        raise LogQLError(f"unclosed {depth[-1]!r}")
