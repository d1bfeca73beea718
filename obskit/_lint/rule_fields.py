"""Every rule and group has the fields that Prometheus takes, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import ERROR, NOTE, Finding
from obskit._lint._pack import Group, Pack

ID = "rule-fields"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every field for which Prometheus would refuse the file, or leave a part of it out."""
    yield from pack.faults
    seen: dict[tuple[str, int, str], Group] = {}
    for group in pack.groups:
        first = seen.setdefault((group.file, group.document, group.name), group)
        if first is not group and group.name:
            message = f"a group of this name begins on line {first.line} already"
            yield group.finding(ID, ERROR, message, "give each group of a file a name of its own")
        yield from _unread(group)


def _unread(group: Group) -> Iterator[Finding]:
    for language in dict.fromkeys(rule.language for rule in group.rules if rule.language not in ("promql", "logql")):
        count = sum(rule.language == language for rule in group.rules)
        message = f"{count} of its {len(group.rules)} expressions are {language}, which is not read: they are left out"
        yield group.finding(ID, NOTE, message)
