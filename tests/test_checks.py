"""Checks, by seeded mistakes: a set of clean files, one change, and the one finding that it must give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import yaml

from obskit import _checks, _installation, _lint, catalogue
from obskit._render import alerts, dashboards, pack, pipeline, sidecars
from obskit.catalogue import ForeignMetric
from obskit.config.loading import load
from obskit.config.project import AlertOverride, Budgets, Intervals, Pack, Project, Service
from obskit.exceptions import InputError

ROOT = Path(__file__).parent.parent
RULES, BOARD, COLLECTOR = "alerts/rules.yaml", "dashboards/shards.json", "sidecars/otelcol.yaml"
RUNBOOKS = "https://obskit-k8s.readthedocs.io/runbooks"

CLEAN_RULES = f"""
groups:
- name: g
  interval: 5s
  rules:
  - record: obskit:ops:rate
    expr: sum by (job, shard_set, shard) (rate(obskit_shard_operations_total{{job="shop/shop"}}[15s]))
  - record: obskit:wait:rate
    expr: sum by (job, le) (rate(db_client_connection_wait_time_seconds_bucket{{job="shop/shop"}}[15s]))
  - record: obskit:slow:ratio
    expr: obskit:wait:rate{{le="0.5"}} / ignoring (le) obskit:wait:rate{{le="+Inf"}}
  - record: obskit:restarts:recent
    expr: |-
      max_over_time(kube_pod_container_status_restarts_total{{namespace="shop"}}[5m])
      - min_over_time(kube_pod_container_status_restarts_total{{namespace="shop"}}[5m])
      or kube_pod_container_status_restarts_total{{namespace="shop"}}
      - kube_pod_container_status_restarts_total{{namespace="shop"}} offset 5m
      or (kube_pod_container_status_restarts_total > 0 unless kube_pod_container_status_restarts_total offset 5m)
  - record: obskit:learnt
    expr: avg_over_time(obskit:ops:rate[6h]) unless on (job, shard_set) ALERTS{{alertstate="firing", shard_set!=""}}
  - alert: Quiet
    expr: obskit:ops:rate{{job="shop/shop"}} < 1 and on (job) obskit_shard_misrouted_total
    for: 5s
    labels: {{severity: warning, latency_class: fast, namespace: shop, service: shop}}
    annotations:
      summary: A shard is quiet.
      description: 'Shard {{{{ $labels.shard }}}} of {{{{ $labels.shard_set }}}} takes {{{{ $value }}}}.'
      runbook_url: {RUNBOOKS}/Quiet
      dashboard_url: https://grafana.example/d/board1
      detection_budget: 21s
"""


PAGE = """# Quiet

A shard is quiet.

**Impact.** None.

## Look first

```promql
# who is quiet?
sum by (job, shard) (rate(obskit_shard_operations_total[1m]))
```

## What to do

1. Listen.

