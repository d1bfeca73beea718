"""What rules read of the metrics that a service sends: their names, and the boundaries of buckets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from benchmarks.false_positives.matchers import operator, takes
from benchmarks.false_positives.rules import Rule
from benchmarks.false_positives.services import SOURCES
from benchmarks.false_positives.sources import Record, Source


class Wanted:
    """What some rules read.

    Args:
        program: The rules.
    """

    def __init__(self, program: Sequence[Rule]) -> None:
        self.names = {selector.name for rule in program for selector in rule.selectors}
        self._boundaries: dict[str, dict[float, str]] = {}
        records = {f"{record.prometheus_name}_bucket": record for source in SOURCES for record in source.records}
        for selector in (selector for rule in program for selector in rule.selectors):
            if selector.name in records:
                found = self._boundaries.setdefault(records[selector.name].prometheus_name, {})
                found.update(_taken(selector.matchers.matchers))

    def boundaries(self, record: Record) -> dict[float, str]:
        """Return the boundaries of a histogram that are read, with how they are written."""
        return self._boundaries.get(record.prometheus_name, {})

    def has(self, source: Source) -> bool:
        """Return whether any series of a source is read."""
        records = (*source.records, *([source.failures] if source.failures is not None else ()))
        return any(series.name in self.names for record in records for series in record.series)


def _taken(matchers: Sequence[Any]) -> dict[float, str]:
    """The boundaries that the matchers of ``le`` name, as Prometheus 3 writes them."""
    tests = [("le", operator(matcher), matcher.value) for matcher in matchers if matcher.name == "le"]
    named = {float(number) for *_, value in tests for number in re.findall(r"\d+(?:\.\d+)?", value)}
    return {bound: repr(bound) for bound in named if all(takes({"le": repr(bound)}, *test) for test in tests)}


def labels_of(record: Record) -> frozenset[str]:
    """Return the labels that a metric can have."""
    return frozenset(label for series in record.series for label in series.labels)
