"""Every alert has promtool cases: one in which it fires, one in which it stays silent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from obskit import _installation
from obskit._checks._finding import Finding
from obskit._checks._rendered import Rendered

ID = "missing-case"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert that no case makes fire, or that no case holds silent."""
    fires, silent = _cases(_installation.directory("cases"))
    for alert in rendered.alerts():
        for proven, what in ((fires, "makes it fire"), (silent, "shows it silent")):
            if alert.name not in proven:
                remedy = "add one to tests/alerts/<family>-test.yaml"
                yield Finding(alert.place, f"no case {what}", ID, remedy)


@cache
def _cases(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The alerts that some case expects to fire, and those that some case expects to be silent."""
    fires: set[str] = set()
    silent: set[str] = set()
    for path in sorted(folder.glob("*-test.yaml")):
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        for test in document.get("tests") or ():
            for case in test.get("alert_rule_test") or ():
                (fires if case.get("exp_alerts") else silent).add(case.get("alertname"))
    return frozenset(fires), frozenset(silent)
