"""Every alert has cases: one in which it fires within its budget, another one in which it stays silent."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks import _cases
from obskit._checks._finding import Finding
from obskit._checks._rendered import Rendered

ID = "missing-case"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert that no case makes fire in time, or that none holds silent throughout."""
    cases = _cases.every()
    fires = frozenset().union(*(case.fires for case in cases))
    silent = frozenset().union(*(case.silent for case in cases))
    for alert in rendered.alerts():
        for proven, what in ((fires, "makes it fire within its budget"), (silent, "shows it silent")):
            if alert.name not in proven:
                remedy = f"add one to tests/alerts/<family>-{'lines' if alert.language == 'logql' else 'test'}.yaml"
                yield Finding(alert.place, f"no case {what}", ID, remedy)
