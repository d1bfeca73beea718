"""Every annotation is a template that Prometheus takes, and what it or a legend shows is on the result of its query."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered
from obskit.config import templates

ID = "template-label"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every template that would not load, and every label that would be shown as nothing."""
    for alert in rendered.alerts():
        for key, text in {**alert.labels, **alert.annotations}.items():
            if wrong := templates.problem(text):
                remedy = "Prometheus refuses the whole file of rules until it is right"
                yield Finding(alert.place, f"{key} is no template: {wrong}, in: {one_line(text)}", ID, remedy)
    for query in rendered.queries:
        labels = query.analysis.output.labels if query.analysis else None
        for where, label in query.templates:
            if labels is not None and label not in labels and label != "__name__":
                message = f"{where} shows the label {label}, which the result does not have, in: "
                yield Finding(query.place, message + one_line(query.written), ID, nearest(label, labels))
