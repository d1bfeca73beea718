"""Recorded series are written more often than Prometheus forgets them: every five minutes at least."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack

ID = "group-interval"

#: Prometheus' default of --query.lookback-delta, in seconds.
_LOOKBACK = 300


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every group of recordings whose series are gone between two evaluations."""
    for group in pack.groups:
        if (group.interval or 0) > _LOOKBACK and any(not rule.alert for rule in group.rules):
            message = f"series that are recorded every {group.fields['interval'].text} are gone after 5m"
            yield group.finding(ID, WARNING, message, "make the interval 5m or less", group.fields["interval"])