**When it is wrong, or blind.** At night.
"""


def target(expr: str, source: str = "prometheus", **more: str) -> dict[str, object]:
    key = "tags" if source == "jaeger" else "expr"
    uid = "${datasource}" if source == "prometheus" else "x"
    return {"datasource": {"type": source, "uid": uid}, key: expr, "refId": "A", **more}


def panel(title: str, unit: str, *targets: dict[str, object]) -> dict[str, object]:
    return {"title": title, "fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "targets": list(targets)}


def lined(description: str, panel: dict, style: str = "line", value: float = 1) -> dict:
    """A panel that draws a line, and says of which alert it is."""
    steps = [{"color": "red", "value": None}, {"color": "green", "value": value}]
    lines = {"custom": {"thresholdsStyle": {"mode": style}}, "thresholds": {"mode": "absolute", "steps": steps}}
    field = {**panel["fieldConfig"], "defaults": {**panel["fieldConfig"]["defaults"], **lines}}
    return {**panel, "description": description, "fieldConfig": field}


OWN = 'job="shop/shop"'
WAIT = "db_client_connection_wait_time_seconds"
CLEAN_BOARD = {
    "uid": "board1",
    "templating": {
        "list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus"},
            {"name": "logs", "type": "datasource", "query": "loki"},
            {"name": "group", "type": "custom", "query": "shard,shard_set", "current": {"value": "shard"}},
            {
                "name": "shard",
                "type": "query",
                "datasource": {"uid": "${datasource}"},
                "query": {"query": f"label_values(obskit_shard_operations_total{{{OWN}}}, shard)", "refId": "v"},
            },
            {"name": "search", "type": "textbox", "query": ""},
        ]
    },
    "annotations": {"list": [{"name": "Alerts", "expr": f'ALERTS{{alertstate="firing", {OWN}}}'}]},
    "panels": [
        lined(
            "Quiet has its line at 1.",
            panel(
                "Operations",
                "ops",
                target(
                    "sum by ($group) "
                    f'(rate(obskit_shard_operations_total{{{OWN}, shard=~"$shard"}}[$__rate_interval]))',
                    legendFormat="{{shard}}",
                ),
            ),
        ),
        panel("Wait", "s", target(f"histogram_quantile(0.95, sum by (le) (rate({WAIT}_bucket{{{OWN}}}[1m])))")),
        panel("Mean", "s", target(f"sum(rate({WAIT}_sum[1m])) / sum(rate({WAIT}_count[1m]))")),
        panel("Memory", "bytes", target(f"process_memory_usage_bytes{{{OWN}}}")),
        panel(
            "Connections",
            "short",
            target(
                'db_client_connection_count{db_client_connection_state="used"} / on (job) group_left ()'
                " (sum by (job) (db_client_connection_max))"
            ),
        ),
        {
            "type": "row",
            "title": "Below",
            "panels": [
                panel("Log", "", target('{service_name="shop"} | detected_level="error" |~ "(?i)$search"', "loki"))
                | {"description": "Quiet has no line: these are lines of a log."},
                panel(
                    "Levels",
                    "",
                    target(
                        'sum by (detected_level) (count_over_time({service_name="shop"} | label_format a=trace_id'
                        ' | a!="" [$__auto]))',
                        "loki",
                    ),
                ),
                panel("Traces", "", target('http.response.status_code=500 k8s.pod.name="a b"', "jaeger")),
            ],
        },
    ],
}

# check, file, what is there, what is put there, end of the place, words of the message, words of the remedy
MISTAKES = [
    (
        "unknown-series",
        RULES,
        'ALERTS{alertstate="firing", ',
        '{__name__=~"ALARMS(_total)?", ',
        "record obskit:learnt",
        "no signal is called ALARMS(_total)?",
        "",
    ),
    (
        "unknown-label",
        RULES,
        'ALERTS{alertstate="firing", ',
        '{__name__=~"ALERTS(_total)?", alertstat="firing", ',
        "record obskit:learnt",
        "no label alertstat in",
        "did you mean alertstate?",
    ),
    ("promql-syntax", RULES, "sum by (job, le) (", "sum by (job, le (", "record obskit:wait:rate", "not PromQL", ""),
    ("promql-syntax", BOARD, "sum(rate(", "sum(rate((", 'panel "Mean"', "unclosed", ""),
    (
        "unknown-series",
        RULES,
        "obskit_shard_operations_total",
        "obskit_shard_operation_total",
        "record obskit:ops:rate",
        "no signal is called obskit_shard_operation_total",
        "did you mean obskit_shard_operations_total?",
    ),
    (
        "unknown-series",
        RULES,
        "avg_over_time(obskit:ops:rate",
        "avg_over_time(obskit:ops:rates",
        "record obskit:learnt",
        "no rule records obskit:ops:rates",
        "did you mean obskit:ops:rate?",
    ),
    (
        "unknown-series",
        BOARD,
        "process_memory_usage_bytes",
        "process_memory_usage",
        'panel "Memory"',
        "no signal is called process_memory_usage",
        "did you mean process_memory_usage_bytes?",
    ),
    (
        "unknown-series",
        BOARD,
        "label_values(obskit_shard_operations_total",
        "label_values(obskit_shard_ops",
        'variable "shard"',
        "no signal is called obskit_shard_ops",
        "",
    ),
    (
        "unknown-series",
        BOARD,
        "ALERTS{",
        "ALERT{",
        'annotation "Alerts"',
        "no signal is called ALERT",
        "did you mean ALERTS?",
    ),
    (
        "unknown-label",
        RULES,
        'operations_total{job="shop/shop"}',
        'operations_total{job="shop/shop", pod="a"}',
        "record obskit:ops:rate",
        "no label pod in {…} of obskit_shard_operations_total",
        "known: ",
    ),
    (
        "unknown-label",
        RULES,
        "sum by (job, le) (",
        "sum by (job, pool, le) (",
        "record obskit:wait:rate",
        "no label pool in by () of sum",
        "",
    ),
    (
        "unknown-label",
        RULES,
        "unless on (job, shard_set)",
        "unless on (job, shardset)",
        "record obskit:learnt",
        "no label shardset in on () for either side",
        "did you mean shard_set?",
    ),
    (
        "unknown-label",
        RULES,
        "ignoring (le)",
        "ignoring (lee)",
        "record obskit:slow:ratio",
        "no label lee in ignoring ()",
        "did you mean le?",
    ),
    (
        "unknown-label",
        BOARD,
        "group_left ()",
        "group_left (team)",
        'panel "Connections"',
        "no label team in group_left ()",
        "",
    ),
    ("unknown-label", BOARD, ", shard)", ", shards)", 'variable "shard"', "no label shards", "did you mean shard?"),
    (
        "unknown-label",
        BOARD,
        '"expr": "process_memory_usage_bytes{job=\\"shop/shop\\"}"',
        '"expr": "label_replace(process_memory_usage_bytes, \\"a\\", \\"$1\\", \\"pod\\", \\"(.*)\\")"',
        'panel "Memory"',
        "no label pod in label_replace()",
        "",
    ),
    (
        "unknown-label-value",
        BOARD,
        'state=\\"used\\"',
        'state=\\"busy\\"',
        'panel "Connections"',
        "db_client_connection_state of db_client_connection_count is never 'busy'",
        "known: idle, used",
    ),
    (
        "unknown-label-value",
        RULES,
        'alertstate="firing"',
        'alertstate=~"firing|resolved"',
        "record obskit:learnt",
        "alertstate of ALERTS is never 'resolved'",
        "known: firing, pending",
    ),
    (
        "template-label",
        RULES,
        "$labels.shard }",
        "$labels.shrad }",
        "alert Quiet",
        "annotation description shows the label shrad",
        "did you mean shard?",
    ),
    (
        "template-label",
        RULES,
        "A shard is quiet.",
        "'{{ $value | humanise }} is quiet'",
        "alert Quiet",
        "summary is no template: there is no function humanise, in: {{ $value | humanise }} is quiet",
        "",
    ),
    (
        "template-label",
        RULES,
        "A shard is quiet.",
        "'{{ $labels.service }} is quiet'",
        "alert Quiet",
        "annotation summary shows the label service",
        "",
    ),
    (
        "template-label",
        BOARD,
        "{{shard}}",
        "{{instance}}",
        'panel "Operations"',
        "legend shows the label instance",
        "known: shard",
    ),
    (
        "rate-of-gauge",
        RULES,
        "avg_over_time(obskit:ops:rate",
        "increase(obskit:ops:rate",
        "record obskit:learnt",
        "increase() of a gauge",
        "delta()",
    ),
    (
        "raw-counter",
        RULES,
        " offset 5m",
        "",
        "record obskit:restarts:recent",
        "kube_pod_container_status_restarts_total is a counter and is used without rate",
        "rate(…[window])",
    ),
    (
        "raw-counter",
        RULES,
        "and on (job) obskit_shard_misrouted_total",
        "> on (job) group_left () sum by (job) (obskit_shard_misrouted_total)",
        "alert Quiet",
        "obskit_shard_misrouted_total is a counter",
        "",
    ),
    (
        "raw-counter",
        BOARD,
        'ALERTS{alertstate=\\"firing\\", job=\\"shop/shop\\"}',
        "max_over_time(obskit_shard_operations_total[5m])",
        'annotation "Alerts"',
        "used without rate",
        "",
    ),
    (
        "bucket-boundary",
        RULES,
        'le="0.5"',
        'le="0.3"',
        "record obskit:slow:ratio",
        "obskit:wait:rate has no bucket le='0.3'",
        "0.25, 0.5",
    ),
    (
        "bucket-boundary",
        BOARD,
        "_bucket{",
        '_bucket{le=~\\"0.25|0.6\\", ',
        'panel "Wait"',
        "_bucket has no bucket le='0.6'",
        "",
    ),
    (
        "quantile-without-le",
        BOARD,
        "sum by (le) (",
        "sum by (job) (",
        'panel "Wait"',
        "histogram_quantile() of something without le",
        "by (le, …)",
    ),
    (
        "panel-unit",
        BOARD,
        '"unit": "bytes"',
        '"unit": "s"',
        'panel "Memory"',
        "the panel's unit is s and the query gives By",
        "bytes",
    ),
    ("panel-unit", BOARD, '"unit": "ops"', '"unit": "percentunit"', 'panel "Operations"', "gives 1/s", "reqps"),
    ("panel-unit", BOARD, f"/ sum(rate({WAIT}_count[1m]))", "", 'panel "Mean"', "gives a plain number", ""),
    (
        "unknown-variable",
        BOARD,
        '=~\\"$shard\\"',
        '=~\\"$shards\\"',
        'panel "Operations"',
        "no variable is called shards",
        "did you mean shard?",
    ),
    ("unknown-variable", BOARD, "(?i)$search", "(?i)${find:raw}", 'panel "Log"', "no variable is called find", ""),
    (
        "log-field",
        BOARD,
        "| detected_level=",
        "| level=",
        'panel "Log"',
        "no field of a log record is called level",
        "known: ",
    ),
    (
        "log-field",
        BOARD,
        "sum by (detected_level) (count",
        "sum by (severity) (count",
        'panel "Levels"',
        "no field of a log record is called severity",
        "did you mean severity_text?",
    ),
    (
        "log-field",
        BOARD,
        '{service_name=\\"shop\\"} | det',
        '{trace_id=\\"1\\"} | det',
        'panel "Log"',
        "no label of a log stream is called trace_id",
        "",
    ),
    (
        "log-field",
        BOARD,
        "label_format a=trace_id",
        "label_format b=trace_id",
        'panel "Levels"',
        "no field of a log record is called a",
        "",
    ),
    (
        "log-field",
        BOARD,
        '{service_name=\\"shop\\"} | det',
        '{service_name=\\"shop\\" | det',
        'panel "Log"',
        "not LogQL",
        "",
    ),
    (
        "trace-tag",
        BOARD,
        "http.response.status_code=500",
        "http.status_code=500",
        'panel "Traces"',
        "no span has the tag http.status_code",
        "did you mean http.response.status_code?",
    ),
    ("detection-budget", RULES, "detection_budget: 21s", "budget: 21s", "alert Quiet", "is missing", ""),
    ("detection-budget", RULES, "latency_class: fast", "latency_class: quick", "alert Quiet", "latency_class", "slow"),
    (
        "detection-budget",
        RULES,
        "for: 5s",
        "for: 1m",
        "alert Quiet",
        "for, window and intervals make it 71s to 81s",
        "",
    ),
    ("detection-budget", RULES, "interval: 5s", "interval: 30s", "alert Quiet", "intervals make it 66s to 76s", ""),
    (
        "missing-runbook",
        RULES,
        f"runbook_url: {RUNBOOKS}/Quiet",
        f"runbook_url: {RUNBOOKS}/Quite",
        "alert Quiet",
        "no runbook is called Quite",
        "did you mean Quiet?",
    ),
    (
        "missing-runbook",
        RULES,
        f"runbook_url: {RUNBOOKS}/Quiet",
        "runbook: none",
        "alert Quiet",
        "runbook_url is missing",
        "",
    ),
    ("missing-panel", RULES, "/d/board1", "/d/board2", "alert Quiet", "not rendered: board2", ""),
    (
        "collector-pipeline",
        COLLECTOR,
        "      - otlp_http/jaeger\n",
        "      - otlp_http/jaeger\n      - otlp_http/jeager\n",
        "pipeline traces",
        "exporters names otlp_http/jeager, which is not defined",
        "did you mean otlp_http/jaeger?",
    ),
    (
        "collector-pipeline",
        COLLECTOR,
        "      - memory_limiter\n      - redaction\n",
        "      - redaction\n      - memory_limiter\n",
        "pipeline traces",
        "the first processor is redaction",
        "memory_limiter first",
    ),
    (
        "collector-pipeline",
        COLLECTOR,
        "      - redaction\n",
        "",
        COLLECTOR,
        "processors: redaction is defined and not in any pipeline",
        "leave it out",
    ),
    (
        "collector-pipeline",
        COLLECTOR,
        "service:\n  extensions:\n  - file_storage\n",
        "service:\n  extensions:\n  - file_storage\n  - pprof\n",
        COLLECTOR,
        "names pprof, which is not defined",
        "",
    ),
    (
        "collector-exposed",
        COLLECTOR,
        "endpoint: 127.0.0.1:${env:OBSKIT_OTLP_GRPC",
        "endpoint: 0.0.0.0:${env:OBSKIT_OTLP_GRPC",
        COLLECTOR,
        "receiver otlp listens on 0.0.0.0:",
        "127.0.0.1",
    ),
    (
        "collector-exposed",
        COLLECTOR,
        "endpoint: 127.0.0.1:${env:OBSKIT_OTLP_HTTP",
        "endpoint: ${env:HOST}:${env:OBSKIT_OTLP_HTTP",
        COLLECTOR,
        "listens on ${env:HOST}",
        "",
    ),
]


def words(mistake: tuple[str, ...]) -> str:
    return f"{mistake[0]} {mistake[4].split()[-1]} {mistake[3][-24:]}".replace("/", ".").replace("\n", " ")


@pytest.fixture
def shop() -> Project:
    return load(ROOT / "examples/shop/obskit.yaml")[0]


#: One in which the alert of CLEAN_RULES fires within its budget, and one in which it is silent.
CASES = [{"name": "low", "fires": [{"alert": "Quiet"}]}, {"name": "loud", "silent": {"Quiet": ["60s"]}}]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation with a runbook and cases for the one alert of CLEAN_RULES."""
    for folder in ("runbooks", "cases"):
        (tmp_path / folder).mkdir()
    (tmp_path / "runbooks/Quiet.md").write_text(PAGE)
    (tmp_path / "cases/shards-test.yaml").write_text(yaml.safe_dump({"tests": CASES}))
    pack.load()  # the definitions are those of the real installation
    monkeypatch.setattr(_installation, "directory", lambda name: tmp_path / name)
    return tmp_path


