"""The matrix of docs/reliability.md, on real servers: nothing is lost, nothing counted twice, no stop takes long."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

import pytest

from tools.reliability import cells
from tools.reliability.cells import BUDGET, GRACE, REQUESTS, STOPS, Outcome
from tools.reliability.names import AT_IMPORT, LINE, ORDERS, SIZES, SPAN
from tools.reliability.servers import SERVERS, WORKERS, Server

pytestmark = pytest.mark.real
BY_NAME = {server.name: server for server in SERVERS}


@pytest.fixture(params=list(BY_NAME))
def server(request: pytest.FixtureRequest) -> Server:
    found = BY_NAME[request.param]
    if why := found.missing():
        if os.environ.get("OBSKIT_REQUIRE_PROGRAMS") == "1" and shutil.which("cc"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@functools.cache
def without_us(server: Server) -> Outcome:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return cells.bare(server, Path(folder))


def test_through_an_outage_forks_and_the_stop_everything_arrives_exactly_once(server: Server, tmp_path: Path) -> None:
    outcome, sink = cells.exact(server, tmp_path)
    assert len({span.span_id for span in sink.spans(SPAN)}) == REQUESTS, outcome.output
    assert len(sink.spans(SPAN)) == REQUESTS
    assert len(sink.logs(LINE)) == REQUESTS
    assert sink.total(SIZES) == REQUESTS
    imports, rest = divmod(sink.total(ORDERS) - REQUESTS, AT_IMPORT)
    assert rest == 0
    assert imports == server.imports or (not server.imports and imports > WORKERS), "the count at the import"
    assert outcome.code == without_us(server).code, outcome.output


@pytest.mark.parametrize("sidecar", list(STOPS))
def test_a_stop_takes_no_longer_than_the_budget_and_a_second_whatever_the_sidecar_does(
    server: Server, sidecar: str, tmp_path: Path
) -> None:
    outcome, bare = cells.stopping(server, STOPS[sidecar], tmp_path), without_us(server)
    assert outcome.stopped <= bare.stopped + BUDGET + GRACE, outcome.output
    assert outcome.code == bare.code, outcome.output
    assert "Traceback" not in outcome.output
