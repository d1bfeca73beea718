"""The cases that ship with obskit, of promtool and of Loki's ruler, as checks read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from obskit import _installation
from obskit.config.yaml_source import LOADER

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABEL = re.compile(r"(\w+)\s*=")


@dataclass(frozen=True)
class Case:
    """One test.

    Args:
        name: What it shows.
        fires: Alerts that it expects to fire within their budgets.
        silent: Alerts that it expects to be silent at some time, and to fire at none.
        asked: Every alert that it asks for.
        series: (series, labels) of what it feeds.
    """

    name: str
    fires: frozenset[str]
    silent: frozenset[str]
    asked: frozenset[str]
    series: frozenset[tuple[str, frozenset[str]]]


def every() -> tuple[Case, ...]:
    """Return all cases of all families."""
    return _read(_installation.directory("cases"))


@cache
def _read(folder: Path) -> tuple[Case, ...]:
    return tuple(_cases(folder))


def _cases(folder: Path) -> Iterator[Case]:
    for path in sorted((*folder.glob("*-test.yaml"), *folder.glob("*-lines.yaml"))):
        document: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe one
        for test in document.get("tests") or ():
            asked = test.get("alert_rule_test") or ()
            fires = {expected.get("alert") for expected in test.get("fires") or ()}
            heard = fires | {question.get("alertname") for question in asked if question.get("exp_alerts")}
            quiet = {question.get("alertname") for question in asked} | set(test.get("silent") or ())
            yield Case(
                name=test.get("name", ""),
                fires=frozenset(fires),
                silent=frozenset(quiet - heard),
                asked=frozenset(quiet | heard),
                series=frozenset(_series(fed["series"]) for fed in test.get("input_series") or ()),
            )


def _series(text: str) -> tuple[str, frozenset[str]]:
    name, _, labels = text.partition("{")
    return name.strip(), frozenset(_LABEL.findall(_QUOTED.sub("", labels)))
