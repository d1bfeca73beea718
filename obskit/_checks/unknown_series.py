"""Every series in a query is in the catalogue, or recorded by a rule."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "unknown-series"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every series that nothing emits."""
    for query in rendered.queries:
        for selector in query.analysis.selectors if query.analysis else ():
            name = selector.name
            if name and selector.known is None:
                problem = f"no rule records {name}" if ":" in name else f"no signal is called {name}"
                yield Finding(
                    query.place, f"{problem}, in: {one_line(query.written)}", ID, nearest(name, rendered.known)
                )
