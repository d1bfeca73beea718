"""The time that an alert waits is one that its condition can last."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Binary, Call, Node, Number, Selector
from obskit.promql import durations

ID = "alert-wait"

_STARTED = re.compile(r"_(?:start_time|boot_time|created|started)(?:_seconds)?$")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every wait that is never over, or shorter than the interval of its group."""
    for rule, tree in pack.queries():
        for name, wait in rule.waits.items() if rule.alert else ():
            seconds = _seconds(wait.text)
            lasts = _lasts(tree) if name == "for" else None
            if seconds and lasts is not None and lasts <= seconds:
                message = f"never fires: what it asks lasts {lasts:g}s at most, and for is {wait.text}: {tree}"
                yield rule.finding(ID, WARNING, message, "make for shorter, or leave it out", wait)
            elif seconds and rule.group.interval and seconds < rule.group.interval:
                message = f"{name}: {wait.text} is shorter than the interval of the group, and lasts for one"
                yield rule.finding(ID, NOTE, message, "write a multiple of the interval", wait)


def _seconds(text: str) -> float:
    try:
        return durations.seconds(text)
    except ValueError:
        return 0.0  # rule-fields says so


def _lasts(node: Node) -> float | None:
    """How long a condition can hold for one series, in seconds, where that can be told."""
    if isinstance(node, Binary) and node.name == "unless":
        left, right = node.left, node.right
        if isinstance(left, Selector) and isinstance(right, Selector) and left.name == right.name:
            return right.past - left.past if right.past > left.past and node.on is None else None
    if isinstance(node, Binary) and node.name in ("<", "<=") and isinstance(node.right, Number):
        age = node.left
        if isinstance(age, Binary) and age.name == "-" and isinstance(age.left, Call) and age.left.name == "time":
            started = isinstance(age.right, Selector) and _STARTED.search(age.right.name)
            return node.right.value if started else None
    return None
