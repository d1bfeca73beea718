"""What types and patterns of ``obskit.yaml`` cannot say, and what would break somebody else's server later."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import msgspec

from obskit.config import templates
from obskit.config.project import AlertOverride, Backends, Project, duration_seconds

#: Setting, problem, remedy.
Problem = tuple[str, str, str]
_DANGLING = re.compile(r"(?:^|[|*+])[*+]")
#: An alert that waits longer than the longest window of any is one that was meant to be off.
_LONGEST_WAIT = 30 * 86400


def problems(project: Project) -> Iterator[Problem]:
    """Yield what is wrong with a project whose types are right.

    Example:
        >>> from obskit.config.project import Service, ShardSet
        >>> twice = [ShardSet(set="a", expected=1), ShardSet(set="a", expected=2)]
        >>> next(problems(Project(service=Service(name="shop"), shards=twice)))
        ('shards[1].set', "shards[1].set is 'a' again", 'describe each set once')
    """
    yield from _urls(project.backends)
    yield from _twice("shards[{}].set", [shards.set for shards in project.shards], "describe each set once")
    yield from _twice("group_labels[{}]", project.group_labels, "list each label once")
    if project.notify and (project.notify.kind == "slack") != bool(project.notify.channel):
        yield "notify", "notify.channel is for the kind slack, which needs it", "add it, or leave it out"
    yield from _patterns(project)
    for name, override in project.alerts.items():
        yield from _durations(f"alerts.{name}", override)
        for kind, texts in (("labels", override.labels), ("annotations", override.annotations)):
            for key, text in texts.items():
                if wrong := templates.problem(text):
                    place = f"alerts.{name}.{kind}.{key}"
                    yield place, f"{place} is no template: {wrong}", "Prometheus would refuse the whole file of rules"


def _patterns(project: Project) -> Iterator[Problem]:
    """Of the characters that a pattern may have, only a quantifier can be where none may be."""
    for name, pack in project.enabled_packs.items():
        for label, pattern in pack.match.items():
            if found := _DANGLING.search(pattern):
                place = f"packs.{name}.match.{label}"
                remedy = f"there is nothing that the {found[0][-1]} at character {found.end()} could repeat"
                yield place, f"{place} is no regular expression: {pattern!r}", remedy


def _durations(place: str, override: AlertOverride) -> Iterator[Problem]:
    for key, value in (("for", override.for_), ("keep_firing_for", override.keep_firing_for)):
        if value and duration_seconds(value) > _LONGEST_WAIT:
            remedy = "at most 30d; enabled: false leaves an alert out"
            yield f"{place}.{key}", f"{place}.{key} cannot be {value!r}", remedy


def _urls(backends: Backends) -> Iterator[Problem]:
    for name, url in msgspec.structs.asdict(backends).items():
        if isinstance(url, str) and not _reachable(url):
            yield f"backends.{name}", f"backends.{name} cannot be {url!r}", "its host or its port is not valid"


def _reachable(url: str) -> bool:
    """Whether host and port are ones that can exist; urlsplit knows addresses from Python 3.11 on."""
    try:
        parts = urlsplit(url)
        if ":" in (parts.hostname or ""):
            ipaddress.IPv6Address(parts.hostname or "")
        return parts.port != 0
    except ValueError:
        return False


def _twice(place: str, names: Sequence[str], remedy: str) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield place.format(index), f"{place.format(index)} is {name!r} again", remedy
