"""Every value that a matcher asks for is one that the label can have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._checks import _grafana
from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "unknown-label-value"

_PLAIN = re.compile(r"[\w.|-]*")


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every value outside the closed set of its label."""
    for query in rendered.queries:
        for selector in query.analysis.selectors if query.analysis else ():
            values = selector.known.values if selector.known else {}
            for label, operator, value in selector.matchers:
                for wrong in _wrong(operator, value, values.get(label, ())):
                    message = f"{label} of {selector.name} is never {wrong!r}, in: {one_line(query.written)}"
                    yield Finding(query.place, message, ID, nearest(wrong, values[label]))


def _wrong(operator: str, value: str, allowed: tuple[str, ...]) -> list[str]:
    if not allowed or not value or _grafana.ANY in value:
        return []
    if "~" not in operator:
        return [] if value in allowed else [value]
    if _PLAIN.fullmatch(value):
        return [part for part in value.split("|") if part and part not in allowed]
    try:
        return [] if any(re.fullmatch(value, known) for known in allowed) else [value]
    except re.error:  # RE2 and Python differ in a few corners; Prometheus has accepted it
        return []
