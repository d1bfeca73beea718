"""Every alert's signals are drawn on a dashboard: the one that it links, if it links one."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import catalogue
from obskit._checks import _logql
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered, Rule
from obskit.logql import LogQLError

ID = "missing-panel"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert that nobody can look at; nothing where no dashboard is rendered."""
    if not rendered.dashboards:
        return
    uids = {str(board.get("uid")): path for path, board in rendered.dashboards.items()}
    drawn = {path: _drawn(rendered, path) for path in rendered.dashboards}
    queries = {query.place: query for query in rendered.queries}
    for alert in rendered.alerts():
        linked = _uid(alert)
        if linked and linked not in uids:
            yield Finding(alert.place, f"dashboard_url links a dashboard that is not rendered: {linked}", ID)
            continue
        places = [uids[linked]] if linked else list(rendered.dashboards)
        if alert.language == "logql":
            if not any(_shows_lines(rendered, path, alert.expr) for path in places):
                message = f"no panel of {' or '.join(places)} asks for the fields of: {one_line(alert.expr)}"
                yield Finding(alert.place, message, ID)
            continue
        analysis = queries[alert.place].analysis
        signals = rendered.origins({s.name for s in analysis.selectors}) if analysis else set()
        if signals and signals <= rendered.known.keys() and not any(signals & drawn[path] for path in places):
            message = f"no panel of {' or '.join(places)} draws a signal of: {one_line(alert.expr)}"
            yield Finding(alert.place, message, ID)


def _shows_lines(rendered: Rendered, path: str, query: str) -> bool:
    """Whether a panel of a dashboard asks for all the fields that a query of log lines asks for."""
    wanted = _fields(query)
    if {name.name for name in wanted} - catalogue.log_fields().keys():  # said by the check of LogQL
        return True
    texts = (t for t in rendered.texts if t.source == "loki" and t.place.startswith(f"{path}: panel "))
    return any(wanted <= _fields(text.query) for text in texts)


def _fields(query: str) -> set[_logql.Name]:
    try:
        return set(_logql.names(query))
    except LogQLError:  # said by the check of LogQL
        return set()


def _uid(alert: Rule) -> str:
    _, found, rest = alert.annotations.get("dashboard_url", "").partition("/d/")
    return rest.partition("/")[0].partition("?")[0] if found else ""


def _drawn(rendered: Rendered, path: str) -> set[str]:
    """The series that the panels of a dashboard show, and what they are made of."""
    names = {
        selector.name
        for query in rendered.queries
        if query.place.startswith(f"{path}: panel ") and query.analysis
        for selector in query.analysis.selectors
    }
    return rendered.origins(names)
