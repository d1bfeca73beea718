"""What the matrix does not show of uWSGI: workers without work, threads that come at once, mules, one process alone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.reliability.names import AT_IMPORT, ORDERS, SPAN
from tools.reliability.servers import SERVERS
from tools.reliability.sink import Sink
from tools.stack.process import free_port

BIN = Path(sys.executable).parent
UWSGI = next(server for server in SERVERS if server.needs == "uwsgi")
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(UWSGI.missing()), reason=UWSGI.missing())]
MULE = """
import time
from tools.reliability.app import order
while True:
    order()
    time.sleep(0.2)
"""


@contextmanager
def uwsgi(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int, Sink]]:
    port = free_port()
    command = [BIN / "uwsgi", "--http-socket", f"127.0.0.1:{port}", "--module", "tools.reliability.app:wsgi"]
    usual = ["--enable-threads", "--die-on-term", "--virtualenv", BIN.parent, *options]
    with Sink() as sink:
        environment = {
            "PATH": str(BIN),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
            "OBSKIT_STATE_DIRECTORY": str(folder / "state"),
        }
        log = folder / "uwsgi.log"
        workers = int(options[options.index("--processes") + 1]) if "--processes" in options else 1
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, *usual], env=environment, cwd=folder, stderr=out, start_new_session=True
            )
        try:
            # It listens before it loads, and does not hear of a stop until then.
            until(lambda: log.read_text(errors="replace").count("spawned uWSGI worker") >= workers and answers(port))
            yield process, port, sink
        finally:
            with contextlib.suppress(ProcessLookupError):  # without a master nobody ends the second process
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def until(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_workers_that_never_had_work_stop_as_they_always_did(processes: str, tmp_path: Path) -> None:
    with uwsgi(tmp_path, "--master", "--processes", processes) as (process, _, _sink):
        time.sleep(1.5)
        assert stop(process) == 0


def test_threads_whose_first_requests_come_at_once_lose_nothing(tmp_path: Path) -> None:
    with uwsgi(tmp_path, "--master", "--processes", "3", "--threads", "8") as (process, port, sink):
        time.sleep(1.0)
        together = threading.Barrier(48)

        def ask() -> None:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                together.wait()
                connection.sendall(b"GET /order HTTP/1.0\r\n\r\n")
                while connection.recv(1000):
                    pass

        threads = [threading.Thread(target=ask) for _ in range(48)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.5)  # uWSGI lets no worker end in order that SIGTERM meets within a request
        stop(process)
        assert len(sink.spans(SPAN)) == 48
        assert sink.total(ORDERS) == 48 + AT_IMPORT


@pytest.mark.parametrize("options", [[], ["--processes", "2"], ["--master"]], ids=" ".join)
def test_a_process_that_is_its_own_worker_delivers_and_what_was_loaded_counts_once(
    options: list[str], tmp_path: Path
) -> None:
    with uwsgi(tmp_path, *options) as (process, port, sink):
        for _ in range(6):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/order", timeout=60).close()
        until(lambda: len(sink.spans(SPAN)) == 6 and sink.total(ORDERS) >= 6 + AT_IMPORT)
        stop(process)
        assert sink.total(ORDERS) == 6 + AT_IMPORT


def test_a_mule_is_a_process_that_works(tmp_path: Path) -> None:
    (tmp_path / "mule.py").write_text(MULE, encoding="utf-8")
    with uwsgi(tmp_path, "--master", "--lazy-apps", f"--mule={tmp_path}/mule.py") as (process, _, sink):
        until(lambda: len(sink.spans(SPAN)) >= 3 and sink.total(ORDERS) >= 3)
        stop(process)
