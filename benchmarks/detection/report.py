"""The page docs/detection.md: what was measured, against the budgets."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import cache
from typing import Any

from benchmarks.detection.run import Outcome
from benchmarks.false_positives import rules
from obskit import catalogue
from obskit._render import alerts, pack
from obskit.config.project import Project, Service

_PROJECT = Project(service=Service(name="shop"), packs={**dict.fromkeys(catalogue.PLATFORM, True)})


def budgets() -> dict[str, int]:
    """Return the budget of every alert at the default intervals."""
    return {alert.name: alerts.budget(_PROJECT, alert).seconds for alert in pack.load().alerts()}


@cache
def digests() -> dict[str, str]:
    """Return what changes with the rule of an alert, a rule that it reads, or its route: of every alert in PromQL."""
    program = rules.parse(alerts.groups(_PROJECT), 1)
    return {
        rule.name: rules.digest(rules.needed(program, {rule.name}), rule.labels["latency_class"])
        for rule in program
        if rule.alert
    }


def changed(result: dict[str, Any]) -> list[str]:
    """Return the alerts that were measured with another rule than they have now."""
    return [alert for alert in result["alerts"] if result["rules"].get(alert) != digests().get(alert, "")]


def figures(outcomes: Sequence[Outcome], versions: Sequence[str]) -> dict[str, Any]:
    """Return what was measured: alert -> version -> faults, missed, median and longest seconds; and of which rules."""
    measured: dict[str, dict[str, list[float | None]]] = {}
    for outcome in outcomes:
        for fault in outcome.injected:
            for version in versions:
                found = measured.setdefault(fault.alert, {}).setdefault(version, [])
                found.append(fault.arrived[version])
    return {
        "services": outcomes[0].services,
        "seeds": sum(outcome.services > 0 for outcome in outcomes),
        "early": sorted({f"{version}: {alert} of {service}" for o in outcomes for version, service, alert in o.early}),
        "only": [],
        "rules": {alert: digests()[alert] for alert in sorted(measured)},
        "alerts": {
            alert: {version: _summary(found) for version, found in by_version.items()}
            for alert, by_version in sorted(measured.items())
        },
    }


def merged(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return what was measured before, with the figures of some alerts as they are now: ``only`` are theirs."""
    kept = [line for line in before["early"] if line.split()[1] not in now["alerts"]]
    both = {key: dict(sorted({**before[key], **now[key]}.items())) for key in ("rules", "alerts")}
    only = sorted({*before["only"], *now["alerts"]})
    return {**before, "early": sorted({*kept, *now["early"]}), "only": only, **both}


def _summary(found: Sequence[float | None]) -> dict[str, Any]:
    seconds = [value for value in found if value is not None]
    return {
        "faults": len(found),
        "missed": len(found) - len(seconds),
        "p50": round(statistics.median(seconds), 1) if seconds else None,
        "max": round(max(seconds), 1) if seconds else None,
    }


def late(result: dict[str, Any]) -> list[str]:
    """Return a line for every alert that was missed, or later than its budget."""
    promised = budgets()
    return [
        f"{alert}: {summary['missed']} of {summary['faults']} missed, longest {summary['max']} s of {promised[alert]} s"
        f" ({version})"
        for alert, by_version in result["alerts"].items()
        for version, summary in by_version.items()
        if summary["missed"] or summary["max"] > promised[alert]
    ]
