"""Tokens in rendered text, and what a project puts in their place.

Rules and dashboards are rendered once, without a project; ``<<job>>`` and its like mark what differs. The Helm chart
replaces the same tokens from its values, so that both give the same objects.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from obskit.catalogue import shards
from obskit.config.project import Pack, Project, duration_seconds
from obskit.exceptions import RenderError

_TOKEN = re.compile(r"<<([a-z_]+(?::[A-Za-z0-9_.-]+)?)>>")

#: A short window is for what is there now.
SHORT_WINDOW_SAMPLES = 2
#: A fast window holds three samples: two increments, of which one may be lost to a late push.
WINDOW_SAMPLES = 3
#: Longer windows, where a few events a second must be enough to judge a share: facts of the simulation in ADR 006.
LONG_WINDOW_SAMPLES = 6
LONGEST_WINDOW_SAMPLES = 12
#: Of what is scraped, one sample of four may be lost.
SCRAPE_WINDOW_SAMPLES = 4
#: Windows of what is scraped for which time counts and not samples, in seconds: never shorter than a scrape window.
SCRAPE_TIMES = {"scrape_minute": 60, "scrape_two_minutes": 120}
#: Evaluations of Loki's ruler in a window of its own.
LOG_WINDOW_EVALUATIONS = 4
#: Seconds of history after which a baseline counts as learnt (and cold-start alerts step back).
LEARNED_SECONDS = 480
#: Seconds of history of what is computed from a baseline, until its own deviation can be trusted.
SETTLED_SECONDS = 120


def of(project: Project, family: str = "") -> dict[str, str]:
    """Return the value of every token that depends on the project alone.

    Args:
        project: The parsed ``obskit.yaml``.
        family: The family of the rules; a platform pack has its own selector and its own interval of scrapes.

    Example:
        >>> from obskit.config.project import Service
        >>> of(Project(service=Service(name="shop")))["window"]
        '15s'
    """
    pack = project.enabled_packs.get(family, Pack())
    scrape = duration_seconds(pack.scrape or project.intervals.scrape)
    export, evaluation = duration_seconds(project.intervals.export), duration_seconds(project.intervals.evaluation)
    # What happens between two evaluations must be in the window of the next one, whole.
    least = math.ceil(evaluation / export) + WINDOW_SAMPLES - 1
    return {
        "job": project.job,
        "namespace": project.service.namespace,
        "service": project.service.name,
        "container": project.container,
        "by": "".join(f"{label}, " for label in project.group_labels),
        **_window("window_short", SHORT_WINDOW_SAMPLES, export),
        **_window("window", max(WINDOW_SAMPLES, least), export),
        **_window("window_long", max(LONG_WINDOW_SAMPLES, least), export),
        **_window("window_longest", max(LONGEST_WINDOW_SAMPLES, least), export),
        "evaluation_seconds": str(evaluation),
        # What is scraped is seen so much later at worst.
        "seen_seconds": str(scrape + evaluation),
        **_window("scrape_window", SCRAPE_WINDOW_SAMPLES, scrape),
        **{name: str(max(seconds, SCRAPE_WINDOW_SAMPLES * scrape)) for name, seconds in SCRAPE_TIMES.items()},
        "export_seconds": str(export),
        "match": "".join(f'{label}=~"{value}", ' for label, value in sorted(pack.match.items())),
        "match_pushed": "".join(_pushed(label, value) for label, value in sorted(pack.match.items())),
        # What was logged between two evaluations is in the window of the next one, be it late or the ruler.
        "log_window": f"{LOG_WINDOW_EVALUATIONS * duration_seconds(project.intervals.logs)}s",
        **_objectives(project),
        "learned_samples": str(LEARNED_SECONDS // evaluation),
        "settled_samples": str(SETTLED_SECONDS // evaluation),
        "expected_shards": _expected(project),
        "databases": ", ".join(f"{d.name} ({d.system})" for d in project.databases) or "any",
        "grafana": project.backends.grafana or "",
        "runbooks": project.backends.runbooks,
    }


def _pushed(label: str, value: str) -> str:
    """A matcher of what is scraped, for what services push: their namespace is in their job, which is no exporter's."""
    if label == "job":
        return ""
    return f'job=~"({value})/.+", ' if label == "namespace" else f'{label}=~"{value}", '


def _window(name: str, samples: int, export: int) -> dict[str, str]:
    """A range, and the seconds of increments that its rate really sees: one less than it has samples."""
    return {name: f"{samples * export}s", f"{name}_count": str((samples - 1) * export)}


def _objectives(project: Project) -> dict[str, str]:
    """The share of requests that may fail, the share that may be slow, and from when on one is slow."""
    slo, number = project.slo, f"{project.slo.latency.threshold:g}"
    # Prometheus 3 stores le="1.0" where 2.x stores le="1".
    matcher = f'le="{number}"' if "." in number else f'le=~"{number}|{number}\\\\.0"'
    return {
        "slo_failed": share(slo.availability),
        "slo_slow": share(slo.latency.objective),
        "slo_latency": number,
        "slo_latency_le": matcher,
    }


def share(objective: float) -> str:
    """Return the share that an objective leaves, as text that has no error of rounding.

    Args:
        objective: Per cent, at most 99.9999999.

    Example:
        >>> share(99.9), share(99.9999999)
        ('0.001', '0.000000001')
    """
    return format((100 - Decimal(repr(objective))) / 100, ".10f").rstrip("0")


def _expected(project: Project) -> str:
    """A vector with the number of shards that each set must have; without any set, an empty one."""

    def vector(value: str, name: str) -> str:
        return f'label_replace({value}, "{shards.SHARD_SET.label}", "{name}", "", "")'

    sets = [vector(f"vector({s.expected})", s.set) for s in project.shards]
    return " or ".join(sets) or vector("vector(0) > 1", "none")


def uid(namespace: str, service: str, slug: str) -> str:
    """Return the uid of a dashboard: the same on every render, another for every install.

    Example:
        >>> uid("shop", "shop", "shards")
        'obskit-ee656164506703c1'
    """
    return "obskit-" + hashlib.sha256(f"{namespace}/{service}/{slug}".encode()).hexdigest()[:16]


def replace(value: Any, tokens: Mapping[str, Any]) -> Any:
    """Return plain data with the tokens of every text and key in it replaced.

    Data and not text of YAML: whatever a value is called, it cannot become another type or another key.

    Args:
        value: Text, or lists and mappings of it.
        tokens: Name -> value, as :func:`of` gives; a text that is one token becomes the value itself, number or truth
            value. ``uid:SLUG`` is computed.

    Raises:
        RenderError: A token has no value.

    Example:
        >>> replace({"expr": 'up{job="<<job>>"}', "limit": "<<limit>>"}, {"job": "shop/shop", "limit": 3})
        {'expr': 'up{job="shop/shop"}', 'limit': 3}
    """
    if isinstance(value, str):
        if "<<" not in value:
            return value
        whole = _TOKEN.fullmatch(value)
        return _value(whole[1], tokens) if whole else _TOKEN.sub(lambda token: str(_value(token[1], tokens)), value)
    if isinstance(value, list):
        return [replace(item, tokens) for item in value]
    if isinstance(value, dict):
        return {replace(key, tokens): replace(item, tokens) for key, item in value.items()}
    return value


def _value(name: str, tokens: Mapping[str, Any]) -> Any:
    if name in tokens:
        return tokens[name]
    kind, _, slug = name.partition(":")
    if kind == "uid" and slug:
        return uid(tokens["namespace"], tokens["service"], slug)
    raise RenderError(f"the token <<{name}>> has no value")
