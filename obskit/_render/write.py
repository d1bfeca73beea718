"""The only module that touches the disk: compare and write what was rendered.

A folder of output has a list of what obskit put there (``.obskit.json``). It is how a file that is no longer rendered
goes away, and how a file that somebody else wrote is never overwritten.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from obskit.exceptions import InputError

MANIFEST = ".obskit.json"


@dataclass(frozen=True)
class Difference:
    """One file that is not as rendered.

    Args:
        path: Path below the folder of output.
        state: ``missing``, ``changed`` or ``stale`` (rendered once, and no longer).
        diff: Unified diff from what is there to what was rendered.
    """

    path: str
    state: Literal["missing", "changed", "stale"]
    diff: str


def compare(files: Mapping[str, str], folder: Path) -> list[Difference]:
    """Return where a folder differs from what was rendered, sorted by path.

    Args:
        files: ``{path: text}``.
        folder: The folder of output; it may not exist yet.
    """
    result = []
    for path, text in files.items():
        present = _read(folder / path)
        if present != text:
            state: Literal["missing", "changed"] = "missing" if present is None else "changed"
            result.append(Difference(path, state, _diff(path, present or "", text)))
    stale = [Difference(path, "stale", _diff(path, _read(folder / path) or "", "")) for path in _stale(files, folder)]
    return sorted(result + stale, key=lambda difference: difference.path)


def write(files: Mapping[str, str], folder: Path) -> list[Difference]:
    """Make a folder equal to what was rendered, and return what changed.

    Every new text is on the disk before the first file is replaced, and a file is replaced whole or not at all.

    Args:
        files: ``{path: text}``.
        folder: The folder of output; created when missing.

    Raises:
        InputError: The folder is a file, cannot be written, or holds a file of the same name that is not ours.
    """
    try:
        _refuse_obstacles([*files, MANIFEST], folder)
    except OSError as error:
        problem = f"cannot be written: {error.strerror}"
        raise InputError(problem, place=str(folder), remedy="give another folder with -o") from None
    differences = compare(files, folder)
    listed = _listed(folder)
    for difference in differences:
        if difference.state == "changed" and difference.path not in listed:
            remedy = "move it away, or choose another folder with -o"
            raise InputError(
                "this file is there already, and obskit did not write it",
                place=str(folder / difference.path),
                remedy=remedy,
            )
    try:
        _replace(files, differences, folder)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}",
            place=str(error.filename or folder),
            remedy="check path, permissions and space",
        ) from None
    return differences


def _refuse_obstacles(paths: list[str], folder: Path) -> None:
    """Say before anything is written what would stop it half-way."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError("this is a file", place=str(folder), remedy="give a folder with -o")
    for path in paths:
        place = folder / path
        if place.is_dir():
            raise InputError("this is a folder, and a file goes there", place=str(place), remedy="move it away first")
        if place.exists() and not os.access(place, os.R_OK):
            raise InputError("this file cannot be read", place=str(place), remedy="check its permissions")


def _replace(files: Mapping[str, str], differences: list[Difference], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = {d.path: files[d.path] for d in differences if d.state != "stale"}
    new[MANIFEST] = _manifest(files, folder)
    staging = Path(tempfile.mkdtemp(prefix=".obskit-", dir=folder))
    try:
        for number, text in enumerate(new.values()):
            (staging / str(number)).write_text(text, encoding="utf-8", newline="\n")
        for path in new:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        for number, path in enumerate(new):
            (staging / str(number)).replace(folder / path)
        for difference in differences:
            if difference.state == "stale":
                (folder / difference.path).unlink(missing_ok=True)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _manifest(files: Mapping[str, str], folder: Path) -> str:
    kept = {
        path: digest for path, digest in _listed(folder).items() if _artefact(path) not in {_artefact(p) for p in files}
    }
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    return json.dumps({"files": dict(sorted((kept | digests).items()))}, indent=1) + "\n"


def _stale(files: Mapping[str, str], folder: Path) -> list[str]:
    """Listed files of an artefact that is rendered now, but not that file; only while nobody has edited them."""
    artefacts = {_artefact(path) for path in files}
    return [
        path
        for path, digest in _listed(folder).items()
        if path not in files
        and _artefact(path) in artefacts
        and (present := _read(folder / path)) is not None
        and hashlib.sha256(present.encode()).hexdigest() == digest
    ]


def _listed(folder: Path) -> dict[str, str]:
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    safe = isinstance(files, dict) and all(isinstance(p, str) and _inside(p) for p in files)
    return {path: str(digest) for path, digest in files.items()} if safe else {}


def _inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in Path(path).parts


def _artefact(path: str) -> str:
    return path.partition("/")[0]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # there, and certainly not ours
    except OSError:
        return None


def _diff(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
