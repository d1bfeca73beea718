"""A rule looks at now or at the past, never at the future or at a time that stands still."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Node, Selector, Subquery

ID = "fixed-time"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every ``@`` and every offset into the future."""
    for rule, node in pack.parts(Node):
        if not isinstance(node, (Selector, Subquery)):
            continue
        if node.fixed == "a time":
            yield rule.finding(ID, WARNING, f"gives the same for ever: {node}", "leave @ out, or use offset")
        elif node.fixed:
            yield rule.finding(ID, NOTE, f"@ {node.fixed} is now, in a rule: {node}", "leave it out")
        if node.past < 0:
            message = f"looks {-node.past:g}s ahead, where there is nothing yet: {node}"
            yield rule.finding(ID, WARNING, message, "use a positive offset")
