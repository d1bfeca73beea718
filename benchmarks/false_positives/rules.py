"""The rendered rules of a project, parsed: in the order of their evaluation, with what each reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser as parser

from benchmarks.false_positives.series import operator, takes
from obskit.catalogue import telemetry
from obskit.config.project import duration_seconds

ALERTS = telemetry.ALERTS.name


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule.

    Args:
        name: Of the recorded series or of the alert.
        text: Its expression.
        tree: The same, parsed.
        selectors: The selectors in it.
        alert: Whether it is an alert.
        labels: What it adds.
        hold: ``for``, in steps.
        keep: ``keep_firing_for``, in steps.
    """

    name: str
    text: str
    tree: Any
    selectors: tuple[Any, ...]
    alert: bool
    labels: Mapping[str, str]
    hold: int
    keep: int

    @property
    def series(self) -> str:
        """The name of the series that it makes."""
        return ALERTS if self.alert else self.name

    def reads(self, other: Rule) -> bool:
        """Return whether it can read what another rule makes."""
        return any(selector.name == other.series and _takes(selector, other) for selector in self.selectors)


def _takes(selector: Any, rule: Rule) -> bool:
    """Of the labels of a result, the name of the alert is what is known beforehand."""
    known = {"alertname": rule.name} if rule.alert else {}
    return all(
        takes(known, matcher.name, operator(matcher), matcher.value)
        for matcher in selector.matchers.matchers
        if matcher.name in known
    )


def parse(groups: Sequence[Mapping[str, Any]], step: int) -> list[Rule]:
    """Return the rules of rendered groups.

    Args:
        groups: As :func:`obskit._render.alerts.groups` gives them.
        step: Seconds between two evaluations.
    """
    return [_rule(rule, step) for group in groups for rule in group["rules"]]


def _rule(rule: Mapping[str, Any], step: int) -> Rule:
    tree = parser.parse(rule["expr"])
    hold, keep = (-(-duration_seconds(rule.get(name, "0s")) // step) for name in ("for", "keep_firing_for"))
    name = rule.get("alert") or rule["record"]
    return Rule(name, rule["expr"], tree, tuple(_selectors(tree)), "alert" in rule, rule.get("labels", {}), hold, keep)


def _selectors(tree: Any) -> Iterator[Any]:
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, parser.MatrixSelector):
            found.append(node.vector_selector)
        elif isinstance(node, parser.VectorSelector):
            found.append(node)
        return True

    parser.walk(tree, visit)
    yield from found
