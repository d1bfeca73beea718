"""Templates of annotations: what we refuse is what Prometheus refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from obskit.config import templates

GOOD = [
    "Shard {{ $labels.shard }} of {{ .Labels.shard_set }} is at {{ $value | humanize }}.",
    '{{ printf "%.2f" $value }} {{- index $labels "a-b" -}} {{ len $labels }} {{ . }}',
    "{{ if gt $value 1.0 }}much{{ else if eq $labels.a `b` }}some{{ else }}little{{ end }}",
    "{{ with query \"up{job='a'}\" }}{{ . | first | value }}{{ end }}",
    '{{ range $i, $e := query "up" }}{{ $i }} {{ $e.Value }}{{ end }}',
    "{{ $x := 5 }}{{ $x }}{{/* a comment with $none and none */}}",
    '{{ "}}" }} { not } a {{ $value }} template }',
    '{{ define "x" }}a{{ end }}{{ template "x" }}',
    "{{ strvalue (query `up` | first) }} {{ 1e3 }} {{ $externalURL }} {{ externalURL }}",
    "the pod's {{ if gt $value 1.0 }}isn't{{ end }} there, 80 }}",
    "",
]
BAD = {
    "{{ $lables.shard }}": "there is no variable $lables",
    "{{ $value | humanise }}": "there is no function humanise",
    "{{ $labels.shard ": "{{ stands without its other half",
    "{{ $value {{": "{{ stands without its other half",
    "}} {{": "{{ stands without its other half",
    "{{ if gt $value 1.0 }}much": "an if, range or with has no end",
    "{{ end }}": "end has nothing that it belongs to",
    "{{ else }}": "else has nothing that it belongs to",
    "{{ }}": "{{ }} is empty",
    "{{ ( }}": "( or ) stands without its other half",
    "{{ $labels. }}": "a name is missing after .",
}


@pytest.mark.parametrize("template", GOOD)
def test_a_template_that_is_right_has_no_problem(template: str) -> None:
    assert templates.problem(template) == ""


@pytest.mark.parametrize(("template", "problem"), BAD.items())
def test_a_template_that_is_wrong_has_its_problem_named(template: str, problem: str) -> None:
    assert templates.problem(template) == problem


@given(st.text(alphabet='{}$.() ab"`|-/*=:', max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    assert "\n" not in templates.problem(text)


@pytest.mark.real
@pytest.mark.parametrize("template", [*GOOD, *BAD])
def test_prometheus_says_the_same(template: str, program: Callable[[str], Path], tmp_path: Path) -> None:
    rule = {"alert": "A", "expr": "up", "annotations": {"summary": template}}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    arguments = [str(program("promtool")), "check", "rules", str(tmp_path / "rules.yaml")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert bool(done.returncode) == bool(templates.problem(template)), done.stdout + done.stderr
