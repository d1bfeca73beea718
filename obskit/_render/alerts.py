"""Rules of a project: groups as Prometheus and as Loki read them, PrometheusRule, and what Alertmanager needs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from obskit import _runbooks
from obskit._render import alertmanagerconfig, analysis, overrides, pack, routing, tokens
from obskit._render.text import HEADER, yaml_text
from obskit.config.project import Metrics, Pack, Project
from obskit.promql import budget as budgets
from obskit.promql import log_budget, translating

Rule = dict[str, Any]


def files(project: Project) -> dict[str, str]:
    """Return the files of the artefact ``alerts``.

    Raises:
        InputError: An override names an alert or a parameter that does not exist, or a value out of range.
    """
    rules = yaml_text({"groups": groups(project)}, header=False)
    resource = f"{yaml_text(_custom_resource(project), header=False)}spec:\n{textwrap.indent(rules, '  ')}"
    service = project.service
    made = {
        "alerts/rules.yaml": rules,
        "alerts/prometheusrule.yaml": resource,
        # A name in Kubernetes has no dot: of no two services is this the same.
        "alerts/mimir.yaml": f"namespace: obskit.{service.namespace}.{service.name}\n{rules}",
        "alerts/alertmanager.yaml": yaml_text(routing.configuration(project), header=False),
    }
    if of_logs := log_groups(project):
        made["alerts/loki.yaml"] = yaml_text({"groups": of_logs}, header=False)
    if project.notify:
        config = alertmanagerconfig.resource(project, project.notify, _metadata(project))
        made["alerts/alertmanagerconfig.yaml"] = yaml_text(config, header=False)
    if template := analysis.resource(project, _metadata(project)):
        made["alerts/analysistemplate.yaml"] = yaml_text(template, header=False)
    return {path: HEADER + text for path, text in made.items()}


def groups(project: Project) -> list[dict[str, Any]]:
    """Return the groups of rules as Prometheus reads them; a group without an alert is left out."""
    return [group for groups in by_family(project).values() for group in groups]


def log_groups(project: Project) -> list[dict[str, Any]]:
    """Return the groups of rules as Loki's ruler reads them."""
    return [group for groups in by_family(project, "logql").values() for group in groups]


def by_family(project: Project, language: str = "promql") -> dict[str, list[dict[str, Any]]]:
    """Return the groups of rules in a language by their family or platform pack."""
    definitions = pack.load()
    overrides.refuse_unknown(project, definitions)
    result: dict[str, list[dict[str, Any]]] = {}
    interval = project.intervals.evaluation if language == "promql" else project.intervals.logs
    for group in definitions.groups:
        if group.language != language:
            continue
        rules = [r for r in group.rules if not isinstance(r, pack.Alert) or overrides.is_on(project, r)]
        if any(isinstance(rule, pack.Alert) for rule in rules):
            name = f"{group.name}-{project.service.namespace}-{project.service.name}"
            scope = tokens.of(project, group.family)
            made = [_rule(project, rule, scope, group) for rule in rules]
            found = {"name": name, "interval": interval, "rules": made}
            result.setdefault(group.family, []).append(found)
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
        for token, number in overrides.params(project, alert).items()
    }


def budget(project: Project, alert: pack.Alert) -> budgets.Budget:
    """Return the detection budget of an alert in a project."""
    scope = tokens.of(project, alert.family)
    group = next(group for group in pack.load().groups if alert in group.rules)
    return _budget(project, alert, tokens.replace(alert.expr, scope | overrides.terms(project, alert)), scope, group)


def explain(name: str, project: Project | None = None) -> dict[str, Any]:
    """Return what ``obskit explain`` tells of an alert: meaning, parameters, and its budget step by step.

    The queries of its page are in the names of the project.

    Raises:
        KeyError: No such alert.
    """
    from obskit.config.project import Service

    alert = pack.load().by_name[name]
    project = project or Project(service=Service(name="shop", namespace="shop"))
    spent = budget(project, alert)
    queries = _runbooks.queries(_runbooks.page(alert.name))
    return {
        "alert": alert.name,
        "off": overrides.why_off(project, alert),
        "meaning": alert.summary,
        "severity": overrides.severity(project, alert),
        "for": overrides.hold(project, alert),
        "params": [
            f"{p.name} = {overrides.params(project, alert)[f'param:{p.name}']} "
            f"({p.unit}, from {p.minimum:g} to {p.maximum:g}): {p.brief}"
            for p in alert.params.values()
        ],
        "budget": f"{spent.seconds}s when {alert.fault} (promised at the default intervals: {alert.budget}s)",
        "budget step by step": [f"{step.seconds:g}s  {step.reason}" for step in spent.steps],
        "held back by": ", ".join(routing.held_back_by(project, alert)),
        "runbook": f"{project.backends.runbooks}/{alert.name}",
        "look first": [_translator(project, language).expr(query) for language, query in queries],
        "panel": alert.panel,
    }


