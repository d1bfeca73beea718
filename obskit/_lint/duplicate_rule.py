"""No rule of a file is there twice, and no two rules write the same series."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import logql
from obskit._checks._finding import one_line
from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack, Rule
from obskit._lint._tree import Matcher, Node

ID = "duplicate-rule"

#: Rules of one name and labels that each is compared with.
_MOST = 50


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every rule that repeats another, or that gives another the same name and labels."""
    seen: dict[tuple[object, ...], list[Rule]] = {}
    for rule in pack.rules():
        labels = tuple(sorted((name, value.text) for name, value in rule.all_labels.items()))
        before = seen.setdefault((rule.group.file, rule.alert, rule.name.text, labels), [])
        same = next((other for other in before if _identical(rule, other)), None)
        if not rule.name.text:
            continue
        if same:
            message = f"the same rule stands on line {same.line} already"
            yield rule.finding(ID, WARNING, message, "remove one of them", rule.name)
        elif other := next((other for other in before if not _apart(rule, other)), None):
            message = f"a rule of the same name and labels, with another expression, stands on line {other.line}"
            yield rule.finding(ID, NOTE, message, "give one of them another name, or a label", rule.name)
        if len(before) < _MOST:
            before.append(rule)


def _identical(rule: Rule, other: Rule) -> bool:
    waits = [{name: wait.text for name, wait in each.waits.items()} for each in (rule, other)]
    return waits[0] == waits[1] and _spelt(rule) == _spelt(other)


def _spelt(rule: Rule) -> str:
    if rule.logs is not None:
        return logql.text_of(rule.logs)
    return rule.tree.spelt() if rule.tree is not None else one_line(rule.expr.text)


def _divided(one: Node, two: Node) -> set[str]:
    """The labels for which the two ask differently of one series, so that each has some of its values."""
    asked: list[dict[tuple[str, str], set[Matcher]]] = []
    for tree in (one, two):
        found: dict[tuple[str, str], set[Matcher]] = {}
        for selector in tree.selectors():
            for matcher in selector.matchers:
                found.setdefault((selector.name, matcher.label), set()).add(matcher)
        asked.append(found)
    return {key[1] for key, matchers in asked[0].items() if key in asked[1] and asked[1][key] != matchers}


def _apart(rule: Rule, other: Rule) -> bool:
    """Whether the results differ in a label for certain."""
    if rule.tree is None or other.tree is None:
        return False
    one, two = rule.tree.labels, other.tree.labels
    differing = any(two.fixed.get(label, value) != value for label, value in one.fixed.items())
    differing = differing or any(one.can(label) and two.can(label) for label in _divided(rule.tree, other.tree))
    return differing or any(not two.can(label) for label in one.must) or any(not one.can(label) for label in two.must)
