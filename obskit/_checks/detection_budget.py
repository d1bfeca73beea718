"""Every alert promises a detection budget, and its timing can keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

import msgspec

from obskit import catalogue
from obskit._checks import _promql
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Query, Rendered, Rule
from obskit.config.project import Pack, duration_seconds
from obskit.logql import LogQLError
from obskit.promql import budget, durations, log_budget, translating

if TYPE_CHECKING:
    from obskit._render import pack

ID = "detection-budget"

_CLASSES = ("fast", "normal", "slow")
#: Of normal alerts without a page, which promises less. A slow one takes as long as what it watches: hours of a budget.
_LONGEST = 360


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every budget that is missing, too long, or that for, window and interval contradict."""
    queries = {query.place: query for query in rendered.queries}
    recorded = {rule.name: budget.Recorded(rule.expr, rule.group) for rule in rendered.rules if not rule.alert}
    places = {rule.place for rule in rendered.rules}
    readable = all(query.analysis for query in rendered.queries if query.place in places)
    for alert in rendered.alerts():
        if alert.labels.get("latency_class") not in _CLASSES:
            remedy = f"one of {', '.join(_CLASSES)}"
            yield Finding(alert.place, "the label latency_class does not say how fast the alert is", ID, remedy)
        promised = _seconds(alert.annotations.get("detection_budget", ""))
        if promised is None:
            yield Finding(alert.place, "the annotation detection_budget is missing or no duration such as 21s", ID)
            continue
        kind = alert.labels.get("latency_class", "")
        if promised > (limit := _limit(rendered, alert.name, kind, promised)):
            remedy = f"shorter intervals or a shorter for; or declare it: budgets.{kind}: {promised:g}s"
            message = f"it may take {limit:.0f} s ({kind}), and takes {promised:g} s"
            yield Finding(alert.place, message, ID, remedy)
        analysis = queries[alert.place].analysis if alert.place in queries else None
        bounds = _bounds_of_logs(rendered, alert) if alert.language == "logql" else None
        if readable and analysis is not None:
            bounds = _bounds(rendered, alert, analysis, recorded)
        if bounds is not None:
            low, high = bounds
            if not low <= promised <= high:
                made = f"{low}s to {high}s" if low < high else f"{low}s"
                message = f"detection_budget is {promised:g}s; for, window and intervals make it {made}"
                remedy = "render it again: obskit render alerts"
                yield Finding(alert.place, f"{message}, in: {one_line(alert.expr)}", ID, remedy)
    yield from _held_by_routes(rendered, queries)


def _held_by_routes(rendered: Rendered, queries: Mapping[str, Query]) -> Iterator[Finding]:
    """Yield a finding for every route that holds alerts longer than their budgets count."""
    held: dict[tuple[str, str, float, float], list[str]] = {}
    for alert in rendered.alerts():
        counted = budget.routed(rendered.project.intervals, _class(alert)).seconds
        label = partial(_label, alert, queries.get(alert.place))
        taken = [(first, route) for first in rendered.routes for route in first.taken(label)]
        # A file without a route for an alert says nothing of it where another file has one.
        for _, route in [pair for pair in taken if pair[0] is not pair[1]] or taken:
            for key, wait in (("group_wait", route.holds.wait), ("group_interval", route.holds.joined)):
                if wait > counted:
                    held.setdefault((route.place, key, wait, counted), []).append(alert.name)
    for (place, key, wait, counted), names in held.items():
        others = f" and {count - 1} more" if (count := len(names)) > 1 else ""
        of = " for one that joins its group" if key == "group_interval" else ""
        message = f"{key} is {wait:g} s{of}; the budget of {names[0]}{others} counts {counted:g} s of it"
        yield Finding(place, message, ID, "render it again: obskit render alerts")


def _label(alert: Rule, query: Query | None, name: str) -> str | None:
    """The value of a label of an alert; None where it depends on the series."""
    if name == "alertname":
        return alert.name
    if name in alert.labels:
        return None if "{{" in alert.labels[name] else alert.labels[name]
    possible = query.analysis.output.labels if query and query.analysis else None
    return None if possible is None or name in possible else ""


def _limit(rendered: Rendered, name: str, kind: str, otherwise: float) -> float:
    """What an alert may take: what its page promises, or what the project declares where that is more."""
    declared = getattr(rendered.project.budgets, kind, None)
    known = _definitions().get(name)
    promised = known.budget if known else _LONGEST if kind == "normal" else otherwise
    return max(budget.limit(kind, promised), duration_seconds(declared) if declared else 0)


def _seconds(text: str) -> float | None:
    try:
        return durations.seconds(text)
    except ValueError:
        return None


def _bounds(
    rendered: Rendered, alert: Rule, analysis: _promql.Analysis, recorded: dict[str, budget.Recorded]
) -> tuple[int, int]:
    """The least and the most that an alert may take: of the pack's, what its share of the window makes of it.

    Of others the share is not known: none, or all, of the window must lie after the fault.
    """
    scrape = rendered.project.enabled_packs.get(alert.labels.get("pack", ""), Pack()).scrape
    intervals = msgspec.structs.replace(
        rendered.project.intervals,
        evaluation=alert.interval,
        scrape=scrape or rendered.project.intervals.scrape,
    )
    if known := _definitions().get(alert.name):
        sources, shares = {known.source}, {known.window_share}
    else:
        sources = _sources(rendered, {selector.name for selector in analysis.selectors}) or {"otlp", "scrape"}
        shares = {0.0, 1.0}
    found = [
        budget.compute(
            alert.expr,
            alert.group,
            recorded=recorded,
            for_=alert.for_,
            window_share=share,
            source=source,
            intervals=intervals,
            latency_class=_class(alert),
        ).seconds
        for source in sources
        for share in shares
    ]
    return min(found), max(found)


def _definitions() -> Mapping[str, pack.Alert]:
    """The alerts of the pack: what each promises, what share of its window it needs, and how its signals arrive."""
    from obskit._render import pack  # not for who imports the checks and asks for none of them

    return pack.load().by_name


def _bounds_of_logs(rendered: Rendered, alert: Rule) -> tuple[int, int] | None:
    """The same of an alert on log lines."""
    found = []
    known = _definitions().get(alert.name)
    for share in {known.window_share} if known else (0.0, 1.0):
        try:
            spent = log_budget.compute(
                alert.expr,
                for_=alert.for_,
                window_share=share,
                intervals=msgspec.structs.replace(rendered.project.intervals, logs=alert.interval),
                latency_class=_class(alert),
            )
        except LogQLError:  # said by the check of LogQL
            return None
        found.append(spent.seconds)
    return min(found), max(found)


def _class(alert: Rule) -> str:
    return "normal" if alert.labels.get("latency_class") in _CLASSES[1:] else "fast"


def _sources(rendered: Rendered, names: set[str]) -> set[str]:
    """How the series arrive, down to the raw ones."""
    arrivals = _arrivals(rendered.project.metrics.translation_strategy)
    return {arrivals[name] for name in rendered.origins(names) if name in arrivals}


@cache
def _arrivals(strategy: str) -> dict[str, str]:
    """Every series under the names of a strategy, histograms as classic and as native ones -> its source."""
    series = translating.names(strategy).series
    return {
        series.get(name, name): "scrape"
        if isinstance(record, catalogue.ForeignMetric) and topic != "telemetry" and not record.otel
        else "otlp"
        for topic, _, record in catalogue.metrics()
        for name in (record.prometheus_name, *(one.name for one in record.series))
    }