def _rule(project: Project, rule: pack.Recording | pack.Alert, scope: Mapping[str, str], group: pack.Group) -> Rule:
    translator = _translator(project, group.language)
    if isinstance(rule, pack.Recording):
        return {"record": rule.record, "expr": translator.expr(tokens.replace(rule.expr, scope))}
    override = overrides.of(project, rule)
    expr = tokens.replace(rule.expr, {**scope, **overrides.terms(project, rule)})
    result: Rule = {"alert": rule.name, "expr": translator.expr(expr)}
    if (hold := overrides.hold(project, rule)) != "0s":
        result["for"] = hold
    if (keep := override.keep_firing_for or rule.keep_firing_for) != "0s":
        result["keep_firing_for"] = keep
    result["labels"] = _labels(project, rule, group) | override.labels
    spent = _budget(project, rule, expr, scope, group)
    result["annotations"] = (
        _annotations(project, rule, {**scope, **overrides.params(project, rule)}, spent) | override.annotations
    )
    return result


def _translator(project: Project, language: str) -> translating.Translator:
    """Loki's names are the same whatever Prometheus calls its own."""
    return translating.Translator(project.metrics if language == "promql" else Metrics())


def _labels(project: Project, alert: pack.Alert, group: pack.Group) -> dict[str, str]:
    """A pack watches many namespaces: its alerts keep those of their series, and say of which pack they are."""
    service = project.service
    own = {"pack": group.family} if group.scope == "cluster" else {"namespace": service.namespace}
    labels = {
        "severity": overrides.severity(project, alert),
        "latency_class": alert.latency_class,
        **own,
        "service": service.name,
    }
    return labels | ({"team": service.team} if service.team else {})


def _annotations(
    project: Project, alert: pack.Alert, values: Mapping[str, str], spent: budgets.Budget
) -> dict[str, str]:
    annotations = {
        "summary": alert.summary,
        "description": _translator(project, alert.language).template(tokens.replace(alert.description, values)),
        "runbook_url": f"{project.backends.runbooks}/{alert.name}",
        "detection_budget": f"{spent.seconds}s",
    }
    if project.backends.grafana:
        slug = alert.panel.partition("#")[0]
        place = tokens.uid(project.service.namespace, project.service.name, slug)
        annotations["dashboard_url"] = f"{project.backends.grafana}/d/{place}"
    return annotations


def _budget(
    project: Project, alert: pack.Alert, expr: str, scope: Mapping[str, str], group: pack.Group
) -> budgets.Budget:
    hold = overrides.hold(project, alert)
    if alert.language == "logql":
        share, wait = alert.window_share, alert.latency_class
        return log_budget.compute(expr, for_=hold, window_share=share, intervals=project.intervals, latency_class=wait)
    recorded = _recorded(group.family, tuple(scope.items()))
    scrape = project.enabled_packs.get(group.family, Pack()).scrape or project.intervals.scrape
    return budgets.compute(
        expr,
        group.name,
        recorded=recorded,
        latency_class=alert.latency_class,
        for_=hold,
        window_share=alert.window_share,
        source=alert.source,
        intervals=msgspec.structs.replace(project.intervals, scrape=scrape),
    )


@lru_cache(maxsize=32)  # the alerts of a family share them
def _recorded(family: str, scope: tuple[tuple[str, str], ...]) -> dict[str, budgets.Recorded]:
    return {
        rule.record: budgets.Recorded(tokens.replace(rule.expr, dict(scope)), group.name)
        for group in pack.load().groups
        if group.family == family
        for rule in group.rules
        if isinstance(rule, pack.Recording)
    }


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


def _custom_resource(project: Project) -> dict[str, Any]:
    """A PrometheusRule without its groups: they are a large text, and made once for every file."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(project),
    }
