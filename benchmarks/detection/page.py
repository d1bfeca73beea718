"""docs/detection.md, from the figures of the last run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.detection import report
from benchmarks.detection.faults import FAULTS
from benchmarks.detection.run import HEALTHY
from obskit._render import pack

FIGURES = Path(__file__).resolve().parents[2] / "docs/detection.json"

_HEAD = """# From the fault to the notification

How long an alert takes from the fault until Alertmanager's webhook is called, against its budget. {services} simulated
services with two processes each, scraped every 5 s (their pods every 10 s), rules evaluated every 5 s, the routes that
obskit renders; {versions}; {seeds} runs with other random numbers. Faults begin at random
times, in other phases of scrape and evaluation. `make detection` measures anew and writes this page.

The services are simulated: Poisson events at 1, 2 and 4 times 8 operations a second and shard and 20 requests a second.
Of other alerts, those of the platform packs among them, the cases that promtool runs are played as
scenes: targets that expose what the case says, with what it says of the past as blocks of the database. Where rules
must learn first, a scene is played from its beginning, or promtool records the hours before. Prometheus, Alertmanager
and the rules are the real ones. What the demo adds, real processes that push through real sidecars, is the addend of
one second in the budgets that the simulator does not need.
"""


def from_record() -> str:
    """Return the page from the figures on disk."""
    return text(json.loads(FIGURES.read_text(encoding="utf-8")))


def text(result: dict[str, Any]) -> str:
    """Return the page."""
    versions = sorted({version for found in result["alerts"].values() for version in found}, reverse=True)
    names = " and ".join(f"Prometheus {version}" for version in versions)
    lines = [_HEAD.format(services=result["services"], seeds=result["seeds"], versions=names)]
    early = ", ".join(result["early"]) or "none"
    when = f"of the services in the first {HEALTHY:g} s, before any fault, and the alert of a scene before its fault"
    lines += [f"Alerts {when}: {early}.", ""]
    if result["only"]:
        count = f"{len(result['only'])} of the {len(result['alerts'])} alerts"
        lines += [f"{count} were measured apart from these runs (`--only`); the tables count the faults of each.", ""]
    for kind, title in (("fast", "Fast alerts"), ("normal", "The others")):
        lines += _table(result, versions, title, {a.name for a in pack.load().alerts() if _is(a, kind)})
    if changed := report.changed(result):
        lines += [f"Changed since they were measured: {', '.join(changed)}.", ""]
    return "\n".join(lines)


def _is(alert: pack.Alert, kind: str) -> bool:
    return (alert.latency_class == "fast") == (kind == "fast")


def _table(result: dict[str, Any], versions: list[str], title: str, names: set[str]) -> list[str]:
    budgets = report.budgets()
    briefs = {alert.name: alert.fault for alert in pack.load().alerts()} | {f.alert: f.brief for f in FAULTS}
    heads = " | ".join(f"Prometheus {version}: faults, p50, longest" for version in versions)
    lines = [f"## {title}", "", f"| alert | fault | budget | {heads} |", f"|---|---|---|{'---|' * len(versions)}"]
    for alert, found in result["alerts"].items():
        if alert in names:
            cells = " | ".join(_cell(found[version]) for version in versions)
            lines.append(f"| [{alert}](runbooks/{alert}.md) | {briefs[alert]} | {budgets[alert]} s | {cells} |")
    rest = names & budgets.keys() - result["alerts"].keys()
    of_logs = {alert.name for alert in pack.load().alerts() if alert.language == "logql"}
    promtool = "promtool shows that each fires within its budget and not before it can"
    for some, shown in (
        (rest - of_logs, promtool),
        (rest & of_logs, "tests on a real Loki show that each fires in time"),
    ):
        if some:
            listed = ", ".join(f"{name} ({budgets[name]} s)" for name in sorted(some))
            lines += ["", f"Not measured here; {shown}: {listed}."]
    return [*lines, ""]


def _cell(summary: dict[str, Any]) -> str:
    missed = f", {summary['missed']} missed" if summary["missed"] else ""
    return f"{summary['faults']}, {summary['p50']} s, {summary['max']} s{missed}"
