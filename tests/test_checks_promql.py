"""The labels that checks infer for an expression are the labels that Prometheus gives it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import promql_parser
import pytest
import yaml

from obskit._checks import _promql
from obskit._checks._vector import Vector

#: Series by the labels that they have; the value of a label is its own name.
SERIES = {
    "a": ("x", "y", "z"),
    "b": ("x", "y"),
    "one": ("info", "x"),
    "c_bucket": ("le", "x"),
}
KNOWN = {name: Vector(frozenset(labels)) for name, labels in SERIES.items()}
BUCKETS = {"1": "0+1x20", "+Inf": "0+2x20"}
EXPRESSIONS = [
    "a",
    "-a",
    "1 + b",
    "a > 0",
    "a > bool 0",
    "sum(a)",
    "sum by (x) (a)",
    "sum without (x) (a)",
    "group by (x) (a)",
    "quantile by (y) (0.5, a)",
    "topk(1, a)",
    'count_values("v", b)',
    'count_values by (x) ("v", b)',
    "rate(a[5m])",
    "last_over_time(a[5m])",
    "max_over_time(sum by (x) (a)[5m:1m])",
    "a * on (x, y) b",
    "a * ignoring (z) b",
    "a > on (x, y) b - 1",
    "a + on (x, y) group_left () b",
    "a + on (x) group_left (info) one",
    "one * on (x) group_right (info) a",
    "sum by (x) (a) / sum by (x) (b)",
    "a and on (x) b",
    "a unless on (x) (b > 100)",
    'label_replace(a, "n", "$1", "x", "(.*)")',
    'label_join(a, "n", "-", "x", "y")',
    "histogram_quantile(0.5, rate(c_bucket[5m]))",
    "sum by (x, le) (rate(c_bucket[5m]))",
    'absent(nothing{x="x", y=~"y"})',
    'absent_over_time(nothing{x="x"}[5m])',
    "vector(1)",
    "scalar(one) + a",
    "timestamp(a)",
    "clamp(a, 0, 1)",
    "sort(a)",
    "day_of_week()",
    "day_of_week(a)",
    "stddev_over_time(b[5m]) and b",
]
#: Labels that an expression makes, with what it puts there.
MADE = {"v": "11", 'label_join(a, "n", "-", "x", "y")': "x-y"}


def sample(labels: list[str], expression: str, le: str = "") -> dict[str, object]:
    values = {label: label for label in labels} | {"v": MADE["v"], "n": MADE.get(expression, "x"), "le": le}
    return {"labels": "{" + ", ".join(f'{label}="{values[label]}"' for label in labels) + "}", "value": 0}


def expectation(expression: str) -> dict[str, object]:
    """The expression with every value made 0, and a sample with the inferred labels."""
    labels = sorted(_promql.analyse(promql_parser.parse(expression), KNOWN).output.labels or ())
    samples = [sample(labels, expression, le) for le in (BUCKETS if "le" in labels else ("",))]
    return {"expr": f"0 * ({expression})", "eval_time": "10m", "exp_samples": samples}


@pytest.mark.real
def test_inferred_labels_are_those_that_prometheus_gives(program: Callable[[str], Path], tmp_path: Path) -> None:
    inputs = []
    for name, labels in SERIES.items():
        for le, values in (BUCKETS if "le" in labels else {"": "1+1x20"}).items():
            inputs.append({"series": f"{name}{sample(list(labels), '', le)['labels']}", "values": values})
    cases = [{"interval": "1m", "input_series": inputs, "promql_expr_test": [expectation(e) for e in EXPRESSIONS]}]
    document = {"rule_files": [], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "labels.yaml").write_text(yaml.safe_dump(document))
    arguments = [str(program("promtool")), "test", "rules", str(tmp_path / "labels.yaml")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_sides_of_or_give_their_labels() -> None:
    assert _promql.analyse(promql_parser.parse("a or b"), KNOWN).output.labels == {"x", "y", "z"}


def test_what_is_not_known_stays_unknown_instead_of_wrong() -> None:
    for expression in ("unknown", "sum without (x) (unknown)", 'label_replace(unknown, "n", "", "q", "")'):
        analysis = _promql.analyse(promql_parser.parse(expression), KNOWN)
        assert analysis.output.labels is None
        assert analysis.missing == ()
