"""An alert has the label severity, by which it is routed."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack

ID = "alert-severity"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every alert without a severity of its own or of its group."""
    for rule in pack.alerts():
        if rule.name.text and not rule.all_labels.get("severity"):
            yield rule.finding(ID, NOTE, "the label severity is missing", "say how urgent it is", rule.name)
