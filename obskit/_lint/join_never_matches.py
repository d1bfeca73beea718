"""The two sides of a join have labels by which they can find each other."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import WARNING, Finding
from obskit._lint._labels import TARGET, Labels
from obskit._lint._pack import Pack
from obskit._lint._tree import Binary

ID = "join-never-matches"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every join of two sides whose series cannot meet."""
    for rule, node in pack.parts(Binary):
        if node.joins and node.name != "or" and not node.filled and (said := _said(node)):
            what = "leaves nothing out" if node.name == "unless" else "gives nothing"
            yield rule.finding(ID, WARNING, f"{what}{said[0]}: {node}", said[1])


def _said(node: Binary) -> tuple[str, str] | None:
    """What is wrong, and what to do about it."""
    left, right = node.left.labels, node.right.labels
    for label in sorted(left.fixed.keys() & right.fixed.keys()):
        if _matched(node, label) and left.fixed[label] != right.fixed[label]:
            values = f", as {label} is {left.fixed[label]!r} on the left and {right.fixed[label]!r} on the right"
            return values, f"leave it out with ignoring ({label}), or join on other labels"
    if node.on:
        return None  # unknown-label says so
    for has, lacks, side in ((left, right, "right"), (right, left, "left")):
        if absence := _absence(node, has, lacks, side):
            return absence, "write on (…) or ignoring (…), with group_left or group_right where needed"
    return None


def _absence(node: Binary, has: Labels, lacks: Labels, side: str) -> str:
    """Which labels of one side, that must be the same on both, the other cannot have, and when that matters."""
    certain = sorted(label for label in has.must if _matched(node, label) and not lacks.can(label))
    if not certain and has.dropping(node.matching).scraped and not any(map(lacks.can, TARGET)):
        certain = list(TARGET)
    if certain:
        return f", as the {side} side does not have {_listed(certain)}"
    grouped = frozenset() if has.others else has.names
    likely = sorted(label for label in grouped if _matched(node, label) and not lacks.can(label))
    return f" for series with {_listed(likely)}, which the {side} side does not have" if likely else ""


def _listed(labels: list[str]) -> str:
    return f"the label {labels[0]}" if len(labels) == 1 else f"the labels {', '.join(labels)}"


def _matched(node: Binary, label: str) -> bool:
    return node.on is None or (label in node.matching) == node.on
