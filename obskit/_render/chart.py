"""The Helm subchart: the pack as data that its templates fill in, and the values of a project.

The chart assumes the default intervals; so its budgets are those of the Python renderer at the defaults.
"""

from __future__ import annotations

from typing import Any

from obskit._render import alerts, dashboards, pack, sidecars
from obskit._render.text import json_text, yaml_text
from obskit.config.project import Project, Service, duration_seconds

_DEFAULTS = Project(service=Service(name="shop"))


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
        "backends": {
            "prometheus": backends.prometheus,
            "loki": backends.loki,
            "jaegerOtlp": backends.jaeger_otlp,
            "grafana": backends.grafana or "",
            "runbooks": backends.runbooks,
        },
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
    }


def bundle() -> dict[str, str]:
    """Return the generated files of the subchart: path below ``helm/obskit`` -> text."""
    boards = {f"files/dashboards/{slug}.json": text for slug, text in dashboards.tokenised().items()}
    parts = {f"files/sidecars/{name}.yaml": text for name, text in sidecars.parts().items()}
    return {"files/rules.json": json_text(_rules()), **boards, **parts}


def _rules() -> dict[str, Any]:
    return {
        "groups": [{"name": group.name, "rules": [_rule(rule) for rule in group.rules]} for group in pack.load().groups]
    }


def _rule(rule: pack.Recording | pack.Alert) -> dict[str, Any]:
    if isinstance(rule, pack.Recording):
        return {"record": rule.record, "expr": rule.expr}
    budget = alerts.budget(_DEFAULTS, rule)
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
            p.name: {"default": p.default, "minimum": p.minimum, "maximum": p.maximum} for p in rule.params.values()
        },
        "dashboard": rule.panel.partition("#")[0],
        # Without `for`, which the template adds, rounded up to evaluations.
        "budget_base": sum(step.seconds for step in budget.steps) - duration_seconds(rule.for_),
    }


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
