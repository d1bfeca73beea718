"""Rules with one clause taken out or altered: for each there is a case that fails."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from programs import promtool_says

from obskit import catalogue
from obskit._installation import directory
from obskit._render import alerts, cases, tokens
from obskit.config.project import Project, Service, ShardSet

pytestmark = pytest.mark.real

PROJECT = Project(
    service=Service(name="cart", namespace="shop"),
    shards=[ShardSet(set="orders", expected=4)],
    packs=dict.fromkeys(catalogue.PLATFORM, True),
)
FAMILIES = alerts.by_family(PROJECT)
TESTS = [test for text in cases.files(PROJECT)[0].values() for test in yaml.safe_load(text)["tests"]]


class Mutant(NamedTuple):
    """A rule with other text in its expression, and the case that must tell."""

    name: str
    rule: str
    old: str
    new: str
    case: str

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of the rule's family with the text replaced."""
        groups = family_of(self.rule)
        rule = rule_of(groups, self.rule)
        assert self.old in rule["expr"]
        rule["expr"] = rule["expr"].replace(self.old, self.new)
        return groups


MUTANTS = [
    Mutant(**tokens.replace(mutant, tokens.of(PROJECT, path.name.removesuffix("-test.yaml"))))
    for path in sorted(directory("cases").glob("*-test.yaml"))
    for mutant in yaml.safe_load(path.read_text()).get("mutants", ())
]
RULES = [rule for groups in FAMILIES.values() for group in groups for rule in group["rules"]]
KEPT = [rule["alert"] for rule in RULES if "keep_firing_for" in rule]


def rule_of(groups: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = (rule for group in groups for rule in group["rules"] if name in (rule.get("alert"), rule.get("record")))
    return next(found, {})


def family_of(name: str) -> list[dict[str, Any]]:
    """A copy of the groups of the family that a rule is of."""
    return next(copy.deepcopy(groups) for groups in FAMILIES.values() if rule_of(groups, name))


def failure(groups: list[dict[str, Any]], tests: list[dict[str, Any]], promtool: Path, folder: Path) -> str:
    """What promtool says of cases that fail; "" when they pass."""
    said = promtool_says(promtool, folder, groups, tests)
    assert not said or "got:" in said, said
    return said


def test_the_samples_of_a_case_are_text_since_0x40_is_64_to_yaml() -> None:
    assert [series for test in TESTS for series in test["input_series"] if not isinstance(series["values"], str)] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_case_fails_without_a_clause(mutant: Mutant, program: Callable[[str], Path], tmp_path: Path) -> None:
    tests = [test for test in TESTS if test["name"] == mutant.case]
    assert tests, f"no case is called {mutant.case}"
    assert failure(mutant.groups(), tests, program("promtool"), tmp_path), "the case passes"


@pytest.mark.parametrize("alert", KEPT)
def test_a_case_fails_when_an_alert_ends_at_once(alert: str, program: Callable[[str], Path], tmp_path: Path) -> None:
    groups = family_of(alert)
    del rule_of(groups, alert)["keep_firing_for"]
    asked = [test for test in TESTS if any(question["alertname"] == alert for question in test["alert_rule_test"])]
    assert failure(groups, asked, program("promtool"), tmp_path), "the cases pass"
