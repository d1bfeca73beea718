"""Two projects that have the same platform packs, each with a selector of its own: neither speaks of the other's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import promql_parser as parser
import pytest
import yaml
from programs import promtool_says

from obskit import _checks, catalogue
from obskit._render import alerts, analysis, cases, pipeline
from obskit.config.project import Pack, Project, Service, duration_seconds


def project(cluster: str, service: Service) -> Project:
    return Project(service=service, packs=dict.fromkeys(catalogue.PLATFORM, Pack(match={"cluster": cluster})))


EAST = project("east", Service(name="cart", namespace="shop"))
WEST = project("west", Service(name="till", namespace="shop"))
EVERYTHING = Project(service=EAST.service, packs=dict.fromkeys(catalogue.PLATFORM, True))
FAMILIES = {name: groups for name, groups in alerts.by_family(EAST).items() if name in catalogue.PLATFORM}
RECORDING = sorted(name for name, groups in FAMILIES.items() if any("record" in r for g in groups for r in g["rules"]))


def selectors(expr: str) -> list[str]:
    """The selectors of an expression, as text."""
    found: list[str] = []

    def visit(node: Any) -> bool:
        if isinstance(node, parser.MatrixSelector):
            found.append(str(node.vector_selector))
        elif isinstance(node, parser.VectorSelector):
            found.append(str(node))
        return True

    parser.walk(parser.parse(expr), visit)
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_selector_of_a_pack_is_what_its_project_matches_or_has_recorded_itself(family: str) -> None:
    expressions = [rule["expr"] for group in FAMILIES[family] for rule in group["rules"]]
    if family == "rollout":
        made = analysis.resource(EAST, {})
        assert made
        queries = [metric["provider"]["prometheus"]["query"] for metric in made["spec"]["metrics"]]
        expressions += [query.replace("{{args.canary-hash}}", "new") for query in queries]
    for expr in expressions:
        for selector in selectors(expr):
            own = 'job="shop/cart"' if selector.startswith("obskit:") else 'cluster=~"east"'
            assert own in selector, expr


def test_a_namespace_that_is_matched_is_in_the_job_of_what_services_push_and_the_job_of_an_exporter_is_not() -> None:
    match = {"cluster": "east", "job": "kube-state-metrics", "namespace": "shop|till"}
    given = Project(service=EAST.service, packs={"rollout": Pack(match=match)})
    rules = [rule for group in alerts.by_family(given)["rollout"] for rule in group["rules"] if "record" in rule]
    found = {selector for rule in rules for selector in selectors(rule["expr"])}
    pushed = [selector for selector in found if selector.startswith("http_")]
    scraped = [selector for selector in found if selector.startswith("kube_")]
    assert pushed and all('job=~"(shop|till)/.+"' in s and 'cluster=~"east"' in s for s in pushed)
    assert not any("kube-state-metrics" in s or "namespace" in s for s in pushed)
    assert scraped and all('job=~"kube-state-metrics"' in s and 'namespace=~"shop|till"' in s for s in scraped)


def test_the_labels_that_packs_are_told_apart_by_are_known_to_the_checks() -> None:
    assert _checks.run(pipeline.render(EAST), EAST) == []


def in_cluster(test: dict[str, Any], cluster: str) -> list[dict[str, Any]]:
    """The series that a case feeds, of a cluster."""
    return [
        series | {"series": series["series"].replace("{", f'{{cluster="{cluster}", ', 1)}
        for series in test["input_series"]
    ]


@pytest.mark.real
@pytest.mark.parametrize("family", RECORDING)
def test_what_is_fed_to_one_of_two_projects_is_recorded_and_told_by_it_alone(
    family: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    groups = [*alerts.by_family(EAST)[family], *alerts.by_family(WEST)[family]]
    tests: dict[str, dict[str, Any]] = {}  # one of each alert that reads what is recorded
    reading = {
        rule["alert"] for group in groups for rule in group["rules"] if "obskit:" in rule["expr"] and "alert" in rule
    }
    for case in yaml.safe_load(cases.files(EVERYTHING)[0][f"{family}-test.yaml"])["tests"]:
        for alert in case["alert_rule_test"]:
            # What takes hours takes promtool minutes, and records no more series.
            if (
                not alert["exp_alerts"]
                or duration_seconds(alert["eval_time"]) > 900
                or alert["alertname"] not in reading
            ):
                continue
            firing = f'ALERTS{{alertname="{alert["alertname"]}", alertstate="firing"}}'
            expected = {
                f"group by (service) ({firing})": [{"labels": '{service="cart"}', "value": 1}],
                'ALERTS{service!="cart"} or {__name__=~"obskit:.+", job!="shop/cart"}': [],
            }
            asked = [{"expr": e, "eval_time": alert["eval_time"], "exp_samples": s} for e, s in expected.items()]
            tests[alert["alertname"]] = {
                "interval": case["interval"],
                "input_series": in_cluster(case, "east"),
                "promql_expr_test": asked,
            }
    assert tests
    assert promtool_says(program("promtool"), tmp_path, groups, [*tests.values()], timeout=600)[:5000] == ""
