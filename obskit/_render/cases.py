"""The promtool cases of a project: obskit's own, with the project's scope, labels and annotations filled in."""

from __future__ import annotations

from typing import Any

import yaml

from obskit import _installation
from obskit._render import alerts, tokens
from obskit._render.text import yaml_text
from obskit.config.project import Intervals, Project

#: Overrides after which a case no longer describes the alert.
_TIMING = ("for_", "keep_firing_for", "params")


def files(project: Project) -> tuple[dict[str, str], dict[str, str]]:
    """Return the cases of a project.

    Args:
        project: The parsed ``obskit.yaml``.

    Returns:
        File name -> promtool's YAML, which reads the rules from ``rules.yaml`` beside it; alert -> why its cases are
        left out.
    """
    rules = {rule["alert"]: rule for group in alerts.groups(project) for rule in group["rules"] if "alert" in rule}
    left_out: dict[str, str] = {}
    result: dict[str, str] = {}
    scope = tokens.of(project)
    for path in sorted(_installation.directory("cases").glob("*-test.yaml")):
        document = tokens.replace(yaml.safe_load(path.read_text(encoding="utf-8")), scope)
        tests = [test for test in (_test(test, project, rules, left_out) for test in document["tests"]) if test]
        if tests:
            content = {
                "rule_files": ["rules.yaml"],
                "evaluation_interval": project.intervals.evaluation,
                "tests": tests,
            }
            result[path.name] = yaml_text(content)
    return result, left_out


def _test(
    test: dict[str, Any], project: Project, rules: dict[str, Any], left_out: dict[str, str]
) -> dict[str, Any] | None:
    questions = []
    for question in test["alert_rule_test"]:
        name = question["alertname"]
        reason = _reason(project, name, rules)
        if reason:
            left_out[name] = reason
            continue
        expected = [_expected(alert, rules[name]) for alert in question.get("exp_alerts", ())]
        questions.append({**question, "exp_alerts": expected})
    return {"interval": "5s", **test, "alert_rule_test": questions} if questions else None


def _expected(alert: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "exp_labels": {**alert["exp_labels"], **rule["labels"]},
        "exp_annotations": {**rule["annotations"], "description": alert["description"]},
    }


def _reason(project: Project, name: str, rules: dict[str, Any]) -> str:
    if name not in rules:
        return "disabled"
    if project.intervals != Intervals():
        return "the project's intervals differ from the defaults"
    if project.group_labels:
        return "the project adds group labels"
    override = project.alerts.get(name)
    if override is not None and any(getattr(override, field) for field in _TIMING):
        return "the project overrides its timing or its parameters"
    if override is not None and "description" in override.annotations:
        return "the project overrides its description"
    return ""