@pytest.fixture
def clean(shop: Project) -> dict[str, str]:
    collector = sidecars.files(shop)[COLLECTOR]
    return {RULES: CLEAN_RULES, BOARD: json.dumps(CLEAN_BOARD, ensure_ascii=False), COLLECTOR: collector}


def test_clean_files_give_no_finding(clean: dict[str, str], shop: Project, installed: Path) -> None:
    assert _checks.run(clean, shop) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=words)
def test_one_mistake_gives_exactly_its_finding(mistake, clean, shop, installed) -> None:
    check, path, old, new, place, message, remedy = mistake
    assert old in clean[path], "the mistake no longer touches the clean file"
    (finding,) = _checks.run({**clean, path: clean[path].replace(old, new, 1)}, shop)
    assert finding.check == check
    assert finding.place.startswith(path)
    assert finding.place.endswith(place)
    assert message in finding.message
    assert remedy in finding.remedy


def test_a_finding_about_a_query_quotes_it_on_one_line(clean, shop, installed) -> None:
    (finding,) = _checks.run({**clean, RULES: CLEAN_RULES.replace(" offset 5m", "")}, shop)
    start = 'in: max_over_time(kube_pod_container_status_restarts_total{namespace="shop"}[5m]) - min_over_time('
    assert start in finding.message


