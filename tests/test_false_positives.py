"""The evaluator of the benchmark of false alarms is Prometheus: what it records, and when an alert fires."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from benchmarks.false_positives import evaluate, measure, rules
from benchmarks.false_positives.drawing import Change
from benchmarks.false_positives.evaluate import Outcome
from benchmarks.false_positives.rules import ALERTS
from benchmarks.false_positives.series import NAME, Series
from benchmarks.false_positives.signals import Simulation
from benchmarks.false_positives.sources import PROJECT
from benchmarks.false_positives.worlds import STEP, World
from obskit._render import alerts, pack

STEPS = 460
FAULT = 300.3
#: Restless traffic, with lost samples, a hole, and processes that begin anew, within half an hour.
WORLD = World(
    "all at once",
    "",
    rate=200,
    sigma=0.3,
    shards=4,
    lost=0.05,
    hole=1300,
    lives=lambda steps: [((0, 100), (102, steps)), ((0, 330), (332, steps)), ((200, 390),)],
)


def text(row: Mapping[str, str]) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in row.items() if name != NAME and value)
    return f"{row[NAME]}{{{labels}}}"


def input_series(series: Series, prefix: str = "") -> Iterable[dict[str, str]]:
    """What promtool reads; where a series is expected that is not there any more, a mark says that it ended."""
    for row, values, there in zip(series.labels, series.values[:, 0], series.present[:, 0], strict=True):
        points, ended = [], "_"
        for value, is_there in zip(values, there, strict=True):
            points.append(repr(float(value)).replace("inf", "Inf").replace("nan", "NaN") if is_there else ended)
            ended = "stale" if is_there and prefix else "_"
        yield {"series": text({**row, NAME: prefix + row[NAME]}), "values": " ".join(points)}


def question(query: str) -> dict[str, Any]:
    """At how many steps something differs from what is expected: at none."""
    expected = f"expected:{query}"
    differ = f"abs({query} - {expected}) > 1e-6 * (1 + abs({expected}))"
    differ = f"({differ}) or ({query} unless {expected}) or ({expected} unless {query})"
    expr = f"sum_over_time((count({differ}) > bool 0 or vector(0))[{STEPS * STEP}s:{STEP}s])"
    return {"expr": expr, "eval_time": f"{(STEPS - 1) * STEP}s", "exp_samples": [{"labels": "{}", "value": 0}]}


def compare(
    promtool: Path, folder: Path, groups: list[dict[str, Any]], raw: Mapping[str, Series], outcome: Outcome
) -> None:
    series = [one for samples in raw.values() for one in input_series(samples)]
    asked = []
    for name, recorded in outcome.recorded.items():
        series += input_series(recorded, "expected:")
        asked.append(question(name))
    for name, alert in outcome.firing.items():
        series += input_series(alert, "expected:")
        asked.append(question(f'{ALERTS}{{alertstate="firing", alertname="{name}"}}'))
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    document = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{STEP}s",
        "group_eval_order": [group["name"] for group in groups],
        "tests": [{"interval": f"{STEP}s", "input_series": series, "promql_expr_test": asked}],
    }
    (folder / "test.yaml").write_text(yaml.safe_dump(document))
    command = [str(promtool), "test", "rules", "test.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr)[:5000]


def random_series(seed: int) -> dict[str, Series]:
    """Metrics of several rows, with gaps: ``c`` is a counter that falls to 0, ``one`` has one row for each a."""
    random = np.random.default_rng(seed)
    shape = (3, 1, STEPS)
    rows = [{"a": "x", "b": "1"}, {"a": "x", "b": "2"}, {"a": "y", "b": "2"}]
    there = random.random(shape) > 0.2
    there[1, 0, 100:250] = False
    counts = random.poisson(3, shape).astype(float)
    for row, step in ((0, 90), (1, 300), (2, 301)):
        counts[row, 0, step:] -= counts[row, 0, :step].sum()
    values = random.normal(0, 2, shape).round(3)
    sparse = random.random((2, 1, STEPS)) > 0.5
    return {
        "c": Series(tuple({NAME: "c", **row} for row in rows), np.cumsum(counts, -1), there),
        "g": Series(tuple({NAME: "g", **row} for row in rows), values, random.random(shape) > 0.1),
        "one": Series(({NAME: "one", "a": "x"}, {NAME: "one", "a": "y", "c": "z"}), np.abs(values[:2]), sparse),
    }


EXPRESSIONS = (
    *(f"rate(c[{window}]{back})" for window in ("15s", "20s", "60s") for back in ("", " offset 10s", " offset 1m")),
    *(
        f"{name}_over_time(g[40s] offset 5s)"
        for name in ("avg", "sum", "count", "min", "max", "last", "stddev", "present")
    ),
    "quantile_over_time(0.3, g[90s])",
    "quantile_over_time(1, g[15s])",
    "g",
    "g offset 30s",
    "one",
    "g > 0",
    "2 - g * 3",
    "-g ^ 2",
    "1 / g < 0.5",
    "clamp(g, -1, 1)",
    "clamp_min(g, 0) + clamp_max(g, 1)",
    "abs(g) - exp(g) + sqrt(abs(g)) + ln(abs(g) + 1) + round(g)",
    "sum by (a) (g)",
    "count by (b) (g > 0)",
    "max by () (g) - min by () (g)",
    "avg by (a) (c)",
    "quantile by (a) (0.4, g)",
    "sum(g)",
    'g{a="x"} + on (b) c{a="x"}',
    "g * on (a) group_left () one",
    "g * on (a) group_left (c) one",
    "one - on (a) group_right () g",
    "g - ignoring (b) group_left () sum by (a) (g)",
    "g > on (a, b) c - 20",
    "g and on (a) one > 1",
    "g unless on (a) one",
    "g or on (a) one",
    "sum by (a) (g > 1) or sum by (a) (c)",
    "c and g > 0 unless g > 1",
    'g{b!="1"} or g{a=~"x|z"} or vector(4)',
    'sum by (d) (label_replace(g, "d", "$1-${2}", "a", "(.)(.*)"))',
    'label_replace(vector(8), "a", "x", "", "") * on (a) group_right () g',
    # What is recorded later in the order is read as it was a step before, and never in what is long past.
    "obskit:later:value or vector(-1)",
    "sum_over_time(obskit:later:value[20s])",
    "sum_over_time(obskit:later:value[20s] offset 10s)",
    'count(ALERTS{alertstate="firing", alertname=~"Flaps.*"}) or vector(0)',
)


def synthetic() -> list[dict[str, Any]]:
    """A rule for each expression, one that is recorded after them, one that counts its own past, and alerts."""
    records = [{"record": f"obskit:case:{number}", "expr": expr} for number, expr in enumerate(EXPRESSIONS)]
    late = [
        {"record": "obskit:later:value", "expr": "sum by (b) (g) > 0"},
        {"record": "obskit:past:number", "expr": "(obskit:past:number or vector(0)) * 0.9 + 1"},
    ]
    alert = {"alert": "Flaps", "expr": "g > 0", "labels": {"severity": "warning"}}
    alerting = [
        alert,
        {**alert, "alert": "FlapsHeld", "for": "10s"},
        {**alert, "alert": "FlapsKept", "keep_firing_for": "15s"},
        {**alert, "alert": "FlapsHeldAndKept", "for": "10s", "keep_firing_for": "10s"},
        {**alert, "alert": "FlapsUneven", "for": "7s", "keep_firing_for": "12s"},
        {
            "alert": "FlapsFeedback",
            "expr": 'g > 0 unless on (a) ALERTS{alertname="FlapsFeedback", alertstate="firing"} offset 20s',
        },
    ]
    return [{"name": "first", "rules": records}, {"name": "second", "rules": [*late, *alerting]}]


@pytest.mark.real
@pytest.mark.parametrize("seed", [1, 2])
def test_every_function_and_operator_gives_what_prometheus_gives(
    seed: int, program: Callable[[str], Path], tmp_path: Path
) -> None:
    groups, raw = synthetic(), random_series(seed)
    outcome = evaluate.run(rules.parse(groups, STEP), raw, STEP)
    assert [name for name, series in outcome.recorded.items() if not series.present.any()] == []
    assert [name for name, series in outcome.firing.items() if not series.present.any()] == []
    compare(program("promtool"), tmp_path, groups, raw, outcome)


#: When a fault begins in WORLD, and what it changes, such that every alert that is judged fires in one of them.
FAULTS: dict[str, list[tuple[float, dict[str, Change]]]] = {
    "shards": [
        (FAULT, {"shard": Change(rates=(6, 1, 1, 1))}),
        (FAULT, {"shard": Change(rates=(0, 1, 1, 1))}),
        (FAULT, {"shard": Change(rates=(0.5, 2, 1, 1), gone=(3,))}),
        (40.3, {"shard": Change(rates=(9, 1, 1, 1), slow=0.9, rows=(2,))}),
        (40.3, {"shard": Change(rates=(0, 1, 1, 1), failing=0.7, rows=(1,))}),
    ],
    "database": [
        (FAULT, {"wait": Change(slow=0.5), "create": Change(slow=1), "operation": Change(slow=1, seconds=1.5)}),
        (FAULT, {"wait": Change(failing=0.7), "operation": Change(failing=0.7), "used": Change(added=3, processes=1)}),
    ],
    "service": [
        (FAULT, {"request": Change(failing=0.6), "call": Change(failing=0.6)}),
        (FAULT, {"request": Change(slow=0.6, seconds=0.8), "call": Change(slow=0.6, seconds=0.8)}),
        (FAULT, {"request": Change(rates=0)}),
        (FAULT, {"call": Change(rates=0)}),
    ],
    "istio": [
        (FAULT, {"mesh": Change(failing=0.6), "access": Change(failing=0.6)}),
        (FAULT, {"mesh": Change(slow=0.6, seconds=1500)}),
    ],
    "ingress": [
        (FAULT, {"ingress": Change(failing=0.6), "gateway": Change(failing=0.6)}),
        (FAULT, {"ingress": Change(slow=0.6, seconds=1.5), "gateway": Change(slow=0.6, seconds=1500)}),
    ],
    "gitlab": [(100.3, {"queue": Change(slow=1, seconds=600), "job": Change(failing=1), "ask": Change(failing=1)})],
    "tekton": [(100.3, {"run": Change(failing=1)})],
    "argocd": [(FAULT, {"read": Change(failing=1)})],
    "runtime": [
        (FAULT, {"lag": Change(slow=1), "executor": Change(slow=1), "pause": Change(slow=1)}),
        (FAULT, {"lag": Change(rates=0), "active": Change(added=3)}),
    ],
}
CASES = [(family, number) for family, faults in FAULTS.items() for number in range(len(faults))]


def judged_groups(family: str) -> list[dict[str, Any]]:
    """The groups of a family, with what its judged alerts need alone."""
    names = tuple(alert.name for alert in pack.load().alerts() if alert.family == family and alert.judged)
    needed = {rule.name for rule in measure.program(names)}
    groups = [
        group | {"rules": [rule for rule in group["rules"] if (rule.get("record") or rule["alert"]) in needed]}
        for group in alerts.groups(PROJECT)
    ]
    return [group for group in groups if group["rules"]]


def judge(family: str, number: int) -> tuple[list[dict[str, Any]], dict[str, Series], Outcome]:
    groups = judged_groups(family)
    parsed = rules.parse(groups, STEP)
    since, changes = FAULTS[family][number]
    simulation = Simulation(WORLD, parsed, np.random.default_rng(number), 1, STEPS, changes, np.array([since]))
    raw = simulation.samples()
    return groups, raw, evaluate.run(parsed, raw, STEP)


@pytest.mark.real
@pytest.mark.parametrize(("family", "number"), CASES)
def test_the_rules_that_are_judged_give_what_prometheus_makes_of_them(
    family: str, number: int, program: Callable[[str], Path], tmp_path: Path
) -> None:
    groups, raw, outcome = judge(family, number)
    assert [name for name, series in outcome.recorded.items() if not series.present.any()] == []
    compare(program("promtool"), tmp_path, groups, raw, outcome)


def test_every_alert_that_is_judged_fires_in_one_of_these_cases() -> None:
    fired = {
        name
        for family, number in CASES
        for name, series in judge(family, number)[2].firing.items()
        if series.present.any()
    }
    assert fired >= set(measure.judged())
