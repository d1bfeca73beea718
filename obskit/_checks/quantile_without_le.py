"""histogram_quantile() is given buckets: the label le has survived every aggregation."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "quantile-without-le"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every quantile that would be empty; native histograms have no buckets to keep apart."""
    if rendered.project.metrics.histograms == "native":
        return
    for query in rendered.queries:
        for call in query.analysis.calls if query.analysis else ():
            labels = call.argument.labels
            if call.name == "histogram_quantile" and labels is not None and "le" not in labels:
                message = f"histogram_quantile() of something without le, in: {one_line(query.written)}"
                yield Finding(query.place, message, ID, "aggregate the buckets by (le, …)")
