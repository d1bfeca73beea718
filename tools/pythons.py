"""``python -m tools.pythons`` runs the tests that need no real program under every other supported Python.

A version that is neither here nor can be brought is said and left out; in CI, and with OBSKIT_REQUIRE_PROGRAMS=1, that
is a failure. Each version gets an environment of its own beside ``.venv``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import interpreters
from tools.bring import CannotBring

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
#: Tests wait for a process more than they compute.
WORKERS = 2 * (os.cpu_count() or 1)
TESTS = [
    *f"-m pytest -n {WORKERS} -q --dist worksteal --hypothesis-profile repeatable -m".split(),
    "not real and not once",
]


def find(version: str) -> Path | None:
    """Return an interpreter of a version: on PATH, or one that pyenv keeps."""
    on_path = shutil.which(f"python{version}")
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in [*([Path(on_path)] if on_path else []), *sorted(kept.glob(f"{version}.*/bin/python"))]:
        shown = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False).stdout
        if shown.startswith(f"Python {version}."):  # a shim may be there and not work
            return candidate
    return None


def find_or_bring(version: str) -> Path | None:
    """Return an interpreter of a version, or say why there is none."""
    if found := find(version):
        return found
    try:
        return interpreters.bring(version, lambda line: print(line, flush=True))
    except CannotBring as reason:
        print(f"Python {version} is not on this machine: {reason}", flush=True)
        return None


def environment(version: str, interpreter: Path) -> Path:
    """Return the Python of an environment with the development dependencies, made when there is none as new."""
    folder = ROOT / f".venv-{version}"
    python, ready = folder / "bin/python", folder / "ready"
    stale = not python.exists()  # the cache that it is a link into was emptied
    if stale or not ready.exists() or ready.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        print(f"creating {folder.name} (usually 20 s)", flush=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", interpreter, folder], check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", python, "-e", ".[cli]", "--group", "dev"]
        subprocess.run(install, check=True, cwd=ROOT)
        ready.touch()
    return python


def main() -> int:
    """Run the tests; return how many versions failed."""
    all_required = os.environ.get("CI") == "true" or os.environ.get("OBSKIT_REQUIRE_PROGRAMS") == "1"
    failed, absent = [], []
    for version in SUPPORTED:
        if version == f"{sys.version_info.major}.{sys.version_info.minor}":
            continue  # its tests are run with the real programs
        interpreter = find_or_bring(version)
        if interpreter is None:
            absent.append(version)
            continue
        print(f"Python {version}", flush=True)
        if subprocess.run([environment(version, interpreter), *TESTS], check=False, cwd=ROOT).returncode:
            failed.append(version)
    if absent:
        print(f"not tested under Python {', '.join(absent)}{', which is required' * all_required}", file=sys.stderr)
    if failed:
        print(f"failed under Python {', '.join(failed)}", file=sys.stderr)
    return len(failed) + len(absent) * all_required


if __name__ == "__main__":
    sys.exit(main())
