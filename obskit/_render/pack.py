"""The pack: every rule and alert as jsonnet defines it, before a project gives it scope and thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from obskit import _installation
from obskit._render import jsonnet, kept
from obskit.catalogue import _export


@dataclass(frozen=True)
class Param:
    """A threshold of an alert.

    Args:
        name: As in ``alerts.<Alert>.params``.
        default: The number as text.
        minimum: Smallest value that makes sense.
        maximum: Largest value that makes sense.
        unit: What it counts.
        brief: One sentence.
    """

    name: str
    default: str
    minimum: float
    maximum: float
    unit: str
    brief: str


@dataclass(frozen=True)
class Recording:
    """A recording rule: the series it makes, and from what."""

    record: str
    expr: str


@dataclass(frozen=True)
class Alert:
    """An alert with tokens in its texts.

    Args:
        name: Name of the alert.
        family: Topic: shards, database, pods …, or the name of a platform pack.
        language: ``promql``, or ``logql`` for Loki's ruler.
        expr: The expression.
        for_: How long the condition must hold.
        keep_firing_for: How long it fires on.
        severity: critical, warning or info.
        latency_class: fast, normal or slow; the route sends fast ones without waiting.
        summary: A fixed sentence.
        description: A sentence with labels and value.
        params: Thresholds by name.
        fault: The fault for which the budget is promised.
        window_share: Share of the window that must lie after the fault (f in the formula of the budget).
        source: ``otlp``, ``scrape`` or ``logs``: how its signals arrive.
        heartbeat: Whether it fires as long as all is well.
        judged: Whether it decides by statistics, so that a benchmark says how often it is wrong and what it finds.
        budget: Promised seconds from fault to notification, at the default intervals.
        inhibited_by: Alerts of the same service that hold this one back while they fire -> the labels of which both
            must have the same values, or one pool would hold back another.
        panel: ``dashboard#panel`` that shows it.
    """

    name: str
    family: str
    language: str
    expr: str
    for_: str
    keep_firing_for: str
    severity: str
    latency_class: str
    summary: str
    description: str
    params: dict[str, Param]
    fault: str
    window_share: float
    source: str
    heartbeat: bool
    judged: bool
    budget: int
    inhibited_by: dict[str, tuple[str, ...]]
    panel: str


@dataclass(frozen=True)
class Group:
    """A group of rules that are evaluated together, in order.

    Args:
        name: ``obskit-FAMILY``, and what it is about where a family has several.
        family: Family or platform pack.
        scope: ``service``, or ``cluster`` for a platform pack.
        rules: Its rules in order.
    """

    name: str
    family: str
    scope: str
    rules: tuple[Recording | Alert, ...]

    @property
    def language(self) -> str:
        """The language of its rules: ``promql`` or ``logql``."""
        return next((rule.language for rule in self.rules if isinstance(rule, Alert)), "promql")


@dataclass(frozen=True)
class Measurement:
    """A metric of an AnalysisTemplate of Argo Rollouts, with tokens in its texts.

    Args:
        name: Its name there.
        delay: How long after the start of the analysis it is first asked for.
        alert: The alert that compares the same, and has the parameters.
        query: PromQL, in which ``{{args.NAME}}`` is replaced by Argo Rollouts.
        limit: Above this the version is worse.
    """

    name: str
    delay: str
    alert: str
    query: str
    limit: str


@dataclass(frozen=True)
class Pack:
    """Every group, and by platform pack what an AnalysisTemplate asks."""

    groups: tuple[Group, ...]
    analysis: dict[str, tuple[Measurement, ...]]

    def alerts(self) -> Iterator[Alert]:
        """Yield every alert, in the order of the groups."""
        for group in self.groups:
            yield from (rule for rule in group.rules if isinstance(rule, Alert))

    @cached_property
    def by_name(self) -> Mapping[str, Alert]:
        """Every alert by its name."""
        return {alert.name: alert for alert in self.alerts()}


@cache
def signals() -> dict[str, Any]:
    """Return the catalogue as the sources are given it."""
    return _export.tree()


@cache
def evaluated() -> dict[str, Any]:
    """Return what the sources come to, as data: ``groups``, and by platform pack ``analysis``.

    Raises:
        RenderError: They do not evaluate.
    """
    source = _installation.directory("alerts") / "mixin.libsonnet"
    data: dict[str, Any] = kept.value("alerts", signals(), lambda: jsonnet.text(source, signals()))
    return data


@cache
def load() -> Pack:
    """Return the pack.

    Raises:
        RenderError: The sources do not evaluate.

    Example:
        >>> "ObskitShardMapMismatch" in {alert.name for alert in load().alerts()}
        True
    """
    data = evaluated()
    return Pack(
        tuple(Group(g["name"], g["family"], g["scope"], tuple(_rule(r) for r in g["rules"])) for g in data["groups"]),
        {name: tuple(Measurement(**metric) for metric in metrics) for name, metrics in data["analysis"].items()},
    )


def _rule(rule: dict[str, Any]) -> Recording | Alert:
    if "record" in rule:
        return Recording(rule["record"], rule["expr"].strip())
    params = {name: Param(name, **fields) for name, fields in rule["params"].items()}
    return Alert(
        name=rule["alert"],
        family=rule["family"],
        language=rule["language"],
        expr=rule["expr"].strip(),
        for_=rule["for"],
        keep_firing_for=rule["keep_firing_for"],
        severity=rule["severity"],
        latency_class=rule["latency_class"],
        summary=rule["summary"],
        description=rule["description"],
        params=params,
        fault=rule["fault"],
        window_share=float(rule["window_share"]),
        source=rule["source"],
        heartbeat=rule["heartbeat"],
        judged=rule["judged"],
        budget=rule["budget"],
        inhibited_by={name: tuple(labels) for name, labels in rule["inhibited_by"].items()},
        panel=rule["panel"] or f"{rule['board']}#{rule['alert']}",
    )
