"""The facts at the end of every runbook, and the list of all: what a page says in figures follows from the pack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from obskit import _runbooks, catalogue
from obskit._render import alerts, dashboards, pack
from obskit.catalogue._naming import STRATEGIES
from obskit.config.project import Metrics, Project, Service
from obskit.promql.translating import Translator

FOLDER = Path(__file__).resolve().parent.parent / "docs/runbooks"
_BEGIN, _END = "<!-- generated: facts -->\n", "<!-- end -->\n"
_FACTS = re.compile(f"\n*{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
_PROJECT = Project(service=Service(name="shop"))


def pages(measured: Callable[[str], Mapping[str, str]]) -> dict[str, str]:
    """Return the pages of all alerts that have one, their facts as they are now: file name -> text.

    Args:
        measured: Alert -> rows of what was measured of it.
    """
    found = {alert.name: FOLDER / f"{alert.name}.md" for alert in pack.load().alerts()}
    return {path.name: page(name, measured(name)) for name, path in found.items() if path.is_file()}


def page(name: str, measured: Mapping[str, str]) -> str:
    """Return the page of an alert with its facts as they are now."""
    alert = next(alert for alert in pack.load().alerts() if alert.name == name)
    written = _FACTS.sub("", (FOLDER / f"{name}.md").read_text(encoding="utf-8")).rstrip("\n")
    facts = _facts(alert) | measured
    rows = [f"| {key} | {value} |" for key, value in facts.items() if value]
    table = "\n".join(["| | |", "|---|---|", *rows])
    return f"{written}\n\n{_BEGIN}## Facts\n\n{table}\n{_END}"


def _facts(alert: pack.Alert) -> dict[str, str]:
    spent = alerts.budget(_PROJECT, alert)
    board, _, key = alert.panel.partition("#")
    params = (
        f"`{p.name}` {p.default} ({p.minimum:g} to {p.maximum:g} {p.unit}): {p.brief}" for p in alert.params.values()
    )
    return {
        "severity": alert.severity,
        "told within": f"{spent.seconds} s ({alert.latency_class}) when {alert.fault}",
        "must hold for": alert.for_ if alert.for_ != "0s" else "",
        "stays for": alert.keep_firing_for if alert.keep_firing_for != "0s" else "",
        "parameters": "<br>".join(params),
        "held back by": ", ".join(f"[{name}]({name}.md)" for name in alert.inhibited_by),
        "drawn on": f"dashboard {board}: {_titles()[board][key]}",
        "queries": _other_names(alert),
    }


def _other_names(alert: pack.Alert) -> str:
    """Where the queries of a page are, when Prometheus names what the service pushes otherwise."""
    translators = [Translator(Metrics(translation_strategy=strategy)) for strategy in STRATEGIES]
    translators.append(Translator(Metrics(histograms="native")))
    queries = [query for language, query in _runbooks.queries(_runbooks.page(alert.name)) if language == "promql"]
    if all(translator.expr(query) == query for query in queries for translator in translators):
        return ""
    return f"under default names; `obskit explain {alert.name}` prints them under those of your project"


@cache
def _titles() -> dict[str, dict[str, str]]:
    return dashboards.titles()


def index() -> str:
    """Return docs/runbooks/README.md: every alert with the first sentence of its page."""
    lines = ["# Runbooks", "", "One page for each alert; `runbook_url` leads here.", ""]
    known: dict[str, list[str]] = {}
    for alert in pack.load().alerts():
        known.setdefault(alert.family, []).append(alert.name)
    for family, names in known.items():
        off = " (a platform pack: off by default)" if family in catalogue.PLATFORM else ""
        lines += [f"## {family}{off}", "", *(f"- [{name}]({name}.md): {_meaning(name)}" for name in sorted(names)), ""]
    return "\n".join(lines)


def _meaning(name: str) -> str:
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        return "no page yet."
    paragraph = path.read_text(encoding="utf-8").split("\n\n")[1]
    return " ".join(paragraph.split())
