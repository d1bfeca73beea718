"""The documentation does what it says: its commands run, its links lead somewhere, its code compiles."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    p
    for p in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/**/*.md")]
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (str(page.relative_to(ROOT)), code)
        for page in PAGES
        for kind, code in _BLOCK.findall(page.read_text())
        if kind == language
    ]


def commands(program: str) -> list[tuple[str, str]]:
    """Every line `$ program …` of the documentation, without what only a shell can do with its output."""
    found = []
    for page, code in blocks("console"):
        lines = [line[2:] for line in code.splitlines() if line.startswith(f"$ {program} ")]
        found += [(page, re.split(r"\s+(?:#|>|\|)", line)[0].strip()) for line in lines]
    return sorted(set(found))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "obskit.yaml").write_text((ROOT / "examples/shop/obskit.yaml").read_text())
    return folder


@pytest.mark.parametrize(("page", "line"), commands("obskit"), ids=lambda value: value)
def test_every_command_of_the_documentation_runs(
    page: str, line: str, folder: Path, program: Callable[[str], Path]
) -> None:
    arguments = shlex.split(line)[1:]
    environment = dict(os.environ)
    if arguments[0] == "test":
        environment["OBSKIT_PROMTOOL"] = str(program("promtool"))
    done = subprocess.run(
        [sys.executable, "-m", "obskit", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    allowed = (0, 1) if {"--diff", "--check"} & set(arguments) else (0,)
    assert done.returncode in allowed, f"{page}: {line}\n{done.stdout}{done.stderr}"


def test_every_make_target_of_the_documentation_exists() -> None:
    targets = set(re.findall(r"^([a-z][-a-z]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {line.split()[1] for _, line in commands("make")}
    assert used
    assert used <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    targets = [t for t in _LINK.findall(page.read_text()) if "://" not in t and not t.startswith("mailto:")]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize(("page", "code"), blocks("python"), ids=lambda value: value.splitlines()[0][:40])
def test_python_of_the_documentation_compiles(page: str, code: str) -> None:
    compile(code, page, "exec")


def test_the_python_of_the_first_screen_runs(tmp_path: Path) -> None:
    (page, code), *_ = blocks("python")
    assert page == "README.md"
    environment = {
        "PATH": os.environ["PATH"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OBSKIT_EXIT_BUDGET": "0.2",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
