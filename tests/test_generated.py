"""Committed files that are made from something else are as their source makes them now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools/generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_every_generated_file_is_up_to_date() -> None:
    done = generate("--check")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_stale_file_is_named_and_written_anew(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import generate as module

    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "FILES", {"docs/a.md": lambda: "new\n", "docs/b.md": lambda: "same\n"})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("old\n")
    (tmp_path / "docs/b.md").write_text("same\n")
    assert module.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale docs/a.md\n"
    assert (tmp_path / "docs/a.md").read_text() == "old\n"
    assert module.main([]) == 0
    assert capsys.readouterr().out == "wrote docs/a.md\n"
    assert (tmp_path / "docs/a.md").read_text() == "new\n"
    assert module.main(["--check"]) == 0
