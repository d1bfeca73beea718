"""Every alert's signals are drawn by a panel that names it and has its line, on the dashboard that it links, if any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from obskit import catalogue
from obskit._checks import _grafana, _logql
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered, Rule
from obskit.logql import LogQLError

ID = "missing-panel"

#: What the description of a panel says of an alert.
_SAID = r"\b{} has (?:its line at (?P<line>\S+?)[.,]?(?= |$)|no line: \S)"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert that nobody can look at; nothing where no dashboard is rendered."""
    if not rendered.dashboards:
        return
    uids = {str(board.get("uid")): path for path, board in rendered.dashboards.items()}
    for alert in rendered.alerts():
        linked = _uid(alert)
        if linked and linked not in uids:
            yield Finding(alert.place, f"dashboard_url links a dashboard that is not rendered: {linked}", ID)
            continue
        paths = [uids[linked]] if linked else list(rendered.dashboards)
        if problem := _problem(rendered, alert, paths):
            yield Finding(alert.place, *problem)


def _problem(rendered: Rendered, alert: Rule, paths: list[str]) -> tuple[str, str, str] | None:
    """What is missing, the check and the remedy; None where a panel shows the alert."""
    said = re.compile(_SAID.format(re.escape(alert.name)))
    named = [
        (f'{path}: panel "{panel.get("title")}"', panel, found)
        for path in paths
        for panel in _grafana.panels(rendered.dashboards[path])
        if (found := said.search(str(panel.get("description", ""))))
    ]
    where = " or ".join(paths)
    if not named:
        remedy = f'its description must say "{alert.name} has its line at VALUE." or "{alert.name} has no line: WHY."'
        return f"no panel of {where} says where the line of {alert.name} is", ID, remedy
    drawn = [(place, panel, found) for place, panel, found in named if _shows(rendered, alert, place)]
    if not drawn:
        what = "asks for the fields" if alert.language == "logql" else "draws a signal"
        return f"no panel of {where} that names it {what} of: {one_line(alert.expr)}", ID, ""
    if not any(found["line"] is None or found["line"] in _lines(panel) for _, panel, found in drawn):
        place, _, found = drawn[0]
        return f"{place} has no line at {found['line']}", ID, "draw it: a threshold with this value, shown as a line"
    return None


def _shows(rendered: Rendered, alert: Rule, place: str) -> bool:
    """Whether a panel draws a signal of an alert, or asks for all the fields that one on log lines asks for."""
    if alert.language == "logql":
        wanted = _fields(alert.expr)
        if {name.name for name in wanted} - catalogue.log_fields().keys():  # said by the check of LogQL
            return True
        return any(wanted <= _fields(text.query) for text in rendered.texts if text.place == place)
    signals = rendered.origins(_selected(rendered, alert.place))
    if not signals or not signals <= rendered.known.keys():  # said by the checks of its query
        return True
    return bool(signals & rendered.origins(_selected(rendered, place)))


def _selected(rendered: Rendered, place: str) -> set[str]:
    """The series that the queries of a place select."""
    queries = (query for query in rendered.queries if query.place == place and query.analysis)
    return {selector.name for query in queries for selector in query.analysis.selectors}  # type: ignore[union-attr]


def _lines(panel: dict[str, Any]) -> set[str]:
    """The values at which a panel draws lines."""
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode", "off") == "off":
        return set()
    return {str(step.get("value")) for step in defaults.get("thresholds", {}).get("steps", ())}


def _fields(query: str) -> set[_logql.Name]:
    try:
        return set(_logql.names(query))
    except LogQLError:  # said by the check of LogQL
        return set()


def _uid(alert: Rule) -> str:
    _, found, rest = alert.annotations.get("dashboard_url", "").partition("/d/")
    return rest.partition("/")[0].partition("?")[0] if found else ""
