"""The runbook of every alert says what it means, what to look at and what to do, and its queries work as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit import _runbooks
from obskit._checks import _logql, _promql
from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered, parse
from obskit.logql import LogQLError
from obskit.promql import translating

ID = "runbook-page"

#: What a page must have, each with the words that begin it.
_PARTS = {
    "the impact": "**Impact.** ",
    "what to look at first": "## Look first\n",
    "what to do": "## What to do\n",
    "when it is wrong, or blind": "**When it is wrong, or blind.** ",
}
_PLACEHOLDER = re.compile(r"<[a-z]")


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every part that a page lacks, and every query of it that does not work as it stands."""
    for alert in rendered.alerts():
        text = _runbooks.page(alert.name)
        if not text:
            continue
        for part, begin in _PARTS.items():
            if begin not in text:
                yield Finding(
                    alert.place, f"its runbook does not say {part}", ID, f"add {begin.strip()!r} to {alert.name}.md"
                )
        queries = list(_runbooks.queries(text))
        if not queries:
            yield Finding(
                alert.place, "its runbook has no query to look at first", ID, "add a block of promql or logql"
            )
        for kind, line in queries:
            for problem, remedy in _problems(rendered, kind, line):
                yield Finding(alert.place, f"its runbook: {problem}, in: {one_line(line)}", ID, remedy)


def _problems(rendered: Rendered, kind: str, query: str) -> Iterator[tuple[str, str]]:
    if kind == "logql":
        try:
            list(_logql.names(query))
        except LogQLError as error:
            yield str(error), ""
        return
    if _PLACEHOLDER.search(query):
        yield "a placeholder is no query", "group by job or namespace instead, so that it works as it is pasted"
        return
    tree, wrong = parse(translating.Translator(rendered.project.metrics).expr(query))
    if tree is None:
        yield wrong, ""
        return
    analysis = _promql.analyse(tree, rendered.known)
    for selector in analysis.selectors:
        if selector.name and selector.known is None:
            yield f"no signal is called {selector.name}", nearest(selector.name, rendered.known)
    for missing in analysis.missing:
        yield f"there is no label {missing.label} {missing.where}", nearest(missing.label, missing.known)
