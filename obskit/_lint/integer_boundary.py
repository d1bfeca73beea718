"""A boundary of a histogram or a quantile is matched as Prometheus 3 stores it, with a point."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._facts import accepts
from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Matcher, Selector

ID = "integer-boundary"

_BOUNDARIES = ("le", "quantile")
_INTEGER = re.compile(r"-?[0-9]+")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every matcher of ``1`` where ``1.0`` is stored."""
    for rule, selector in pack.parts(Selector):
        for matcher in selector.matchers:
            for number in _integers(matcher) if matcher.label in _BOUNDARIES else ():
                message = f"{matcher} does not know {number}.0, as Prometheus 3 stores it: {selector}"
                operator = "=~" if matcher.operator.startswith("=") else "!~"
                yield rule.finding(ID, WARNING, message, f'write {matcher.label}{operator}"{number}(\\\\.0)?"')


def _integers(matcher: Matcher) -> list[str]:
    if matcher.operator in ("=", "!="):
        return [matcher.value] if _INTEGER.fullmatch(matcher.value) else []
    numbers = [part for part in matcher.value.strip("^$()").split("|") if _INTEGER.fullmatch(part)]
    return [number for number in numbers if not accepts("=~", matcher.value, f"{number}.0")]
