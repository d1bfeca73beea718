"""Benchmarks run, and measure what they say; how fast something is, no test asks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import fed, rules
from benchmarks.detection import page, report
from benchmarks.detection.run import PATIENT, Injected, Outcome
from benchmarks.detection.stage import project
from obskit._render import alerts, pack
from obskit.catalogue import shards
from tools.bring import bring
from tools.stack import Prometheus

ROOT = Path(__file__).parent.parent


def test_the_benchmark_of_rendering_compares_with_the_start_of_the_program() -> None:
    command = [sys.executable, ROOT / "benchmarks/render.py", "--rounds", "1", "--services", "9", "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    single = {"python", "help", "render", "first", "check", "beyond", "first_beyond", "ratio"}
    assert result.keys() == single | {"services", "seconds", "services_cpu"}
    assert all(value > 0 for value in result.values())
    assert result["ratio"] == result["render"] / result["help"]
    assert result["beyond"] == result["render"] - result["python"]


@pytest.mark.real
def test_the_benchmark_of_overhead_finds_every_signal_of_every_request() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.overhead", "--short", "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    for server in json.loads(done.stdout)["servers"].values():
        assert server["obskit"]["missing"] == {"span": 0, "log": 0, "count": 0, "printed": 0}
        assert server["obskit"]["columns"]["/plain"]["median"] > 0


def test_a_contestant_that_fails_leaves_the_bare_service_its_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks.overhead import report, running
    from benchmarks.overhead.contestants import BARE, BY_NAME
    from benchmarks.overhead.measure import Measurement, Pair

    def measure(_server: str, _bare: object, own: Any, *_: object) -> Pair:
        if own[0] != BARE:
            raise RuntimeError("obskit: it did not start")
        alone = Measurement(1, {"/plain": 1, "/db": 1}, 1, {}, 0, 1, 0)
        return Pair(alone, alone)

    monkeypatch.setattr(running, "measure", measure)
    run = running.Run([BARE, BY_NAME["obskit"]], ["flask"], 1, short=True)
    run.environments = {name: running.current() for name in ("bare", "obskit")}
    kept = running._everybody(run, "flask", run.plan, running.Stage("", None), "round", print)
    run.measured = {(name, "flask"): [pair] for name, pair in kept.items()}
    table = report.tables(run)
    assert "| bare | 1 | 1 | 1 | 0 |" in table
    assert "| obskit | no result: obskit: it did not start | | | |" in table


@pytest.mark.real
def test_the_benchmark_of_a_sidecar_that_hangs_compares_with_the_bare_service() -> None:
    command = [sys.executable, ROOT / "benchmarks/hanging.py", "--rounds", "1", "--seconds", "1", "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result.keys() == {"uvicorn", "gunicorn gthread"}
    for cases in result.values():
        assert cases["none: the service is bare"] == {"p50": 1.0, "p99": 1.0}
        assert set(cases) == {"none: the service is bare", "takes what comes", "hangs"}


@pytest.mark.real
def test_the_benchmark_of_a_query_finds_the_span_of_each_and_compares_with_the_bare_one() -> None:
    command = [sys.executable, ROOT / "benchmarks/queries.py", "--rounds", "2", "--queries", "200", "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result.keys() == {"bare", "obskit", "added", "ratio"}
    assert all(0 < lower <= median <= upper for lower, median, upper in (result["bare"], result["obskit"]))


@pytest.mark.real
def test_the_benchmark_of_an_outage_finds_everything_that_waited(tmp_path: Path) -> None:
    page = tmp_path / "outage.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.outage", "--minutes", "0.1", "--json", "--output", page],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    for delivered in result["delivered"].values():
        assert delivered["requests"] == delivered["logs"] == delivered["durations"] == 180
        assert delivered["queries"] == 540
        assert (delivered["failed"], delivered["twice"], delivered["dropped"]) == (0, 0, 0)
    assert result["waited"]["traces"] > 120 * 4 * 100, "four spans of each request of the outage waited"
    assert "| sidecar away | 180 | 180 of 180 | 540 of 540 |" in page.read_text()


def test_the_benchmark_of_false_positives_judges_an_alert_by_every_world_and_fault(tmp_path: Path) -> None:
    record = tmp_path / "false-positives.json"
    options = ["--short", "--only", "ObskitServiceErrors", "--jobs", "1", "--output", record, "--json"]
    command = [sys.executable, "-m", "benchmarks.false_positives", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    result = json.loads(done.stdout)
    assert result == json.loads(record.read_text())
    (figures,) = result["alerts"].values()
    assert figures["alarms"].keys() == result["worlds"].keys()
    found = {
        (size, traffic): cell["found"] for size, cells in figures["power"].items() for traffic, cell in cells.items()
    }
    assert found["100% fail", "100"] == 8, "all faults of a busy service"
    assert found["50% fail", "0.1"] == 0, "three requests in half a minute prove nothing"
    assert "### ObskitServiceErrors" in record.with_suffix(".md").read_text()
    assert done.returncode == 0, done.stderr


@pytest.mark.real
def test_the_benchmark_of_rules_times_every_group(tmp_path: Path) -> None:
    options = ["--pods", "2", "--shards", "4", "--warm", "30", "--seconds", "10"]
    options += ["--output", tmp_path / "rules.md", "--json"]
    command = [sys.executable, "-m", "benchmarks.rules", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["wrong"] == [], "a series that is read is not there, or a rule fails"
    assert 0 < result["cores"] < 2
    assert result["of_service"] > 2 * 4 * 16, "the durations of each shard in each pod"
    assert result["groups"].keys() == {group.name for group in pack.load().groups if group.language == "promql"}
    assert all(0 < took["median"] <= took["often"] <= took["longest"] for took in result["groups"].values())
    read_records_alone = {"obskit-service-errors", "obskit-service-latency"}
    assert {group for group, took in result["groups"].items() if not took["series"]} == read_records_alone
    assert "| obskit-database | " in (tmp_path / "rules.md").read_text()


@pytest.mark.real
def test_the_benchmark_of_rules_tells_of_a_series_that_is_not_there_and_of_a_rule_that_fails(tmp_path: Path) -> None:
    two = 'vector(1) or label_replace(vector(1), "a", "b", "", "")'
    group = {"name": "g", "interval": "1s", "rules": [{"record": "a:b:c", "expr": f"vector(1) + on () ({two})"}]}
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [group]}))
    targets = {"gone": ("127.0.0.1:1", "/", "1s")}
    with Prometheus(bring(["prometheus"], print)["prometheus"], tmp_path, rules=[file], targets=targets) as server:
        end = time.monotonic() + 30
        wrong: list[str] = []
        while (len(wrong) < 3 or "g: there is no up" in wrong) and time.monotonic() < end:
            time.sleep(0.2)
            wrong = [*rules._wrong(server, {"g": rules._read(server, {"up", "pg_up"})})]
    assert wrong[:2] == ["g: there is no pg_up", "the target gone does not answer"]
    assert wrong[2].startswith("g: a:b:c: found duplicate series")


def test_a_group_of_rules_is_too_slow_if_more_than_5_of_100_evaluations_take_a_tenth_of_its_interval() -> None:
    taken = [0.1] * 95 + [0.9] * 5
    assert rules.slow({"interval": 5, "groups": {"g": rules._summary(taken)}}) == []
    assert rules.slow({"interval": 5, "groups": {"g": rules._summary([*taken[1:], 0.9])}}) == [
        "g takes 0.90 s, more than 10% of 5 s"
    ]


def test_what_is_fed_to_rules_is_other_series_in_each_pod_and_goes_up() -> None:
    service = rules.simulated(4)
    names = set().union(*fed.selected(own := project(service, 4, packs=True)).values())
    simulated = [*fed.of_streams(service.streams)]
    series = [*simulated, *fed.of_cases(own, names - {one.name for one in simulated})]
    assert names - {one.name for one in series} == {"ALERTS"}, "which Prometheus makes"
    copies = fed.Copies(series, service, 2)
    pushed, scraped = [*copies.pushed(0)], [*copies.scraped(0)]
    both = [{one.text for one in [*copies.pushed(n), *copies.scraped(n)]} for n in (0, 1)]
    assert not both[0] & both[1]
    assert {one.labels["instance"] for one in pushed} == {"big-6b7f8d9c5-00000/big/0"}
    own = [
        one.labels for one in scraped if (one.labels.get("namespace"), one.labels.get("container")) == ("bench", "big")
    ]
    assert {labels["pod"] for labels in own} == {"big-6b7f8d9c5-00000"}
    ten = fed.Copies(series, service, 10)
    of_ten = Counter(one.name for n in range(10) for one in ten.scraped(n))
    assert {name: count for name, count in of_ten.items() if count < 10} == {}, "of everything, ten"
    assert (of_ten["redis_db_keys"], of_ten["kube_deployment_spec_replicas"]) == (10, 10)
    page = fed.Page(pushed, 1_000_000)
    before, after = ([line.rpartition(" ") for line in page.at(when).splitlines()] for when in (1_000_000, 1_000_060))
    rises = {a[0]: float(b[2]) - float(a[2]) for a, b in zip(before, after, strict=True)}
    operations = [rise for name, rise in rises.items() if name.startswith("obskit_shard_operations_total{")]
    assert operations == [480] * 4, "8 a second of each shard in each pod"
    durations = [name for name in rises if name.startswith("obskit_shard_operation_duration_seconds_bucket{")]
    assert len(durations) == 4 * (len(shards.OPERATION_DURATION.boundaries) + 1)
    remembered = [line.rpartition(" ") for line in fed.Page(scraped, 1_000_000).past({"redis_up"}, 600)]
    assert [when for *_, when in remembered if when == "996400.000"] == ["996400.000"] * (len(remembered) // 6)


def test_figures_of_detection_say_of_which_rules_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(*names: str) -> dict[str, Any]:
        return report.figures([Outcome([Injected(name, "s00", 0, {"3": 5.0}) for name in names], [], 42)], ["3"])

    def changed(old: str, new: str) -> tuple[list[str], list[str]]:
        """What is told when rules are other ones, and what when ObskitShardHot is measured anew then."""
        groups = yaml.safe_load(yaml.safe_dump(alerts.groups(report._PROJECT), width=10**6).replace(old, new))
        with monkeypatch.context() as patch:
            patch.setattr(report.alerts, "groups", lambda _: groups)
            report.digests.cache_clear()
            anew = report.merged(before, figures("ObskitShardHot"))
            told = report.changed(before), report.changed(anew)
        report.digests.cache_clear()
        return told

    before = figures("ObskitShardHot", "ObskitPodRestarted", "ObskitServiceErrors")
    assert (report.changed(before), before["only"]) == ([], [])
    assert changed("0.375", "0.5") == (["ObskitShardHot"], []), "a record that it looks at"
    slow = ["ObskitPodRestarted", "ObskitServiceErrors", "ObskitShardHot"]
    assert changed("latency_class: fast", "latency_class: slow") == (slow, slow[:2])
    again = report.merged(before, figures("ObskitShardHot") | {"services": 2})
    assert (again["only"], again["services"], again["rules"]) == (["ObskitShardHot"], 42, before["rules"])
    assert "1 of the 3 alerts were measured apart from these runs" in page.text(again)
    assert not re.search("apart from|Changed since", page.text(before))
    other = before | {"rules": before["rules"] | {"ObskitShardHot": "other"}}
    assert "Changed since they were measured: ObskitShardHot." in page.text(other)


def test_every_alert_that_can_be_waited_for_was_told_within_its_budget_on_both_versions() -> None:
    result = json.loads(page.FIGURES.read_text(encoding="utf-8"))
    assert (report.late(result), result["early"], result["services"] >= 40, result["seeds"] >= 3) == (
        [],
        [],
        True,
        True,
    )
    known = [alert for alert in pack.load().alerts() if alert.language == "promql" and not alert.heartbeat]
    fast = {alert.name for alert in known if alert.latency_class == "fast"}
    waited = {alert.name for alert in known if alert.budget <= PATIENT}
    assert waited >= fast
    assert result["alerts"].keys() == waited
    assert all(found.keys() == {"3", "2.42"} for found in result["alerts"].values())
    assert not fast & {*report.changed(result)}, "measured with another rule than there is now"


@pytest.mark.real
def test_the_benchmark_of_detection_finds_the_alert_of_each_fault_on_both_versions(tmp_path: Path) -> None:
    options = ["--services", "2", "--seeds", "1", "--spread", "20", "--only", "ObskitShardMapMismatch"]
    command = [sys.executable, "-m", "benchmarks.detection", *options, "--folder", tmp_path / "d", "--json"]
    command += ["--output", tmp_path / "detection.json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    found = json.loads(done.stdout)["alerts"]["ObskitShardMapMismatch"]
    assert {version: (summary["faults"], summary["missed"]) for version, summary in found.items()} == {
        "3": (2, 0),
        "2.42": (2, 0),
    }
