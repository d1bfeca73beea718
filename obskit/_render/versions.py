"""From which version on a watched program emits all that its platform pack asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from obskit import catalogue
from obskit._render import dashboards, pack
from obskit.catalogue._model import version_parts

_NAME = re.compile(r"[A-Za-z_:][\w:]*")


@dataclass(frozen=True)
class Oldest:
    """The oldest version that will do.

    Args:
        version: As the program counts.
        series: One that versions before do not have.
        emitter: The program.
    """

    version: str
    series: str
    emitter: str


def oldest() -> dict[str, Oldest]:
    """Return the oldest version of what each platform pack watches.

    A series whose older name is asked for in the same query needs no version: one of both is there.

    Example:
        >>> oldest()["istio"].version
        '1.13'
    """
    return {name: found for name in catalogue.PLATFORM if (found := _of(name))}


def _of(name: str) -> Oldest | None:
    foreign = {
        series.name: record
        for topic, _, record in catalogue.metrics()
        if topic == name and isinstance(record, catalogue.ForeignMetric)
        for series in record.series
    }
    successors = {series: new for series, record in foreign.items() if (new := record.renamed(series))}
    newest: Oldest | None = None
    for query in _queries(name):
        asked = {series for series in _NAME.findall(query) if series in foreign}
        renamed = {successors[series] for series in asked if series in successors}
        for series in sorted(asked - renamed - {old for old, new in successors.items() if new in asked}):
            record = foreign[series]
            if newest is None or version_parts(record.since) > version_parts(newest.version):
                newest = Oldest(record.since, series, record.emitter)
    return newest


def _queries(name: str) -> Iterator[str]:
    """The expressions of a pack: of its rules, then of its dashboard."""
    for group in pack.load().groups:
        if group.family == name:
            yield from (rule.expr for rule in group.rules)
    yield from _of_panels(json.loads(dashboards.tokenised()[name]))


def _of_panels(board: Any) -> Iterator[str]:
    for key, value in board.items() if isinstance(board, dict) else enumerate(board):
        if key == "expr":
            yield value
        elif isinstance(value, (dict, list)):
            yield from _of_panels(value)
