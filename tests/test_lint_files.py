"""Files of rules of anybody: every shape is read, every finding has its line, and what is no such file does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obskit import _lint
from obskit._lint import Finding
from obskit.exceptions import InputError
from tests.lint_cases import CASES
from tests.test_foreign_files import ODD, places, replaced
from tests.test_lint import text_of

GROUP: dict[str, Any] = {"name": "g", "rules": [{"alert": "A", "expr": "count(x) == 0"}]}
LOGS: dict[str, Any] = {"name": "g", "rules": [{"alert": "A", "expr": 'rate({a="b"} |= "x" [5m]'}]}
SHAPES = {
    "a plain file": {"groups": [GROUP]},
    "a PrometheusRule": {"kind": "PrometheusRule", "metadata": {"name": "a"}, "spec": {"groups": [GROUP]}},
    "a list of objects": {
        "kind": "List",
        "items": [{"kind": "Secret", "data": {"groups": "a"}}, {"kind": "PrometheusRule", "spec": {"groups": [GROUP]}}],
    },
    "a PrometheusRuleList": {
        "kind": "PrometheusRuleList",
        "items": [{"kind": "PrometheusRule", "spec": {"groups": [GROUP]}}],
    },
    "a file for Mimir": {"namespace": "a", "groups": [GROUP]},
    "what the ruler of Mimir lists": {"tenant": [GROUP]},
}


def check(text: str, name: str = "impossible-comparison") -> list[Finding]:
    return [finding for finding in _lint.run({"rules.yaml": text}).findings if finding.check == name]


@pytest.mark.parametrize("document", SHAPES.values(), ids=SHAPES)
def test_rules_are_found_in_every_shape_that_programs_read(document: dict[str, Any]) -> None:
    assert [finding.place for finding in check(yaml.safe_dump(document))] == ["group g: alert A"]
    assert [finding.place for finding in check(json.dumps(document))] == ["group g: alert A"]


@pytest.mark.parametrize("kind", ["AlertingRule", "RecordingRule"])
def test_rules_of_lokis_operator_are_logql(kind: str) -> None:
    document = {"apiVersion": "loki.grafana.com/v1", "kind": kind, "spec": {"groups": [LOGS]}}
    assert [finding.level for finding in check(yaml.safe_dump(document), "logql-syntax")] == ["error"]


def test_every_document_of_a_file_for_mimir_is_read_and_of_a_plain_file_the_second_is_warned_of() -> None:
    plain, mimir = [
        yaml.safe_dump_all([document, document]) for document in ({"groups": [GROUP]}, SHAPES["a file for Mimir"])
    ]
    assert len(check(plain)) == len(check(mimir)) == 2
    (finding,) = check(plain, "rule-fields")
    assert (finding.level, finding.message) == ("warning", "Prometheus reads the first document of a file alone")
    assert check(mimir, "rule-fields") == []


def test_what_is_no_file_of_rules_is_passed_over_beside_one_that_is() -> None:
    texts = {
        "a.yaml": yaml.safe_dump({"kind": "Deployment", "spec": {}}),
        "b.yaml": "- a\n",
        "c.yaml": "",
        "r.yaml": "groups: []",
    }
    with pytest.raises(InputError, match="no group of rules in it"):
        _lint.run(texts)
    assert _lint.run(texts | {"rules.yaml": yaml.safe_dump({"groups": [GROUP]})}).rules == 1


@pytest.mark.parametrize(
    ("exprs", "language"),
    [
        (['count_over_time({a="b"} |= "x" [5m]) > 1', "1 > 0"], "logql"),
        (['rate({a="b"}[5m]) > 1', "10"], "logql"),
        (["1 > 0"], "logql"),
        (["1 > 0", "up == 0"], "promql"),
        (['rate({__name__="x"}[5m]) > 1'], "promql"),
        (['count({job="a"}) > 1'], "promql"),
        (['x{a="|"} > 1'], "promql"),
        (['rate({a="b"}[5m]) > 1', "up == 0"], "promql"),
        (["sum("], "promql"),
        (["rate(x[5m] anchored) > 1_000"], "promql"),
    ],
)
def test_the_language_of_a_group_is_told_from_all_its_rules(exprs: list[str], language: str) -> None:
    wrong = [*exprs, "count(("] if language == "promql" else [*exprs, '{a="b"} |= ']
    text = yaml.safe_dump({"groups": [{"name": "g", "rules": [{"record": "a:b:c", "expr": expr} for expr in wrong]}]})
    syntax = {finding.check for finding in _lint.run({"r.yaml": text}).findings if finding.level == "error"}
    assert f"{language}-syntax" in syntax


LINES = """\
# a comment
groups:
- name: g
  interval: 10m
  rules:
  - alert: A
    expr: |
      count(x)

        == 0

    labels:
      level: "{{ $value }}"
    annotations:
      summary: >-
        Something of
        {{ $labels.pod }}
  - record: a
    expr: count(
      x) == 0
  - {alert: B, expr: 'count(x) == 0'}
