"""absent() is asked for one series: it is silent as long as any series is left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import NOTE, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Binary, Call, Node, Selector

ID = "absent-of-some"

_SEVERAL = re.compile(r"[\w\-./:\\()?*+]*\|.*", re.DOTALL)


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every absent() that stays silent while all but one are gone."""
    remedy = "to notice one of several, hold them against those that should be there with unless on (…)"
    for rule, call in pack.parts(Call):
        if call.name in ("absent", "absent_over_time") and (why := _why(call.parts[0])):
            yield rule.finding(ID, NOTE, f"true only when {why}: {call}", remedy)


def _why(inner: Node) -> str:
    if isinstance(inner, Binary) and inner.filters and isinstance(inner.left, Selector):
        return f"{inner} holds for none of its series"
    if isinstance(inner, Selector):
        several = [m for m in inner.matchers if m.operator == "=~" and _SEVERAL.fullmatch(m.value)]
        if several:
            return f"none of {several[0]} is there"
    return ""
