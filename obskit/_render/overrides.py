"""What a project changes of the pack: which alerts, and their timing, texts and thresholds."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from obskit import catalogue
from obskit._render import pack, tokens
from obskit.catalogue import http
from obskit.config.project import AlertOverride, Project
from obskit.exceptions import InputError

#: Labels of every alert, and of every series of the service. As a group label one of them would be there twice; set by
#: an override it would make alerts of different series one, which Prometheus refuses.
RESERVED = frozenset({"alertname", "severity", "latency_class", "namespace", "service", "pack"}).union(
    catalogue.TARGET_LABELS,
    *(series.labels for topic in catalogue.TOPICS for _, _, r in catalogue.metrics(topic) for series in r.series),
)
#: As many names as a message can list.
_FEW = 20
_GROUPING = re.compile(r"\b(?:by|on|group_left) \((?:<<by>>)?([^()]*)\)")


def of_pack(name: str) -> frozenset[str]:
    """Return the labels by which the rules of a platform pack tell things apart, reserved where it is on."""
    rules = (rule for group in pack.load().groups if group.family == name for rule in group.rules)
    found = (labels for rule in rules for labels in _GROUPING.findall(rule.expr))
    return frozenset(label.strip() for labels in found for label in labels.split(",")) - {""}


def reserved(project: Project) -> frozenset[str]:
    """Return the labels that neither group labels nor overrides of a project may set."""
    return RESERVED.union(*map(of_pack, project.enabled_packs))


def of(project: Project, alert: pack.Alert) -> AlertOverride:
    """Return the overrides of an alert."""
    return project.alerts.get(alert.name) or AlertOverride()


def is_on(project: Project, alert: pack.Alert) -> bool:
    """Return whether a project has an alert: a platform pack must be enabled, and an alert not disabled."""
    return not why_off(project, alert)


def why_off(project: Project, alert: pack.Alert) -> str:
    """Return why a project does not have an alert, or ""."""
    if _is_of_disabled_pack(project, alert):
        return f"its pack is not enabled (packs: {{{alert.family}: true}})"
    return "" if of(project, alert).enabled else f"obskit.yaml disables it (alerts.{alert.name}.enabled)"


def _is_of_disabled_pack(project: Project, alert: pack.Alert) -> bool:
    return alert.family in catalogue.PLATFORM and alert.family not in project.enabled_packs


def hold(project: Project, alert: pack.Alert) -> str:
    """Return the ``for`` of an alert."""
    return of(project, alert).for_ or alert.for_


def severity(project: Project, alert: pack.Alert) -> str:
    """Return the severity of an alert."""
    return of(project, alert).severity or alert.severity


def params(project: Project, alert: pack.Alert) -> dict[str, str]:
    """Return the thresholds of an alert as tokens: ``param:NAME`` -> text."""
    given = of(project, alert).params
    return {f"param:{p.name}": number(given[p.name]) if p.name in given else p.default for p in alert.params.values()}


def terms(project: Project, alert: pack.Alert) -> dict[str, str]:
    """Return the thresholds of an alert as they stand in its expression: numbers, or what a series says of them.

    With ``thresholds: series`` the service's own series wins over that of the namespace, and the number of the project
    is what holds without either. Whatever a series says, it stays within the range of the parameter.
    """
    numbers = params(project, alert)
    if project.thresholds == "fixed" or alert.language == "logql":  # Loki has none of Prometheus' series
        return numbers
    return {f"param:{p.name}": _term(project, alert, p, numbers[f"param:{p.name}"]) for p in alert.params.values()}


def _term(project: Project, alert: pack.Alert, param: pack.Param, otherwise: str) -> str:
    own = f'alert="{alert.name}", param="{param.name}", namespace="{project.service.namespace}"'
    of_service, of_namespace = (
        f'max({catalogue.telemetry.THRESHOLD.name}{{{own}, service="{name}"}})' for name in (project.service.name, "")
    )
    low, high = number(param.minimum), number(param.maximum)
    return f"scalar(clamp({of_service} or {of_namespace} or vector({otherwise}), {low}, {high}))"


def number(value: float) -> str:
    """Return a number as Helm writes it too: the shortest text that is the same number.

    Example:
        >>> number(2.0), number(0.05)
        ('2', '0.05')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def refuse_unknown(project: Project, definitions: pack.Pack) -> None:
    """Refuse what names nothing, or would break rules.

    Raises:
        InputError: A pack, an alert, a parameter or a label that cannot be, or a value out of range.
    """
    for index, label in enumerate(project.group_labels):
        if label in reserved(project):
            problem = f"group_labels cannot hold {label}, which the rules use themselves"
            raise InputError(problem, place=f"group_labels[{index}]", remedy="leave it out")
    for name in project.packs:
        if name not in catalogue.PLATFORM:
            remedy = _nearest(name, catalogue.PLATFORM)
            raise InputError(f"no pack is called {name}", place=f"packs.{name}", remedy=remedy)
    threshold = project.slo.latency.threshold
    if threshold not in http.DURATION_BOUNDARIES:
        known = ", ".join(f"{boundary:g}" for boundary in http.DURATION_BOUNDARIES)
        problem = f"slo.latency.threshold cannot be {threshold:g}"
        raise InputError(problem, place="slo.latency.threshold", remedy=f"one of the bucket boundaries: {known}")
    alerts = definitions.by_name
    for name, override in project.alerts.items():
        if name not in alerts:
            raise InputError(f"no alert is called {name}", place=f"alerts.{name}", remedy=_nearest(name, alerts))
        if override.keep_firing_for and alerts[name].language == "logql":
            problem, remedy = f"{name} cannot have keep_firing_for", "Loki's ruler does not know it: leave it out"
            raise InputError(problem, place=f"alerts.{name}.keep_firing_for", remedy=remedy)
        _refuse_off(project, alerts[name])
        _refuse_labels(project, name, override)
        _refuse_annotations(name, override)
        _refuse_params(alerts[name], override)
    for alert in alerts.values():
        _refuse_unreachable(project, alert)


