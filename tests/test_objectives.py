"""The objectives of obskit.yaml: what burns their budgets is told of in time, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import promtool_says

from obskit import _checks
from obskit._render import alerts, cases, pack, pipeline
from obskit.config.project import Intervals, LatencyObjective, Project, Service, Slo

SHOP = Service(name="shop", namespace="shop")
PACK = {alert.name: alert for alert in pack.load().alerts()}
REQUESTS = 100_000

Program = Callable[[str], Path]


def counters(before: int, after: int, share: float, le: str = "0.5", slow: float = 0) -> list[dict[str, str]]:
    """Series of requests, of which so many of the steps after a fault fail and are slow; before, none."""
    failed, late = round(REQUESTS * share), round(REQUESTS * slow)
    made = {
        ("count", ""): (REQUESTS, REQUESTS - failed),
        ("count", ', error_type="500"'): (0, failed),
        ("bucket", f', le="{le}"'): (REQUESTS, REQUESTS - failed - late),
        ("bucket", f', error_type="500", le="{le}"'): (0, failed),
    }
    return [
        {
            "series": f'http_server_request_duration_seconds_{part}{{job="shop/shop", instance="a"{labels}}}',
            "values": f"0+{good}x{before} {good * before + bad}+{bad}x{after - 1}",
        }
        for (part, labels), (good, bad) in made.items()
    ]


def fires(name: str, seconds: float, is_firing: bool) -> dict[str, Any]:
    expr = f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)'
    return {"expr": expr, "eval_time": f"{seconds:.0f}s", "exp_samples": [{"value": int(is_firing)}]}


def pass_with(promtool: Path, folder: Path, project: Project, test: dict[str, Any]) -> None:
    rules = [group for group in alerts.by_family(project)["service"] if "calls" not in group["name"]]
    tests = [{"interval": project.intervals.export, **test}]
    evaluation = project.intervals.evaluation
    assert promtool_says(promtool, folder, rules, tests, evaluation=evaluation, timeout=300) == ""


@pytest.mark.real
@pytest.mark.parametrize(
    ("window", "rate", "seconds", "step"),  # seldom, or three days would be 51,840 evaluations
    [
        ("Hour", 14.4, 3600, 60),
        ("SixHours", 6, 6 * 3600, 60),
        ("Day", 3, 86400, 120),
        ("ThreeDays", 1, 3 * 86400, 120),
    ],
)
def test_a_budget_that_burns_twice_as_fast_as_the_line_is_told_of_after_half_of_the_window(
    window: str, rate: float, seconds: int, step: int, program: Program, tmp_path: Path
) -> None:
    project = Project(service=SHOP, intervals=Intervals(export=f"{step}s", evaluation=f"{step}s"))
    names = [f"ObskitService{kind}Budget{window}" for kind in ("Error", "Latency")]
    due = {name: alerts.budget(project, PACK[name]).rule for name in names}
    before, after = seconds // step, max(due.values()) // step + 1
    questions = [
        question
        for name in names
        for question in (fires(name, seconds + 0.45 * seconds, False), fires(name, seconds + due[name], True))
    ]
    series = counters(before, after, 2 * rate * 0.001, slow=2 * rate * 0.01)
    pass_with(program("promtool"), tmp_path, project, {"input_series": series, "promql_expr_test": questions})


@pytest.mark.real
@pytest.mark.parametrize(
    ("slo", "share", "is_firing"),
    [
        (Slo(availability=99.9), 0.04, True),
        (Slo(availability=95.0), 0.04, False),
        (Slo(availability=95.0), 0.1, True),
    ],
    ids=["above it", "within a lax one", "above a lax one"],
)
def test_errors_within_the_objective_are_no_alert(
    slo: Slo, share: float, is_firing: bool, program: Program, tmp_path: Path
) -> None:
    questions = [fires("ObskitServiceErrors", 160, is_firing)]
    test = {"input_series": counters(24, 20, share), "promql_expr_test": questions}
    pass_with(program("promtool"), tmp_path, Project(service=SHOP, slo=slo), test)


@pytest.mark.real
@pytest.mark.parametrize(
    ("objective", "slow", "is_firing"),
    [(99.0, 0.08, True), (94.0, 0.05, False), (94.0, 0.2, True)],
    ids=["above it", "within a lax one", "above a lax one"],
)
@pytest.mark.parametrize(
    ("threshold", "le"), [(0.25, "0.25"), (1, "1"), (1, "1.0")], ids=["a quarter", "one", "one as of Prometheus 3"]
)
def test_requests_are_slow_above_the_threshold_and_beyond_the_objective(
    threshold: float, le: str, objective: float, slow: float, is_firing: bool, program: Program, tmp_path: Path
) -> None:
    slo = Slo(latency=LatencyObjective(threshold=threshold, objective=objective))
    questions = [fires("ObskitServiceSlow", 160, is_firing)]
    test = {"input_series": counters(24, 20, 0, le, slow), "promql_expr_test": questions}
    pass_with(program("promtool"), tmp_path, Project(service=SHOP, slo=slo), test)


def test_other_objectives_are_in_the_rules_and_their_cases_are_left_out_with_a_word() -> None:
    project = Project(service=SHOP, slo=Slo(availability=99.5, latency=LatencyObjective(threshold=0.25, objective=95)))
    rules = alerts.files(project)["alerts/rules.yaml"]
    assert "/ 0.005 >" in rules and "/ 0.05 >" in rules and 'le="0.25"' in rules
    left_out = cases.files(project)[1]
    assert set(left_out) == {alert.name for alert in PACK.values() if alert.family == "service"}
    assert set(left_out.values()) == {"the project's objectives differ from the defaults"}
    assert _checks.run(pipeline.render(project), project) == []
