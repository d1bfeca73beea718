"""Every label that a query matches, groups, joins or copies can be on the series there."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import nearest
from obskit._lint._facts import accepts
from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._labels import Labels
from obskit._lint._pack import Pack
from obskit._lint._tree import Aggregate, Binary, Call, Node, Text

ID = "unknown-label"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every label that is asked for where an inner part has taken it away."""
    for rule, node in pack.parts(Node):
        for label, labels, where in _asked(node):
            if not labels.can(label):
                remedy = nearest(label, labels.names) if not labels.others else "an inner part has dropped it"
                yield rule.finding(ID, WARNING, f"no label {label} {where}: {node}", remedy)
        for label in _ignored(node):
            message = f"no label {label} in ignoring () for either side: {node}"
            yield rule.finding(ID, NOTE, message, "leave it out, or write the label that was meant")


def _asked(node: Node) -> Iterator[tuple[str, Labels, str]]:
    if isinstance(node, Aggregate):
        asked = node.grouping if node.by else ()
        yield from ((label, node.parts[0].labels, f"in by () of {node.name}") for label in asked if label != "__name__")
    elif isinstance(node, Binary) and node.joins:
        yield from _of_join(node)
    elif isinstance(node, Call) and node.name in ("label_replace", "label_join"):
        texts = [part.value for part in node.parts[1:] if isinstance(part, Text)]
        sources = texts[2:]
        if node.name == "label_replace":
            sources = [] if accepts("=~", texts[3], "") else texts[2:3]
        named = [label for label in sources if label not in ("", "__name__")]
        yield from ((label, node.parts[0].labels, f"in {node.name}()") for label in named)


def _ignored(node: Node) -> list[str]:
    """The labels that a join ignores without need."""
    if not isinstance(node, Binary) or not node.joins or node.on is not False:
        return []
    return [label for label in node.matching if not any(side.labels.can(label) for side in node.parts)]


def _of_join(node: Binary) -> Iterator[tuple[str, Labels, str]]:
    for label in node.matching if node.on else ():
        sides = [side for side in node.parts if not side.labels.can(label)]
        name = "either" if len(sides) > 1 else "the left" if sides == [node.left] else "the right"
        if sides:
            yield label, sides[0].labels, f"in on () for {name} side"
    one = node.left if node.many == "right" else node.right
    yield from ((label, one.labels, f"in group_{node.many} () for the single side") for label in node.copied)
