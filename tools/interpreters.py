"""Bring a Python that the machine lacks: from Debian's packages, else from Maven Central.

Debian has the newest patches, and its packages run beside any C library, with their own; but Debian's testing suite
lets a Python go some months after the next one came. What is on Maven Central stays.
"""

from __future__ import annotations

import platform
import zipfile
from pathlib import Path

from tools.bring import CannotBring, Say, cache, keep, progress, run

#: Version -> the suite of Debian that has it, and the artifact of Maven Central.
_BROUGHT = {"3.14": ("forky", "org.bytedeco:cpython:3.14.3-1.5.13")}
_USUALLY_SECONDS = 10
_MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_MAVEN_MACHINES = {"x86_64": "linux-x86_64", "aarch64": "linux-arm64"}
#: Modules that need libraries: with the wrong ones, or with none, a Python does not import them.
_CHECK = "import bz2, ctypes, lzma, sqlite3, ssl, zlib"
#: An environment's Python is a link to this. Python finds the environment by the name that it was called by.
_LAUNCHER = """#!/bin/sh
root=$(readlink -f "$0")
root=${{root%/bin/*}}
exec "$root/{loader}" --argv0 "$0" --library-path "$root/{libraries}" "$root/bin/{program}" "$@"
"""


def bring(version: str, say: Say = print) -> Path:
    """Return an interpreter from the cache, brought there when there is none.

    Args:
        version: The first two numbers.
        say: Called with lines of progress.

    Raises:
        CannotBring: It cannot be had; says why.
    """
    if version not in _BROUGHT:
        raise CannotBring("it can only be installed")
    place = cache() / f"python-{version}"
    if not place.exists():
        keep(place, lambda made: _make(version, made, say))
    return place / "bin" / f"python{version}"


def _make(version: str, made: Path, say: Say) -> None:
    suite, artifact = _BROUGHT[version]
    with progress("Python", version, _USUALLY_SECONDS, say):
        try:
            root = _from_debian(version, suite, made.parent / "debian")
        except CannotBring as no_debian:
            try:
                root = _from_maven(version, artifact, made.parent / "maven")
            except CannotBring as no_maven:
                raise CannotBring(f"{no_debian}\n{no_maven}") from None
        root.rename(made)


def _from_debian(version: str, suite: str, work: Path) -> Path:
    """Unpack the packages and all that they need, the C library included. Nothing is installed, so anybody may."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()  # nothing is installed: so everything is downloaded
    (work / "sources.list").write_text(f"deb [signed-by={_keyring()}] {_mirror()} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Debug::NoLocking": "true",  # the locks of what is installed are root's
        "APT::Sandbox::User": "",  # that user may not write here
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in settings.items())]
    run(*apt, "update")
    # Wheels with C++ inside need the library, and the loader would take the machine's.
    run(*apt, "--yes", "--download-only", "--no-install-recommends", "install", f"python{version}", "libstdc++6")
    for package in sorted((work / "cache/archives").glob("*.deb")):
        run("dpkg-deb", "--extract", package, work / "unpacked")
    root = work / "unpacked/usr"
    loader = next(root.glob("lib/*/ld-linux*.so.*")).relative_to(root)
    python = root / "bin" / f"python{version}"
    program = python.rename(f"{python}.elf")
    python.write_text(_LAUNCHER.format(loader=loader, libraries=loader.parent, program=program.name))
    python.chmod(0o755)
    run(python, "-c", _CHECK)
    return root


def _mirror() -> str:
    """Return the address of Debian's packages that this machine uses."""
    wanted = ["--no-release-info", "--format", "$(COMPONENT) $(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    release = platform.freedesktop_os_release()
    if release.get("ID") == "debian":
        for line in run("apt-get", "indextargets", *wanted).splitlines():
            component, suite, address = line.split(" ", 2)
            if component == "main" and suite in (release.get("VERSION_CODENAME"), "stable", "testing", "sid"):
                return address
    raise CannotBring("this machine has no mirror of Debian")


def _keyring() -> Path:
    for keyring in sorted(Path("/usr/share/keyrings").glob("debian-archive-keyring.*")):
        return keyring
    raise CannotBring("this machine has no keys of Debian")


def _from_maven(version: str, artifact: str, work: Path) -> Path:
    """Unpack the jar; it needs libraries of the machine."""
    machine = _MAVEN_MACHINES.get(platform.machine(), platform.machine())
    copied = (f"-Dartifact={artifact}:jar:{machine}", f"-DoutputDirectory={work}")
    run("mvn", "--quiet", "--batch-mode", "-Dstyle.color=never", _MAVEN_COPY, *copied)
    with zipfile.ZipFile(next(work.glob("*.jar"))) as jar:
        jar.extractall(work)
    root = work / "org/bytedeco/cpython" / machine
    python = root / "bin" / f"python{version}"
    python.chmod(0o755)
    run(python, "-c", _CHECK)
    return root
