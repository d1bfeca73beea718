"""What Alertmanager needs: routes that send fast alerts at once, and which alerts hold back which."""

from __future__ import annotations

from typing import Any, get_args

from obskit._render import overrides, pack
from obskit.config.project import Project, Severity
from obskit.promql import budget
from obskit.promql.translating import Translator

#: A fast alert is a group of its own, which nobody joins. Of the others one that joins a group that was just sent waits
#: no longer than the first one did, or the budget would hold for the first pod that breaks and not for the second.
_FAST_INTERVAL, _INTERVAL, _REPEAT = "1m", budget.GROUP_WAIT, "4h"
#: From the least urgent on.
_SEVERITIES: tuple[str, ...] = get_args(Severity)[::-1]
#: A heartbeat is due every minute; it is looked for twice as often, or every other one would come a minute late.
_HEARTBEAT_INTERVAL, _HEARTBEAT_REPEAT = "30s", "1m"
#: Who gets heartbeats: what calls for help when they stop, and nobody else.
HEARTBEAT = "obskit-heartbeat"


def configuration(project: Project) -> dict[str, Any]:
    """Return what goes into the configuration of Alertmanager: ``routes`` and ``inhibit_rules``."""
    return {"routes": routes(project), "inhibit_rules": inhibitions(project)}


def routes(project: Project) -> list[dict[str, Any]]:
    """Return the routes of the service and of its packs: fast alerts alone and at once, the rest grouped.

    Heartbeats have a receiver of their own, or whoever is on call would get them. The alerts of a pack carry the
    namespaces of what they watch, so a route knows them by the name of the pack.
    """
    service = f'service="{project.service.name}"'
    own = _route(project, [f'namespace="{project.service.namespace}"', service])
    own["routes"] = [*_heartbeats(project), *own["routes"]]
    result = [own]
    if packs := "|".join(project.enabled_packs):
        result.append(_route(project, [f'pack=~"{packs}"', service]))
    return result


def _route(project: Project, matchers: list[str]) -> dict[str, Any]:
    fast = {
        "matchers": ['latency_class="fast"'],
        "group_by": ["..."],
        "group_wait": project.intervals.group_wait,
        "group_interval": _FAST_INTERVAL,
        "repeat_interval": _REPEAT,
    }
    return {
        "matchers": matchers,
        "group_by": ["alertname", "namespace", "service"],
        "group_wait": budget.GROUP_WAIT,
        "group_interval": _INTERVAL,
        "repeat_interval": _REPEAT,
        "routes": [fast],
    }


def _heartbeats(project: Project) -> list[dict[str, Any]]:
    names = [alert.name for alert in pack.load().alerts() if alert.heartbeat and overrides.is_on(project, alert)]
    if not names:
        return []
    return [
        {
            "matchers": [f'alertname=~"{"|".join(names)}"'],
            "receiver": HEARTBEAT,
            "group_by": ["..."],
            "group_wait": "0s",
            "group_interval": _HEARTBEAT_INTERVAL,
            "repeat_interval": _HEARTBEAT_REPEAT,
        }
    ]


def held_back_by(project: Project, alert: pack.Alert) -> dict[str, tuple[str, ...]]:
    """Return which alerts of a project hold one back -> the labels of which both have the same values.

    One that wakes nobody holds back none that does: its severity is at least that of the other.
    """
    known = pack.load().by_name
    urgency = _SEVERITIES.index(overrides.severity(project, alert))
    return {
        name: labels
        for name, labels in alert.inhibited_by.items()
        if overrides.is_on(project, known[name])
        and _SEVERITIES.index(overrides.severity(project, known[name])) >= urgency
    }


def inhibitions(project: Project) -> list[dict[str, Any]]:
    """Return the inhibition rules: one for each set of alerts that holds others back, for the same thing alone.

    Both carry the labels of the service, so that one service never silences another, and have the same values of the
    labels that say which pool, shard, pod or server it is.
    """
    by_labels: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for alert in pack.load().alerts():
        if overrides.is_on(project, alert):
            for source, labels in held_back_by(project, alert).items():
                by_labels.setdefault((alert.name, labels), []).append(source)
    held: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (target, labels), sources in by_labels.items():
        held.setdefault((tuple(sources), labels), []).append(target)
    label = Translator(project.metrics).label
    own = f'service="{project.service.name}"'
    return [
        {
            "source_matchers": [own, f'alertname=~"{"|".join(sources)}"'],
            "target_matchers": [own, f'alertname=~"{"|".join(targets)}"'],
            "equal": ["namespace", *project.group_labels, "service", "pack", *map(label, labels)],
        }
        for (sources, labels), targets in held.items()
    ]
