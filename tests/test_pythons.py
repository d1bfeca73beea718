"""The tests under other Pythons."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path

import pytest

from tools import pythons


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
