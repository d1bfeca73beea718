"""The command line, by transcripts: each file in tests/cli holds a command, its input files and its exact output.

Sections begin with ``-- name --``; ``$`` is the command, ``stdout``, ``stderr`` and ``exit`` are what it must give,
every other section is an input file. ``OBSKIT_UPDATE=1 pytest tests/test_cli.py`` rewrites the outputs.
"""

from __future__ import annotations

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


def run(command: str, folder: Path) -> dict[str, str]:
    program, *arguments = shlex.split(command)
    assert program == "obskit"
    done = subprocess.run(
        [sys.executable, "-m", "obskit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100", "HOME": str(folder)},
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
