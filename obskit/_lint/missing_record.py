"""A series with a name of recording rules is recorded by one of the files."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import nearest
from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack

ID = "missing-record"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every series with a colon in its name that no rule of these files records."""
    for rule, tree in pack.queries():
        for name in sorted({selector.name for selector in tree.selectors()}):
            if ":" in name and name not in pack.recorded:
                message = f"no rule of these files records {name}"
                yield rule.finding(
                    ID, NOTE, message, nearest(name, pack.recorded) or "give the file that records it as well"
                )
