"""The rendered rules of a project, parsed: in the order of their evaluation, with what each reads."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser as parser

from benchmarks.false_positives.matchers import operator, takes
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


def needed(program: Sequence[Rule], names: Collection[str]) -> list[Rule]:
    """Return the rules that some alerts need, in order: them, what they read, and what that reads."""
    by_series: dict[str, list[Rule]] = {}
    for rule in program:
        by_series.setdefault(rule.series, []).append(rule)
    found = [rule for rule in program if rule.name in names]
    for rule in found:  # it grows
        made = (other for name in {selector.name for selector in rule.selectors} for other in by_series.get(name, ()))
        found += [other for other in made if rule.reads(other) and other not in found]
    return [rule for rule in program if rule in found]


def digest(program: Iterable[Rule], *more: str) -> str:
    """Return what changes with any of these rules: figures are of these rules alone.

    Args:
        program: An alert, and all that it needs.
        more: What else the figures depend on.
    """
    text = "\n".join([*(f"{r.name} {r.text} {r.hold} {r.keep}" for r in program), *more])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _rule(rule: Mapping[str, Any], step: int) -> Rule:
    tree = parser.parse(rule["expr"])
    hold, keep = (-(-duration_seconds(rule.get(name, "0s")) // step) for name in ("for", "keep_firing_for"))
    name = rule.get("alert") or rule["record"]
    found = tuple(selector for selector, _ in selectors(tree))
    return Rule(name, rule["expr"], tree, found, "alert" in rule, rule.get("labels", {}), hold, keep)


def selectors(tree: Any) -> Iterator[tuple[Any, float]]:
    """Yield every selector of an expression, and the seconds of its range, 0 without one."""
    found: list[tuple[Any, float]] = []

    def visit(node: Any) -> bool:
        if isinstance(node, parser.MatrixSelector):
            found.append((node.vector_selector, node.range.total_seconds()))
        elif isinstance(node, parser.VectorSelector):
            found.append((node, 0.0))
        return True

    parser.walk(tree, visit)
    yield from found
