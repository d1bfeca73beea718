"""What the alerts promise, and what a project may change of them."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from programs import promtool_says

from obskit import _checks, catalogue
from obskit._checks import _rendered
from obskit._installation import directory
from obskit._render import alerts, cases, jsonnet, pack, pipeline, routing
from obskit.catalogue import _export
from obskit.config.project import (
    AlertOverride,
    Intervals,
    LatencyObjective,
    Metrics,
    Notify,
    Project,
    SecretKey,
    Service,
    ShardSet,
    Slo,
    duration_seconds,
)
from obskit.exceptions import InputError
from obskit.promql import budget

PACK = {alert.name: alert for alert in pack.load().alerts()}
SHOP = Service(name="shop", namespace="shop")


def project(**settings: Any) -> Project:
    return Project(service=SHOP, **settings)


def rules(project: Project) -> dict[str, dict[str, Any]]:
    groups = [*alerts.groups(project), *alerts.log_groups(project)]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


EVERYTHING = project(packs=dict.fromkeys(catalogue.PLATFORM, True))


@functools.cache
def rules_of_everything() -> dict[str, dict[str, Any]]:
    return rules(EVERYTHING)


@pytest.mark.parametrize("alert", list(PACK.values()), ids=list(PACK))
def test_an_alert_keeps_the_conventions(alert: pack.Alert) -> None:
    assert re.fullmatch(r"Obskit[A-Z][A-Za-z]+", alert.name)
    assert len(alert.name) <= 40
    assert alert.severity in ("critical", "warning", "info")
    assert alert.latency_class in ("fast", "normal", "slow")
    assert set(alert.inhibited_by) <= PACK.keys() - {alert.name}
    assert alert.summary.endswith(".")
    assert "{{" not in alert.summary


def test_an_alert_is_held_back_for_the_same_thing_alone() -> None:
    found = _rendered.read(pipeline.render(EVERYTHING, ("alerts",)), EVERYTHING)
    parsed = {query.place.rpartition(" ")[2]: query.analysis for query in found.queries}
    results = {name: analysis.output.labels for name, analysis in parsed.items() if analysis}
    for alert in PACK.values():
        own = {"namespace"} | (set() if alert.family in catalogue.PLATFORM else {"job"})
        for source, labels in alert.inhibited_by.items():
            both = results[alert.name] & results[source]
            assert set(labels) == both - own, f"{source} holds {alert.name} back"


def test_what_wakes_nobody_holds_back_nothing_that_does() -> None:
    for alert in PACK.values():
        assert routing.held_back_by(EVERYTHING, alert) == alert.inhibited_by, alert.name
    held, source = "ObskitShardMisrouted", "ObskitShardMapMismatch"

    def holds(**severities: str) -> bool:
        changed = {name: AlertOverride(severity=value) for name, value in severities.items()}  # type: ignore[arg-type]
        inhibitions = routing.inhibitions(project(alerts=changed))
        return any(source in rule["source_matchers"][1] and held in rule["target_matchers"][1] for rule in inhibitions)

    assert holds()
    assert not holds(**{source: "info"})
    assert holds(**{source: "info", held: "info"})
    assert not holds(**{source: "warning", held: "critical"})


@pytest.mark.parametrize("alert", list(PACK.values()), ids=list(PACK))
def test_an_alert_keeps_its_promised_budget_and_a_fast_one_twenty_one_seconds(alert: pack.Alert) -> None:
    spent = alerts.budget(EVERYTHING, alert).seconds
    assert spent == alert.budget
    assert alert.latency_class != "fast" or alert.budget <= budget.FAST
    assert rules_of_everything()[alert.name]["annotations"]["detection_budget"] == f"{spent}s"


@pytest.mark.parametrize(
    ("expr", "seconds"),
    [
        ("rate(x[15s])", 21),
        ("rate(x[15s]) unless rate(y[1h])", 21),
        ("sum(rate(x[15s]) unless on (job) (z or rate(y[1h]))) > 1", 21),
        ("rate(x[15s]) unless far:learnt", 21),
        ("rate(x[15s]) and far:learnt", 26),
        ("held", 21),
        ("inventory unless rate(x[15s])", 21),
        ("inventory unless far:learnt", 26),
    ],
)
def test_what_only_holds_an_alert_back_delays_it_no_more(expr: str, seconds: int) -> None:
    recorded = {
        "far:learnt": budget.Recorded("rate(x[15s])", "another"),
        "held": budget.Recorded("rate(x[15s]) unless far:learnt", "own"),
    }
    spent = budget.compute(
        expr, "own", recorded=recorded, for_="0s", window_share=1, source="otlp", intervals=Intervals()
    )
    assert spent.seconds == seconds


def test_slower_intervals_are_slower_alerts() -> None:
    slow = project(intervals=Intervals(export="10s", evaluation="10s", group_wait="30s"))
    alert = PACK["ObskitShardHot"]
    assert alerts.budget(slow, alert).seconds > alerts.budget(project(), alert).seconds + 30


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        (AlertOverride(for_="30s"), {"for": "30s"}),
        (AlertOverride(keep_firing_for="1h"), {"keep_firing_for": "1h"}),
        (AlertOverride(severity="critical"), {"labels.severity": "critical"}),
        (AlertOverride(labels={"tier": "1"}), {"labels.tier": "1"}),
        (AlertOverride(annotations={"summary": "Hot."}), {"annotations.summary": "Hot."}),
    ],
)
def test_an_override_changes_its_alert_and_nothing_else(override: AlertOverride, changed: dict[str, str]) -> None:
    before, after = rules(project()), rules(project(alerts={"ObskitShardHot": override}))
    assert {name for name in before if before[name] != after[name]} == {"ObskitShardHot"}
    for path, value in changed.items():
        found: Any = after["ObskitShardHot"]
        for key in path.split("."):
            found = found[key]
        assert found == value


def test_a_longer_for_is_a_longer_budget() -> None:
    after = rules(project(alerts={"ObskitShardHot": AlertOverride(for_="30s")}))["ObskitShardHot"]
    assert after["annotations"]["detection_budget"] == f"{PACK['ObskitShardHot'].budget + 30}s"


def test_a_threshold_reaches_the_expression_and_a_disabled_alert_is_gone() -> None:
    changed = rules(
        project(
            alerts={
                "ObskitShardHot": AlertOverride(params={"odds": 2.25}),
                "ObskitShardStarved": AlertOverride(enabled=False),
            }
        )
    )
    assert "> 2.25" in changed["ObskitShardHot"]["expr"]
    assert "ObskitShardStarved" not in changed


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"ObskitShardHott": AlertOverride()}, "no alert is called ObskitShardHott; did you mean ObskitShardHot"),
        ({"ObskitShardHot": AlertOverride(params={"od": 1})}, "has no parameter od"),
        ({"ObskitPodRestarted": AlertOverride(labels={"pod": "any"})}, "ObskitPodRestarted cannot set the label pod"),
        ({"ObskitShardHot": AlertOverride(labels={"job": "any"})}, "ObskitShardHot cannot set the label job"),
        ({"ObskitShardHot": AlertOverride(params={"odds": -1})}, "odds of ObskitShardHot cannot be -1"),
        ({"ObskitLogErrors": AlertOverride(keep_firing_for="1m")}, "ObskitLogErrors cannot have keep_firing_for"),
        ({"ObskitRedisDown": AlertOverride(enabled=False)}, "ObskitRedisDown is of the pack redis, which is off"),
        ({"ObskitShardHot": AlertOverride(annotations={"detection_budget": "1s"})}, "cannot set detection_budget"),
        ({"ObskitShardHot": AlertOverride(annotations={"runbook_url": "1s"})}, "it must begin with https"),
        ({"ObskitServiceErrorBudgetDay": AlertOverride(params={"rate": 1000})}, "can never fire.*rate below 1000"),
    ],
)
def test_an_override_of_nothing_or_one_that_cannot_be_is_refused(overrides: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        alerts.files(project(alerts=overrides))


def test_an_objective_whose_budget_cannot_be_used_up_that_fast_is_refused_with_the_rate_that_can() -> None:
    low = Slo(latency=LatencyObjective(objective=90))
    with pytest.raises(InputError, match=r"ObskitServiceLatencyBudgetHour can never fire.*rate below 10,") as refused:
        alerts.files(project(slo=low))
    assert refused.value.place == "slo"
    hour = {"ObskitServiceLatencyBudgetHour": AlertOverride(params={"rate": 9})}
    assert "/ 0.1 > 9" in rules(project(slo=low, alerts=hour))["ObskitServiceLatencyBudgetHour"]["expr"]


def test_every_alert_has_rule_cases_page_panel_and_signals() -> None:
    assert _checks.run(pipeline.render(EVERYTHING), EVERYTHING) == []


def test_a_group_has_at_most_twenty_rules_and_names_are_short() -> None:
    for group in pack.load().groups:
        assert len(group.rules) <= 20 and len(group.name) <= 40, group.name
        assert [r.record for r in group.rules if not isinstance(r, pack.Alert) and len(r.record) > 40] == []


def test_the_definition_of_an_alert_is_one_place_of_at_most_thirty_lines() -> None:
    found = []
    definition = re.compile(r"^    a\.alert\('(\w+)', [^\n]*\{$(.*?)^    \}\),$", re.M | re.S)
    for path in [*directory("alerts").glob("*.libsonnet"), *directory("alerts").glob("packs/*.libsonnet")]:
        for name, body in definition.findall(path.read_text()):
            found.append(name)
            assert body.count("\n") + 1 <= 30, name
    assert sorted(found) == sorted(PACK)


def test_every_platform_pack_has_alerts_and_is_off_until_it_is_wanted() -> None:
    families = {alert.family for alert in PACK.values()}
    assert set(catalogue.PLATFORM) <= families
    assert not {rule["labels"].get("pack") for rule in rules(project()).values()} - {None}
    for name in catalogue.PLATFORM:
        on = rules(project(packs={**dict.fromkeys(catalogue.PLATFORM, False), name: True}))
        assert {rule["labels"]["pack"] for rule in on.values() if "pack" in rule["labels"]} == {name}


def test_group_labels_are_in_every_aggregation() -> None:
    for group in alerts.groups(project(group_labels=["cluster"])):
        for rule in group["rules"]:
            for labels in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", rule["expr"]):
                assert labels.startswith(("cluster", "shard_set")), rule


def test_the_number_of_shards_that_obskit_yaml_expects_is_checked() -> None:
    expr = rules(project(shards=[ShardSet(set="orders", expected=8)]))["ObskitShardCountMismatch"]["expr"]
    assert 'label_replace(vector(8), "shard_set", "orders", "", "")' in expr


@pytest.mark.once
def test_both_engines_give_the_same_pack() -> None:
    source = directory("alerts") / "mixin.libsonnet"
    results = [jsonnet.evaluate(source, _export.tree(), engine_name=name) for name in jsonnet.ENGINES]
    assert len(results) == 2
    assert results[0] == results[1]


def test_values_of_a_case_reach_promtool_as_they_are_written() -> None:
    tests = [test for text in cases.files(EVERYTHING)[0].values() for test in yaml.safe_load(text)["tests"]]
    values = [series["values"] for test in tests for series in test["input_series"]]
    assert any(text.startswith("0x") for text in values)  # a number of YAML, unless it is read as text


def fires(alert: str, sample: str, series: str, values: str, seconds: int) -> dict[str, Any]:
    """A test of promtool: one series, and an alert that must fire for it by then."""
    expr = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})'
    return {
        "interval": sample,
        "input_series": [{"series": series, "values": values}],
        "promql_expr_test": [{"expr": expr, "eval_time": f"{seconds}s", "exp_samples": [{"value": 1}]}],
    }


def pass_with(promtool: Path, folder: Path, intervals: Intervals, tests: list[dict[str, Any]]) -> None:
    """Let promtool run tests against the rules of a project with other intervals."""
    rules = alerts.groups(project(intervals=intervals))
    assert promtool_says(promtool, folder, rules, tests, evaluation=intervals.evaluation, timeout=60) == ""


@pytest.mark.real
@pytest.mark.parametrize(
    "intervals",
    [Intervals(), Intervals(export="1s"), Intervals(evaluation="30s"), Intervals(export="15s", evaluation="1m")],
    ids=["defaults", "often exported", "seldom evaluated", "both seldom"],
)
def test_an_event_between_two_evaluations_is_seen_by_the_next_one_whatever_the_intervals(
    intervals: Intervals, program: Callable[[str], Path], tmp_path: Path
) -> None:
    sample, evaluation = duration_seconds(intervals.export), duration_seconds(intervals.evaluation)
    series = 'obskit_shard_misrouted_total{job="shop/shop", shard_set="orders", shard="0", instance="a"}'
    tests = []
    for phase in range(evaluation // sample + 1):  # the event at each place between two evaluations
        before = 3 * evaluation // sample + phase
        due = -(-(before + 1) * sample // evaluation) * evaluation
        values = f"0x{before} 1x{evaluation // sample + 9}"
        tests.append(fires("ObskitShardMisrouted", intervals.export, series, values, due))
    pass_with(program("promtool"), tmp_path, intervals, tests)


def test_mimir_gets_the_same_groups_in_a_namespace_of_the_service() -> None:
    files = {path: yaml.safe_load(text) for path, text in alerts.files(project()).items()}
    groups = files["alerts/rules.yaml"]["groups"]
    assert files["alerts/mimir.yaml"] == {"namespace": "obskit.shop.shop", "groups": groups}
    assert files["alerts/prometheusrule.yaml"]["spec"] == {"groups": groups}


def test_loki_gets_the_alerts_on_log_lines_and_prometheus_does_not() -> None:
    files = {path: yaml.safe_load(text) for path, text in alerts.files(project()).items()}
    (group,) = files["alerts/loki.yaml"]["groups"]
    names = {rule["alert"] for rule in group["rules"]}
    assert names == {alert.name for alert in PACK.values() if alert.language == "logql"} != set()
    assert not names & {rule.get("alert") for g in files["alerts/rules.yaml"]["groups"] for rule in g["rules"]}
    assert group["interval"] == "30s"
    off = dict.fromkeys(names, AlertOverride(enabled=False))
    assert "alerts/loki.yaml" not in alerts.files(project(alerts=off))


def test_rules_of_loki_are_the_same_whatever_prometheus_calls_its_series_and_however_thresholds_are_set() -> None:
    other = project(thresholds="series", metrics=Metrics(translation_strategy="NoTranslation", histograms="native"))
    assert alerts.log_groups(other) == alerts.log_groups(project())


def test_alerts_on_log_lines_follow_the_interval_of_lokis_ruler() -> None:
    seldom = project(intervals=Intervals(logs="2m"))
    (group,) = alerts.log_groups(seldom)
    rule = next(rule for rule in group["rules"] if rule["alert"] == "ObskitLogUncaughtException")
    assert group["interval"] == "2m"
    assert "[480s]" in rule["expr"]  # what happens between two evaluations is in the window
    assert rule["annotations"]["detection_budget"] == f"{PACK['ObskitLogUncaughtException'].budget + 90}s"


@pytest.mark.parametrize(
    ("kind", "receiver"),
    [
        ("slack", {"slackConfigs": [{"sendResolved": True, "apiURL": {"name": "s", "key": "k"}, "channel": "#a"}]}),
        ("pagerduty", {"pagerdutyConfigs": [{"sendResolved": True, "routingKey": {"name": "s", "key": "k"}}]}),
        ("webhook", {"webhookConfigs": [{"sendResolved": True, "urlSecret": {"name": "s", "key": "k"}}]}),
    ],
)
def test_the_operator_gets_the_routes_and_a_secret_by_reference_when_somebody_is_to_be_notified(
    kind: Any, receiver: dict[str, Any]
) -> None:
    notify = Notify(kind=kind, secret=SecretKey(name="s", key="k"), channel="#a" if kind == "slack" else "")
    files = alerts.files(project(notify=notify, packs=dict.fromkeys(catalogue.PLATFORM, True)))
    made = yaml.safe_load(files["alerts/alertmanagerconfig.yaml"])["spec"]
    plain = yaml.safe_load(files["alerts/alertmanager.yaml"])
    assert made["receivers"] == [{"name": "obskit", **receiver}, {"name": "obskit-heartbeat"}]
    assert made["route"]["matchers"] == [{"name": "service", "matchType": "=", "value": "shop"}]
    assert [len(route["matchers"]) for route in made["route"]["routes"]] == [2] * len(plain["routes"])
    assert [route["receiver"] for route in made["route"]["routes"][0]["routes"]] == ["obskit-heartbeat", "obskit"]
    assert [len(rule["targetMatch"]) for rule in made["inhibitRules"]] == [2] * len(plain["inhibit_rules"])
    fast = made["route"]["routes"][0]["routes"][1]
    assert (fast["groupBy"], fast["groupWait"]) == (["..."], "0s")
    assert "alerts/alertmanagerconfig.yaml" not in alerts.files(project())


def test_the_heartbeat_goes_to_a_dead_mans_switch_every_minute_and_nowhere_else() -> None:
    switch = SecretKey(name="s", key="switch")
    notify = Notify(kind="slack", secret=SecretKey(name="s", key="k"), channel="#a", heartbeat=switch)
    files = alerts.files(project(notify=notify))
    made = yaml.safe_load(files["alerts/alertmanagerconfig.yaml"])["spec"]
    webhook = {"sendResolved": False, "urlSecret": {"name": "s", "key": "switch"}}
    assert made["receivers"][1] == {"name": "obskit-heartbeat", "webhookConfigs": [webhook]}
    beat = yaml.safe_load(files["alerts/alertmanager.yaml"])["routes"][0]["routes"][0]
    assert beat["matchers"] == ['alertname=~"ObskitHeartbeat"']
    assert (beat["receiver"], beat["repeat_interval"], beat["group_wait"]) == ("obskit-heartbeat", "1m", "0s")
    without = alerts.files(project(alerts={"ObskitHeartbeat": AlertOverride(enabled=False)}))
    assert "heartbeat" not in without["alerts/alertmanager.yaml"]


def threshold(value: float, namespace: str = "shop", service: str = "") -> dict[str, str]:
    labels = f'alert="ObskitDatabaseConnectionTimeouts", param="timeouts", namespace="{namespace}", service="{service}"'
    return {"series": f"obskit_threshold{{{labels}}}", "values": f"{value}x40"}


@pytest.mark.real
@pytest.mark.parametrize(
    ("thresholds", "fires_at"),
    [
        ([], 1),
        ([threshold(4)], 5),
        ([threshold(4, namespace="other")], 1),
        ([threshold(4), threshold(2, service="shop"), threshold(0, service="cart")], 3),
        ([threshold(-3)], 1),
    ],
    ids=["none", "of the namespace", "of another namespace", "of the service", "out of range"],
)
def test_a_threshold_is_what_the_namespace_or_the_service_says_within_its_range(
    thresholds: list[dict[str, str]], fires_at: int, program: Callable[[str], Path], tmp_path: Path
) -> None:
    series = 'db_client_connection_timeouts_total{job="shop/shop", db_client_connection_pool_name="p", instance="a"}'
    expr = 'count(ALERTS{alertname="ObskitDatabaseConnectionTimeouts", alertstate="firing"}) or vector(0)'
    tests = [
        {
            "interval": "5s",
            "input_series": [{"series": series, "values": f"9x20 {9 + count}x20"}, *thresholds],
            "promql_expr_test": [{"expr": expr, "eval_time": "110s", "exp_samples": [{"value": int(fires)}]}],
        }
        for count, fires in ((fires_at, True), (fires_at - 1, False))
    ]
    own = project(thresholds="series")
    (tmp_path / "rules.yaml").write_text(alerts.files(own)["alerts/rules.yaml"])
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "5s", "tests": tests}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(document))
    arguments = [str(program("promtool")), "test", "rules", "test.yaml"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _checks.run(pipeline.render(own), own) == []


@pytest.mark.real
@pytest.mark.parametrize(
    "intervals", [Intervals(), Intervals(scrape="1m", evaluation="1m")], ids=["defaults", "seldom scraped"]
)
def test_a_container_that_ended_is_told_of_however_late_that_is_seen(
    intervals: Intervals, program: Callable[[str], Path], tmp_path: Path
) -> None:
    scrape, evaluation = duration_seconds(intervals.scrape), duration_seconds(intervals.evaluation)
    pod = 'namespace="shop", pod="a", uid="1", container="shop"'
    seen = 5 * evaluation + 1  # a whole scrape late, and just after an evaluation
    ended, due = seen - scrape, 6 * evaluation
    series = f"kube_pod_container_status_last_terminated_timestamp{{{pod}}}"
    test = fires("ObskitPodRestarted", "1s", series, f"_x{seen - 1} {ended}x{2 * evaluation}", due)
    pass_with(program("promtool"), tmp_path, intervals, [test])
