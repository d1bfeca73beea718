"""Every PromQL query parses."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "promql-syntax"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every query that Prometheus would refuse."""
    for query in rendered.queries:
        if query.analysis is None:
            yield Finding(query.place, f"not PromQL: {query.problem}, in: {one_line(query.written)}", ID)
