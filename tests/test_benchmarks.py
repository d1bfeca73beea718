"""Benchmarks run, and measure what they say; how fast something is, no test asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.detection import page, report
from benchmarks.detection.run import PATIENT
from obskit._render import pack

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
    options = ["--pods", "2", "--shards", "4", "--seconds", "10", "--output", tmp_path / "rules.md", "--json"]
    command = [sys.executable, "-m", "benchmarks.rules", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    result = json.loads(done.stdout)
    assert result["series"] > 100
    assert {"obskit-database", "obskit-pods"} <= result["groups"].keys()
    assert all(0 < took["median"] <= took["longest"] for took in result["groups"].values())
    assert "| obskit-database | " in (tmp_path / "rules.md").read_text()


def test_every_alert_that_can_be_waited_for_was_told_within_its_budget_on_both_versions() -> None:
    result = json.loads(page.FIGURES.read_text(encoding="utf-8"))
    assert (report.late(result), result["early"], result["services"] >= 40, result["seeds"] >= 3) == (
        [],
        [],
        True,
        True,
    )
    alerts = [alert for alert in pack.load().alerts() if alert.language == "promql" and not alert.heartbeat]
    waited = {alert.name for alert in alerts if alert.budget <= PATIENT}
    assert waited >= {alert.name for alert in alerts if alert.latency_class == "fast"}
    assert result["alerts"].keys() == waited
    assert all(found.keys() == {"3", "2.42"} for found in result["alerts"].values())


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
