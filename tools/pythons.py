"""``python -m tools.pythons`` runs the tests that need no real program under every supported Python of this machine.

Versions that are not here are said and left out; each gets an environment of its own beside ``.venv``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
TESTS = ("-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", "not real")


def find(version: str) -> Path | None:
    """Return an interpreter of a version: on PATH, or one that pyenv keeps."""
    on_path = shutil.which(f"python{version}")
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in [*([Path(on_path)] if on_path else []), *sorted(kept.glob(f"{version}.*/bin/python"))]:
        shown = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False).stdout
        if shown.startswith(f"Python {version}."):  # a shim may be there and not work
            return candidate
    return None


def environment(version: str, interpreter: Path) -> Path:
    """Return the Python of an environment with the development dependencies, made when there is none as new."""
    folder = ROOT / f".venv-{version}"
    python, ready = folder / "bin/python", folder / "ready"
    if not ready.exists() or ready.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        print(f"creating {folder.name} (usually 20 s)", flush=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", interpreter, folder], check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", python, "-e", ".[cli]", "--group", "dev"]
        subprocess.run(install, check=True, cwd=ROOT)
        ready.touch()
    return python


def main() -> int:
    """Run the tests; return how many versions failed."""
    failed = []
    for version in SUPPORTED:
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            continue  # its tests are run with the real programs
        interpreter = find(version)
        if interpreter is None:
            print(f"Python {version} is not on this machine: left out", flush=True)
            continue
        print(f"Python {version}", flush=True)
        if subprocess.run([environment(version, interpreter), *TESTS], check=False, cwd=ROOT).returncode:
            failed.append(version)
    if failed:
        print(f"failed under Python {', '.join(failed)}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
