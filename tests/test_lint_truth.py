"""What the lint says is what the real Prometheus does: its verdict on files, and its results of expressions."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obskit import _lint
from obskit._lint import _build, _facts
from obskit._lint._labels import TARGET
from obskit.promql import syntax
from tests.lint_cases import CASES
from tests.test_lint import text_of

pytestmark = pytest.mark.real

#: Checks about what Prometheus refuses, and those of them whose cases have a finding that is no error.
REFUSED = ("promql-syntax", "rule-fields", "template-label")


def promtool(program: Callable[[str], Path], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(program("promtool")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def corpus() -> list[Any]:
    """Every case of the checks about what Prometheus refuses, good and bad."""
    rules = [case for check in REFUSED for case, _ in CASES[check][0]] + [case for c in REFUSED for case in CASES[c][1]]
    others = [case for check, (_, right) in CASES.items() if check not in REFUSED for case in right]
    texts = [text_of(rule) for rule in [*rules, *others]]
    other = ("|=", "| json", "({a", "source_tenants", "-" * 100)  # of Loki, of Mimir, and beyond what is read
    other += tuple(f'"{field}":' for field in ("type", "concurrency", "debug", "tenant", "headers"))  # of vmalert
    return [text for text in dict.fromkeys(texts) if not any(mark in text for mark in other)]


@pytest.mark.parametrize("text", corpus())
def test_an_error_is_what_promtool_refuses_and_all_else_it_takes(
    text: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    features = "--enable-feature=promql-experimental-functions,promql-extended-range-selectors"
    done = promtool(program, "check", "rules", "--lint=none", features, str(tmp_path / "rules.yaml"))
    errors = [f for f in _lint.run({"rules.yaml": text}).findings if f.level == "error" and f.check != "result-type"]
    gone = "holt_winters" in text  # of 2.x, and no syntax error
    assert bool(errors) == (bool(done.returncode) and not gone), (errors, done.stderr)


def test_duplicates_are_those_of_promtool(program: Callable[[str], Path], tmp_path: Path) -> None:
    for rule, _ in CASES["duplicate-rule"][0][:3]:
        (tmp_path / "rules.yaml").write_text(text_of(rule))
        done = promtool(
            program, "check", "rules", "--lint=duplicate-rules", "--lint-fatal", str(tmp_path / "rules.yaml")
        )
        assert "1 duplicate rule(s) found" in done.stderr, done.stderr


#: Series with the labels of their targets, alive for half an hour.
SERIES = {
    f'{name}{{job="{job}", instance="{instance}"{more}}}': f"{start}{step:+}x60"
    for n, (name, more, step) in enumerate(
        [
            ("x", ', a="1", b="1"', 1),
            ("x", ', a="1", b="2"', 3),
            ("x", ', a="2", b="1"', 0),
            ("x", ', a="2", code="500"', 2),
            ("y", ', a="1"', -2),
            ("y", ', a="2"', 0),
            ("up", "", 0),
            ("x_bucket", ', le="1.0"', 1),
            ("x_bucket", ', le="+Inf"', 2),
        ]
    )
    for job, instance in (("s", "1"), ("t", "2"))
    for start in (1 if name == "up" else 1000 * (n + int(instance)),)
}


def results(program: Callable[[str], Path], folder: Path, queries: list[str]) -> dict[str, str]:
    """What promtool has to say against each query being empty: its results, or why it fails."""
    asked = [{"expr": query, "eval_time": "20m", "exp_samples": []} for query in queries]
    series = [{"series": name, "values": values} for name, values in SERIES.items()]
    test = {"tests": [{"interval": "30s", "input_series": series, "promql_expr_test": asked}]}
    (folder / "test.yaml").write_text(json.dumps(test))
    done = promtool(program, "test", "rules", str(folder / "test.yaml"))
    said = done.stdout + done.stderr
    parts = re.split(r'^\s*expr: (?=")', said, flags=re.MULTILINE)[1:]
    found = {}
    for part in parts:
        query, end = json.JSONDecoder().raw_decode(part)
        found[query] = part[end:].strip()
    assert done.returncode in (0, 1), said
    assert bool(found) == bool(done.returncode), said
    return found


def emptied(check: str) -> list[str]:
    """Expressions that a check says are empty, and never a reason to fire."""
    cases = [rule for rule, words in CASES[check][0] if "always" not in words and "for series with" not in words]
    return [rule for rule in cases if isinstance(rule, str) and "unless" not in rule]


def test_what_is_said_to_give_nothing_gives_nothing(program: Callable[[str], Path], tmp_path: Path) -> None:
    checks = ("impossible-comparison", "empty-selector", "join-never-matches")
    queries = [query for check in checks for query in emptied(check)]
    assert len(queries) > 15
    assert results(program, tmp_path, queries) == {}


def test_a_constant_behind_or_comes_on_top(program: Callable[[str], Path], tmp_path: Path) -> None:
    queries = [rule for rule, _ in CASES["or-adds-series"][0] if isinstance(rule, str)]
    nought = [query.removesuffix(" > 1") for query in queries]
    extra = [f"({query}) unless on (job) x" for query in nought]
    assert [query for query in extra if "{} 0" not in results(program, tmp_path, extra)[query]] == []


def test_one_idle_series_poisons_a_sum(program: Callable[[str], Path], tmp_path: Path) -> None:
    for rule, _ in CASES["division-by-zero"][0]:
        query = re.sub(r"\b(y|x_sum|x_count)\b", "x", str(rule)).removesuffix(" > 1")
        assert "NaN" in results(program, tmp_path, [query])[query]


class Writer:
    """Writes expressions at random, of everything that the facts know."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def labels(self) -> str:
        return ", ".join(self.random.sample(["a", "b", "job", "instance", "code"], self.random.randint(0, 2)))

    def selector(self) -> str:
        matchers = ["", '{a="1"}', '{a!="1"}', '{b=""}', '{code=~".+"}', '{a=~"1|2"}', '{job="s", a="2"}', '{b!~"1|"}']
        return self.random.choice(["x", "y", "up", "x"]) + self.random.choice(matchers)

    def vector(self, depth: int) -> str:
        if depth == 0:
            return self.selector()
        return self.random.choice([self.aggregate, self.call, self.compare, self.join, self.scaled, self.replaced])(
            depth - 1
        )

    def aggregate(self, depth: int) -> str:
        name = self.random.choice(["sum", "count", "max", "min", "avg", "group", "stddev", "topk", "count_values"])
        grouping = self.random.choice(["", f"by ({self.labels()})", f"without ({self.labels()})"])
        parameter = {"topk": "2, ", "count_values": '"v", '}.get(name, "")
        return f"{name} {grouping} ({parameter}{self.vector(depth)})"

    def call(self, depth: int) -> str:
        name = self.random.choice(
            ["abs", "sgn", "-", "ceil", "clamp_max", "rate", "changes", "max_over_time", "absent", "count"]
        )
        if name in ("rate", "changes", "max_over_time"):
            return f"{name}({self.selector()}[5m])"
        inner = self.vector(depth)
        return f"-({inner})" if name == "-" else f"{name}({inner}, 3)" if name == "clamp_max" else f"{name}({inner})"

    def compare(self, depth: int) -> str:
        operator = self.random.choice(["==", "!=", ">", "<", ">=", "<=", "> bool"])
        return f"({self.vector(depth)} {operator} {self.random.choice([0, 1, 3, 40])})"

    def scaled(self, depth: int) -> str:
        operator = self.random.choice("+-*/%^")
        return f"({self.vector(depth)} {operator} {self.random.choice([0.5, 2, -1])})"

    def replaced(self, depth: int) -> str:
        target, source = self.random.choice(["a", "node"]), self.random.choice(["b", "job"])
        return f'label_replace({self.vector(depth)}, "{target}", "$1", "{source}", "(.+)")'

    def join(self, depth: int) -> str:
        operator = self.random.choice(["+", "/", ">", "and", "or", "unless"])
        matching = self.random.choice(["", "", f"on ({self.labels()})", f"ignoring ({self.labels()})"])
        group = self.random.choice(["", "group_left ()", "group_right ()", "group_left (b)"])
        group = group if matching.startswith("on") and operator in "+/>" and "b" not in matching else ""
        return f"({self.vector(depth)} {operator} {matching} {group} {self.vector(depth)})"


