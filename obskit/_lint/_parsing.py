"""Every expression of a pack parsed, and what is known of the series that its rules record."""

from __future__ import annotations

from collections.abc import Iterable

from obskit import logql
from obskit._checks._finding import one_line
from obskit._lint import _build, _labels, _language, _numbers, _tree
from obskit._lint._facts import Known, annotate
from obskit._lint._finding import Finding
from obskit._lint._pack import Group, Pack, Rule, Settings
from obskit.logql import LogQLError
from obskit.promql import newer, syntax


def parsed(groups: list[Group], faults: list[Finding], settings: Settings) -> Pack:
    """Return the pack of some groups, every expression parsed and known as far as can be."""
    pack = Pack(groups, faults, settings)
    for group in groups:
        _language.settle(group)
    for rule in pack.rules():
        if rule.expr.text.strip():
            _parse_any(rule)
        if not rule.alert and rule.name.text:
            pack.recorded.setdefault(rule.name.text, []).append(rule)
    _annotate(pack)
    return pack


def _parse_any(rule: Rule) -> None:
    if rule.language == "promql":
        _parse(rule)
    elif rule.language == "logql":
        _parse_logql(rule)
    if rule.problem and rule.group.of_vmalert:
        rule.language, rule.problem = "MetricsQL", ""


def _parse(rule: Rule) -> None:
    try:
        rule.tree = _build.build(syntax.parse(rule.expr.text))
        rule.result = rule.tree.labels
        rule.features = _features(rule.tree)
    except ValueError as error:
        rule.problem = one_line(str(error))[:160]
        text, features = newer.rewritten(rule.expr.text)
        if features:
            _parse_newer(rule, text, features)


def _parse_logql(rule: Rule) -> None:
    try:
        rule.logs = logql.parse(rule.expr.text)
    except LogQLError as error:
        rule.problem = one_line(str(error))[:160]
        return
    labels = logql.labels_of(rule.logs)
    rule.result = _labels.ANY if labels is None else _labels.by(*labels)


def _parse_newer(rule: Rule, text: str, features: tuple[newer.Feature, ...]) -> None:
    """What only newer versions read is held against nothing but the syntax."""
    try:
        tree = _build.build(syntax.parse(text))
    except ValueError:
        return
    rule.problem = ""
    rule.features = tuple(dict.fromkeys((*features, *_features(tree))))
    if any(feature.removed for feature in features):
        rule.features = tuple(f for f in rule.features if f.name != "double_exponential_smoothing")


def _features(tree: _tree.Node) -> tuple[newer.Feature, ...]:
    found: dict[newer.Feature, None] = {}
    for node in tree.walk():
        if isinstance(node, (_tree.Call, _tree.Aggregate)) and node.name in newer.FUNCTIONS:
            found[newer.FUNCTIONS[node.name]] = None
        if isinstance(node, _tree.Binary) and node.filled:
            found[newer.FILL] = None
    return tuple(found)


def _annotate(pack: Pack) -> None:
    """What is known of each expression; of recorded series, what the same file records.

    Another file can be for another Prometheus, which gets the series with labels of its origin.
    """
    files: dict[str, list[Rule]] = {}
    for rule in pack.rules():
        files.setdefault(rule.group.file, []).append(rule)
    for rules in files.values():
        known = _of_recorded(rules)
        for rule in rules:
            if rule.tree is not None:
                annotate(rule.tree, known)
                rule.result = rule.tree.labels


def _of_recorded(rules: list[Rule]) -> dict[str, Known]:
    """The recorded series: first what others are made of; of a circle of them nothing is known."""
    recorded: dict[str, list[Rule]] = {}
    for rule in rules:
        if not rule.alert and rule.name.text:
            recorded.setdefault(rule.name.text, []).append(rule)
    known: dict[str, Known] = {}
    needs = {name: _uses(of_name) & recorded.keys() - {name} for name, of_name in recorded.items()}
    used_by: dict[str, list[str]] = {}
    for name, used in needs.items():
        for inner in used:
            used_by.setdefault(inner, []).append(name)
    ready = [name for name, used in needs.items() if not used]
    while ready:
        name = ready.pop()
        known[name] = _known(recorded[name], known)
        for above in used_by.get(name, ()):
            needs[above] = needs[above] - {name}
            if not needs[above]:
                ready.append(above)
    return known


def _uses(rules: Iterable[Rule]) -> set[str]:
    return {selector.name for rule in rules if rule.tree for selector in rule.tree.selectors()}


def _known(rules: list[Rule], known: dict[str, Known]) -> Known:
    found: Known | None = None
    for rule in rules:
        if rule.result is None:  # it does not parse
            return Known(_labels.ANY, _numbers.ANY)
        numbers = _numbers.ANY
        if rule.tree is not None:
            annotate(rule.tree, known)
            rule.result, numbers = rule.tree.labels, rule.tree.numbers
        labels = rule.result.having({name: value.text for name, value in rule.all_labels.items()})
        found = Known(found.labels.either(labels), found.numbers.either(numbers)) if found else Known(labels, numbers)
    return found or Known(_labels.ANY, _numbers.ANY)
