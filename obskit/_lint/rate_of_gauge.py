"""rate() and its kin are asked of counters only."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint import _series
from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import RATES, Call, Selector

ID = "rate-of-gauge"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every rate of a series that is known, or named, as one that may fall."""
    states = _series.states(pack)
    for rule, call in pack.parts(Call):
        inner = call.parts[0] if call.name in {*RATES, "resets"} else None
        if isinstance(inner, Selector) and _series.is_gauge(inner.name, states):
            level = WARNING if _series.is_gauge(inner.name) else NOTE
            message = f"{call.name}() of a gauge takes every fall for a restart: {call}"
            yield rule.finding(ID, level, message, "use delta(), deriv(), changes() or the value itself")
