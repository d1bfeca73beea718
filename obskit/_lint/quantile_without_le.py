"""histogram_quantile() is given buckets: the label le has survived every aggregation."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint import _series
from obskit._lint._finding import WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import Call, Node

ID = "quantile-without-le"

#: The label of buckets, in Prometheus and in VictoriaMetrics.
_BUCKETS = ("le", "vmrange")


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every quantile of a classic histogram that would be empty; native ones have no buckets."""
    for rule, call in pack.parts(Call):
        if call.name == "histogram_quantile":
            buckets = call.parts[1]
            named = any(map(buckets.labels.can, _BUCKETS))
            if not named and _classic(buckets, pack):
                message = f"histogram_quantile() of something without le: {call}"
                yield rule.finding(ID, WARNING, message, "aggregate the buckets by (le, …)")


def _classic(buckets: Node, pack: Pack) -> bool:
    names = [selector.name for selector in buckets.selectors()]
    trees = [rule.tree for name in names for rule in pack.recorded.get(name, ()) if rule.tree]
    names += [selector.name for tree in trees for selector in tree.selectors()]
    return any(map(_series.is_bucket, names))