FIRED = {"alertname": "Quiet", "exp_alerts": [{}]}


@pytest.mark.parametrize(
    ("tests", "missing"),
    [
        (CASES, ""),
        ([CASES[0], {"alert_rule_test": [{"alertname": "Quiet"}]}], ""),
        (CASES[:1], "no case shows it silent"),
        ([{**CASES[0], **CASES[1]}], "no case shows it silent"),
        ([{**CASES[0], "alert_rule_test": [{"alertname": "Quiet"}]}], "no case shows it silent"),
        ([CASES[0], {"alert_rule_test": [FIRED, {"alertname": "Quiet"}]}], "no case shows it silent"),
        (CASES[1:], "no case makes it fire within its budget"),
        ([CASES[1], {"alert_rule_test": [FIRED]}], "no case makes it fire within its budget"),
    ],
    ids=[
        "both",
        "asked at length",
        "no silent one",
        "silent where it fires",
        "asked where it fires",
        "silent before it fires",
        "no firing one",
        "expected at some time",
    ],
)
def test_an_alert_needs_a_case_that_fires_within_its_budget_and_another_that_is_silent(
    tests, missing, clean, shop, installed
) -> None:
    (installed / "cases/shards-test.yaml").write_text(yaml.safe_dump({"tests": tests}))
    _checks._cases._read.cache_clear()
    found = [(finding.check, finding.message) for finding in _checks.run(clean, shop)]
    assert found == ([("missing-case", missing)] if missing else [])


