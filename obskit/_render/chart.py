"""The Helm subchart: the pack as data that its templates fill in, and the values of a project."""

from __future__ import annotations

import dataclasses
from typing import Any

from obskit import catalogue
from obskit._render import alerts, analysis, dashboards, overrides, pack, sidecars, versions
from obskit._render.text import json_text, yaml_text
from obskit.config import templates
from obskit.config.project import Intervals, Metrics, Pack, Project, Service
from obskit.exceptions import RenderError
from obskit.gotemplate import words
from obskit.promql import budget, log_budget

#: A project, and one whose intervals are all different: what a rule needs of each interval must come out the same.
_PROJECT = Project(service=Service(name="shop"))
_SLOWER = Project(
    service=Service(name="shop"),
    intervals=Intervals(export="7s", scrape="11s", evaluation="3s", group_wait="2s", collector_batch="4s", logs="13s"),
)
#: Windows that are fixed, but hold some scrapes at the least, are longer here.
_SELDOM = Project(service=Service(name="shop"), intervals=Intervals(scrape="10m"))


def files(project: Project) -> dict[str, str]:
    """Return the files of the artefact ``chart``: the values that make the subchart render this project.

    Args:
        project: The parsed ``obskit.yaml``.
    """
    return {"chart/values.yaml": yaml_text({"obskit": values(project)})}


def values(project: Project) -> dict[str, Any]:
    """Return the values of the subchart for a project."""
    service, backends = project.service, project.backends
    return {
        "service": {
            "name": service.name,
            "namespace": service.namespace,
            "team": service.team,
            "container": project.container,
        },
        "groupLabels": list(project.group_labels),
        "shards": [{"set": shards.set, "expected": shards.expected} for shards in project.shards],
        "databases": [{"name": database.name, "system": database.system} for database in project.databases],
        "intervals": {
            "export": project.intervals.export,
            "scrape": project.intervals.scrape,
            "evaluation": project.intervals.evaluation,
            "groupWait": project.intervals.group_wait,
            "collectorBatch": project.intervals.collector_batch,
            "logs": project.intervals.logs,
        },
        "backends": {
            "prometheus": backends.prometheus,
            "loki": backends.loki,
            "jaegerOtlp": backends.jaeger_otlp,
            "grafana": backends.grafana or "",
            "runbooks": backends.runbooks,
        },
        "slo": {
            "availability": project.slo.availability,
            "latency": {
                "threshold": project.slo.latency.threshold,
                "objective": project.slo.latency.objective,
            },
        },
        "packs": {name: _pack(options) for name, options in project.enabled_packs.items()},
        "thresholds": project.thresholds,
        "alerts": {name: _override(override) for name, override in project.alerts.items()},
        "logs": {"via": project.logs.via},
        "collector": {
            "image": project.collector.image,
            "version": project.collector.version,
            "memory": project.collector.memory,
            "queue": project.collector.queue,
        },
        "fluentbit": {
            "image": project.fluentbit.image,
            "version": project.fluentbit.version,
            "memory": project.fluentbit.memory,
            "buffer": project.fluentbit.buffer,
        },
        **_left_to_render(project),
    }


def _left_to_render(project: Project) -> dict[str, Any]:
    """The chart knows the metrics under one kind of names: under others its rules and panels would find nothing."""
    off = {"enabled": False}
    return {"rules": off, "dashboards": off} if project.metrics != Metrics() else {}


def bundle() -> dict[str, str]:
    """Return the generated files of the subchart: path below ``helm/obskit`` -> text."""
    boards = {f"files/dashboards/{slug}.json": text for slug, text in dashboards.tokenised().items()}
    parts = {f"files/sidecars/{name}.yaml": text for name, text in sidecars.parts().items()}
    return {"files/rules.json": json_text(_rules()), **boards, **parts}


def _rules() -> dict[str, Any]:
    return {
        "reserved": sorted(overrides.RESERVED),
        "template": {
            "functions": sorted(templates.FUNCTIONS | words.FUNCTIONS),
            "variables": list(templates.VARIABLES),
            "words": sorted(words.KEYWORDS | words.LITERALS),
        },
        "threshold": catalogue.telemetry.THRESHOLD.name,
        "packs": list(catalogue.PLATFORM),
        "oldest": {name: dataclasses.asdict(oldest) for name, oldest in versions.oldest().items()},
        "reservedByPack": {name: sorted(overrides.of_pack(name)) for name in catalogue.PLATFORM},
        "boards": [slug for slug in dashboards.tokenised() if slug not in catalogue.PLATFORM],
        "groups": [
            {
                "name": group.name,
                "family": group.family,
                "scope": group.scope,
                "language": group.language,
                "rules": [_rule(rule) for rule in group.rules],
            }
            for group in pack.load().groups
        ],
        "analysis": {
            "count": analysis.COUNT,
            "interval": analysis.INTERVAL,
            "inconclusive": analysis.INCONCLUSIVE,
            "metrics": [
                {"family": family, **dataclasses.asdict(measurement)}
                for family, measurements in pack.load().analysis.items()
                for measurement in measurements
            ],
        },
    }


def _rule(rule: pack.Recording | pack.Alert) -> dict[str, Any]:
    if isinstance(rule, pack.Recording):
        return {"record": rule.record, "expr": rule.expr}
    return {
        "alert": rule.name,
        "expr": rule.expr,
        "for": rule.for_,
        "keep_firing_for": rule.keep_firing_for,
        "severity": rule.severity,
        "latency_class": rule.latency_class,
        "summary": rule.summary,
        "description": rule.description,
        "params": {
            p.name: {
                "default": p.default,
                "minimum": p.minimum,
                "maximum": p.maximum,
                "low": overrides.number(p.minimum),
                "high": overrides.number(p.maximum),
            }
            for p in rule.params.values()
        },
        "limit": budget.limit(rule.latency_class, rule.budget),
        "dashboard": rule.panel.partition("#")[0],
        "source": rule.source,
        **_needs(rule),
    }


def _needs(alert: pack.Alert) -> dict[str, Any]:
    """What an alert needs until it fires, in samples and evaluations, from which the template computes its budget.

    Raises:
        RenderError: It cannot be said without the intervals: a window is neither a multiple of the samples nor fixed.
    """
    one, other, seldom = (alerts.budget(project, alert) for project in (_PROJECT, _SLOWER, _SELDOM))
    if one.evaluations != other.evaluations or (
        one.window != other.window and one.window_seconds != other.window_seconds
    ):
        raise RenderError(f"the budget of {alert.name} depends on more than samples, seconds and evaluations")
    fixed = one.window != other.window
    window = {"window_seconds": one.window_seconds} if fixed else {"window": one.window}
    if fixed and alert.source == "scrape" and one.window_seconds != seldom.window_seconds:
        window["window"] = seldom.window
    share = {"window_share": alert.window_share, "group_wait": budget.GROUP_WAIT}
    delay = {"delay": log_budget.DELAY_SECONDS} if alert.source == "logs" else {}
    return {**share, **window, **delay, "evaluations": one.evaluations}


def _pack(options: Pack) -> dict[str, Any]:
    given = {"version": options.version, "scrape": options.scrape or "", "match": dict(options.match)}
    return {key: value for key, value in given.items() if value}


def _override(override: Any) -> dict[str, Any]:
    given = {
        "enabled": override.enabled,
        "for": override.for_,
        "keep_firing_for": override.keep_firing_for,
        "severity": override.severity,
        "labels": dict(override.labels),
        "annotations": dict(override.annotations),
        "params": dict(override.params),
    }
    return {key: value for key, value in given.items() if value or value is False}
