"""Rules, PrometheusRule and Alertmanager route of a project."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from obskit import catalogue
from obskit._render import pack, tokens
from obskit._render.text import yaml_text
from obskit.config.project import AlertOverride, Project, Service
from obskit.exceptions import InputError
from obskit.promql import budget as budgets

Rule = dict[str, Any]

#: Labels of every alert and of every series. As a group label one of them would be there twice; set by an override it
#: would make alerts of different series one, which Prometheus refuses.
RESERVED = frozenset({"alertname", "severity", "latency_class", "namespace", "service"}).union(
    catalogue.TARGET_LABELS, *(series.labels for series in catalogue.series().values())
)


def files(project: Project) -> dict[str, str]:
    """Return the files of the artefact ``alerts``.

    Raises:
        InputError: An override names an alert or a parameter that does not exist, or a value out of range.
    """
    rules = groups(project)
    return {
        "alerts/rules.yaml": yaml_text({"groups": rules}),
        "alerts/prometheusrule.yaml": yaml_text(_custom_resource(project, rules)),
        "alerts/alertmanager-route.yaml": yaml_text({"route": route(project)}),
    }


def groups(project: Project) -> list[dict[str, Any]]:
    """Return the groups of rules as Prometheus reads them; a group without a rule is left out."""
    definitions = pack.load()
    _refuse_unknown(project, {alert.name: alert for alert in definitions.alerts()})
    scope = tokens.of(project)
    result = []
    for group in definitions.groups:
        enabled = [r for r in group.rules if not isinstance(r, pack.Alert) or _override(project, r).enabled]
        if any(isinstance(rule, pack.Alert) for rule in enabled):
            name = f"{group.name}-{project.service.namespace}-{project.service.name}"
            rules = [_rule(project, rule, scope, group.name) for rule in enabled]
            result.append({"name": name, "interval": project.intervals.evaluation, "rules": rules})
    return result


def limits(project: Project) -> dict[str, float]:
    """Return the thresholds of all alerts in a project, as ``limit:ALERT.PARAM``: the lines of the panels.

    Example:
        >>> from obskit.config.project import Service
        >>> limits(Project(service=Service(name="shop")))["limit:ObskitShardHot.odds"]
        1.6
    """
    return {
        f"limit:{alert.name}.{token.removeprefix('param:')}": json.loads(number)
        for alert in pack.load().alerts()
        for token, number in _params(project, alert).items()
    }


def budget(project: Project, alert: pack.Alert) -> budgets.Budget:
    """Return the detection budget of an alert in a project."""
    scope = tokens.of(project)
    group = next(g.name for g in pack.load().groups if alert in g.rules)
    return _budget(project, alert, tokens.replace(alert.expr, scope | _params(project, alert)), scope, group)


def route(project: Project) -> dict[str, Any]:
    """Return the Alertmanager route of the service: fast alerts alone and at once, the rest grouped."""
    own = [f'namespace="{project.service.namespace}"', f'service="{project.service.name}"']
    fast = {
        "matchers": ['latency_class="fast"'],
        "group_by": ["..."],
        "group_wait": project.intervals.group_wait,
        "group_interval": "1m",
        "repeat_interval": "4h",
    }
    return {
        "matchers": own,
        "group_by": ["alertname", "namespace", "service"],
        "group_wait": budgets.GROUP_WAIT,
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [fast],
    }


def explain(name: str, project: Project | None = None) -> dict[str, Any]:
    """Return what ``obskit explain`` tells of an alert: meaning, parameters, and its budget step by step.

    Raises:
        KeyError: No such alert.
    """
    alert = {alert.name: alert for alert in pack.load().alerts()}[name]
    project = project or Project(service=Service(name="shop", namespace="shop"))
    spent = budget(project, alert)
    return {
        "alert": alert.name,
        "meaning": alert.summary,
        "severity": _override(project, alert).severity or alert.severity,
        "for": _for(project, alert),
        "params": [
            f"{p.name} = {_params(project, alert)[f'param:{p.name}']} "
            f"({p.unit}, from {p.minimum:g} to {p.maximum:g}): {p.brief}"
            for p in alert.params.values()
        ],
        "budget": f"{spent.seconds}s when {alert.fault} (promised at the default intervals: {alert.budget}s)",
        "budget step by step": [f"{step.seconds:g}s  {step.reason}" for step in spent.steps],
        "runbook": f"{project.backends.runbooks}/{alert.name}",
        "panel": alert.panel,
    }


def _rule(project: Project, rule: pack.Recording | pack.Alert, scope: Mapping[str, str], group: str) -> Rule:
    if isinstance(rule, pack.Recording):
        return {"record": rule.record, "expr": tokens.replace(rule.expr, scope)}
    override = _override(project, rule)
    values = {**scope, **_params(project, rule)}
    expr = tokens.replace(rule.expr, values)
    result: Rule = {"alert": rule.name, "expr": expr}
    if _for(project, rule) != "0s":
        result["for"] = _for(project, rule)
    if (keep := override.keep_firing_for or rule.keep_firing_for) != "0s":
        result["keep_firing_for"] = keep
    result["labels"] = _labels(project, rule) | override.labels
    spent = _budget(project, rule, expr, scope, group)
    result["annotations"] = _annotations(project, rule, values, spent) | override.annotations
    return result


def _labels(project: Project, alert: pack.Alert) -> dict[str, str]:
    labels = {
        "severity": _override(project, alert).severity or alert.severity,
        "latency_class": alert.latency_class,
        "namespace": project.service.namespace,
        "service": project.service.name,
    }
    return labels | ({"team": project.service.team} if project.service.team else {})


def _annotations(
    project: Project, alert: pack.Alert, values: Mapping[str, str], spent: budgets.Budget
) -> dict[str, str]:
    annotations = {
        "summary": alert.summary,
        "description": tokens.replace(alert.description, values),
        "runbook_url": f"{project.backends.runbooks}/{alert.name}",
        "detection_budget": f"{spent.seconds}s",
    }
    if project.backends.grafana:
        slug = alert.panel.partition("#")[0]
        place = tokens.uid(project.service.namespace, project.service.name, slug)
        annotations["dashboard_url"] = f"{project.backends.grafana}/d/{place}"
    return annotations


def _budget(project: Project, alert: pack.Alert, expr: str, scope: Mapping[str, str], group: str) -> budgets.Budget:
    recorded = {
        rule.record: budgets.Recorded(tokens.replace(rule.expr, scope), g.name)
        for g in pack.load().groups
        for rule in g.rules
        if isinstance(rule, pack.Recording)
    }
    return budgets.compute(
        expr,
        group,
        recorded=recorded,
        latency_class=alert.latency_class,
        for_=_for(project, alert),
        window_share=alert.window_share,
        source=alert.source,
        intervals=project.intervals,
    )


def _override(project: Project, alert: pack.Alert) -> AlertOverride:
    return project.alerts.get(alert.name) or AlertOverride()


def _for(project: Project, alert: pack.Alert) -> str:
    return _override(project, alert).for_ or alert.for_


def _params(project: Project, alert: pack.Alert) -> dict[str, str]:
    given = _override(project, alert).params
    return {f"param:{p.name}": _number(given[p.name]) if p.name in given else p.default for p in alert.params.values()}


def _number(value: float) -> str:
    """As Helm writes a number too: the shortest text that is the same number."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _refuse_unknown(project: Project, alerts: Mapping[str, pack.Alert]) -> None:
    for index, label in enumerate(project.group_labels):
        if label in RESERVED:
            problem = f"group_labels cannot hold {label}, which the rules use themselves"
            raise InputError(problem, place=f"group_labels[{index}]", remedy="leave it out")
    for name, override in project.alerts.items():
        place = f"alerts.{name}"
        if name not in alerts:
            raise InputError(f"no alert is called {name}", place=place, remedy=_nearest(name, alerts))
        for label in override.labels:
            if label in RESERVED or label in project.group_labels:
                remedy = "set severity" if label == "severity" else "series and route rely on it: leave it out"
                raise InputError(f"{name} cannot set the label {label}", place=f"{place}.labels.{label}", remedy=remedy)
        known = alerts[name].params
        for param, value in override.params.items():
            inside = f"{place}.params.{param}"
            if param not in known:
                raise InputError(f"{name} has no parameter {param}", place=inside, remedy=_nearest(param, known))
            low, high = known[param].minimum, known[param].maximum
            if not low <= value <= high:
                problem = f"{param} of {name} cannot be {value:g}"
                raise InputError(
                    problem, place=inside, remedy=f"it goes from {low:g} to {high:g}: {known[param].brief}"
                )


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}known: {', '.join(sorted(known)) or 'none'}"


def _metadata(project: Project) -> dict[str, Any]:
    return {
        "name": f"obskit-{project.service.name}",
        "namespace": project.service.namespace,
        "labels": {
            "app.kubernetes.io/name": "obskit",
            "app.kubernetes.io/instance": project.service.name,
            "app.kubernetes.io/managed-by": "obskit",
        },
    }


def _custom_resource(project: Project, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(project),
        "spec": {"groups": rules},
    }
