"""A recorded series is named level:metric:operation."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack

ID = "record-name"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every recorded series whose name does not say what it is made of."""
    for rule in pack.rules():
        parts = rule.name.text.split(":")
        if not rule.alert and (len(parts) < 3 or "" in parts):
            message = "the name is not of the form level:metric:operation"
            yield rule.finding(ID, NOTE, message, "as in job:http_requests:rate5m", rule.name)
