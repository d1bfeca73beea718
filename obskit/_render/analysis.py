"""The AnalysisTemplate of a project: Argo Rollouts asks what the alerts on a new version ask, and stops for the answer.

Source of its fields: argoproj/argo-rollouts, docs/features/analysis.md. A measurement that is neither a success nor a
failure is inconclusive: there the rollout pauses for a human, which is right where there is too little traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from obskit._render import overrides, pack, tokens
from obskit.config.project import Project

#: Each metric is measured so often, so far apart; so many measurements may find too little traffic.
COUNT, INTERVAL, INCONCLUSIVE = 6, "30s", 3


def resource(project: Project, metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Return the object, or None where no pack of the project has one.

    Args:
        project: The parsed ``obskit.yaml``.
        metadata: Name, namespace and labels of the object.
    """
    metrics = list(_metrics(project))
    if not metrics:
        return None
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": metadata,
        "spec": {"args": [{"name": "canary-hash"}, {"name": "job", "value": project.job}], "metrics": metrics},
    }


def _metrics(project: Project) -> Iterator[dict[str, Any]]:
    definitions = pack.load()
    for family, measurements in definitions.analysis.items():
        scope = tokens.of(project, family)
        for measurement in measurements:
            alert = definitions.by_name[measurement.alert]
            if overrides.is_on(project, alert):
                numbers = {**scope, **overrides.params(project, alert)}
                terms = {**scope, **overrides.terms(project, alert)}
                limit = tokens.replace(measurement.limit, numbers)
                yield {
                    "name": measurement.name,
                    "initialDelay": tokens.replace(measurement.delay, numbers),
                    "interval": INTERVAL,
                    "count": COUNT,
                    "failureLimit": 0,
                    "inconclusiveLimit": INCONCLUSIVE,
                    "successCondition": f"len(result) > 0 && result[0] <= {limit}",
                    "failureCondition": f"len(result) > 0 && result[0] > {limit}",
                    "provider": {
                        "prometheus": {
                            "address": project.backends.prometheus,
                            "query": tokens.replace(measurement.query, terms),
                        }
                    },
                }
