"""``obskit check --rules`` as programs and people use it: SARIF, standard input, levels, exit codes, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from obskit import _checks, _lint
from obskit._lint import Settings
from tests.test_lint import text_of

ROOT = Path(__file__).parent.parent
WARNED, NOTED, RIGHT = "count(up) == 0", 'x{a=~"b"} > 1', "x > 1"
COMPLETE = {"labels": {"severity": "page"}, "annotations": {"summary": "a", "runbook_url": "https://example.org"}}


def rules(*exprs: str) -> str:
    alerts = [{"alert": f"A{n}", "expr": expr, **COMPLETE} for n, expr in enumerate(exprs)]
    return yaml.safe_dump({"groups": [{"name": "g", "rules": alerts}]})


def run(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "obskit", "check", "--rules", *arguments]
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command, cwd=folder, input=given, capture_output=True, check=False, env=environment)


def test_sarif_has_what_its_readers_need(tmp_path: Path) -> None:
    (tmp_path / "my rules").mkdir()
    (tmp_path / "my rules/a.yaml").write_text(f"# first\n{rules(WARNED, RIGHT, 'sum(', NOTED)}")
    done = run(tmp_path, "my rules", "--sarif", "--level", "note")
    assert (done.returncode, done.stderr) == (1, b"")
    log = json.loads(done.stdout)
    assert (log["version"], log["$schema"].endswith("sarif-schema-2.1.0.json")) == ("2.1.0", True)
    (only,) = log["runs"]
    driver = only["tool"]["driver"]
    assert driver["name"] == "obskit"
    assert [rule["id"] for rule in driver["rules"]] == [*_lint.CHECKS]
    for rule in driver["rules"]:
        page = rule["helpUri"].removeprefix(driver["informationUri"] + "/")
        assert (ROOT / f"docs/{page}.md").is_file()
        assert rule["shortDescription"]["text"].endswith(".")
    lines = (tmp_path / "my rules/a.yaml").read_text().splitlines()
    seen = set()
    for result in only["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"].startswith("group g: alert A")
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "my%20rules/a.yaml"}
        region = physical["region"]
        assert 1 <= region["startLine"] <= region["endLine"] <= len(lines)
        seen.add((result["ruleId"], result["level"], lines[region["startLine"] - 1].strip()))
    assert seen == {
        ("impossible-comparison", "warning", f"expr: {WARNED}"),
        ("promql-syntax", "error", "expr: sum("),
        ("needless-regex", "note", f"expr: {NOTED}"),
    }


def test_the_address_of_the_pages_is_beside_that_of_the_runbooks() -> None:
    from obskit._lint import _sarif
    from obskit.config.project import Project, Service

    log = _sarif.log([], _lint.CHECKS)
    base = Project(service=Service(name="a")).backends.runbooks.removesuffix("runbooks")
    assert {rule["helpUri"].rpartition("checks/")[0] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == {base}


@pytest.mark.parametrize(
    ("expr", "level", "code", "shown"),
    [
        (RIGHT, "note", 0, 0),
        (NOTED, "note", 0, 1),
        (NOTED, "warning", 0, 0),
        (WARNED, "warning", 1, 1),
        (WARNED, "error", 0, 0),
        ("sum(", "error", 1, 1),
    ],
)
def test_what_is_reported_fails_and_notes_never_do(
    expr: str, level: str, code: int, shown: int, tmp_path: Path
) -> None:
    done = run(tmp_path, "-", "--json", "--level", level, given=rules(expr).encode())
    report = json.loads(done.stdout)
    assert (done.returncode, len(report["findings"]), report["files"], report["rules"]) == (code, shown, ["stdin"], 1)


def test_notes_are_counted_when_they_are_not_shown(tmp_path: Path) -> None:
    done = run(tmp_path, "-", given=rules(NOTED).encode())
    assert done.stdout == b"1 rule in 1 file checked, 0 findings; --level note shows 1 more\n"


def test_a_check_that_is_disabled_says_nothing(tmp_path: Path) -> None:
    done = run(
        tmp_path, "-", "--disable", "impossible-comparison", "--disable", "raw-counter", given=rules(WARNED).encode()
    )
    assert done.returncode == 0


def test_the_interval_and_the_version_that_are_given_are_held_against_the_rules(tmp_path: Path) -> None:
    given = rules("rate(x[30s]) > 1", "first_over_time(y[5m]) > 1").encode()
    assert run(tmp_path, "-", given=given).returncode == 0
    assert b"[range-too-short]" in run(tmp_path, "-", "--scrape-interval", "20s", given=given).stdout
    assert b"[unavailable-feature]" in run(tmp_path, "-", "--prometheus", "2.42.0", given=given).stdout


def test_files_and_folders_are_read_once_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    for name in ("a/b.rules", "a/c.yml", "a/d.json", "a/notes.txt", "a/.e.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text_of(RIGHT))
    done = run(tmp_path, "a", "a/c.yml", "./a/c.yml", "--json")
    assert json.loads(done.stdout)["files"] == ["a/b.rules", "a/c.yml", "a/d.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \xff", "stdin: byte 4 is not UTF-8"),
        (b"\x7fELF\x00\x01", "stdin: not YAML"),
        (b"a" * ((16 << 20) + 1), "stdin: the file is larger than 16 MiB"),
        (b"groups: [", "stdin:2: not YAML"),
        (b"[" * 9000, "nesting"),
        (b"", "stdin: no group of rules in it"),
    ],
    ids=["of another encoding", "binary", "too large", "half", "too deep", "empty"],
)
def test_what_cannot_be_read_ends_with_2_and_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    done = run(tmp_path, "-", given=content)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout, said.count("\n")) == (2, b"", 1)
    assert message in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.yaml"], "nothing.yaml: no such file"),
        ([], "--rules needs files"),
        (["-", "--json", "--sarif"], "one of --json and --sarif at most"),
        (["-", "--rendered", "a"], "no --rendered"),
        (["-", "--disable", "raw-counters"], "did you mean raw-counter?"),
        (["-", "--level", "info"], "'info' is not one of 'error', 'warning', 'note'"),
        (["-", "--scrape-interval", "soon"], "--scrape-interval: 'soon' is no duration"),
        (["-", "--prometheus", "three"], "--prometheus: three is no version"),
    ],
)
def test_options_that_cannot_be_meant_end_with_2_and_a_reason(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *arguments, given=rules(RIGHT).encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_what_belongs_to_rules_is_refused_without_them(tmp_path: Path) -> None:
    for more in (["a.yaml"], ["--sarif"], ["--disable", "x"], ["--level", "note"]):
        done = subprocess.run(
            [sys.executable, "-m", "obskit", "check", *more], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "need --rules" in done.stderr) == (2, True)


def test_levels_are_those_of_the_command_line() -> None:
    from obskit.cli import linting

    assert tuple(linting._COLOURS) == _lint.LEVELS


def example(page: Path) -> Any:
    """The example of a page as a rule, or as the group that it is."""
    block = page.read_text().partition("## Example")[2].partition("```")[2].partition("```")[0]
    language, _, text = block.partition("\n")
    if language == "text":
        return text.strip()
    parsed = yaml.safe_load(text)
    if isinstance(parsed, dict):
        return {"alert": "A", "expr": "x > 1", **parsed}
    return {"group": parsed[0] if "rules" in parsed[0] else {"rules": parsed}}


@pytest.mark.parametrize(
    "check", [c for c in _lint.CHECKS if c not in _checks.CHECKS and c not in ("group-size", "ignore-comment")]
)
def test_the_example_of_a_page_is_one_that_the_check_finds(check: str) -> None:
    rule = example(ROOT / f"docs/checks/{check}.md")
    findings = _lint.run({"r.yaml": text_of(rule)}, Settings(scrape=60.0)).findings
    assert check in {finding.check for finding in findings}


def test_the_output_that_the_documentation_shows_is_the_output(tmp_path: Path) -> None:
    text = (ROOT / "docs/lint.md").read_text()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/shop.yaml").write_text(text.partition("```yaml\n")[2].partition("```")[0])
    shown = text.partition("$ obskit check --rules rules\n")[2].partition("```")[0]
    assert run(tmp_path, "rules").stdout.decode() == shown


def test_a_check_of_both_kinds_promises_the_same() -> None:
    for name in _lint.CHECKS.keys() & _checks.CHECKS.keys():
        assert (_lint.CHECKS[name].__doc__ or "").splitlines()[0] == (_checks.CHECKS[name].__doc__ or "").splitlines()[
            0
        ]
