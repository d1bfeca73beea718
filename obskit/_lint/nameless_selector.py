"""Every selector names its series: one without a name reads all series of its targets."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._facts import accepts
from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Selector

ID = "nameless-selector"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every selector that any name fits."""
    for rule, selector in pack.parts(Selector):
        if not selector.name and _any_name(selector):
            message = f"reads every series that has these labels, whatever its name: {selector}"
            yield rule.finding(ID, NOTE, message, "name the series, or match __name__")


def _any_name(selector: Selector) -> bool:
    patterns = [matcher for matcher in selector.matchers if matcher.label == "__name__"]
    return all(accepts(m.operator, m.value, "") or m.value in (".+", "(.+)") for m in patterns)
