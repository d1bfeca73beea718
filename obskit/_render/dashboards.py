"""Dashboards of a project, and the provisioning of Grafana with them and their data sources."""

from __future__ import annotations

from functools import cache
from typing import Any

from obskit import _installation, catalogue
from obskit._render import alerts, jsonnet, kept, pack, tokens
from obskit._render.text import json_text, yaml_text
from obskit.catalogue import telemetry
from obskit.config.project import Project
from obskit.promql import translating

#: Uids of the data sources that the provisioning creates; the dashboards themselves know none.
PROMETHEUS, LOKI, JAEGER = "obskit-prometheus", "obskit-loki", "obskit-jaeger"

_ORDER = ("service", "database", "shards", "pods", "runtime", "telemetry", "logs", "traces")


def files(project: Project) -> dict[str, str]:
    """Return the files of the artefact ``dashboards``.

    Args:
        project: The parsed ``obskit.yaml``.
    """
    limits = alerts.limits(project)
    boards = {
        f"dashboards/{slug}.json": json_text(
            _translated(tokens.replace(board["dashboard"], {**tokens.of(project, slug), **limits}), project)
        )
        for slug, board in _boards().items()
        if slug in project.enabled_packs or slug not in catalogue.PLATFORM
    }
    return {
        **boards,
        "dashboards/provisioning/dashboards.yaml": yaml_text(_provider(project)),
        "dashboards/provisioning/datasources.yaml": yaml_text(_datasources(project)),
    }


def tokenised() -> dict[str, str]:
    """Return every dashboard before a project fills in its tokens: slug -> JSON, for the chart."""
    return {slug: json_text(board["dashboard"]) for slug, board in _boards().items()}


def panels() -> dict[str, frozenset[str]]:
    """Return the keys of the panels of every dashboard, by which alerts name them.

    Example:
        >>> "maps" in panels()["shards"]
        True
    """
    return {slug: frozenset(board["keys"]) for slug, board in _boards().items()}


def titles() -> dict[str, dict[str, str]]:
    """Return the titles of the panels of every dashboard: slug -> key -> title.

    Example:
        >>> titles()["shards"]["maps"]
        'Maps in use'
    """
    return {
        slug: {key: board["dashboard"]["panels"][place]["title"] for key, place in board["keys"].items()}
        for slug, board in _boards().items()
    }


@cache
def _boards() -> dict[str, Any]:
    source = _installation.directory("dashboards") / "mixin.libsonnet"
    # The groups follow from the same sources and the same argument.
    boards: dict[str, Any] = kept.value(
        "dashboards",
        pack.signals(),
        lambda: jsonnet.text(source, pack.signals(), groups=pack.evaluated()["groups"]),
    )
    first = [slug for slug in _ORDER if slug in boards]
    return {slug: boards[slug] for slug in (*first, *sorted(boards.keys() - set(first)))}


def _translated(board: dict[str, Any], project: Project) -> dict[str, Any]:
    """The same board, its queries and legends under the names that the project's Prometheus gives."""
    translator = translating.Translator(project.metrics)
    for panel in board["panels"]:
        for target in panel["targets"]:
            if target["datasource"]["type"] == "prometheus":
                target |= {
                    "expr": translator.expr(target["expr"]),
                    "legendFormat": translator.legend(target["legendFormat"]),
                }
    return board


def _provider(project: Project) -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": f"obskit-{project.service.namespace}-{project.service.name}",
                "folder": "obskit",
                "type": "file",
                "allowUiUpdates": False,
                "options": {
                    "path": f"/var/lib/grafana/dashboards/obskit/{project.service.namespace}/{project.service.name}"
                },
            }
        ],
    }


def _datasources(project: Project) -> dict[str, Any]:
    """Metric → exemplar → trace → log lines and back. Grafana expands ``$``, so its own variables have two."""
    backends, trace_id = project.backends, telemetry.LOG_TRACE_ID.name
    prometheus = {
        "name": "Prometheus",
        "uid": PROMETHEUS,
        "type": "prometheus",
        "access": "proxy",
        "url": backends.prometheus,
        "jsonData": {
            "httpMethod": "POST",
            "timeInterval": project.intervals.export,
            "exemplarTraceIdDestinations": [{"name": "trace_id", "datasourceUid": JAEGER}],
        },
    }
    loki = {
        "name": "Loki",
        "uid": LOKI,
        "type": "loki",
        "access": "proxy",
        "url": backends.loki,
        "jsonData": {
            "derivedFields": [
                {
                    "name": "trace",
                    "matcherType": "label",
                    "matcherRegex": trace_id,
                    "datasourceUid": JAEGER,
                    "url": "$${__value.raw}",
                }
            ]
        },
    }
    jaeger = {
        "name": "Jaeger",
        "uid": JAEGER,
        "type": "jaeger",
        "access": "proxy",
        "url": backends.jaeger,
        "jsonData": {
            "tracesToLogsV2": {
                "datasourceUid": LOKI,
                "spanStartTimeShift": "-15m",
                "spanEndTimeShift": "15m",
                "customQuery": True,
                # By the trace id alone: over Jaeger's older API a span has no service.name to ask by.
                "query": f'{{{telemetry.LOG_SERVICE_NAME.name}=~".+"}} | {trace_id}="$${{__trace.traceId}}"',
            },
            "tracesToMetrics": {"datasourceUid": PROMETHEUS},
        },
    }
    return {"apiVersion": 1, "datasources": [prometheus, loki, jaeger]}
