"""Tokens in rendered text, and what a project puts in their place.

Rules and dashboards are rendered once, without a project; ``<<job>>`` and its like mark what differs. The Helm chart
replaces the same tokens from its values, so that both give the same objects.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from obskit.catalogue import shards
from obskit.config.project import Project, duration_seconds
from obskit.exceptions import RenderError

_TOKEN = re.compile(r"<<([a-z_]+(?::[A-Za-z0-9_-]+)?)>>")

#: A fast window holds three samples: two increments, of which one may be lost to a late push.
WINDOW_SAMPLES = 3
#: A long window holds twice as many: where a few events a second must be enough to judge a share.
LONG_WINDOW_SAMPLES = 6
#: Seconds of history after which a baseline counts as learnt (and cold-start alerts step back).
LEARNED_SECONDS = 480


def of(project: Project) -> dict[str, str]:
    """Return the value of every token that depends on the project alone.

    Example:
        >>> from obskit.config.project import Service
        >>> of(Project(service=Service(name="shop")))["window"]
        '15s'
    """
    export = duration_seconds(project.intervals.export)
    window, long = WINDOW_SAMPLES * export, LONG_WINDOW_SAMPLES * export
    return {
        "job": project.job,
        "namespace": project.service.namespace,
        "service": project.service.name,
        "container": project.container,
        "by": "".join(f"{label}, " for label in project.group_labels),
        "window": f"{window}s",
        "window_count": str(window - export),
        "window_long": f"{long}s",
        "window_long_count": str(long - export),
        "learned_samples": str(LEARNED_SECONDS // duration_seconds(project.intervals.evaluation)),
        "expected_shards": _expected(project),
        "grafana": project.backends.grafana or "",
        "runbooks": project.backends.runbooks,
    }


def _expected(project: Project) -> str:
    """A vector with the number of shards that each set must have; without any set, an empty one."""
    label = shards.SHARD_SET.label
    sets = [f'label_replace(vector({s.expected}), "{label}", "{s.set}", "", "")' for s in project.shards]
    return " or ".join(sets) or "vector(0) > 1"


def uid(namespace: str, service: str, slug: str) -> str:
    """Return the uid of a dashboard: the same on every render, another for every install.

    Example:
        >>> uid("shop", "shop", "shards")
        'obskit-ee656164506703c1'
    """
    return "obskit-" + hashlib.sha256(f"{namespace}/{service}/{slug}".encode()).hexdigest()[:16]


def replace(value: Any, tokens: Mapping[str, str]) -> Any:
    """Return plain data with the tokens of every text in it replaced.

    Args:
        value: Text, or lists and mappings of it.
        tokens: Name -> value, as :func:`of` gives; ``uid:SLUG`` is computed.

    Raises:
        RenderError: A token has no value.

    Example:
        >>> replace({"expr": 'up{job="<<job>>"}'}, {"job": "shop/shop"})
        {'expr': 'up{job="shop/shop"}'}
    """
    if isinstance(value, str):
        return _TOKEN.sub(lambda match: _value(match[1], tokens), value) if "<<" in value else value
    if isinstance(value, list):
        return [replace(item, tokens) for item in value]
    if isinstance(value, dict):
        return {key: replace(item, tokens) for key, item in value.items()}
    return value


def _value(name: str, tokens: Mapping[str, str]) -> str:
    if name in tokens:
        return tokens[name]
    kind, _, slug = name.partition(":")
    if kind == "uid" and slug:
        return uid(tokens["namespace"], tokens["service"], slug)
    raise RenderError(f"the token <<{name}>> has no value")
