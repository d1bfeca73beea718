"""The two sides of an operator are not the same."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Binary

ID = "same-on-both-sides"

_SIDE = "the side itself"
_RESULTS = {"-": "0", "/": "1 or NaN", "%": "0 or NaN", "and": _SIDE, "or": _SIDE, "unless": "nothing"}


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every operator between twice the same; ``x != x``, which finds NaN, is left alone."""
    for rule, node in pack.parts(Binary):
        if node.name in _RESULTS and node.joins and node.left.same(node.right):
            message = f"both sides of {node.name} are the same, which gives {_RESULTS[node.name]}: {node}"
            yield rule.finding(ID, WARNING, message, "was another series or matcher meant on one side?")
