"""Fixtures that several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import bring
from tools.programs import ONLY_ON_PATH


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """Return a function from a program's name to its path; a test is skipped where the program is not.

    With OBSKIT_REQUIRE_PROGRAMS=1 only the programs that nobody can bring are excused.
    """

    def path_of(name: str) -> Path:
        found = bring.find(name)
        if found is None:
            how = ONLY_ON_PATH.get(name, f"run: make programs (or python -m tools.bring {name})")
            if os.environ.get("OBSKIT_REQUIRE_PROGRAMS") == "1" and name not in ONLY_ON_PATH:
                pytest.fail(f"{name} is required here; {how}")
            pytest.skip(f"{name} is not installed; {how}")
        return found

    return path_of
