"""The AnalysisTemplate asks of a version what the alerts ask of the newest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from programs import promtool_says

from obskit._render import alerts, cases
from obskit.config.project import AlertOverride, Backends, Project, Service

CART = Service(name="cart", namespace="shop")
#: Argo Rollouts has args, and no metric may have more than this.
FIELDS = {
    "name",
    "initialDelay",
    "interval",
    "count",
    "failureLimit",
    "inconclusiveLimit",
    "successCondition",
    "failureCondition",
    "provider",
}


def template(**settings: Any) -> dict[str, Any]:
    project = Project(service=CART, packs={"rollout": True}, **settings)
    made: dict[str, Any] = yaml.safe_load(alerts.files(project)["alerts/analysistemplate.yaml"])
    return made


def metrics(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {metric["name"]: metric for metric in made["spec"]["metrics"]}


def test_a_project_has_a_template_while_the_pack_is_on_and_an_alert_of_it_is() -> None:
    assert "alerts/analysistemplate.yaml" not in alerts.files(Project(service=CART))
    assert set(metrics(template())) == {"errors", "latency"}
    off = AlertOverride(enabled=False)
    assert set(metrics(template(alerts={"ObskitRolloutCanarySlow": off}))) == {"errors"}
    both = {"ObskitRolloutCanarySlow": off, "ObskitRolloutCanaryFailing": off}
    project = Project(service=CART, packs={"rollout": True}, alerts=both)
    assert "alerts/analysistemplate.yaml" not in alerts.files(project)


def test_it_asks_for_the_version_and_the_service_that_the_rollout_names() -> None:
    made = template(backends=Backends(prometheus="http://prometheus:9090"))
    assert (made["apiVersion"], made["kind"]) == ("argoproj.io/v1alpha1", "AnalysisTemplate")
    assert made["metadata"]["namespace"] == "shop"
    assert made["spec"]["args"] == [{"name": "canary-hash"}, {"name": "job", "value": "shop/cart"}]
    for metric in made["spec"]["metrics"]:
        assert set(metric) == FIELDS
        assert metric["provider"]["prometheus"]["address"] == "http://prometheus:9090"
        query = metric["provider"]["prometheus"]["query"]
        who = '{job="shop/cart", exported_job="{{args.job}}", replicaset=~".+-{{args.canary-hash}}"}'
        assert query.count(who) == 2


def test_its_limits_are_those_of_the_alerts() -> None:
    given = AlertOverride(params={"burn": 7.5, "significance": 6})
    errors = metrics(template(alerts={"ObskitRolloutCanaryFailing": given}))["errors"]
    assert errors["failureCondition"] == "len(result) > 0 && result[0] > 7.5"
    assert errors["successCondition"] == "len(result) > 0 && result[0] <= 7.5"
    assert errors["provider"]["prometheus"]["query"].endswith("> bool 6)")
    warm = AlertOverride(params={"warm": 600})
    assert metrics(template(alerts={"ObskitRolloutCanarySlow": warm}))["latency"]["initialDelay"] == "600s"
    series = metrics(template(thresholds="series"))["errors"]
    assert "obskit_threshold" in series["provider"]["prometheus"]["query"]
    assert series["failureCondition"].endswith("> 2")


@pytest.mark.real
@pytest.mark.parametrize(
    ("case", "version", "expected"),
    [
        ("the newest version fails half of its requests", "shop/cart new", {"errors": 500.0, "latency": None}),
        (
            "the newest version answers half of its requests too slowly",
            "shop/cart new",
            {"errors": 0.0, "latency": 50.0},
        ),
        ("versions that are no worse", "shop/same new", {"errors": 0.0, "latency": 0.0}),
        ("versions that are no worse", "shop/few new", {"errors": None, "latency": None}),
    ],
    ids=["failing", "slow", "equal", "too little traffic"],
)
def test_it_finds_what_the_alerts_find_and_nothing_where_there_is_too_little_traffic(
    case: str, version: str, expected: dict[str, float | None], program: Callable[[str], Path], tmp_path: Path
) -> None:
    project = Project(service=CART, packs={"rollout": True})
    job, argument = version.split()
    groups = yaml.safe_load(cases.rules(project)["rollout-rules.yaml"])["groups"]
    known = yaml.safe_load(cases.files(project)[0]["rollout-test.yaml"])["tests"]
    (fed,) = [test for test in known if test["name"].startswith(case)]
    questions = []
    for name, value in expected.items():
        query = metrics(template())[name]["provider"]["prometheus"]["query"]
        query = query.replace("{{args.job}}", job).replace("{{args.canary-hash}}", argument)
        samples = [] if value is None else [{"labels": "{}", "value": value}]
        questions.append({"expr": f"round(sum({query}), 0.1)", "eval_time": "840s", "exp_samples": samples})
    tests = [{"interval": fed["interval"], "input_series": fed["input_series"], "promql_expr_test": questions}]
    assert promtool_says(program("promtool"), tmp_path, groups, tests, timeout=300) == ""
