"""The names that a LogQL query uses: labels of its streams, fields of its filters, groupings and formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from obskit import logql


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
        >>> [n.name for n in names('{service_name="shop"} | regexp "(?P<code>[0-9]+)" | code="500"')]
        ['service_name']
    """
    nodes = list(logql.walk(logql.parse(query)))
    streams = {id(matcher) for node in nodes if isinstance(node, logql.Selector) for matcher in node.matchers}
    made = {label for node in nodes for label in _made(node)}
    for node in nodes:
        if id(node) in streams and isinstance(node, logql.Matcher):
            yield Name(node.name, "stream")
        else:
            yield from (Name(name, "field") for name in _used(node) if name not in made)


def selects_lines(query: str) -> bool:
    """Return whether the expression of a rule is LogQL: metrics have a name, and streams of lines have none.

    Example:
        >>> selects_lines('sum(rate({service_name="shop"}[5m])) > 1'), selects_lines('sum(rate(lines[5m])) > 1')
        (True, False)
    """
    try:
        nodes = list(logql.walk(logql.parse(query)))
    except logql.LogQLError:
        return False
    named = any(isinstance(node, logql.Matcher) and node.name == "__name__" for node in nodes)
    return not named and any(isinstance(node, logql.LogRange) for node in nodes)


def labels(query: str) -> frozenset[str] | None:
    """Return the labels that the result of a query can have, or None where that cannot be known."""
    try:
        return logql.labels_of(logql.parse(query))
    except logql.LogQLError:  # said once, by the check of LogQL
        return None


def _made(node: logql.Node) -> Iterator[str]:
    if isinstance(node, (logql.Assignment, logql.Extraction)):
        yield node.label
    elif isinstance(node, (logql.RegexpParser, logql.PatternParser)):
        yield from node.labels
    elif isinstance(node, logql.LabelReplace):
        yield node.target


def _used(node: logql.Node) -> Iterator[str]:
    if isinstance(node, (logql.Matcher, logql.Comparison, logql.AddressMatch, logql.Name)):
        yield node.name
    elif isinstance(node, logql.Unwrap):
        yield node.label
    elif isinstance(node, (logql.LineFormat, logql.Assignment)):
        yield from node.reads
    elif isinstance(node, logql.LabelReplace) and node.source:
        yield node.source
