"""A rule uses what the Prometheus that it is for has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import ERROR, NOTE, WARNING, Finding
from obskit._lint._nodes import Scalar
from obskit._lint._pack import Group, Pack, Rule
from obskit.promql.newer import Feature, Version

ID = "unavailable-feature"

_KEEP_FIRING = Feature("keep_firing_for", (2, 42))
_OF_GROUPS = {feature.name: feature for feature in (Feature("limit", (2, 31)), Feature("query_offset", (2, 53)))}
_GROUP_LABELS = Feature("labels of a group", (3, 0))
_ANY_NAME = Feature("names of any characters", (3, 0))
_LEGACY = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every function, syntax and field that a Prometheus lacks, or has behind a flag."""
    version = pack.settings.prometheus
    for group in pack.groups:
        for feature, at in _of_group(group):
            if said := _lacking(feature, version):
                yield group.finding(ID, ERROR, *said, at)
    for rule in pack.rules():
        for feature, at in _of_rule(rule):
            if said := _lacking(feature, version):
                yield rule.finding(ID, ERROR, *said, at)
            elif feature.removed and version is None:
                message = f"Prometheus {_spell(feature.removed)} and newer do not have {feature.name}"
                yield rule.finding(ID, WARNING, message)
            elif feature.flag:
                yield rule.finding(ID, NOTE, f"{feature.name} needs --enable-feature={feature.flag}")


def _of_group(group: Group) -> Iterator[tuple[Feature, Scalar | None]]:
    yield from ((feature, group.fields[name]) for name, feature in _OF_GROUPS.items() if name in group.fields)
    if group.labels:
        yield _GROUP_LABELS, next(iter(group.labels.values()))


def _of_rule(rule: Rule) -> Iterator[tuple[Feature, Scalar]]:
    yield from ((feature, rule.expr) for feature in rule.features)
    if "keep_firing_for" in rule.waits:
        yield _KEEP_FIRING, rule.waits["keep_firing_for"]
    if not rule.alert and rule.name.text and not _LEGACY.fullmatch(rule.name.text):
        yield _ANY_NAME, rule.name
    names = [*rule.labels.items(), *rule.annotations.items()]
    yield from ((_ANY_NAME, value) for name, value in names if not _LEGACY.fullmatch(name) or ":" in name)


def _lacking(feature: Feature, version: Version | None) -> tuple[str, str] | None:
    if version is None:
        return None
    if feature.since > version:
        return f"Prometheus {_spell(version)} does not have {feature.name}", f"it came with {_spell(feature.since)}"
    if feature.removed and feature.removed <= version:
        return f"Prometheus {_spell(version)} does not have {feature.name}", f"it went with {_spell(feature.removed)}"
    return None


def _spell(version: Version) -> str:
    return ".".join(map(str, version))
