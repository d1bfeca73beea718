"""In a group a series is recorded before it is used: else what is read is one interval old."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Group, Pack

ID = "record-order"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every series that is used above the rule that records it."""
    for group in pack.groups:
        yield from _of_group(group)


def _of_group(group: Group) -> Iterator[Finding]:
    later = {rule.name.text: rule for rule in group.rules if not rule.alert}
    for rule in group.rules:
        if not rule.alert:
            later.pop(rule.name.text, None)
        for name in sorted({selector.name for selector in rule.tree.selectors()}) if rule.tree else ():
            if name in later:
                message = f"{name} is recorded below, on line {later[name].line}: what is read here is one interval old"
                yield rule.finding(ID, NOTE, message, "move the recording above")
