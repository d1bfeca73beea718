"""Every series that a query may use: the catalogue's, and those that the rendered rules record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from obskit import catalogue
from obskit._checks import _promql, _units
from obskit._checks._vector import UNKNOWN, Vector, minus
from obskit.config.project import Project
from obskit.promql import translating

if TYPE_CHECKING:
    from obskit._checks._rendered import Rule


def of_catalogue(project: Project) -> dict[str, Vector]:
    """Return the catalogue's series under the project's names.

    Every one has the labels of its target, the project's group labels, and those that its packs are told apart by.
    """
    matched = {label for pack in project.enabled_packs.values() for label in pack.match}
    common = frozenset((*catalogue.TARGET_LABELS, *project.group_labels, *matched))
    known = {name: _vector(series, common) for name, series in catalogue.series().items()}
    series, labels = translating.names(project.metrics.translation_strategy)
    if project.metrics.histograms == "native":
        for name in translating.pushed():
            known.pop(f"{name}_count"), known.pop(f"{name}_sum")
            bucket = known.pop(f"{name}_bucket")
            known[name] = replace(bucket, unit=bucket.bucket_unit, labels=minus(bucket.labels, {"le"}))
    if not series and not labels:
        return known
    return {
        series.get(name, name): replace(
            vector,
            labels=vector.labels and frozenset(labels.get(label, label) for label in vector.labels),
            values={labels.get(label, label): values for label, values in vector.values.items()},
        )
        for name, vector in known.items()
    }


def _vector(series: catalogue.Series, common: frozenset[str]) -> Vector:
    bucket = "le" in series.labels
    return Vector(
        labels=series.labels | common,
        kind=series.type,
        unit=_units.PLAIN if bucket else _units.of(series.unit),
        boundaries=series.boundaries,
        bucket_unit=_units.of(series.unit) if bucket else None,
        values=series.values,
    )


def with_recorded(base: Mapping[str, Vector], rules: Sequence[Rule], trees: Mapping[str, Any]) -> dict[str, Vector]:
    """Return the series of the catalogue and of the rules, ALERTS with the labels of the alerts there are.

    Args:
        base: The catalogue's series.
        rules: Every rule.
        trees: Parsed expressions by their text; what does not parse is missing.
    """
    alerts = catalogue.telemetry.ALERTS.name
    known = {**base, alerts: replace(base[alerts], labels=None)}  # open while the recorded series are worked out
    waiting = [rule for rule in rules if not rule.alert and rule.expr in trees]
    names = {rule.name for rule in waiting}
    while waiting:
        ready = [rule for rule in waiting if not _uses(trees[rule.expr]) & (names - known.keys())] or waiting
        for rule in ready:
            _add(known, rule, _promql.analyse(trees[rule.expr], known).output)
        waiting = [rule for rule in waiting if rule not in ready]
    for rule in rules:
        if not rule.alert:
            known.setdefault(rule.name, UNKNOWN)  # its expression does not parse: said once, there
    known[alerts] = replace(base[alerts], labels=_labels_of_alerts(base[alerts], rules, trees, known))
    return known


def _uses(tree: Any) -> set[str]:
    return {selector.name for selector in _promql.analyse(tree, {}).selectors}


def _add(known: dict[str, Vector], rule: Rule, output: Vector) -> None:
    labels = None if output.labels is None else output.labels | rule.labels.keys()
    if rule.name in known:
        before = known[rule.name].labels
        labels = None if labels is None or before is None else labels | before
    known[rule.name] = replace(output, labels=labels)


def _labels_of_alerts(
    base: Vector, rules: Sequence[Rule], trees: Mapping[str, Any], known: Mapping[str, Vector]
) -> frozenset[str] | None:
    labels = base.labels or frozenset()
    for rule in rules:
        if rule.alert and rule.expr in trees:
            output = _promql.analyse(trees[rule.expr], known).output.labels
            if output is None:
                return None
            labels |= output | rule.labels.keys()
    return labels
