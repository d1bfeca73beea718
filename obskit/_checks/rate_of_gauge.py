"""rate() and its kin are asked of counters only."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "rate-of-gauge"

_RATES = {"rate", "irate", "increase", "resets"}


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every rate of something that may fall."""
    for query in rendered.queries:
        for call in query.analysis.calls if query.analysis else ():
            if call.name in _RATES and call.argument.kind in ("gauge", "info"):
                message = f"{call.name}() of a gauge takes every fall for a restart, in: {one_line(query.written)}"
                yield Finding(query.place, message, ID, "use delta(), deriv() or the value itself")
