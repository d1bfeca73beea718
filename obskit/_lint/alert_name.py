"""An alert has a name that people can say: CamelCase, 40 characters at most."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack

ID = "alert-name"

_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*")
_LONGEST = 40


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every name of another form."""
    for rule in pack.alerts():
        name = rule.name.text
        if name and not _CAMEL.fullmatch(name):
            yield rule.finding(
                ID, NOTE, "the name is not CamelCase", "letters and digits alone, as in ShardHot", rule.name
            )
        elif len(name) > _LONGEST:
            message = f"the name has {len(name)} characters"
            yield rule.finding(ID, NOTE, message, f"{_LONGEST} fit into the subject of a message", rule.name)
