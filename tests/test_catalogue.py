"""The catalogue: names that Prometheus and OpenTelemetry accept, each once, and exports that others can read."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml

from obskit import catalogue
from obskit.catalogue import Attribute, LogField, Metric, _export

OTEL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
RECORDS = [(topic, key, record) for topic, key, record in catalogue.metrics()]
OWN = [record for _, _, record in RECORDS if isinstance(record, Metric)]
ATTRIBUTES = [v for module in catalogue.TOPICS.values() for v in vars(module).values() if isinstance(v, Attribute)]


def test_no_two_metrics_become_the_same_series() -> None:
    names = [series.name for _, _, record in RECORDS for series in record.series]
    assert len(names) == len(set(names))


def test_the_names_of_our_own_metrics_are_names_of_opentelemetry() -> None:
    assert [metric.name for metric in OWN if not OTEL.fullmatch(metric.name)] == []
    assert [attribute.name for attribute in ATTRIBUTES if not OTEL.fullmatch(attribute.name)] == []


def test_every_label_is_one_that_prometheus_takes_and_none_hides_the_target() -> None:
    labels = {label for _, _, record in RECORDS for series in record.series for label in series.labels}
    assert {label for label in labels if not LABEL.fullmatch(label)} == set()
    assert not labels & {*catalogue.TARGET_LABELS, "__name__"}


def test_two_attributes_of_one_metric_never_become_one_label() -> None:
    for metric in OWN:
        labels = [attribute.label for attribute in metric.attributes]
        assert len(labels) == len(set(labels)), metric.name


def test_histograms_and_only_they_have_ascending_boundaries() -> None:
    for metric in OWN:
        assert bool(metric.boundaries) == (metric.instrument == "histogram"), metric.name
        assert list(metric.boundaries) == sorted(set(metric.boundaries)), metric.name


def test_every_brief_is_one_sentence() -> None:
    records = [*(r for _, _, r in RECORDS), *ATTRIBUTES, *catalogue.log_fields().values()]
    assert [record.name for record in records if not re.fullmatch(r"\S.*[^.]\.", record.brief)] == []


def test_whoever_says_conditional_says_when() -> None:
    assert [m.name for m in OWN if (m.presence == "conditional") != bool(m.condition)] == []


def test_closed_sets_are_of_labels_that_the_series_has() -> None:
    for _, _, record in RECORDS:
        for series in record.series:
            assert series.values.keys() <= series.labels, series.name


def test_integers_have_values_that_are_integers() -> None:
    for attribute in ATTRIBUTES:
        if attribute.type == "int":
            assert all(value.isdigit() for value in attribute.values), attribute.name


def test_the_tree_survives_json_and_names_every_series() -> None:
    tree = json.loads(json.dumps(_export.tree()))
    found = {name for topic in tree.values() for entry in topic.values() for name in entry.get("series", ())}
    assert found == catalogue.series().keys()


def test_a_metric_refers_to_its_labels_by_the_keys_of_its_topic() -> None:
    for topic, entries in _export.tree().items():
        for entry in entries.values():
            if "otel" in entry:
                for key, label in entry["labels"].items():
                    assert entries[key]["label"] == label, (topic, entry["otel"])


@pytest.mark.parametrize("topic", catalogue.TOPICS)
def test_the_text_of_a_topic_shows_every_signal_with_its_brief(topic: str) -> None:
    text = _export.text(topic)
    for _, _, record in catalogue.metrics(topic):
        assert re.search(rf"^{record.prometheus_name} .*\n    {re.escape(record.brief)}", text, re.MULTILINE)


def test_the_page_lists_every_metric_attribute_and_log_field_in_a_table_of_even_rows() -> None:
    page = _export.markdown()
    for name in [r.prometheus_name for _, _, r in RECORDS] + [a.label for a in ATTRIBUTES] + [*catalogue.log_fields()]:
        assert f"`{name}`" in page
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_the_weaver_registry_defines_each_attribute_once_and_refers_to_defined_ones_only() -> None:
    groups = yaml.safe_load(_export.weaver())["groups"]
    ids = [group["id"] for group in groups]
    assert len(ids) == len(set(ids))
    defined = [a["id"] for g in groups if g["type"] == "attribute_group" for a in g["attributes"]]
    assert sorted(defined) == sorted({attribute.name for attribute in ATTRIBUTES})
    refs = [a["ref"] for g in groups if g["type"] == "metric" for a in g.get("attributes", ())]
    assert refs
    assert set(refs) <= set(defined)


def test_the_weaver_registry_has_every_metric_of_ours_as_it_is() -> None:
    groups = yaml.safe_load(_export.weaver())["groups"]
    found = {
        (g["metric_name"], g["instrument"], g["unit"], g["stability"], g["brief"])
        for g in groups
        if g["type"] == "metric"
    }
    assert found == {(m.name, m.instrument, m.unit, m.stability, m.brief) for m in OWN}


def test_the_weaver_registry_closes_the_sets_that_the_catalogue_closes() -> None:
    groups = yaml.safe_load(_export.weaver())["groups"]
    types = {a["id"]: a["type"] for g in groups if g["type"] == "attribute_group" for a in g["attributes"]}
    state = catalogue.db.STATE
    assert tuple(member["value"] for member in types[state.name]["members"]) == state.values
    assert [m["value"] for m in types[catalogue.runtime.GENERATION.name]["members"]] == [0, 1, 2]
    assert types[catalogue.telemetry.REASON.name] == "string"  # two topics of records share the name, one of them open
    assert types[catalogue.http.STATUS_CODE.name] == "int"


def test_the_catalogue_loads_nothing_but_the_standard_library() -> None:
    code = "import sys; import obskit.catalogue._export; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"yaml", "click", "msgspec", "opentelemetry"}


def test_log_fields_say_where_loki_has_them() -> None:
    assert {field.kind for field in catalogue.log_fields().values()} <= {"label", "metadata", "line"}
    assert all(isinstance(field, LogField) for field in catalogue.log_fields().values())
