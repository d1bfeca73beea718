"""The tests under other Pythons."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import metadata
from pathlib import Path

import pytest

from tools import interpreters, pythons
from tools.bring import CannotBring


def test_every_python_that_the_package_names_is_tested() -> None:
    classifiers = metadata("obskit-k8s").get_all("Classifier") or []
    named = [text.rpartition(" ")[2] for text in classifiers if text.startswith("Programming Language :: Python :: 3.")]
    assert tuple(named) == pythons.SUPPORTED


def test_a_shim_that_does_not_work_is_not_taken_for_a_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    kept = tmp_path / "pyenv/versions/3.99.1/bin/python"
    kept.parent.mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert pythons.find("3.99") is None
    kept.write_text("#!/bin/sh\necho Python 3.99.1\n")
    kept.chmod(0o755)
    assert pythons.find("3.99") == kept


@pytest.mark.parametrize(
    ("variable", "value", "failures", "told"),
    [
        ("CI", "", 0, "not tested under Python 3.99\n"),
        ("CI", "true", 1, "not tested under Python 3.99, which is required\n"),
        ("OBSKIT_REQUIRE_PROGRAMS", "1", 1, "not tested under Python 3.99, which is required\n"),
    ],
)
def test_a_python_that_cannot_be_had_is_left_out_but_not_in_ci(
    variable: str,
    value: str,
    failures: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("CI", "OBSKIT_REQUIRE_PROGRAMS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(pythons, "SUPPORTED", ("3.99",))
    assert pythons.main() == failures
    said = capsys.readouterr()
    assert said.out == "Python 3.99 is not on this machine: it can only be installed\n"
    assert said.err == told


def test_where_nothing_brings_a_python_each_way_says_why_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(CannotBring, match=r"(apt-get is not here|no (mirror|keys) of Debian)\nmvn is not here"):
        interpreters.bring("3.14", lambda _: None)
    assert [path.name for path in (tmp_path / "cache/obskit/programs").iterdir()] == ["python-3.14.lock"]


@pytest.mark.real
def test_the_python_that_is_brought_serves_environments_scripts_and_children(tmp_path: Path) -> None:
    try:
        python = interpreters.bring("3.14")
    except CannotBring as reason:
        if os.environ.get("OBSKIT_REQUIRE_PROGRAMS") == "1" and os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    subprocess.run([python, "-m", "venv", "--without-pip", tmp_path / "with"], check=True)
    script = tmp_path / "with/bin/script"
    child = "import sys, ssl, sqlite3; print(sys.prefix, *sys.version_info[:2])"
    script.write_text(
        f"#!{tmp_path}/with/bin/python\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    )
    script.chmod(0o755)
    shown = subprocess.run([script], capture_output=True, text=True, check=True).stdout
    assert shown == f"{tmp_path}/with 3 14\n"
