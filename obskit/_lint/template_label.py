"""Every annotation is a template that Prometheus takes, and what it or a legend shows is on the result of its query."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import nearest, one_line
from obskit._lint import _templates
from obskit._lint._finding import ERROR, WARNING, Finding
from obskit._lint._nodes import Scalar
from obskit._lint._pack import Pack, Rule
from obskit.config import templates
from obskit.promql import syntax

ID = "template-label"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every template that would not load, and every label that would be shown as nothing."""
    for rule in pack.alerts():
        for kind, texts in (("label", rule.labels), ("annotation", rule.annotations)):
            for name, text in texts.items():
                yield from _of_text(rule, f"{kind} {name}", text)


def _of_text(rule: Rule, where: str, text: Scalar) -> Iterator[Finding]:
    if wrong := templates.problem(text.text, of_vmalert=rule.group.of_vmalert):
        remedy = "Prometheus refuses the whole file of rules until it is right"
        yield rule.finding(ID, ERROR, f"{where} is no template: {wrong}, in: {one_line(text.text)[:200]}", remedy, text)
        return
    for query in () if rule.group.of_vmalert else _templates.queries(text.text):
        try:
            syntax.parse(query)
        except ValueError as error:
            yield rule.finding(ID, WARNING, f"{where} asks a query that is no PromQL: {error}: {query[:140]}", at=text)
    for label in _templates.labels(text.text):
        known = rule.result
        if known is not None and label != "__name__" and not known.can(label):
            remedy = "keep it in the outermost aggregation" if known.others else nearest(label, known.names)
            query = str(rule.tree or one_line(rule.expr.text)[:140])
            message = f"{where} shows the label {label}, which the result does not have: {query}"
            yield rule.finding(ID, WARNING, message, remedy, text)
