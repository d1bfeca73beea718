"""Every alert promises a detection budget, and its timing can keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from obskit import _installation, catalogue
from obskit._checks import _promql
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered, Rule
from obskit.config.project import Pack, duration_seconds
from obskit.logql import LogQLError
from obskit.promql import budget, durations, log_budget

ID = "detection-budget"

_CLASSES = ("fast", "normal", "slow")
#: Of normal alerts without a page, which promises less. A slow one takes as long as what it watches: hours of a budget.
_LONGEST = 360
_PROMISE = re.compile(r"^\| told within \| (\d+) s ", re.MULTILINE)


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
                message = f"detection_budget is {promised:g}s; for, window and intervals make it {low}s to {high}s"
                remedy = "render it again: obskit render alerts"
                yield Finding(alert.place, f"{message}, in: {one_line(alert.expr)}", ID, remedy)


def _limit(rendered: Rendered, name: str, kind: str, otherwise: float) -> float:
    """What an alert may take: what its page promises, or what the project declares where that is more."""
    declared = getattr(rendered.project.budgets, kind, None)
    promised = _promise(name) or (_LONGEST if kind == "normal" else otherwise)
    return max(budget.limit(kind, promised), duration_seconds(declared) if declared else 0)


@cache
def _promise(name: str) -> float | None:
    """The seconds that the page of an alert promises; None when the alert is not of the pack."""
    if not re.fullmatch(r"\w+", name):
        return None
    page = _installation.directory("runbooks") / f"{name}.md"
    found = _PROMISE.search(page.read_text(encoding="utf-8")) if page.is_file() else None
    return float(found[1]) if found else None


def _seconds(text: str) -> float | None:
    try:
        return durations.seconds(text)
    except ValueError:
        return None


def _bounds(
    rendered: Rendered, alert: Rule, analysis: _promql.Analysis, recorded: dict[str, budget.Recorded]
) -> tuple[int, int]:
    """The budget when none, and when all, of the window must lie after the fault."""
    scrape = rendered.project.enabled_packs.get(alert.labels.get("pack", ""), Pack()).scrape
    intervals = msgspec.structs.replace(
        rendered.project.intervals,
        evaluation=alert.interval,
        scrape=scrape or rendered.project.intervals.scrape,
    )
    sources = _sources(rendered, {selector.name for selector in analysis.selectors}) or {"otlp", "scrape"}
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
        for share in (0.0, 1.0)
    ]
    return min(found), max(found)


def _bounds_of_logs(rendered: Rendered, alert: Rule) -> tuple[int, int] | None:
    """The same of an alert on log lines."""
    found = []
    for share in (0.0, 1.0):
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
    scraped = {
        s.name
        for topic, _, record in catalogue.metrics()
        for s in record.series
        if isinstance(record, catalogue.ForeignMetric) and topic != "telemetry" and not record.otel
    }
    raw = rendered.origins(names) & catalogue.series().keys()
    return {"scrape" if name in scraped else "otlp" for name in raw}