"""


def test_a_finding_names_the_lines_of_what_is_wrong() -> None:
    findings = _lint.run({"r.yaml": LINES}).findings
    lines = {(f.check, f.place.rpartition(" ")[2]): (f.line, f.last) for f in findings}
    assert lines["impossible-comparison", "A"] == (8, 10)
    assert lines["value-in-label", "A"] == (13, 13)
    assert lines["template-label", "A"] == (16, 17)
    assert lines["record-name", "a"] == (18, 18)
    assert lines["impossible-comparison", "a"] == (19, 20)
    assert lines["impossible-comparison", "B"] == (21, 21)
    assert lines["group-interval", "g"] == (4, 4)


def commented(before: str = "", behind: str = "", inside: str = "") -> str:
    return f"""\
groups:
- name: g
  rules:
  - record: a:b:c
    expr: x
  {before}
  - alert: A  {behind}
    expr: |
      {inside}
      count(x) == 0
  - alert: B
    expr: count(x) == 0
"""


IGNORE = "# obskit: ignore impossible-comparison it is how we silence it"


@pytest.mark.parametrize("where", [{"before": IGNORE}, {"behind": IGNORE}, {"inside": IGNORE}])
def test_a_comment_on_a_rule_or_directly_above_it_ignores_a_check_there_and_nowhere_else(where: dict[str, str]) -> None:
    assert [finding.place for finding in check(commented())] == ["group g: alert A", "group g: alert B"]
    text = commented(**where)
    assert [finding.place for finding in check(text)] == ["group g: alert B"]
    assert check(text, "ignore-comment") == []
    assert check(text, "alert-severity") != []


def test_a_comment_above_a_group_ignores_a_check_of_the_group_alone() -> None:
    comment = "# obskit: ignore group-interval Thanos keeps it"
    text = f"groups:\n{comment}\n- name: g\n  interval: 10m\n  rules: [{{record: a:b:c, expr: count(x) == 0}}]\n"
    assert check(text, "group-interval") == []
    assert len(check(text)) == 1


@pytest.mark.parametrize(
    ("comment", "level", "words"),
    [
        ("# obskit: ignore impossible-comparisons why", "warning", "no check is called impossible-comparisons"),
        ("# obskit: ignore impossible-comparison", "warning", "no reason is given"),
        ("# obskit: disable impossible-comparison why", "warning", "not understood"),
        ("# obskit: ignore raw-counter why", "note", "raw-counter finds nothing here"),
    ],
)
def test_a_comment_without_the_effect_that_was_meant_is_a_finding(comment: str, level: str, words: str) -> None:
    (finding,) = check(commented(before=comment), "ignore-comment")
    assert (finding.level, finding.line) == (level, 6)
    assert words in finding.message
    assert len(check(commented(before=comment))) == 2


def test_a_comment_at_no_rule_is_a_finding() -> None:
    (finding,) = check("# obskit: ignore alert-name why\n\nx: 1\n" + commented(), "ignore-comment")
    assert "no rule or group stands here" in finding.message


def test_a_comment_that_needs_a_disabled_check_is_none_too_many() -> None:
    report = _lint.run({"r.yaml": commented(before=IGNORE)}, disabled=["ignore-comment"])
    assert [finding for finding in report.findings if finding.check == "ignore-comment"] == []


def test_anchors_and_merge_keys_are_read_as_what_they_stand_for() -> None:
    text = "groups:\n- name: g\n  rules:\n  - &a {alert: A, expr: count(x) == 0}\n  - {<<: *a, alert: B}\n  - *a\n"
    assert [finding.place for finding in check(text)] == ["group g: alert A", "group g: alert B"]
    assert len(check(text, "duplicate-rule")) == 1


BAD = {
    "text that is no YAML": ("groups: [", "not YAML"),
    "a tab": ("a:\n\t- b", "not YAML"),
    "control characters": ("a: \x00", "not YAML"),
    "an alias of nothing": ("groups: *a", "undefined alias *a"),
    "deep YAML": ("[" * 5000, "nesting"),
    "deep YAML that ends": ("a: " + "[" * 150 + "]" * 150, "the nesting is too deep"),
    "no document": ("", "no group of rules in it"),
    "more rules than people write": (
        "a: &a [&r {expr: x}"
        + ", *r" * 1000
        + "]\ngroups: [{name: g, rules: *a}"
        + ", {name: g, rules: *a}" * 20
        + "]",
        "more than 20000 rules",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_what_is_no_file_of_rules_gives_one_message_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        _lint.run({"rules.yaml": text})
    assert words in caught.value.problem
    assert caught.value.place.startswith("rules.yaml")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_aliases_within_each_other_cost_no_more_than_they_are_long() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    text = "\n".join([*lines, "groups: [{name: g, rules: *a59}]", "b: &b [*b]"])
    assert any("a rule is no mapping" in finding.message for finding in check(text, "rule-fields"))


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    "query",
    [
        "(" * 10000 + "x" + ")" * 10000,
        "-" * 19000 + "x",
        "x + " * 4000 + "x",
        "x offset 1e300",
        "x[1e18]",
        "x[NaN]",
        "sum(" * 199 + "x" + ")" * 199,
        "x + " * 299 + "x",
        "abs(-" * 140 + "x" + ")" * 140,
        'x{a=~"' + "(" * 5000 + '"}',
        "x or " * 250 + "vector(0)",
        "(" * 150 + "x" + " > 1)" * 150,
        'x{a="' + "a" * 40 + '", a=~"(a+)+b"}',
        'x{a="' + "a" * 90 + '", a=~"' + ".*" * 20 + 'b"}',
        'x{a=~"' + "(|)" * 60 + 'b"}',
        'x{a=~"[[:alpha:]]|[a--b]|(?i)c"}',
        "x @ -5",
        "x @ 1e18",
    ],
)
def test_no_query_takes_the_process_with_it(query: str) -> None:
    report = _lint.run({"r.yaml": text_of(query)})
    assert report.rules == 1
    assert all(len(finding.message) < 400 for finding in report.findings)


DOCUMENT = json.loads(text_of(CASES["template-label"][0][10][0]))
DOCUMENT["groups"][0]["rules"] += [
    case for case, _ in CASES["rule-fields"][0] if isinstance(case, dict) and "group" not in case
]
PLACES = places(DOCUMENT)


@given(place=st.sampled_from(PLACES), value=ODD)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_in_any_place_gives_findings_or_one_message(place: tuple[Any, ...], value: Any) -> None:
    try:
        report = _lint.run({"r.yaml": json.dumps(replaced(DOCUMENT, place, value))})
    except InputError as error:
        assert error.place.startswith("r.yaml")
    else:
        assert all(finding.line > 0 and finding.place for finding in report.findings)


WORDS = [
    word
    for check_, (bad, good) in CASES.items()
    for rule in [*(r for r, _ in bad), *good]
    if isinstance(rule, str)
    for word in rule.split()
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
    | st.text(alphabet='x{}[]()"=~|<>+-/* 15mabyornunless,.:@$', max_size=60)
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_as_an_expression_is_answered(query: str) -> None:
    assert _lint.run({"r.yaml": text_of(query)}).rules == 1


@given(st.text(alphabet="groups:-[]{}&*#\n \"'|>arlexpnmeobskit ignore", max_size=120))
@settings(max_examples=300)
def test_any_text_as_a_file_is_answered(text: str) -> None:
    try:
        _lint.run({"r.yaml": text})
    except InputError as error:
        assert error.place.startswith("r.yaml")


def test_what_vmalert_reads_and_we_do_not_is_left_out_and_said_once() -> None:
    rules = [{"alert": "A", "expr": "alias(a.b, 'c') > 1"}, {"record": "a:b:c", "expr": "sumSeries(a.*)"}]
    text = json.dumps({"groups": [{"name": "g", "type": "graphite", "rules": rules}]})
    said = [(f.check, f.level, f.message) for f in _lint.run({"r.yaml": text}).findings if "left out" in f.message]
    assert said == [
        ("rule-fields", "note", "2 of its 2 expressions are graphite, which is not read: they are left out")
    ]
    assert [f.check for f in _lint.run({"r.yaml": text}).findings if f.level == "error"] == []


def test_a_file_without_fields_of_vmalert_is_held_against_promql_and_the_templates_of_prometheus() -> None:
    rule = {"alert": "A", "expr": "x default 0", "annotations": {"summary": "{{ $expr | queryEscape }}"}}
    plain = json.dumps({"groups": [{"name": "g", "rules": [rule]}]})
    assert [f.check for f in _lint.run({"r.yaml": plain}).findings if f.level == "error"] == [
        "promql-syntax",
        "template-label",
    ]
    of_vmalert = json.dumps({"groups": [{"name": "g", "concurrency": 2, "rules": [rule]}]})
    assert [f.check for f in _lint.run({"r.yaml": of_vmalert}).findings if f.level == "error"] == []
