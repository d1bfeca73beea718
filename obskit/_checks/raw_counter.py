"""Counters are read as rates, never as the total since an arbitrary start."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "raw-counter"

#: Functions and places in which a counter's value does not matter, or a reset is handled.
_SOUND = {"rate", "irate", "increase", "resets", "changes"}
_PRESENCE = {"absent", "absent_over_time", "present_over_time", "count_over_time", "timestamp", "ts_of_last_over_time"}
_COUNTED = {"count", "group", "presence", "difference"}


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every counter whose raw value is used."""
    for query in rendered.queries:
        for selector in query.analysis.selectors if query.analysis else ():
            kind = selector.known.kind if selector.known else ""
            if kind in ("counter", "histogram") and not {*selector.context} & (_SOUND | _PRESENCE | _COUNTED):
                message = f"{selector.name} is a counter and is used without rate, in: {one_line(query.written)}"
                yield Finding(query.place, message, ID, "put it into rate(…[window]) or increase(…[window])")
