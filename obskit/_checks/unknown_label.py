"""Every label that a query matches, groups, joins or copies can be on the series there."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "unknown-label"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every label that is asked for where it cannot be."""
    for query in rendered.queries:
        for missing in query.analysis.missing if query.analysis else ():
            message = f"no label {missing.label} {missing.where}, in: {one_line(query.written)}"
            yield Finding(query.place, message, ID, nearest(missing.label, missing.known))
