"""A regular expression is matched as one, by =~ or !~."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Selector

ID = "regex-in-equality"

_WILD = re.compile(r"\.[*+]")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every ``=`` and ``!=`` of a text that hardly a label has, but many an expression."""
    for rule, selector in pack.parts(Selector):
        for matcher in selector.matchers:
            if matcher.operator in ("=", "!=") and _WILD.search(matcher.value):
                message = f"{matcher} compares with the text itself, points and stars included: {selector}"
                operator = {"=": "=~", "!=": "!~"}[matcher.operator]
                yield rule.finding(ID, WARNING, message, f"write {matcher.label}{operator}")
