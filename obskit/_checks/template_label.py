"""Every annotation is a template that Prometheus takes, and what it or a legend shows is on the result of its query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from obskit._checks import _logql
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
    for alert in rendered.alerts("logql"):
        yield from _unknown(alert.place, alert.expr, alert.templates(), _logql.labels(alert.expr))
    for query in rendered.queries:
        labels = query.analysis.output.labels if query.analysis else None
        yield from _unknown(query.place, query.written, query.templates, labels)


def _unknown(
    place: str, written: str, templates: Iterable[tuple[str, str]], labels: frozenset[str] | None
) -> Iterator[Finding]:
    for where, label in templates:
        if labels is not None and label not in labels and label != "__name__":
            message = f"{where} shows the label {label}, which the result does not have, in: "
            yield Finding(place, message + one_line(written), ID, nearest(label, labels))
