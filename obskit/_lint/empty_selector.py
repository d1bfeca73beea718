"""The matchers of a selector can hold together, and can be met."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._facts import accepts
from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Matcher, Selector

ID = "empty-selector"

_EVERYTHING = (".*", "(.*)", "^.*$")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every selector that no series can match."""
    for rule, selector in pack.parts(Selector):
        if why := _contradiction(selector):
            yield rule.finding(ID, WARNING, f"selects nothing: {selector}", why)


def _contradiction(selector: Selector) -> str:
    if hasattr(selector.raw, "matchers") and selector.raw.matchers.or_matchers:
        return ""
    for matcher in selector.matchers:
        if matcher.operator == "!~" and matcher.value in _EVERYTHING:
            return f"{matcher} excludes every value"
        for other in selector.matchers:
            if matcher.operator == "=" and other.label == matcher.label and not _agree(matcher, other):
                return f"{matcher} and {other} exclude each other"
    return ""


def _agree(exact: Matcher, other: Matcher) -> bool:
    return accepts(other.operator, other.value, exact.value)
