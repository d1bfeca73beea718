"""What is known of the labels and values of every part of an expression, from the selectors up."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from obskit._lint import _label_facts, _labels, _number_facts, _numbers
from obskit._lint._labels import Labels
from obskit._lint._numbers import Numbers, only
from obskit._lint._tree import Aggregate, Binary, Call, Node, Number, Selector, Subquery


@dataclass(frozen=True)
class Known:
    """What is known of a series that a rule records."""

    labels: Labels
    numbers: Numbers


_LONGEST_VALUE, _MOST_REPEATED, _MOST_GROUPS = 100, 3, 6
_REPEATED = re.compile(r"[*+{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
#: Series that Prometheus makes itself: they have no target.
_SERIES_OF_PROMETHEUS = {"ALERTS", "ALERTS_FOR_STATE"}
#: Series whose values are known by their name.
_SERIES = {"up": Numbers(0.0, 1.0), "ALERTS": only(1.0)}


def annotate(tree: Node, known: Mapping[str, Known]) -> None:
    """Set labels and numbers of every node.

    Args:
        tree: The expression.
        known: The recorded series.

    Example:
        >>> from obskit._lint import _build
        >>> from obskit.promql import syntax
        >>> tree = _build.build(syntax.parse('count by (job) (up{env="a"} == 0)'))
        >>> annotate(tree, {})
        >>> sorted(tree.labels.names), str(tree.numbers)
        (['job'], '1 or more')
    """
    for node in reversed(list(tree.walk())):
        node.labels, node.numbers = _of_node(node, known)


def _of_node(node: Node, known: Mapping[str, Known]) -> tuple[Labels, Numbers]:
    if isinstance(node, Selector):
        return _of_selector(node, known)
    if isinstance(node, Subquery):
        return node.parts[0].labels, node.parts[0].numbers
    if isinstance(node, Call):
        return _label_facts.of_call(node), _number_facts.of_call(node)
    if isinstance(node, Aggregate):
        return _label_facts.of_aggregate(node), _number_facts.of_aggregate(node)
    if isinstance(node, Binary):
        return _label_facts.of_binary(node), _number_facts.of_binary(node)
    return _labels.NONE, only(node.value) if isinstance(node, Number) else _numbers.ANY


def _of_selector(node: Selector, known: Mapping[str, Known]) -> tuple[Labels, Numbers]:
    recorded = known.get(node.name)
    by_rule = ":" in node.name or not node.name or node.name in _SERIES_OF_PROMETHEUS
    labels = recorded.labels if recorded else _labels.ANY if by_rule else _labels.SCRAPED
    for matcher in node.matchers:
        if matcher.label == "__name__":
            continue
        if matcher.operator == "=" and matcher.value == "":
            labels = labels.dropping((matcher.label,))
        elif matcher.operator == "=" and labels.can(matcher.label):
            labels = labels.having({matcher.label: matcher.value})
        elif not accepts(matcher.operator, matcher.value, ""):
            labels = labels.needing((matcher.label,))
    return labels, recorded.numbers if recorded else _SERIES.get(node.name, _numbers.ANY)


def accepts(operator: str, pattern: str, value: str) -> bool:
    """Return whether a matcher accepts a value; True where that cannot be told.

    Example:
        >>> accepts("=~", "a|b", "a"), accepts("!=", "", "")
        (True, False)
    """
    if operator in ("=", "!="):
        return (value == pattern) == (operator == "=")
    if len(value) > _LONGEST_VALUE or not _is_plain(pattern):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that Python may read differently one day
            return bool(re.fullmatch(pattern, value, re.DOTALL)) == (operator == "=~")
    except (re.error, RecursionError, OverflowError):  # RE2 and Python differ in a few corners
        return True


def _is_plain(pattern: str) -> bool:
    """Whether Python, which goes back to try again, is done with a pattern at once, as RE2 is with any."""
    few = len(_REPEATED.findall(pattern)) <= _MOST_REPEATED and pattern.count("(") <= _MOST_GROUPS
    return few and not _REPEATED_GROUP.search(pattern)
