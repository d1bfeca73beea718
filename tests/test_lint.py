"""The lint: each check finds what it promises, and leaves alone what is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obskit import _lint
from obskit._lint import Finding, Settings
from tests.lint_cases import CASES, alert

ROOT = Path(__file__).parent.parent


def text_of(rule: str | dict[str, Any]) -> str:
    """A file with one group."""
    rule = alert(rule) if isinstance(rule, str) else rule
    inside = rule.get("group", {"rules": [rule]})
    return json.dumps({"groups": [{"name": "g", **inside}]}, indent=1)


def found(rule: str | dict[str, Any], check: str = "", **settings: Any) -> list[Finding]:
    report = _lint.run({"rules.yaml": text_of(rule)}, Settings(**settings))
    return [finding for finding in report.findings if check in ("", finding.check)]


def cases(kind: int) -> list[Any]:
    every = [(check, case) for check, sides in CASES.items() for case in sides[kind]]
    return [pytest.param(check, case, id=f"{check}: {json.dumps(case)[:80]}") for check, case in every]


@pytest.mark.parametrize(("check", "case"), cases(0))
def test_a_mistake_has_a_finding(check: str, case: tuple[str | dict[str, Any], str]) -> None:
    rule, words = case
    findings = found(rule, check)
    assert any(words in finding.message for finding in findings), findings
    assert all("\n" not in finding.message and len(finding.message) < 400 for finding in findings)


@pytest.mark.parametrize(("check", "rule"), cases(1))
def test_what_is_right_is_left_alone(check: str, rule: str | dict[str, Any]) -> None:
    assert found(rule, check) == []


def test_every_check_has_rules_that_it_finds_and_rules_that_it_leaves_alone() -> None:
    assert {"ignore-comment", *CASES} == _lint.CHECKS.keys()
    assert [check for check, (mistakes, _) in CASES.items() if not mistakes] == ["range-too-short"]
    assert [check for check, (_, right) in CASES.items() if not right] == []


@pytest.mark.parametrize(
    ("window", "level"), [("29s", "warning"), ("30s", "note"), ("59s", "note"), ("60s", ""), ("5m", "")]
)
def test_a_window_is_held_against_the_scrape_interval_when_that_is_known(window: str, level: str) -> None:
    for function in ("rate", "irate", "increase", "delta", "deriv"):
        findings = found(f"{function}(x[{window}]) > 1", "range-too-short", scrape=15.0)
        assert [finding.level for finding in findings] == [level] * bool(level)
    assert found(f"max_over_time(x[{window}]) > 1", "range-too-short", scrape=15.0) == []


@pytest.mark.parametrize(
    ("rule", "version", "words"),
    [
        ("limitk(2, x) > 1", (2, 53), "2.53 does not have limitk"),
        ("first_over_time(x[5m]) > 1", (3, 6), "3.6 does not have first_over_time"),
        ("holt_winters(x[5m], 0.5, 0.5) > 1", (3, 0), "3.0 does not have holt_winters"),
        ("x > 1_000", (2, 53), "does not have underscores in numbers"),
        ("rate(x[5m * 2]) > 1", (3, 13), "does not have arithmetic with durations"),
        ("x </ 5 > 1", (3, 10), "does not have </ and >/"),
        (alert(keep_firing_for="5m"), (2, 41), "does not have keep_firing_for"),
        ({"group": {"rules": [], "query_offset": "1m"}}, (2, 52), "does not have query_offset"),
        ({"group": {"rules": [], "labels": {"a": "b"}}}, (2, 55), "does not have labels of a group"),
        ({"record": "a.b", "expr": "x"}, (2, 55), "does not have names of any characters"),
        (alert(labels={"a.b": "c"}), (2, 55), "does not have names of any characters"),
    ],
)
def test_what_a_version_does_not_have_is_an_error_for_it_and_none_for_the_newest(
    rule: str | dict[str, Any], version: tuple[int, int], words: str
) -> None:
    (finding,) = found(rule, "unavailable-feature", prometheus=version)
    assert (finding.level, words in finding.message) == ("error", True), finding
    newest = (2, 55) if "holt" in str(rule) else (3, 16)
    assert [f for f in found(rule, "unavailable-feature", prometheus=newest) if f.level == "error"] == []


def test_what_shop_renders_has_nothing_to_be_warned_of() -> None:
    files = sorted((ROOT / "examples/shop/rendered/alerts").glob("*rule*.yaml"))
    report = _lint.run({file.name: file.read_text() for file in files})
    assert report.rules > 50
    assert [finding for finding in report.findings if finding.level != "note"] == []


def test_a_series_is_known_by_the_rules_of_its_own_file_alone() -> None:
    recording = {"group": {"rules": [{"record": "a:b:c", "expr": "sum by (a) (x)"}]}}
    asking = alert("sum by (region) (a:b:c) > 1")
    both = {"group": {"rules": [*recording["group"]["rules"], asking]}}
    assert [finding.check for finding in found(both, "unknown-label")] == ["unknown-label"]
    apart = _lint.run({"one.yaml": text_of(recording), "two.yaml": text_of(asking)})
    assert [finding for finding in apart.findings if finding.check in ("unknown-label", "missing-record")] == []
