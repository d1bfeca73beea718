"""A matcher is a regular expression only where it has to be one, and says no more than it must."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Matcher, Selector

ID = "needless-regex"

#: What is longer is a list.
_LONGEST = 200
_LITERAL = re.compile(r"(?:[\w\-/:@ ,=<>]|\\[.\-/])*")
_ADDRESS = re.compile(r"[\w\-/:]*\w\.\w[\w\-/:]*(?:\.\w[\w\-/:]*)*")
_SEVERAL = re.compile(r"\w[^|]*\.[*+][^|]*\w[^|]*\.[*+][^|]*\w")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every regular expression that something plainer says."""
    for rule, selector in pack.parts(Selector):
        for matcher in selector.matchers:
            if "~" in matcher.operator and len(matcher.value) <= _LONGEST and (said := _said(matcher, selector)):
                yield rule.finding(ID, NOTE, f"{matcher} {said[0]}, in: {selector}", said[1])


def _said(matcher: Matcher, selector: Selector) -> tuple[str, str] | None:
    value, plain = matcher.value, {"=~": "=", "!~": "!="}[matcher.operator]
    if value.startswith("^") or (value.endswith("$") and not value.endswith("\\$")):
        return "has anchors, which every regular expression in a matcher has anyway", "leave ^ and $ out"
    if value in (".*", "(.*)") and matcher.operator == "=~":
        return "matches everything", "leave the matcher out"
    if value in (".+", "(.+)") and selector.name:
        other = "!=" if matcher.operator == "=~" else "="
        return "asks whether there is a value", f'write {matcher.label}{other}""'
    if _LITERAL.fullmatch(value):
        text = value.replace("\\", "")
        return "needs no regular expression", f'write {matcher.label}{plain}"{text}"'
    if _ADDRESS.fullmatch(value):
        return "has a point that stands for any character", "write \\\\. for a point, or leave the ~ out"
    if _SEVERAL.search(value):
        return "takes a name apart that should be several labels", "relabel the target, and match its parts"
    return None
