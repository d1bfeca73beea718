"""The same pack under every name and kind of histogram that Prometheus' OTLP receiver can give."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from obskit import _checks, _runbooks, catalogue
from obskit._render import alerts, pack, pipeline
from obskit.catalogue._naming import STRATEGIES
from obskit.config.project import Intervals, Metrics, Project, Service
from obskit.promql import syntax
from obskit.promql.translating import Translator

EVERY = list(itertools.product(("classic", "native"), STRATEGIES))
HISTOGRAM = "http_server_request_duration_seconds"


def everything(histograms: str, strategy: str) -> Project:
    """A project that has every pack."""
    return Project(
        service=Service(name="shop", namespace="shop"),
        packs=dict.fromkeys(catalogue.PLATFORM, True),
        metrics=Metrics(translation_strategy=strategy, histograms=histograms),
    )


@pytest.mark.parametrize(("histograms", "strategy"), EVERY)
def test_what_is_rendered_of_every_pack_has_no_finding_under_any_name(histograms: str, strategy: str) -> None:
    project = everything(histograms, strategy)
    assert _checks.run(pipeline.render(project), project) == []


OWN = """
groups:
- name: g
  interval: 5s
  rules:
  - alert: Busy
    expr: {expr}
    labels: {{latency_class: slow}}
    annotations: {{detection_budget: 1h}}
"""


@pytest.mark.parametrize(("histograms", "strategy"), EVERY)
def test_a_rule_of_ones_own_has_the_budget_of_what_is_pushed_under_every_name(histograms: str, strategy: str) -> None:
    project = msgspec.structs.replace(everything(histograms, strategy), intervals=Intervals(scrape="5s"))
    expr = Translator(project.metrics).expr(f"rate({HISTOGRAM}_count{{}}[15s]) > 5")
    findings = _checks.run({"rules.yaml": OWN.format(expr=json.dumps(expr))}, project)
    (message,) = (finding.message for finding in findings if finding.check == "detection-budget")
    assert "intervals make it 41s to 51s, in: " in message


@pytest.mark.real
@pytest.mark.parametrize(("histograms", "strategy"), EVERY)
def test_prometheus_accepts_the_rules_of_every_pack_under_every_name(
    histograms: str, strategy: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(alerts.files(everything(histograms, strategy))["alerts/rules.yaml"])
    command = [program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("value", ['"a{5}"', '"a\\"}"', "'a\"}'", "`a\\}`", '"a=~\'}"'])
def test_a_brace_in_quotes_ends_no_selector(value: str) -> None:
    translator = Translator(Metrics(histograms="native"))
    found = translator.expr(f"rate({HISTOGRAM}_count{{instance=~{value}}}[5m])")
    assert found == f"histogram_count(rate({HISTOGRAM}{{instance=~{value}}}[5m]))"
    syntax.parse(found)


@pytest.mark.parametrize(
    ("classic", "native"),
    [
        (f"rate({HISTOGRAM}_count[5m])", f"histogram_count(rate({HISTOGRAM}[5m]))"),
        (f"rate({HISTOGRAM}_sum{{}}[5m] offset 1h)", f"histogram_sum(rate({HISTOGRAM}{{}}[5m] offset 1h))"),
        (f"{HISTOGRAM}_count > 0", f"histogram_count({HISTOGRAM}) > 0"),
        (f"obskit:{HISTOGRAM}_count", f"obskit:{HISTOGRAM}_count"),
        (f"{HISTOGRAM}_count:rate", f"{HISTOGRAM}_count:rate"),
    ],
)
def test_a_series_of_a_histogram_is_a_call_on_the_native_one_with_or_without_matchers(
    classic: str, native: str
) -> None:
    assert Translator(Metrics(histograms="native")).expr(classic) == native
    syntax.parse(native)


def test_there_are_no_buckets_beside_native_histograms() -> None:
    rules = f'groups: [{{name: g, rules: [{{record: "a:b", expr: "rate({HISTOGRAM}_count[5m])"}}]}}]'
    for histograms, checks in (("classic", []), ("native", ["unknown-series"])):
        findings = _checks.run({"rules.yaml": rules}, everything(histograms, STRATEGIES[0]))
        assert [finding.check for finding in findings] == checks


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_what_is_called_like_a_series_in_quotes_or_in_a_comment_stays(quote: str) -> None:
    translator = Translator(Metrics(translation_strategy="NoTranslation"))
    text = f"{quote}{HISTOGRAM}_count{quote} # it's {HISTOGRAM}_count"
    assert translator.expr(f"{text}\nor {HISTOGRAM}_count") == f'{text}\nor {{"http.server.request.duration_count"}}'


def pages() -> Iterator[tuple[str, str]]:
    """Alert -> its page, of all that have one."""
    for alert in pack.load().alerts():
        if text := _runbooks.page(alert.name):
            yield alert.name, text


def test_queries_of_pages_are_explained_under_the_names_of_the_project_and_the_page_says_so() -> None:
    default = everything("classic", STRATEGIES[0])
    renamed = 0
    for name, text in pages():
        written = [query for _, query in _runbooks.queries(text)]
        assert written and alerts.explain(name, default)["look first"] == written
        others = [alerts.explain(name, everything(*other))["look first"] for other in EVERY[1:]]
        differs = any(other != written for other in others)
        assert (f"`obskit explain {name}` prints them under those of your project" in text) == differs
        renamed += differs
    assert renamed > 40


def test_the_command_prints_them_under_the_names_of_the_project(tmp_path: Path) -> None:
    metrics = "{translation_strategy: NoTranslation, histograms: native}"
    (tmp_path / "obskit.yaml").write_text(f"service: {{name: shop}}\nmetrics: {metrics}\n")
    command = [sys.executable, "-m", "obskit", "explain", "ObskitServiceTrafficGone"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    asked = 'sum by (job) (histogram_count(rate({"http.server.request.duration"}[1m] offset 1h)))'
    assert f"  {asked}" in done.stdout.partition("look first:\n")[2].splitlines()
