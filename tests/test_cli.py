"""The command line, by transcripts: each file in tests/cli holds a command, its input files and its exact output.

Sections begin with ``-- name --``; ``$`` is the command, ``stdout``, ``stderr`` and ``exit`` are what it must give,
every other section is an input file. ``OBSKIT_UPDATE=1 pytest tests/test_cli.py`` rewrites the outputs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

TRANSCRIPTS = sorted((Path(__file__).parent / "cli").glob("*.txt"))
_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)
_OUTPUTS = ("stdout", "stderr", "exit")
_CLICK = tuple(int(number) for number in version("click").split(".")[:2])
_CLICK_OF_TRANSCRIPTS = (8, 5)


def sections(text: str) -> dict[str, str]:
    parts = _SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def run(command: str, folder: Path, **environment: str) -> dict[str, str]:
    program, *arguments = shlex.split(command)
    assert program == "obskit"
    done = subprocess.run(
        [sys.executable, "-m", "obskit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100", "HOME": str(folder), **environment},
    )
    return {"stdout": done.stdout, "stderr": done.stderr, "exit": f"{done.returncode}\n"}


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda p: p.stem)
def test_a_command_prints_exactly_what_its_transcript_says(transcript: Path, tmp_path: Path) -> None:
    expected = sections(transcript.read_text())
    inputs = {name: text for name, text in expected.items() if name not in ("$", *_OUTPUTS)}
    for name, text in inputs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    actual = run(expected["$"].strip(), tmp_path)
    if os.environ.get("OBSKIT_UPDATE"):
        transcript.write_text("".join(f"-- {n} --\n{t}" for n, t in ({"$": expected["$"]} | inputs | actual).items()))
        return
    assert "Traceback" not in actual["stderr"]
    # The words of usage errors are click's.
    if expected["stderr"].startswith("Usage:") and _CLICK < _CLICK_OF_TRANSCRIPTS:
        actual["stderr"] = expected["stderr"]
    assert actual == {name: expected[name] for name in _OUTPUTS}


def test_help_of_the_program_loads_nothing_that_only_a_command_needs() -> None:
    run_help = "from obskit.cli.group import cli; cli.main(['--help'], standalone_mode=False)"
    code = f"import sys; {run_help}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {
        "yaml",
        "msgspec",
        "rjsonnet",
        "_jsonnet",
        "promql_parser",
        "jsonschema_rs",
        "opentelemetry",
        "requests",
    }


@pytest.mark.parametrize(
    "name",
    ["render", "check", "test", "explain", "catalogue", "catalogue show", "catalogue export", "schema", "completion"],
)
def test_the_help_of_every_command_has_an_example(name: str, tmp_path: Path) -> None:
    done = run(f"obskit {name} --help", tmp_path)
    assert done["exit"] == "0\n"
    assert re.search(r"Examples?\b", done["stdout"])
    assert f"obskit {name}" in done["stdout"].partition("Example")[2] or f"(obskit {name}" in done["stdout"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the least obskit.yaml."""
    (tmp_path / "obskit.yaml").write_text("service: {name: shop, namespace: shop}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \xff", "byte 4 is not UTF-8; save it as UTF-8"),
        (b"a" * ((16 << 20) + 1), "the file is larger than 16 MiB; is it the right one?"),
    ],
    ids=["of another encoding", "too large"],
)
def test_a_rendered_file_that_is_no_text_ends_the_check_with_one_line(
    content: bytes, message: str, project: Path
) -> None:
    (project / "out").mkdir()
    (project / "out/a.yaml").write_bytes(content)
    result = run("obskit check --rendered out", project)
    assert result == {"stdout": "", "stderr": f"obskit: out/a.yaml: {message}\n", "exit": "2\n"}


def test_the_least_settings_render_to_files_without_findings(project: Path) -> None:
    result = run("obskit check", project)
    assert (result["exit"], result["stderr"]) == ("0\n", "")


def test_labels_of_a_site_go_through_every_rule_and_panel_without_findings(project: Path) -> None:
    (project / "obskit.yaml").write_text("service: {name: shop, namespace: shop}\ngroup_labels: [cluster, region]\n")
    result = run("obskit check", project)
    assert (result["exit"], result["stderr"]) == ("0\n", "")


def test_what_was_rendered_beside_the_project_is_checked_too_once_it_differs(project: Path) -> None:
    assert run("obskit render all", project)["exit"] == "0\n"
    fresh = run("obskit check", project)
    assert fresh["exit"] == "0\n"
    for name in ("prometheusrule", "rules", "mimir"):
        rules = project / f"rendered/alerts/{name}.yaml"
        rules.write_text(rules.read_text().replace("obskit_shard_misrouted_total", "obskit_shard_lost_total"))
    result = run("obskit check", project)
    assert result["exit"] == "1\n"
    place = "rendered/alerts/mimir.yaml: group obskit-shards-map-shop-shop: alert ObskitShardMisrouted"
    assert f"{place}: no signal is called obskit_shard_lost_total" in result["stdout"]
    files = len([path for path in (project / "rendered").rglob("*.*") if path.suffix in (".yaml", ".json")]) - 1
    assert f"{files} files checked" in fresh["stdout"]
    assert f"{2 * files} files checked" in result["stdout"]


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("/bin/false", "1\n", "promtool ended with code 1 without a word"),
        ("nothing", "2\n", "promtool is not installed at"),
        ("obskit.yaml", "2\n", "promtool is not installed at"),
        ("broken", "2\n", "broken cannot be run: Exec format error"),
    ],
)
def test_a_promtool_that_does_not_work_is_never_a_pass(program: str, code: str, words: str, project: Path) -> None:
    (project / "broken").write_bytes(b"\x7fELF")
    (project / "broken").chmod(0o755)
    result = run("obskit test", project, OBSKIT_PROMTOOL=program if program[0] == "/" else str(project / program))
    assert result["exit"] == code
    assert words in result["stderr"]
    assert "Traceback" not in result["stderr"]


