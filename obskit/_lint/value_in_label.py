"""No label of an alert holds the value: with each change it would be another alert."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import one_line
from obskit._lint import _templates
from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack

ID = "value-in-label"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every label that shows the value; one that only depends on it, such as a severity, may."""
    for rule in pack.alerts():
        for name, text in rule.labels.items():
            if _templates.shows_value(text.text):
                message = f"label {name} holds the value, with each of which it is another alert: {one_line(text.text)}"
                yield rule.finding(ID, WARNING, message, "put the value into an annotation", text)