DRAWN = panel("Operations", "ops", target("sum(rate(obskit_shard_operations_total[1m]))"))
OTHER = panel("Memory", "bytes", target("process_memory_usage_bytes"))


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ([lined("Whether it is quiet. Quiet has its line at 1. It fires below.", DRAWN)], ""),
        ([lined("Quiet has its line at 1, and fires below it.", DRAWN)], ""),
        ([lined("Quiet has its line at 0.5.", DRAWN, value=0.5)], ""),
        ([DRAWN | {"description": "Quiet has no line: one is one."}], ""),
        ([OTHER | {"description": "Quiet has its line at 1."}, lined("Quiet has its line at 1.", DRAWN)], ""),
        ([DRAWN], "no panel of dashboards/shards.json says where the line of Quiet is"),
        ([lined("Unquiet has its line at 1.", DRAWN)], "says where the line of Quiet is"),
        ([lined("The line of Quiet is drawn.", DRAWN)], "says where the line of Quiet is"),
        ([DRAWN | {"description": "Quiet has no line: "}], "says where the line of Quiet is"),
        ([lined("Quiet has its line at 1.", OTHER)], "that names it draws a signal of: obskit:ops:rate"),
        ([lined("Quiet has its line at 1.", OTHER), DRAWN], "that names it draws a signal of: obskit:ops:rate"),
        ([DRAWN | {"description": "Quiet has its line at 1."}], 'panel "Operations" has no line at 1'),
        ([lined("Quiet has its line at 1.", DRAWN, style="off")], 'panel "Operations" has no line at 1'),
        ([lined("Quiet has its line at 1.", DRAWN, value=2)], 'panel "Operations" has no line at 1'),
    ],
)
def test_an_alert_is_shown_by_a_panel_that_draws_its_signal_and_its_line(
    panels, message, clean, shop, installed
) -> None:
    found = _checks.run({**clean, BOARD: json.dumps({**CLEAN_BOARD, "panels": panels})}, shop)
    assert [finding.check for finding in found] == (["missing-panel"] if message else [])
    assert all(message in finding.message for finding in found)


def test_every_threshold_that_a_project_sets_is_a_line_on_a_panel() -> None:
    """Two alerts with the same default could share a line by chance: here each has a value of its own."""
    changed = {
        alert.name: AlertOverride(params={p.name: p.minimum + (p.maximum - p.minimum) * share for p in params})
        for number, alert in enumerate(pack.load().alerts())
        if (params := alert.params.values())
        for share in [(number + 1) / 997]
    }
    project = Project(
        service=Service(name="shop", namespace="shop"), packs=dict.fromkeys(catalogue.PLATFORM, True), alerts=changed
    )
    found = _checks.run(pipeline.render(project, ["alerts", "dashboards"]), project)
    assert [finding for finding in found if finding.check == "missing-panel"] == []


