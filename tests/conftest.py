"""Fixtures that several tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy
from sqlalchemy.pool import QueuePool

from obskit import testing
from obskit._runtime.engine.engine import Engine
from obskit.testing import Recorded
from tools import bring
from tools.programs import ONLY_ON_PATH

# How long an example takes depends on what else the machine does: no test fails by the clock.
_unhurried = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("unhurried", _unhurried)
hypothesis.settings.load_profile("unhurried")
# `make test` says the same about the same code every time (--hypothesis-profile); `pytest tests/…` alone searches on.
hypothesis.settings.register_profile("repeatable", _unhurried, derandomize=True)


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


@pytest.fixture(autouse=True)
def no_engine_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Or it sends on, to whoever listens on that port later, and warns into the log of another test."""
    started: list[Engine] = []
    start = Engine.start

    def noted(engine: Engine) -> None:
        started.append(engine)
        start(engine)

    monkeypatch.setattr(Engine, "start", noted)
    yield
    for engine in started:
        engine.stop()
        engine.give_up()


@pytest.fixture
def recorded() -> Recorded:
    """Everything that obskit records in this process, in memory."""
    return testing.recording(service_name="shop", log_format="off")


@pytest.fixture
def engine(tmp_path: Any) -> Iterator[sqlalchemy.Engine]:
    url = f"sqlite:///{tmp_path}/orders.db"
    engine = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=1, pool_timeout=0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected: at the edge of the recursion limit its callbacks fail, of whichever library they are."""
    gc.disable()
    yield
    gc.enable()
