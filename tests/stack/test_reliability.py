"""The matrix of docs/reliability.md, on real servers: nothing is lost, nothing counted twice, no stop takes long."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tools.reliability import cells, page, recorded, running
from tools.reliability.promise import Outcome, faults, is_accident
from tools.reliability.servers import BARE, EXACT, KILLED, REQUESTS, SERVERS, Server

GROUPS = [
    pytest.param(server, group, id=f"{server.name}-{'+'.join(group)}") for server in SERVERS for group in server.groups
]


@functools.cache
def without_us(server: Server) -> Outcome | str:
    for _ in range(3):  # everything is compared with this one: not with what befell it by accident
        with tempfile.TemporaryDirectory() as folder:
            bare = cells.run(server, [BARE], Path(folder))[BARE]
        if not is_accident(bare):
            break
    return bare


@pytest.mark.real
@pytest.mark.parametrize(("server", "names"), GROUPS)
def test_every_cell_of_the_matrix_is_as_promised(server: Server, names: list[str], tmp_path: Path) -> None:
    if why := server.missing():
        required = os.environ.get("OBSKIT_REQUIRE_PROGRAMS") == "1" and shutil.which("cc")
        if required or os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    bare = without_us(server)
    for name, found in cells.run(server, names, tmp_path, bare).items():
        output = found if isinstance(found, str) else found.output
        assert faults(server, name, found, bare) == [], f"{name}: {output}"


def test_a_stop_that_hangs_is_ended_and_the_cell_tried_again_with_its_figures_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HANGS", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", deaf], stdout=out, start_new_session=True)
    with running.Running(process, log, 0) as hung:
        running.until(lambda: "up" in hung.printed(), hung)
        ended = running.stop(SERVERS[0], hung)
    assert (ended.code, ended.seconds >= 0.2) == (-9, True)

    monkeypatch.undo()
    seconds = iter([running.HANGS, 1.0])
    monkeypatch.setattr(cells, "_cell", lambda *_: Outcome(0, next(seconds), 0, {"spans": REQUESTS}))
    found = cells.run(SERVERS[0], [EXACT], tmp_path)
    assert found == {EXACT: Outcome(0, 1.0, 0, {"spans": REQUESTS, "tries": 2})}


def test_what_is_recorded_is_what_is_declared_and_as_promised() -> None:
    assert recorded.read().faults() == []


def test_a_server_that_was_added_or_a_promise_that_was_broken_is_a_fault_of_the_record_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = next(server for server in SERVERS if KILLED in server.cells)
    found = recorded.read()
    exact = found.outcomes[server.name][EXACT]
    assert isinstance(exact, Outcome)
    found.outcomes[server.name][EXACT] = dataclasses.replace(exact, figures={**exact.figures, "logs": 11})
    found.outcomes[server.name][KILLED] = "it hangs"
    del found.outcomes[SERVERS[-1].name]
    assert found.faults() == [
        f"{server.name}, exact: logs 11 of 12",
        f"{server.name}, killed: it hangs",
        f"{SERVERS[-1].name}: recorded are no cells",
    ]
    recorded.write(found, tmp_path / "record.json")
    assert recorded.read(tmp_path / "record.json") == found
    monkeypatch.setattr(page.recorded, "read", lambda: found)
    shown = next(line for line in page.page().splitlines() if line.startswith(f"| {server.name} |"))
    assert "**failed**: logs 11 of 12" in shown
    assert "**failed**: it hangs" in shown
