"""LogQL: what is refused and where, what a tree says, and that no text brings the parser down."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logql_corpus import ACCEPTED, REFUSED, STRICTER, mutated

from obskit import logql
from obskit._checks import _logql
from obskit.logql import LogQLError, labels_of, parse, text_of, walk, windows


def refusal(query: str) -> LogQLError:
    with pytest.raises(LogQLError) as caught:
        parse(query)
    return caught.value


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(set(ACCEPTED)) >= 120
    assert len(set(REFUSED)) >= 60


@pytest.mark.parametrize("query", ACCEPTED)
def test_what_loki_accepts_is_read_and_written_as_the_same(query: str) -> None:
    tree = parse(query)
    assert parse(text_of(tree)) == tree
    assert text_of(parse(text_of(tree))) == text_of(tree)


@pytest.mark.parametrize("query", REFUSED)
def test_what_loki_refuses_is_refused_with_its_place(query: str) -> None:
    error = refusal(query)
    assert 0 <= error.offset <= len(query)
    assert str(error).endswith(f" at line {error.line}, column {error.column}")


@pytest.mark.parametrize("one", STRICTER, ids=lambda one: one["says"])
def test_what_loki_runs_without_meaning_it_is_refused_with_a_reason(one: dict[str, str]) -> None:
    assert re.search(one["says"], str(refusal(one["query"])))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            '{app="shop"} | level',
            "unexpected end of the query, expected a comparison such as = or > at line 1, column 21",
        ),
        ('{app="shop"}\n  |= error', "unexpected error, expected a text in quotes at line 2, column 6"),
        ('{app=~"("}', '"(" is no regular expression: a ( is not closed at line 1, column 7'),
        (
            'sum({app="shop"})',
            "lines stand where numbers are needed: count them, as in rate({…}[5m]) at line 1, column 5",
        ),
        ('rate({app=""}[5m])', "a selector needs a matcher that no missing label meets"),
        ('sum_over_time({app="shop"}[5m])', "sum_over_time takes the values of a label: add | unwrap LABEL"),
        ('rate({app="shop"}[5m]) by (pod)', "rate cannot be grouped; sum by (…) (rate(…)) can at line 1, column 24"),
        ('{app="shop', "a text is not closed at line 1, column 6"),
        ("{app='shop'}", "a text in quotes that LogQL lacks is not closed"),
        ('rate({app="shop"}[5x])', "[5x] is no window such as [5m] or [1h30m] at line 1, column 18"),
        ('{app="shop"} | json code="a..b"', "is no path of JSON: write it as servers[0].name"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(query: str, message: str) -> None:
    assert message in str(refusal(query))


def test_a_tree_says_where_its_parts_stand() -> None:
    query = 'sum by (pod) (\n  rate({app="shop"} |= "x" | json | level="error" [5m])\n)'
    found = {type(node).__name__: query[node.start :] for node in walk(parse(query)) if node.start}
    assert found["RangeAggregation"].startswith("rate(")
    assert found["Selector"].startswith("{app")
    assert found["LineFilter"].startswith("|= ")
    assert found["JsonParser"].startswith("| json")
    assert found["LabelFilter"].startswith("| level")
    assert found["Name"].startswith("pod)")


def test_a_tree_says_what_its_query_does() -> None:
    tree = parse(
        'quantile_over_time(0.9, {app="shop"} | json a="b.c" | x > 1KB, y="z" or w < 2s | unwrap took [5m]) by (p)'
    )
    (matcher,) = tree.range.query.selector.matchers
    assert (matcher.name, matcher.operator, matcher.value) == ("app", "=", "shop")
    json, condition = tree.range.query.stages
    assert json == logql.JsonParser((logql.Extraction("a", "b.c"),))
    later = logql.Combination("or", (logql.Matcher("y", "=", "z"), logql.Comparison("w", "<", 2.0, "s")))
    assert condition.condition == logql.Combination("and", (logql.Comparison("x", ">", 1000, "B"), later))
    assert (tree.parameter, tree.range.window, tree.range.unwrap.label) == (0.9, 300.0, "took")


def test_a_comma_joins_with_all_that_follows_as_in_loki() -> None:
    def condition(text: str) -> str:
        return text_of(parse(f'{{app="shop"}} | {text}').stages[0].condition)

    assert condition('a="1", b="2" or c="3"') == 'a="1" and (b="2" or c="3")'
    assert condition('a="1" and b="2" or c="3"') == 'a="1" and b="2" or c="3"'
    assert condition('a="1" or b="2", c="3" or d="4"') == 'a="1" or b="2" and (c="3" or d="4")'


def test_operators_bind_as_in_loki() -> None:
    def grouped(text: str) -> str:
        return text_of(parse(text))

    assert grouped("(1 + 2) * 3 - 4 - (5 - 6)") == "(1 + 2) * 3 - 4 - (5 - 6)"
    assert grouped("2 ^ 3 ^ 2") == grouped("2 ^ (3 ^ 2)") != grouped("(2 ^ 3) ^ 2")
    assert grouped("1 + (2 * 3)") == "1 + 2 * 3"
    assert grouped("(vector(1) or vector(2)) and vector(3)") != grouped("vector(1) or vector(2) and vector(3)")


RATE = 'rate({app="shop"} | json [5m])'


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('{app="shop"}', None),
        ('{app="shop"} | json | keep level, code="200"', {"level", "code"}),
        ('{app="shop"} | keep a, b | drop a, b="x" | label_format c=b, d="{{.a}}"', {"c", "d"}),
        ('{app="shop"} | keep a | regexp "(?P<b>x)" | json c="d"', {"a", "b", "b_extracted", "c", "c_extracted"}),
        ('{app="shop"} | keep a | logfmt', None),
        (RATE, None),
        (f"sum({RATE})", set()),
        (f"sum by (a, b) ({RATE})", {"a", "b"}),
        (f"sum without (a) ({RATE})", None),
        (f"max without (a) (sum by (a, b) ({RATE}))", {"b"}),
        (f"sum by (a, c) (sum by (a, b) ({RATE}))", {"a"}),
        (f"topk by (a) (3, sum by (a, b) ({RATE}))", {"a", "b"}),
        (f"sort(sum by (a) ({RATE}))", {"a"}),
        ('max_over_time({app="shop"} | keep a, took | unwrap took [5m])', {"a"}),
        ('max_over_time({app="shop"} | unwrap took [5m]) by (a)', {"a"}),
        ('absent_over_time({app="shop", pod=~".+", x="1", x!="2"}[5m])', {"app"}),
        (f'label_replace(sum by (a) ({RATE}), "b", "$1", "a", "(.*)")', {"a", "b"}),
        ("vector(1)", set()),
        (f"sum by (a) ({RATE}) > 0", {"a"}),
        (f"(1 + 1) < sum by (a) ({RATE})", {"a"}),
        (f"sum by (a) ({RATE}) or sum by (b) ({RATE})", {"a", "b"}),
        (f"sum by (a) ({RATE}) unless on (a) sum by (b) ({RATE})", {"a"}),
        (f"sum by (a, b) ({RATE}) / on (a) sum by (a) ({RATE})", {"a"}),
        (f"{RATE} / on (a) {RATE}", {"a"}),
        (f"sum by (a, b) ({RATE}) / ignoring (b) sum by (a) ({RATE})", {"a"}),
        (f"sum by (a, b) ({RATE}) / on (a) group_left (c) sum by (a, c) ({RATE})", {"a", "b", "c"}),
        (f"sum by (a) ({RATE}) / on (a) group_right () sum by (a, c) ({RATE})", {"a", "c"}),
    ],
)
def test_the_labels_of_a_result_are_known_where_they_can_be(query: str, labels: set[str] | None) -> None:
    assert labels_of(parse(query)) == labels


def test_windows_are_told_in_seconds_from_left_to_right() -> None:
    ratio = 'sum(rate({a="b"}[1m])) / sum(rate({a="b"}[1h30m] offset 1d))'
    query = f'{ratio} > quantile_over_time(0.5, {{a="b"}} | unwrap c [500ms])'
    assert windows(parse(query)) == (60.0, 5400.0, 0.5)
    assert windows(parse('{a="b"}')) == ()


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ('| level="error" and size > 1KB or remote = ip("::1")', ["level", "size", "remote"]),
        ('| json code="status", path | code="500" | path="/" | user="x"', ["user"]),
        ('| regexp "(?P<code>[0-9]+)" | pattern "<path> <_>" | code="500" | path="/" | user="x"', ["user"]),
        ('| label_format level=severity, text="{{.body}}" | level="error" | text=""', ["severity", "body"]),
        ('| line_format "{{.a}} {{if $.b}}{{with .c}}{{.d}}{{end}}{{end}} {{.e.f}}"', ["a", "b", "c", "e"]),
        ('| drop a, b="c" | keep d', ["a", "b", "d"]),
    ],
)
def test_the_fields_that_a_query_uses_are_told_without_those_that_it_makes(query: str, fields: list[str]) -> None:
    found = list(_logql.names(f'{{app="shop"}} {query}'))
    assert [name.name for name in found if name.where == "stream"] == ["app"]
    assert [name.name for name in found if name.where == "field"] == fields


def test_the_fields_of_groupings_matchings_and_unwrapped_labels_are_told() -> None:
    rate = 'rate({app="shop"} | unwrap took [5m])'
    query = f'label_replace(sum by (a) ({rate}) / on (b) group_left (c) {rate}, "d", "$1", "e", "(.*)")'
    assert {name.name for name in _logql.names(query) if name.where == "field"} == {"a", "b", "c", "e", "took"}


DEEP = {
    "parentheses": "(" * 50_000,
    "conditions": '{a="b"} | ' + "(" * 50_000,
    "commas": '{a="b"} | ' + ", ".join(['a="b"'] * 10_000),
    "functions": "sum(" * 30_000,
    "powers": "2" + "^2" * 60_000,
    "operations": "1" + "+1" * 60_000,
    "groups": '{a=~"' + "(" * 100_000 + '"}',
    "classes": '{a=~"' + "[[:" * 40_000 + '"}',
    "blocks": '{a="b"} | line_format "' + "{{if .a}}" * 10_000 + '"',
    "actions": '{a="b"} | line_format "{{' + "(" * 100_000 + '"',
    "numbers": '{a="b"} | x>' + "1." * 60_000 + "s",
    "digits": '{a="b"} | x>' + "9" * 100_000 + "h",
    "comments": "/*" * 60_000,
    "length": '{a="' + "é" * 65_536 + '"}',
}


@pytest.mark.parametrize("what", DEEP)
def test_what_is_too_deep_or_too_long_is_refused_and_not_read_for_long(what: str) -> None:
    assert len(str(refusal(DEEP[what]))) < 300


@pytest.mark.parametrize(
    "query",
    [
        "(" * 60 + "1" + ")" * 60,
        "sum(" * 60 + "vector(1)" + ")" * 60,
        "+".join(["vector(1)"] * 120),
        '{a="b"} | ' + "(" * 60 + 'a="b"' + ")" * 60,
        '{a="b"} | ' + " or ".join(['a="b"'] * 5_000),
        '{a="b"}' + ' |= "x"' * 5_000,
    ],
)
def test_what_people_write_at_most_is_read_written_compared_and_walked(query: str) -> None:
    tree = parse(query)
    assert parse(text_of(tree)) == tree
    assert hash(tree) == hash(parse(query))
    assert repr(tree)
    assert list(walk(tree))


@given(st.text(max_size=80) | mutated())
def test_no_text_raises_anything_but_a_refusal(query: str) -> None:
    try:
        tree = parse(query)
    except LogQLError as error:
        assert 0 <= error.offset <= len(query)
    else:
        assert parse(text_of(tree)) == tree
