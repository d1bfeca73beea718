"""What the jsonnet sources come to, kept between runs: no project changes it, and it is half of the work.

A file in the user's cache says of which sources it is by their digest. Where none can be read or written, the sources
are evaluated each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from obskit import _installation

#: A file that cannot be read or written, one that is damaged, a user without a home.
_NO_CACHE = (OSError, ValueError, RuntimeError)


def value(name: str, argument: Any, evaluate: Callable[[], str]) -> Any:
    """Return the value of what ``evaluate`` returns as JSON; from the cache, when it was evaluated of the same.

    Args:
        name: Of the file in the cache.
        argument: All that the sources are given beside themselves, as plain data.
        evaluate: Evaluates them.

    Example:
        >>> value("doctest", {}, lambda: '{"groups": []}')
        {'groups': []}
    """
    given = f"{_sources()} {json.dumps(argument)}"
    with suppress(*_NO_CACHE):
        digest, _, text = _path(name).read_text(encoding="utf-8").partition("\n")
        if digest == _digest(given, text):
            return json.loads(text)
    text = evaluate()
    with suppress(*_NO_CACHE):
        _write(_path(name), f"{_digest(given, text)}\n{text}")
    return json.loads(text)


def _digest(given: str, text: str) -> str:
    """Of what was evaluated and of what it came to: a file that was altered is none."""
    return hashlib.sha256(f"{given}\n{text}".encode()).hexdigest()


def _path(name: str) -> Path:
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not Path(folder).is_absolute():  # which the specification of these folders says to ignore
        folder = "~/.cache"
    return Path(folder).expanduser() / "obskit" / "evaluated" / f"{name}.json"


@cache
def _sources() -> str:
    """Return the digest of all jsonnet sources."""
    digest = hashlib.sha256()
    for folder in map(_installation.directory, ("alerts", "dashboards")):
        for path in sorted(folder.rglob("*.libsonnet")):
            text = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all: another process may read or write it at the same time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        try:
            draft.write(text)
            draft.flush()
        except OSError:
            Path(draft.name).unlink()
            raise
    Path(draft.name).replace(path)
