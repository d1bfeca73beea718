"""A virtual environment for each contestant, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.overhead.contestants import SAME, STACK, Contestant
from tools.bring import cache

ROOT = Path(__file__).parents[2]
_LIST = """
import importlib.metadata, json
print(json.dumps({d.name.lower().replace("_", "-"): d.version for d in importlib.metadata.distributions()}))
"""

Say = Callable[[str], None]


class CannotInstall(RuntimeError):
    """Raised when there is no environment for a contestant; says why."""


@dataclass(frozen=True)
class Environment:
    """Where a contestant runs.

    Args:
        python: Its interpreter.
        programs: Where distributions install programs.
        versions: Distribution -> version, of all that are installed.
    """

    python: Path
    programs: Path
    versions: Mapping[str, str]


def current() -> Environment:
    """Return the environment that this benchmark runs in."""
    python = Path(sys.executable)
    return Environment(python, Path(sysconfig.get_path("scripts")), _versions(python))


def prepare(contestant: Contestant, bare: Environment | None, say: Say) -> Environment:
    """Return the environment of a contestant, made if it is not in the cache yet.

    Args:
        contestant: Whose.
        bare: Gives the versions of the stack; None when this is the one that chooses them.
        say: Called with lines of progress.

    Raises:
        CannotInstall: The packages do not install together, or there is no uv.
    """
    pins = {name: bare.versions[name] for name in SAME if name in bare.versions} if bare else {}
    arguments = [*STACK, *contestant.requirements]
    arguments += ["-r", str(ROOT / "pyproject.toml")] if contestant.checkout else []
    folder = cache().parent / "overhead" / f"{contestant.name}-{_digest(contestant, arguments, pins)}"
    python, ready = folder / "bin/python", folder / "ready"
    if not ready.exists():
        say(f"installing {contestant.name} (usually 10 s)")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), encoding="utf-8")
        _uv("pip", "install", "--quiet", "--python", str(python), "-c", str(constraints), *arguments)
        ready.touch()
    return Environment(python, folder / "bin", _versions(python))


def _digest(contestant: Contestant, arguments: list[str], pins: Mapping[str, str]) -> str:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8") if contestant.checkout else ""
    wanted = json.dumps([arguments[: len(STACK) + len(contestant.requirements)], pins, project, sys.version])
    return hashlib.sha256(wanted.encode()).hexdigest()[:12]


def _uv(*arguments: str) -> None:
    done = subprocess.run([*_find_uv(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise CannotInstall(re.sub(r"https?://\S+", "the package index", said)[:300])


def _find_uv() -> list[str]:
    as_module = [sys.executable, "-m", "uv"]
    if subprocess.run([*as_module, "--version"], capture_output=True, check=False).returncode == 0:
        return as_module
    found = shutil.which("uv")
    if found is None:
        raise CannotInstall("uv is not here; pip install uv, or run make test, which installs it")
    return [found]


def _versions(python: Path) -> dict[str, str]:
    done = subprocess.run([python, "-c", _LIST], capture_output=True, text=True, check=True, cwd=python.parent)
    versions: dict[str, str] = json.loads(done.stdout)
    return versions
