"""A rate is taken of counters themselves, before anything is added up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import RATES, Aggregate, Call, Node, Selector, Subquery

ID = "rate-of-aggregate"

_SUMS = {"sum", "avg", "count"}
#: The last part of a recorded name says what was done last.
_NAMED_RATE = re.compile(r":[\w:]*(?:i?rate|increase|ratio)(?:_?\d+[smhdw])?(?:_\w+)?$")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every rate of a sum, in which a restart looks like traffic, or of a rate."""
    remedy = "take the rate of the counter first, then add up: sum(rate(…))"
    for rule, call in pack.parts(Call):
        if call.name in RATES and (what := _what(call.parts[0], pack)):
            yield rule.finding(ID, WARNING, f"{call.name}() of {what}: {call}", remedy)


def _what(inner: Node, pack: Pack) -> str:
    if isinstance(inner, Subquery):
        return _made(inner.parts[0])
    if not isinstance(inner, Selector):
        return ""
    trees = [rule.tree for rule in pack.recorded.get(inner.name, ()) if rule.tree is not None]
    if trees:
        return next((f"{what}, which {inner.name} is" for tree in trees if (what := _made(tree))), "")
    return f"{inner.name}, a rate by its name" if _NAMED_RATE.search(inner.name) else ""


def _made(node: Node) -> str:
    """What an expression makes of counters, if that is none."""
    if any(isinstance(part, Call) and part.name in RATES for part in node.walk()):
        return "a rate"
    return f"a {node.name}" if isinstance(node, Aggregate) and node.name in _SUMS else ""