def test_a_fast_alert_may_not_promise_more_than_twenty_one_seconds(clean, shop, installed) -> None:
    slow = CLEAN_RULES.replace("for: 5s", "for: 30s").replace("detection_budget: 21s", "detection_budget: 46s")
    (finding,) = _checks.run({**clean, RULES: slow}, shop)
    assert finding.message == "it may take 21 s (fast), and takes 46 s"
    assert finding.remedy.endswith("budgets.fast: 46s")


SLOWER = {
    "a pack that is scraped seldom": ({"packs": {"redis": Pack(scrape="30s")}}, "ObskitRedisUnseen", 185),
    "logs that are judged seldom": ({"intervals": Intervals(logs="3m")}, "ObskitLogUncaughtException", 212),
    "a for that was edited": (
        {"alerts": {"ObskitTelemetryExportStalled": AlertOverride(for_="5h")}},
        "ObskitTelemetryExportStalled",
        18336,
    ),
}


@pytest.mark.parametrize("changes", SLOWER)
def test_an_alert_whose_runbook_promises_less_is_named_unless_the_project_declares_it(changes: str) -> None:
    changed, alert, seconds = SLOWER[changes]
    project = Project(service=Service(name="shop", namespace="shop"), **changed)
    found = {f.place.rpartition("alert ")[2]: f.message for f in _checks.run(pipeline.render(project), project)}
    assert found[alert].endswith(f"and takes {seconds} s")
    declared = msgspec.structs.replace(project, budgets=Budgets(fast="3h", normal="3h", slow="18336s"))
    assert _checks.run(pipeline.render(declared), declared) == []


def test_a_slow_alert_may_take_a_little_longer() -> None:
    slower = Intervals(evaluation="15s")
    project = Project(service=Service(name="shop", namespace="shop"), intervals=slower)
    late = [f.place.rpartition("alert ")[2] for f in _checks.run(pipeline.render(project), project)]
    slow = {alert.name for alert in pack.load().alerts() if alert.latency_class == "slow"}
    assert late
    assert slow.isdisjoint(late)