def _refuse_off(project: Project, alert: pack.Alert) -> None:
    if _is_of_disabled_pack(project, alert):
        problem = f"{alert.name} is of the pack {alert.family}, which is off"
        remedy = f"packs: {{{alert.family}: true}}, or leave this out"
        raise InputError(problem, place=f"alerts.{alert.name}", remedy=remedy)


def _refuse_unreachable(project: Project, alert: pack.Alert) -> None:
    """Refuse an objective so low that an alert on its budget cannot fire: no more than all requests can miss it."""
    budget = next((name for name in ("slo_failed", "slo_slow") if f"<<{name}>>" in alert.expr), "")
    if "rate" not in alert.params or not budget or not is_on(project, alert):
        return
    share, rate = float(tokens.of(project)[budget]), float(params(project, alert)["param:rate"])
    if rate * share >= 1:
        fastest = f"all requests use up a budget of {share:.1%} {1 / share:.4g} times as fast"
        problem = f"{alert.name} can never fire: {fastest}"
        remedy = f"set alerts.{alert.name}.params.rate below {1 / share:.4g}, or enabled: false"
        given = "rate" in of(project, alert).params
        raise InputError(problem, place=f"alerts.{alert.name}.params.rate" if given else "slo", remedy=remedy)


def _refuse_annotations(name: str, override: AlertOverride) -> None:
    place = f"alerts.{name}.annotations"
    if "detection_budget" in override.annotations:
        problem, remedy = f"{name} cannot set detection_budget", "it is computed: leave it out"
        raise InputError(problem, place=f"{place}.detection_budget", remedy=remedy)
    url = override.annotations.get("runbook_url")
    if url is not None and not url.startswith(("https://", "http://")):
        problem, remedy = f"runbook_url of {name} cannot be {url!r}", "it must begin with https:// or http://"
        raise InputError(problem, place=f"{place}.runbook_url", remedy=remedy)


def _refuse_labels(project: Project, name: str, override: AlertOverride) -> None:
    for label in override.labels:
        if label in reserved(project) or label in project.group_labels:
            remedy = "set severity" if label == "severity" else "series and route rely on it: leave it out"
            place = f"alerts.{name}.labels.{label}"
            raise InputError(f"{name} cannot set the label {label}", place=place, remedy=remedy)


def _refuse_params(alert: pack.Alert, override: AlertOverride) -> None:
    known = alert.params
    for param, value in override.params.items():
        place = f"alerts.{alert.name}.params.{param}"
        if param not in known:
            raise InputError(f"{alert.name} has no parameter {param}", place=place, remedy=_nearest(param, known))
        low, high = known[param].minimum, known[param].maximum
        if not low <= value <= high:
            remedy = f"it goes from {low:g} to {high:g}: {known[param].brief}"
            raise InputError(f"{param} of {alert.name} cannot be {value:g}", place=place, remedy=remedy)


def _nearest(name: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3)
    if len(names) > _FEW:
        return f"did you mean {' or '.join(near)}? obskit explain lists all" if near else "obskit explain lists all"
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}known: {', '.join(names) or 'none'}"
