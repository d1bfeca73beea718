"""What the catalogue says of other programs is what they expose: expositions as they were recorded."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from obskit import catalogue

FOLDER = Path(__file__).parent / "expositions"
#: What Prometheus adds when it scrapes.
TARGET = {*catalogue.TARGET_LABELS, "namespace", "pod"}


def parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class Exposition(NamedTuple):
    """The series of one version of a program: name -> type, and name -> labels and their values."""

    emitter: str
    version: tuple[int, ...]
    types: dict[str, str]
    labels: dict[str, dict[str, set[str]]]
    extra: set[str]

    def __str__(self) -> str:
        return f"{self.emitter} {'.'.join(map(str, self.version))}"


def read(path: Path) -> Exposition:
    first, *lines = path.read_text().splitlines()
    emitter, version = first.removeprefix("# ").split()
    extra, families, types = set[str](), dict[str, str](), dict[str, str]()
    labels: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in lines:
        if line.startswith("# also: "):
            extra |= set(line[8:].split())
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            families[name] = kind
        elif match := re.match(r"[\w:]+", line):
            name = match[0]
            types[name] = families.get(name) or families[re.sub("_(bucket|count|sum)$", "", name)]
            for label, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', line):
                labels[name][label].add(value)
    return Exposition(emitter, parsed(version), types, labels, extra)


EXPOSITIONS = [read(path) for path in sorted(FOLDER.glob("*.txt"))]
NEWEST = {e.emitter: max(x.version for x in EXPOSITIONS if x.emitter == e.emitter) for e in EXPOSITIONS}


def records(exposition: Exposition) -> list[tuple[catalogue.ForeignMetric, bool]]:
    """The records of the program, each with whether this version should have it."""
    found = [r for _, _, r in catalogue.metrics() if isinstance(r, catalogue.ForeignMetric)]
    return [
        (r, parsed(r.since) <= exposition.version and (not r.until or exposition.version < parsed(r.until)))
        for r in found
        if r.emitter == exposition.emitter
    ]


@pytest.mark.parametrize("exposition", EXPOSITIONS, ids=str)
def test_a_version_has_the_series_that_the_catalogue_says_and_no_others(exposition: Exposition) -> None:
    for record, expected in records(exposition):
        for series in record.series:
            if series.name in exposition.types:
                assert expected, f"{series.name} is not of this version"
            elif expected:
                assert record.condition, f"{series.name} is missing"


@pytest.mark.parametrize("exposition", EXPOSITIONS, ids=str)
def test_types_labels_and_values_are_those_of_the_catalogue(exposition: Exposition) -> None:
    for record, _ in records(exposition):
        for series in record.series:
            if series.name not in exposition.types:
                continue
            labels = exposition.labels[series.name]
            kind = "gauge" if series.type == "info" else series.type
            assert exposition.types[series.name] in (kind, "untyped"), series.name
            assert labels.keys() <= series.labels | exposition.extra, series.name
            if exposition.version == NEWEST[exposition.emitter]:
                assert series.labels - TARGET <= labels.keys(), series.name
            for label, values in series.values.items():
                assert labels.get(label, set()) <= set(values), f"{label} of {series.name}"