def test_a_prometheus_rule_that_differs_from_the_plain_file_is_named(clean, shop, installed) -> None:
    resource = {"kind": "PrometheusRule", "spec": yaml.safe_load(CLEAN_RULES)}
    path = "alerts/prometheusrule.yaml"
    assert _checks.run({**clean, path: yaml.safe_dump(resource)}, shop) == []
    resource["spec"]["groups"][0]["rules"][-1]["for"] = "10s"
    (finding,) = _checks.run({**clean, path: yaml.safe_dump(resource)}, shop)
    assert (finding.check, finding.place) == ("rules-agree", path)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("a.yaml", "a: [", "not YAML"),
        ("a.json", "{", "not JSON"),
        ("r.yaml", "groups: [{name: 3}]", "not a file of rules"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_input_error_with_its_name(path, text, words, shop) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _checks.run({path: text}, shop)
    assert caught.value.place.partition(":")[0] == path


def test_the_rules_and_sidecars_of_the_shop_keep_the_contract(shop: Project) -> None:
    findings = _checks.run({**alerts.files(shop), **sidecars.files(shop)}, shop)
    assert [finding for finding in findings if finding.check not in ("missing-runbook", "missing-case")] == []


def test_the_shop_as_rendered_gives_no_finding(shop: Project) -> None:
    assert _checks.run(pipeline.render(shop), shop) == []


def users(files: dict[str, str], name: str) -> set[str]:
    """Every rule and panel whose text has a name, found without the checks."""
    found = set()
    for group in yaml.safe_load(files[RULES])["groups"]:
        for rule in group["rules"]:
            if re.search(rf"\b{name}\b", rule["expr"]):
                kind = "alert" if "alert" in rule else "record"
                found.add(f"{RULES}: group {group['name']}: {kind} {rule[kind]}")
    found |= {f'{BOARD}: panel "{p["title"]}"' for p in CLEAN_BOARD["panels"] if name in json.dumps(p)}
    return found | ({f'{BOARD}: variable "shard"'} if name in json.dumps(CLEAN_BOARD["templating"]) else set())


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Operations of shards under another name; gives the old one."""
    before = catalogue.shards.OPERATIONS
    monkeypatch.setattr(catalogue.shards, "OPERATIONS", before._replace(name="obskit.shard.requests"))
    cached = (pack.signals, pack.evaluated, pack.load, dashboards._boards)
    for one in cached:
        one.cache_clear()
    yield before.prometheus_name
    monkeypatch.undo()
    for one in cached:
        one.cache_clear()


def test_renaming_a_signal_names_every_rule_and_panel_that_was_rendered_with_the_old_name(clean, shop, request) -> None:
    old = {**clean, RULES: alerts.files(shop)[RULES]}
    name = request.getfixturevalue("renamed")
    expected = users(old, name)
    assert len([place for place in expected if place.startswith(RULES)]) >= 1
    assert len([place for place in expected if place.startswith(BOARD)]) >= 2
    findings = [finding for finding in _checks.run(old, shop) if name in finding.message.partition(",")[0]]
    unknown = [finding for finding in findings if finding.check == "unknown-series"]
    assert {finding.place for finding in unknown} == expected
    assert {finding.check for finding in findings} == {"unknown-series", "unknown-case-series", "runbook-page"}


def test_renaming_a_signal_names_every_alert_that_a_case_proves_by_the_old_name(shop: Project, request) -> None:
    assert _checks.run(pipeline.render(shop), shop) == []
    name = request.getfixturevalue("renamed")
    findings = _checks.run(pipeline.render(shop), shop)
    assert {finding.check for finding in findings} == {"unknown-case-series", "runbook-page"}
    named = {finding.place.rpartition("alert ")[2] for finding in findings}
    assert named >= {"ObskitShardHot", "ObskitShardStarved", "ObskitShardTrafficMoved", "ObskitShardCountMismatch"}
    assert all(name in finding.message for finding in findings)
    assert {finding.remedy for finding in findings} == {"did you mean obskit_shard_requests_total?"}


def test_a_case_that_feeds_a_label_which_the_series_does_not_have_is_named(clean, shop, installed) -> None:
    cases = yaml.safe_load((installed / "cases/shards-test.yaml").read_text())
    cases["tests"][0]["name"] = "quiet"
    cases["tests"][0]["input_series"] = [
        {"series": 'obskit_shard_operations_total{job="shop/shop", shrad="x=1"}', "values": "0x4"}
    ]
    (installed / "cases/shards-test.yaml").write_text(yaml.safe_dump(cases))
    _checks._cases._read.cache_clear()
    (finding,) = _checks.run(clean, shop)
    assert finding.check == "unknown-case-series"
    assert finding.message.endswith("the label shrad, which obskit_shard_operations_total does not have")
    assert finding.remedy == "did you mean shard?"


def test_the_unit_of_a_heatmap_is_that_of_its_buckets(clean, shop, installed) -> None:
    heatmap = panel("Spread", "s", target(f"sum by (le) (increase({WAIT}_bucket[1m]))"))
    board = {**CLEAN_BOARD, "panels": [*CLEAN_BOARD["panels"], {**heatmap, "type": "heatmap"}]}
    assert _checks.run({**clean, BOARD: json.dumps(board)}, shop) == []
    board["panels"][-1]["type"] = "timeseries"
    (finding,) = _checks.run({**clean, BOARD: json.dumps(board)}, shop)
    assert finding.check == "panel-unit"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**Impact.** None.", "No impact.", "its runbook does not say the impact"),
        ("## What to do", "## Whatever", "its runbook does not say what to do"),
        ("```promql", "```text", "its runbook has no query to look at"),
        ("[1m]))", "[1m])", "its runbook: unclosed left parenthesis"),
        ("_operations_total", "_operations", "its runbook: no signal is called obskit_shard_operations, in: sum by"),
        ("by (job, shard)", "by (job, pod)", "its runbook: there is no label pod in by () of sum, in: sum by"),
        (
            "total[1m]))",
            'total{job="<namespace>/<service>"}[1m]))',
            "its runbook: a placeholder is no query",
        ),
    ],
)
def test_a_runbook_that_lacks_a_part_or_has_a_query_that_does_not_work_is_named(
    old: str, new: str, message: str, clean: dict[str, str], shop: Project, installed: Path
) -> None:
    assert old in PAGE
    (installed / "runbooks/Quiet.md").write_text(PAGE.replace(old, new, 1))
    (finding,) = _checks.run(clean, shop)
    assert finding.check == "runbook-page"
    assert finding.message.startswith(message)


LOKI = f"""
groups:
- name: lines
  interval: 30s
  rules:
  - record: lines:rate5m
    expr: sum(rate({{service_name="shop"}}[1m]))
  - alert: Quiet
    expr: sum(count_over_time({{service_name="shop"}} | detected_level="error" [5m])) > 10
    labels: {{severity: warning, latency_class: normal, namespace: shop, service: shop}}
    annotations:
      summary: The service complains.
      description: 'There are {{{{ $value }}}} errors.'
      runbook_url: {RUNBOOKS}/Quiet
      dashboard_url: https://grafana.example/d/board1
      detection_budget: 137s
"""


def test_clean_rules_of_loki_give_no_finding(clean: dict[str, str], shop: Project, installed: Path) -> None:
    assert _checks.run({**clean, "alerts/loki.yaml": LOKI}, shop) == []


@pytest.mark.parametrize(
    ("old", "new", "check", "message"),
    [
        ("detected_level", "level", "log-field", "no field of a log record is called level"),
        ("[5m]", "[5]", "log-field", "not LogQL: "),
        ("{{ $value }}", "{{ $labels.pod }}", "template-label", "annotation description shows the label pod"),
        ("budget: 137s", "budget: 37s", "detection-budget", "detection_budget is 37s; for, window and intervals make"),
        ("interval: 30s", "interval: 5m", "detection-budget", "intervals make it 332s to 632s"),
        ('"error"', '"error" | span_id="1"', "missing-panel", "asks for the fields of"),
        ("runbooks/Quiet", "runbooks/Quite", "missing-runbook", "no runbook is called Quite"),
    ],
)
def test_one_mistake_in_a_rule_of_loki_gives_exactly_its_finding(
    old: str, new: str, check: str, message: str, clean: dict[str, str], shop: Project, installed: Path
) -> None:
    assert old in LOKI
    (finding,) = _checks.run({**clean, "alerts/loki.yaml": LOKI.replace(old, new, 1)}, shop)
    assert finding.check == check
    assert finding.place == "alerts/loki.yaml: group lines: alert Quiet"
    assert message in finding.message


def test_an_alert_on_log_lines_is_proven_by_cases_of_lines(clean, shop, installed) -> None:
    loud = {**clean, "alerts/loki.yaml": LOKI.replace("alert: Quiet", "alert: Loud")}
    found = [finding for finding in _checks.run(loud, shop) if finding.check == "missing-case"]
    assert {finding.remedy for finding in found} == {"add one to tests/alerts/<family>-lines.yaml"}
    cases = [{"name": "loud", "lines": [], "fires": [{"alert": "Loud"}]}, {"name": "low", "silent": ["Loud"]}]
    (installed / "cases/logs-lines.yaml").write_text(yaml.safe_dump({"tests": cases}))
    _checks._cases._read.cache_clear()
    assert [finding for finding in _checks.run(loud, shop) if finding.check == "missing-case"] == []


@pytest.mark.parametrize(
    ("version", "expr", "finding"),
    [
        ("", "old_total", ("fake no longer emits old_total from 0.20 on", "its name is new_total now")),
        ("0.20", "old_total", ("fake no longer emits old_total from 0.20 on", "its name is new_total now")),
        ("0.19", "old_total", None),
        (
            "0.19.3",
            "new_total",
            ("fake emits new_total from 0.20 on, and not yet in 0.19.3", "its name is old_total in 0.19.3"),
        ),
        # Neither name is there yet.
        ("0.0.9", "new_total", ("fake emits new_total from 0.20 on, and not yet in 0.0.9", "packs.fake.version")),
        ("0.20", "new_total", None),
        ("", "new_total or old_total", None),
        ("0.19", "new_total or old_total", None),
    ],
)
def test_a_series_that_was_renamed_is_named_with_its_new_name(
    version: str, expr: str, finding: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("fake")
    module.OLD = ForeignMetric("old_total", "counter", (), "Old.", "fake", "0.1", "0.20", successor="new_total")
    module.NEW = ForeignMetric("new_total", "counter", (), "New.", "fake", "0.20")
    monkeypatch.setitem(catalogue.TOPICS, "fake", module)
    project = Project(service=Service(name="shop"), packs={"fake": Pack(version=version)})
    expr = re.sub(r"(\w+_total)", r"rate(\1[1m])", expr)
    rules = f'groups: [{{name: g, rules: [{{record: "a:b", expr: "{expr}"}}]}}]'
    found = _checks.run({"rules.yaml": rules}, project)
    assert [f.check for f in found] == (["foreign-version"] if finding else [])
    for name, (message, remedy) in zip(found, [finding] if finding else [], strict=True):
        assert name.message.startswith(message)
        assert name.remedy.startswith(remedy)


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    pages = {path.stem: path.read_text() for path in (ROOT / "docs/checks").glob("*.md") if path.stem != "README"}
    assert pages.keys() == _checks.CHECKS.keys() | _lint.CHECKS.keys()
    for name, text in pages.items():
        assert text.startswith(f"# {name}\n")
        assert "## Example" in text
        assert "## Remedy" in text


def test_every_check_has_a_seeded_mistake() -> None:
    elsewhere = {"missing-case", "rules-agree", "unknown-case-series", "runbook-page", "foreign-version"}
    assert {mistake[0] for mistake in MISTAKES} | elsewhere == _checks.CHECKS.keys()


def test_labels_of_a_site_are_known_on_every_series(clean, shop, installed) -> None:
    rules = CLEAN_RULES.replace("sum by (job, le) (", "sum by (cluster, job, le) (")
    project = Project(service=Service(name="shop", namespace="shop"), group_labels=["cluster"])
    assert _checks.run({RULES: rules}, project) == []
    (finding,) = _checks.run({RULES: rules}, shop)
    assert finding.check == "unknown-label"