def contradictions(query: str) -> Iterator[str]:
    """Queries that give something if what is known of an expression is not so."""
    tree = _build.build(syntax.parse(query))
    _facts.annotate(tree, {})
    labels, numbers = tree.labels, tree.numbers
    for label in ("a", "b", "job", "instance", "code", "node", "v"):
        by = f"count by ({label}) ({query})"
        if not labels.can(label):
            yield f"{by} unless on ({label}) vector(1)"
        if label in labels.must:
            yield f"{by} and on ({label}) vector(1)"
        if label in labels.fixed:
            yield f'{by} unless on ({label}) label_replace(vector(1), "{label}", "{labels.fixed[label]}", "", "")'
    if labels.scraped:
        target = ", ".join(TARGET)
        yield f"count by ({target}) ({query}) and on ({target}) vector(1)"
    if numbers.low > float("-inf"):
        yield f"({query}) {'<=' if numbers.above else '<'} {numbers.low}"
    if numbers.high < float("inf"):
        yield f"({query}) {'>=' if numbers.below else '>'} {numbers.high}"


def test_what_is_known_of_an_expression_holds_on_a_real_engine(program: Callable[[str], Path], tmp_path: Path) -> None:
    queries = [Writer(seed).vector(1 + seed % 3) for seed in range(600)]
    asked = list(dict.fromkeys(question for query in queries for question in contradictions(query)))
    assert len(asked) > 2000
    wrong = results(program, tmp_path, asked)
    refused = {
        query
        for query, why in wrong.items()
        if re.search(r"many-to-(one|many)|many matching|multiple matches|same labelset|duplicate", why)
    }
    assert len(refused) < len(asked) / 4
    assert {query: why for query, why in wrong.items() if query not in refused} == {}