@pytest.mark.parametrize("command", ["explain", "catalogue export --format json", "schema", "check"])
def test_output_that_cannot_be_written_is_one_clear_error(command: str, project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        arguments = [sys.executable, "-m", "obskit", *command.split()]
        done = subprocess.run(arguments, cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "the output cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_alert_that_is_off_is_explained_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "obskit.yaml").write_text("service: {name: shop}\nalerts: {ObskitShardHot: {enabled: false}}\n")
    for name, reason in (
        ("ObskitShardHot", "off: obskit.yaml disables it (alerts.ObskitShardHot.enabled)"),
        ("ObskitPostgresDown", "off: its pack is not enabled (packs: {postgres: true})"),
    ):
        assert reason in run(f"obskit explain {name}", tmp_path)["stdout"].splitlines()
    assert "off:" not in run("obskit explain ObskitShardStarved", tmp_path)["stdout"]


def test_an_alert_is_explained_without_a_project_but_not_with_one_that_is_missing(tmp_path: Path) -> None:
    assert run("obskit explain ObskitShardHot", tmp_path)["exit"] == "0\n"
    result = run("obskit explain ObskitShardHot -c nothing.yaml", tmp_path)
    assert (result["exit"], result["stdout"]) == ("2\n", "")
    assert "nothing.yaml: no such file" in result["stderr"]


@pytest.mark.parametrize("count", [2, 9], ids=["one after the other", "side by side"])
def test_several_projects_are_rendered_each_into_a_folder_of_its_own(count: int, tmp_path: Path) -> None:
    for number in range(count):
        (tmp_path / f"{number}.yaml").write_text(f"service: {{name: s{number}, namespace: shop}}\n")
    options = " ".join(f"-c {number}.yaml" for number in range(count))
    done = run(f"obskit render alerts {options}", tmp_path)
    assert done["exit"] == "0\n", done["stderr"]
    for number in range(count):
        rules = (tmp_path / f"rendered/shop/s{number}/alerts/rules.yaml").read_text()
        assert f'job="shop/s{number}"' in rules
    again = json.loads(run(f"obskit render alerts {options} --check --json", tmp_path)["stdout"])
    assert [project["differences"] for project in again["projects"]] == [[]] * count


def test_two_projects_of_one_service_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("service: {name: shop}\n")
    done = run("obskit render -c a.yaml -c b.yaml", tmp_path)
    assert (done["exit"], done["stdout"]) == ("2\n", "")
    expected = "obskit: b.yaml: it describes the same service as a.yaml; give one of them another name or namespace\n"
    assert done["stderr"] == expected
    assert not (tmp_path / "rendered").exists()


def test_services_whose_pods_look_alike_are_refused(tmp_path: Path) -> None:
    for name in ("web", "worker"):
        (tmp_path / f"{name}.yaml").write_text(f"service: {{name: {name}, namespace: shop, container: app}}\n")
    for command in ("check", "render"):
        done = run(f"obskit {command} -c web.yaml -c worker.yaml", tmp_path)
        assert (done["exit"], done["stdout"]) == ("2\n", "")
        expected = "worker.yaml: its container is called app, as that of web.yaml in the same namespace; alerts on pods"
        assert expected in done["stderr"]


@pytest.mark.parametrize("match", ["", "cluster: eu-.*, job: redis"])
def test_a_pack_that_two_projects_have_on_the_same_series_is_refused(match: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "service: {name: a}\npacks: {redis: {match: {cluster: eu-1|us-1}}, postgres: true}\n"
    )
    (tmp_path / "b.yaml").write_text(f"service: {{name: b}}\npacks:\n  redis: {{match: {{{match}}}}}\n")
    for command in ("check", "render"):
        done = run(f"obskit {command} -c a.yaml -c b.yaml", tmp_path)
        assert (done["exit"], done["stdout"]) == ("2\n", "")
        expected = (
            "obskit: b.yaml:3: it has the pack redis, as a.yaml, and nothing in their match keeps them apart; both"
        )
        assert done["stderr"].startswith(expected)
    (tmp_path / "b.yaml").write_text("service: {name: b}\npacks: {redis: {match: {cluster: eu-2.*}}, istio: true}\n")
    assert run("obskit check -c a.yaml -c b.yaml", tmp_path)["exit"] == "0\n"


def test_several_projects_are_checked_each_with_its_own_findings(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("service: {name: a}\n")
    (tmp_path / "b.yaml").write_text("service: {name: b}\nintervals: {export: 20s}\n")
    report = json.loads(run("obskit check -c a.yaml -c b.yaml --json", tmp_path)["stdout"])
    assert {finding["place"][:8] for finding in report["findings"]} == {"b.yaml: "}
    assert {file[:8] for file in report["files"]} == {"a.yaml: ", "b.yaml: "}


def test_a_mistake_in_one_of_many_projects_is_told_with_its_place(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.yaml").write_text(f"service: {{name: s{number}}}\n")
    (tmp_path / "5.yaml").write_text("service: {name: s5}\nalerts: {ObskitShardHott: {for: 1m}}\n")
    done = run("obskit render " + " ".join(f"-c {number}.yaml" for number in range(9)), tmp_path)
    assert done["exit"] == "2\n"
    assert done["stderr"].startswith("obskit: 5.yaml:2: no alert is called ObskitShardHott; did you mean")
