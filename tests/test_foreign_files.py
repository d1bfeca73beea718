"""What others wrote, checked: a finding or one clear message, whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obskit import _checks
from obskit.config.project import Project, Service
from obskit.exceptions import InputError
from obskit.promql import durations

ROOT = Path(__file__).parent.parent
SHOP = Project(service=Service(name="shop", namespace="shop"))
RULE = "groups: [{name: g, interval: 5s, rules: [{alert: A, expr: up, for: 5s}]}]"

BAD = {
    "a number without end": ("a.json", '{"panels": [' + "9" * 5000 + "]}", "a value that cannot be read"),
    "deep JSON": ("a.json", "[" * 100_000, "the nesting is too deep"),
    "deep YAML": ("a.yaml", "[" * 5000, "nesting"),
    "deep YAML that ends": ("a.yaml", "a: " + "[" * 150 + "]" * 150, "the nesting is too deep"),
    "deep YAML in blocks": ("a.yaml", "\n".join("  " * n + "a:" for n in range(200)), "the nesting is too deep"),
    "a tag of code": ("a.yaml", "a: !!python/object/apply:os.system [id]", "not YAML"),
    "a date that does not exist": ("a.yaml", "a: 2026-99-99", "a value that cannot be read"),
    "control characters": ("a.yaml", "a: \x00", "not YAML"),
    "an interval in words": ("r.yaml", RULE.replace("5s, rules", "x, rules"), "interval cannot be 'x'"),
    "an interval of nothing": ("r.yaml", RULE.replace("5s, rules", "0s, rules"), "interval cannot be 0"),
    "a wait in words": ("r.yaml", RULE.replace("for: 5s", "for: soon"), "for cannot be 'soon'"),
    "neither alert nor record": ("r.yaml", RULE.replace("alert: A, ", ""), "must have either alert or record"),
    "both alert and record": ("r.yaml", RULE.replace("alert", "record: b, alert"), "must have either alert or record"),
    "a PrometheusRule without a mapping": ("p.yaml", "{kind: PrometheusRule, spec: 5}", "not a file of rules"),
    "groups that are a mapping": ("r.yaml", "groups: {a: 1}", "not a file of rules"),
    "labels that are numbers": ("r.yaml", RULE.replace("for: 5s", "labels: {a: 1}"), "not a file of rules"),
    "a route that is a list": ("m.yaml", "{routes: [[]], inhibit_rules: []}", "not a list of routes"),
    "a matcher that is a number": ("m.yaml", "{routes: [{matchers: [5]}], inhibit_rules: []}", "not a list of routes"),
    "a route that waits in words": (
        "m.yaml",
        "{route: {routes: [{group_wait: soon}]}, receivers: []}",
        "group_wait cannot be 'soon'",
    ),
    "an AlertmanagerConfig without a route": (
        "m.yaml",
        "{kind: AlertmanagerConfig, spec: {route: []}}",
        "not a route of an AlertmanagerConfig",
    ),
    "a panel that is a number": ("a.json", '{"panels": [5]}', "not a dashboard"),
    "an annotation aimed at a number": (
        "a.json",
        '{"panels": [], "annotations": {"list": [{"target": 5}]}}',
        "the target of an annotation",
    ),
    "pipelines that are a number": ("c.yaml", "service: {pipelines: 5}", "not a configuration of the collector"),
    "receivers that are text": (
        "c.yaml",
        "service: {pipelines: {traces: {receivers: otlp}}}",
        "not a configuration of the collector",
    ),
}


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(("path", "text", "words"), BAD.values(), ids=BAD)
def test_a_file_of_another_shape_gives_one_message_with_its_place(path: str, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        _checks.run({path: text}, SHOP)
    assert words in caught.value.problem
    assert caught.value.place.startswith(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_series_recorded_from_each_other_end_in_an_answer() -> None:
    records = [{"record": f"a:{a}", "expr": f"a:{b}"} for a, b in ("ab", "bc", "ca")]
    alert = {
        "alert": "Circle",
        "expr": "a:a > 0",
        "labels": {"latency_class": "fast"},
        "annotations": {"detection_budget": "21s"},
    }
    document = {"groups": [{"name": "g", "interval": "5s", "rules": [*records, alert]}]}
    findings = _checks.run({"r.yaml": yaml.safe_dump(document)}, SHOP)
    (finding,) = [finding for finding in findings if finding.check == "detection-budget"]
    assert "make it 11s to 15s" in finding.message


@pytest.mark.parametrize(
    "query",
    [
        "(" * 10_000 + "up" + ")" * 10_000,
        "-" * 30_000 + "up",
        "up + " * 6000 + "up",
        "-" * 19_000 + "up",
        "up+" * 900 + "up",
    ],
)
def test_a_query_beyond_all_measure_is_a_finding(query: str) -> None:
    document = {"groups": [{"name": "g", "rules": [{"record": "a:b", "expr": query}]}]}
    findings = _checks.run({"r.yaml": json.dumps(document)}, SHOP)
    assert [finding.check for finding in findings if "longer or deeper" in finding.message]


@pytest.mark.parametrize("field", ["interval", "for"])
def test_milliseconds_and_compound_durations_are_durations(field: str) -> None:
    for text in ("500ms", "1m30s", "1h"):
        _checks.run({"r.yaml": RULE.replace("for: 5s" if field == "for" else "interval: 5s", f"{field}: {text}")}, SHOP)


@pytest.mark.parametrize("text", ["", "5", "s5", "5 s", "1s1m", "1m1m", "-5s", "1.5s", "5S", "٣s", "9" * 20 + "s"])
def test_what_prometheus_refuses_as_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        durations.seconds(text)


#: An alert that the routes are asked for.
TOLD = RULE.replace("for: 5s", "labels: {service: shop, latency_class: fast}")
RENDERED = ROOT / "examples/shop/rendered"
PARSED: dict[str, Any] = {
    path: yaml.load((RENDERED / path).read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for path in ("alerts/rules.yaml", "alerts/alertmanager.yaml", "dashboards/shards.json", "sidecars/otelcol.yaml")
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["sum(", "rate(up)", "{", "5s", "up offset 5m", "{{", '{job="}"}', "[[", "$x", "${x}", "a" * 300]),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just({"a": {"b": []}}),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in below for place in places(value, (*path, key)))]


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value in one place."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, dict):
        return {**data, key: replaced(data[key], tuple(rest), value)}
    return [*data[:key], replaced(data[key], tuple(rest), value), *data[key + 1 :]]


PLACES = {path: places(document) for path, document in PARSED.items()}


@given(data=st.data(), value=ODD, path=st.sampled_from(sorted(PARSED)))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_value_in_any_place_of_a_rendered_file_gives_findings_or_one_message(
    data: st.DataObject, value: Any, path: str
) -> None:
    broken = replaced(PARSED[path], data.draw(st.sampled_from(PLACES[path])), value)
    try:
        findings = _checks.run({"told.yaml": TOLD, path: json.dumps(broken)}, SHOP)
    except InputError as error:
        assert error.place.startswith(path)
    else:
        assert all(finding.place for finding in findings)
