"""Files of rules as checks read them: groups and rules with their lines, parsed, whatever program they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from obskit._lint._finding import Finding
from obskit._lint._labels import Labels
from obskit._lint._nodes import Scalar
from obskit._lint._tree import Node
from obskit.logql import Expression
from obskit.promql.newer import Feature, Version

_Part = TypeVar("_Part", bound=Node)


@dataclass(frozen=True)
class Settings:
    """What whoever checks knows of the Prometheus that the rules are for.

    Args:
        scrape: Scrape interval in seconds, or None when not known.
        prometheus: Its version, or None when not known.
    """

    scrape: float | None = None
    prometheus: Version | None = None


@dataclass(eq=False)
class Group:
    """A group of rules.

    Args:
        file: The file.
        name: Its name.
        line: Where it begins.
        document: Number of its document in the file, from 0.
        fields: Its other fields that are text.
        interval: Seconds between evaluations, or None when not given.
        labels: Labels that each of its rules adds.
        of_vmalert: Whether it has fields of vmalert, which reads more than PromQL.
    """

    file: str
    name: str
    line: int
    document: int
    fields: Mapping[str, Scalar]
    interval: float | None = None
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    of_vmalert: bool = False
    rules: list[Rule] = field(default_factory=list)

    @property
    def place(self) -> str:
        """How findings call it."""
        return f"group {self.name}"

    def finding(self, check: str, level: str, message: str, remedy: str = "", at: Scalar | None = None) -> Finding:
        """Return a finding about the group, at one of its fields or where it begins."""
        line, last = (at.line, at.last) if at else (self.line, self.line)
        return Finding(self.file, line, last, self.place, message, check, level, remedy)


@dataclass(eq=False)
class Rule:
    """A rule as it is written.

    Args:
        group: The group that it is in.
        alert: Whether it is an alert.
        name: Its name, or the place where it should be.
        expr: Its expression.
        line: Where it begins.
        last: Where it ends.
        waits: ``for`` and ``keep_firing_for``, as far as they are given.
        labels: Its labels.
        annotations: Its annotations.
        language: ``promql`` or ``logql``; for vmalert also ``MetricsQL``, ``graphite`` and ``vlogs``, all unread.
        tree: The expression, when it is PromQL that parses.
        logs: The expression, when it is LogQL that parses.
        result: What is known of the labels of its result, when it parses.
        problem: Why it does not parse, or "".
        features: What it uses that not every Prometheus has.
    """

    group: Group
    alert: bool
    name: Scalar
    expr: Scalar
    line: int
    last: int
    waits: Mapping[str, Scalar]
    labels: Mapping[str, Scalar]
    annotations: Mapping[str, Scalar]
    language: str = "promql"
    tree: Node | None = None
    logs: Expression | None = None
    result: Labels | None = None
    problem: str = ""
    features: tuple[Feature, ...] = ()

    @property
    def place(self) -> str:
        """How findings call it."""
        return f"{self.group.place}: {'alert' if self.alert else 'record'} {self.name.text or '?'}"

    @property
    def all_labels(self) -> dict[str, Scalar]:
        """The labels that it adds, those of its group among them."""
        return {**self.group.labels, **self.labels}

    def finding(self, check: str, level: str, message: str, remedy: str = "", at: Scalar | None = None) -> Finding:
        """Return a finding about the rule, at one of its texts or at its expression."""
        at = at or self.expr
        return Finding(self.group.file, at.line, at.last, self.place, message, check, level, remedy)


@dataclass
class Comment:
    """A comment for the lint.

    Args:
        file: The file.
        line: Its line.
        place: The rule or group that it is about.
        reach: The lines of findings that it is about.
        check: The check that it ignores, or "".
        problem: What is wrong with it, or "".
        remedy: What to do about that.
        idle: Whether it has ignored nothing yet.
    """

    file: str
    line: int
    place: str
    reach: range
    check: str = ""
    problem: str = ""
    remedy: str = ""
    idle: bool = False

    def covers(self, finding: Finding) -> bool:
        """Return whether it ignores a finding."""
        same = (self.file, self.check) == (finding.file, finding.check)
        return same and finding.line in self.reach and self.place == finding.place


@dataclass
class Pack:
    """Everything that checks read.

    Args:
        groups: Every group.
        faults: What kept a part of a file from being read.
        settings: What is known of the Prometheus.
        recorded: The rules that record a series, by its name.
        comments: The comments for the lint.
    """

    groups: list[Group]
    faults: list[Finding]
    settings: Settings
    recorded: dict[str, list[Rule]] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)

    def rules(self) -> Iterator[Rule]:
        """Yield every rule."""
        return (rule for group in self.groups for rule in group.rules)

    def alerts(self) -> Iterator[Rule]:
        """Yield every alert."""
        return (rule for rule in self.rules() if rule.alert)

    def queries(self) -> Iterator[tuple[Rule, Node]]:
        """Yield every rule with its expression, when that is PromQL that parses."""
        return ((rule, rule.tree) for rule in self.rules() if rule.tree is not None)

    def parts(self, kind: type[_Part]) -> Iterator[tuple[Rule, _Part]]:
        """Yield every part of one kind of every expression, with its rule."""
        for rule, tree in self.queries():
            yield from ((rule, node) for node in tree.walk() if isinstance(node, kind))
