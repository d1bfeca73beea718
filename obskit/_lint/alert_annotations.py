"""An alert says what has happened, and where to read what to do."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack

ID = "alert-annotations"

_TEXTS = ("summary", "description", "message")
_RUNBOOKS = ("runbook_url", "runbook")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every alert without a text, or without a runbook."""
    for rule in pack.alerts():
        given = {name for name, text in rule.annotations.items() if text.text.strip()}
        if rule.name.text and not given.intersection(_TEXTS):
            message = "no annotation says what has happened"
            yield rule.finding(ID, WARNING, message, "add summary and description", rule.name)
        if rule.name.text and not given.intersection(_RUNBOOKS):
            yield rule.finding(ID, NOTE, "the annotation runbook_url is missing", "link what to do about it", rule.name)
