"""What we take for PromQL is what Prometheus takes, and what we refuse has its place and its reason."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from obskit import _lint
from obskit.promql import computed, newer, syntax

GOOD = [
    'foo{or="a"} or foo{a="b", or="c"} or count_values("or", x)',
    'x{a=~"a{1000}", b!~"(?i)[[:alpha:]]+", c=~`\\d{2}`, d=~\'it"s\'}',
    "1 == bool 1",
    "x == 1 or 1 < x",
    "rate(x[5m] offset -1m) > 0 and x offset 0s and x @ 1 offset 0m",
    'x{a="offset 0s, [-5m], or "} # or [1m,2m]',
    "rate(x[5m * 2]) / rate(x[(3m + 1m) * 2]) > avg_over_time(x[1h:5m / 2])",
    "rate(x[5m] offset (1m * 2)) + x offset -(1m) + x offset step()",
    "rate(x[step()]) + rate(x[max_of(1m, range() - 2m)]) + rate(x[--1m]) + rate(x[2 ^ 3]) + rate(x[1_0])",
    "max_over_time(x[5m - 10m])",
    'info(x, {a="b"}) + info(x)',
    "x + on (a) fill (0) y",
]
BAD = {
    'x{a="b" or c="d"} > 1': "or at character 9 stands between matchers; write it between two selectors",
    'x{a="b"or c="d"}': "or at character 8 stands between matchers; write it between two selectors",
    "rate(x[-5m])": "[-5m] at character 7 is no duration above 0",
    "max_over_time(x[5m:0s])": "[5m:0s] at character 16 is no duration above 0",
    "rate(x[0])": "[0] at character 7 is no duration above 0",
    "max_over_time(x[5m:-1m])": "[5m:-1m] at character 16 is no duration above 0",
    "rate(x[1m,2m])": "[1m,2m] at character 7 cannot be read from ,2m on",
    "rate(x[1m+])": "[1m+] at character 7 ends too early",
    "rate(x[*2])": "[*2] at character 7 cannot be read from *2 on",
    "rate(x[5m/0])": "[5m/0] at character 7 divides by 0",
    "rate(x[5m%0])": "[5m%0] at character 7 divides by 0",
    "rate(x[max(1m,2m)])": "[max(1m,2m)] at character 7 cannot be read from max(1m,2m) on",
    "rate(x[max_of(1m)])": "[max_of(1m)] at character 7 cannot be read from ) on",
    "rate(x[(5m])": "[(5m] at character 7 ends too early",
    "max_over_time(x[5m:1m:1s])": "[5m:1m:1s] at character 16 cannot be read from :1s on",
    "rate(x[5m] offset (1m,2m))": "",
    "1 == 1": "comparisons between scalars must use BOOL modifier",
    "sum(1 > 2)": "comparisons between scalars must use BOOL modifier",
    'x{a=~"x{1001}"}': '"x{1001}" at character 6 is no regular expression: {1001} repeats too often, or backwards',
    'x{a=~"(a{500}){3}"}': '"(a{500}){3}" at character 6 is no regular expression: it repeats too often',
    "x{a!~'a++'}": "'a++' at character 6 is no regular expression: a repetition is repeated",
    'x{a=~"(?x)a"}': '"(?x)a" at character 6 is no regular expression: Go knows no (?x)',
    r"count_values(`\d, x": "",
    r"`\d": "",
    "info(x, y)": 'info takes matchers alone, as in {k8s_pod_name=~".+"}, and not y',
    "info(x, sum(y))": 'info takes matchers alone, as in {k8s_pod_name=~".+"}, and not sum(y)',
    "sum(x and fill (0) y)": "and has nothing that fill could fill in",
}


def problem(query: str) -> str:
    try:
        syntax.parse(query)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("query", GOOD)
def test_what_prometheus_takes_is_taken_also_where_the_parser_is_older(query: str) -> None:
    assert problem(newer.rewritten(query)[0]) == ""


@pytest.mark.parametrize(("query", "why"), BAD.items())
def test_what_prometheus_refuses_is_refused_with_place_and_reason(query: str, why: str) -> None:
    assert problem(newer.rewritten(query)[0])
    assert why in problem(query)


@pytest.mark.parametrize("query", BAD)
def test_the_lint_says_so_once(query: str) -> None:
    text = yaml.safe_dump({"groups": [{"name": "g", "rules": [{"alert": "A", "expr": query}]}]})
    assert [f.check for f in _lint.run({"rules.yaml": text}).findings if f.level == "error"] == ["promql-syntax"]


@given(st.lists(st.sampled_from(["5m", "1", "0", *"-+*/(),:x._", "step()", "max_of("])), st.integers(0, 2))
def test_any_range_gets_an_answer(pieces: list[str], space: int) -> None:
    assert "\n" not in computed.problem((" " * space).join(pieces))


def test_a_range_deeper_than_people_write_is_refused_before_the_stack_ends() -> None:
    assert computed.problem("(" * 5000) == "is deeper than people write"


@pytest.mark.real
def test_prometheus_says_the_same(program: Callable[[str], Path], tmp_path: Path) -> None:
    queries = [*GOOD, *BAD]
    rules = [{"record": f"r{n}", "expr": query} for n, query in enumerate(queries)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    features = "promql-experimental-functions,promql-duration-expr,promql-binop-fill-modifiers"
    command = [str(program("promtool")), "check", "rules", "--lint=none", f"--enable-feature={features}"]
    done = subprocess.run([*command, str(tmp_path / "rules.yaml")], capture_output=True, text=True, check=False)
    refused = {int(number) for number in re.findall(r'"r([0-9]+)": could not parse', done.stderr)}
    assert [queries[number] for number in sorted(refused)] == list(BAD), done.stderr
