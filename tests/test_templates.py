"""Templates of annotations: what we refuse is what Prometheus refuses."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from obskit.config import templates
from obskit.gotemplate import words

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
    "{{ $value }}{{- $value -}}{{-3}}{{ -3 }}{{ .5 }}{{ 1_000 }}{{ 0x1F }}{{ 017 }}{{ 1.5e-3 }}{{ 0x1p3 }}{{ 2i }}",
    r"""{{ "a\"b\x41\u00e9\t" }} {{ 'a' }} {{ '\'' }} {{ `raw " \d` }}""",
    "{{ nil }} {{ true }} {{ false | printf `%v` }} {{ $ }} {{ $.Labels.a }} {{ (index $labels `a`).b }} {{ .a.b.c }}",
    "{{ with $x := $labels.a }}{{ $x }}{{ else with $labels.b }}{{ . }}{{ else }}{{ $x }}{{ end }}",
    "{{ range $x := query `up` }}{{ if . }}{{ break }}{{ end }}{{ continue }}{{ else }}none{{ end }}",
    "{{ range query `up` | sortByLabel `job` }}{{ .Labels.job }}={{ .Value | printf `%.0f` }} {{ end }}",
    "{{ $x := 1 }}{{ if $value }}{{ $x = 2 }}{{ end }}{{ $x }} {{ $y = 1 }}",
    "{{ if and (gt $value 0.5) (not (eq $labels.a ``)) }}x{{ end }}",
    "{{ block `x` . }}{{ .Labels.a }}{{ end }}{{ template `y` }}{{ template `z` $labels }}",
    "{{ define `e` }} {{ end }}{{ define `e` }}x{{ end }}",
    "{{ $value | humanize | }} {{ print 1 2 `a` }} {{ ($x := 1) }}{{ $x }}",
    "{{\n  $value\n  | humanize\n}} {{/* over\ntwo lines */}} {{- /* trimmed */ -}}",
    "{{ len . }} $ % { } {{ reReplaceAll `(.*):\\d+` `$1` $labels.instance }} ümlaut {{ $été := 1 }}{{ $été }}",
    *(f"{{{{ {function} }}}}" for function in sorted(templates.FUNCTIONS | words.FUNCTIONS)),
]
#: What people write who take templates for another language, and what Go refuses beside it.
_NO_NUMBERS = (
    "1a",
    "1_",
    "08",
    "0b2",
    "0x",
    "1e",
    "1e400",
    "1+2",
    "18446744073709551616",
    "-9223372036854775809",
    "1__0",
)
BAD = {
    **{f"{{{{ {number} }}}}": f"{number} is no number, or too large" for number in _NO_NUMBERS},
    "{{ $value * 100 }}%": "* has no meaning here; templates do not calculate: let the expression do it",
    "{{ $value*100 }}": "* cannot follow $value; templates do not calculate: let the expression do it",
    "{{ 1+2 }}": "1+2 is no number, or too large; templates do not calculate: let the expression do it",
    "{{ $value + 1 }}": "+ is no number, or too large; templates do not calculate: let the expression do it",
    "{{ $labels.a-b }}": "- cannot follow .a; templates do not calculate, and a name with - in it is read with index",
    '{{ $labels["shard"] }}': '[ cannot follow $labels; write index $labels "name"',
    "{{ $value > 1 }}": "> has no meaning here; compare with gt, ge, lt, le, eq or ne, as in gt $value 1.0",
    "{{ $value == 1 }}": "= has no meaning here; write := to declare a variable, and eq to compare",
    "{{ true && false }}": "& has no meaning here; write and in front of both sides",
    "{{ $value; $value }}": "; cannot follow $value; an action holds one pipeline",
    "{{ 'abc' }}": "between single quotes stands one character: write double ones",
    "{{ '' }}": "between single quotes stands one character: write double ones",
    '{{ "abc }}': "a quote stands without its other half",
    "{{ `abc }}": "a quote stands without its other half",
    '{{ "a\nb" }}': "a quote stands without its other half",
    r'{{ reReplaceAll "\d" "" $labels.a }}': r"\d is no escape; a backslash is written \\",
    r'{{ "\400" }}': r"\400 is more than a byte",
    r'{{ "\ud800" }}': "half a character stands in a text",
    "{{ if }}a{{ end }}": "if has no value",
    "{{ range }}a{{ end }}": "range has no value",
    "{{ with }}a{{ end }}": "with has no value",
    "{{ $x := }}": "{{ }} is empty",
    "{{ ( ) }}": "( ) is empty",
    "{{ if $value }}a{{ else }}b{{ else }}c{{ end }}": "else has nothing that it belongs to",
    "{{ with $value }}{{ else if $value }}{{ end }}": "else if has nothing that it belongs to",
    "{{ range . }}{{ else with . }}{{ end }}": "else with has nothing that it belongs to",
    "{{ else if $value }}": "else if has nothing that it belongs to",
    "{{ end if }}": "end stands alone between its braces",
    "{{ break }}": "break stands outside of a range",
    "{{ range . }}{{ else }}{{ continue }}{{ end }}": "continue stands outside of a range",
    "{{ range . }}{{ break 1 }}{{ end }}": "break stands alone between its braces",
    "{{ | len }}": "| has no meaning here",
    "{{ $value | | len }}": "| has no meaning here",
    "{{ $value | 1 }}": "it pipes into what is no function",
    "{{ humanize $value, 2 }}": ", has no meaning here",
    "{{ $x, $y := 1 }}": "it declares too many variables at once",
    "{{ range $x, $y, $z := . }}{{ end }}": "it declares too many variables at once",
    "{{ range $x, 1 }}{{ end }}": "1 has no meaning here",
    "{{ if $x := 1 }}{{ end }}{{ $x }}": "there is no variable $x",
    "{{ define `x` }}{{ $value }}{{ end }}": "there is no variable $value",
    "{{ if . }}{{ define `x` }}{{ end }}{{ end }}": "define stands inside of another block",
    "{{ define x }}{{ end }}": "define has no name in quotes",
    "{{ template }}": "template has no name in quotes",
    "{{ define `x` }}a{{ end }}{{ define `x` }}b{{ end }}": "`x` is defined twice",
    "{{ define `x` }}": "define has no end",
    "{{ true.a }}": "true has no fields",
    "{{ `a`.b }}": "`a` has no fields",
    "{{ `a``b` }}": "`b` has no meaning here",
    "{{ $value)": "( or ) stands without its other half",
    "{{ (1 }}": "( or ) stands without its other half",
    "{{ {{ $value }} }}": "{{ stands without its other half",
    "{{ $labels.pod} }}": "'}' cannot follow .pod",
    "{{ $value ? 1 : 2 }}": "? has no meaning here",
    "{{ “a” }}": "“ has no meaning here",
    "{{ $m² }}": "$m² is no name",
    "{{ /* a */ }}": "a comment is not closed, or not alone between its braces",
    "{{/* a }}": "a comment is not closed, or not alone between its braces",
    "{{/* a */ $value }}": "a comment is not closed, or not alone between its braces",
    "{{ $lables.shard }}": "there is no variable $lables",
    "{{ $value | humanise }}": "there is no function humanise",
    "{{ $labels.shard ": "{{ stands without its other half",
    "{{ $value {{": "{{ stands without its other half",
    "}} {{": "{{ stands without its other half",
    "{{ if gt $value 1.0 }}much": "if has no end",
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


@pytest.mark.parametrize("deep", ["(" * 5000, "{{ if 1 }}" * 5000, "{{ range . }}" + "{{ if (1) }}" * 50], ids=len)
def test_a_template_deeper_than_people_write_is_refused_before_the_stack_ends(deep: str) -> None:
    assert templates.problem("{{ 1 }}{{ " + deep if deep[0] == "(" else deep) == "it is more than 50 levels deep"


@pytest.mark.real
def test_prometheus_refuses_what_we_refuse_and_nothing_else(program: Callable[[str], Path], tmp_path: Path) -> None:
    corpus = [*GOOD, *BAD]
    rules = [{"alert": f"A{n}", "expr": "up", "annotations": {"summary": text}} for n, text in enumerate(corpus)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    arguments = [str(program("promtool")), "check", "rules", str(tmp_path / "rules.yaml")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    refused = {int(number) for number in re.findall(r'"A([0-9]+)": annotation "summary"', done.stderr)}
    assert {corpus[number]: templates.problem(corpus[number]) for number in refused if corpus[number] not in BAD} == {}
    assert [corpus[number] for number in range(len(GOOD), len(corpus)) if number not in refused] == []
