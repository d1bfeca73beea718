"""Every label that an annotation or a legend shows is on the result of its query."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "template-label"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every label that would be shown as nothing."""
    for query in rendered.queries:
        labels = query.analysis.output.labels if query.analysis else None
        for where, label in query.templates:
            if labels is not None and label not in labels and label != "__name__":
                message = f"{where} shows the label {label}, which the result does not have, in: "
                yield Finding(query.place, message + one_line(query.written), ID, nearest(label, labels))
