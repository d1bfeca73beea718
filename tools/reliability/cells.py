"""One cell of the matrix: a server, what becomes of its sidecar, and what arrived."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.reliability.servers import Server
from tools.reliability.sink import Answer, Sink
from tools.stack.process import free_port

REQUESTS = 12
#: Seconds that obskit may take to flush at an exit, here; and how much longer a stop may take in all.
BUDGET, GRACE = 2.0, 1.0
#: What becomes of the sidecar while the server stops -> what it answers.
STOPS: dict[str, Answer | None] = {
    "refused": None,
    "silent": Answer(0),
    "slow": Answer(200, delay=20.0),
    "503": Answer(503),
}
ROOT = Path(__file__).parents[2]


@dataclass
class Outcome:
    """What a cell came to.

    Args:
        code: Exit code of the server.
        stopped: Seconds that it took to stop.
        output: What it printed.
    """

    code: int
    stopped: float
    output: str


@dataclass
class Running:
    """A server that runs, with its sidecar's address."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int


def exact(server: Server, folder: Path) -> tuple[Outcome, Sink]:
    """Let a server do its work with a sidecar that is away for its first seconds, stop it, and return what arrived."""
    with Sink(Answer(503 if server.outage else 200)) as sink:
        running = start(server, sink.url, folder)
        work(server, running, folder, REQUESTS // 2)
        time.sleep(0 if server.kind == "program" else 1.5)
        sink.answer = Answer()
        work(server, running, folder, REQUESTS - REQUESTS // 2)
        outcome = stop(server, running)
    return outcome, sink


def stopping(server: Server, answer: Answer | None, folder: Path) -> Outcome:
    """Let a server do its work and stop it, with a sidecar that is of no use all the time."""
    with contextlib.ExitStack() as stack:
        url = f"http://127.0.0.1:{free_port()}" if answer is None else stack.enter_context(Sink(answer)).url
        running = start(server, url, folder)
        work(server, running, folder, REQUESTS)
        time.sleep(0 if server.kind == "program" else 1.5)
        return stop(server, running)


def bare(server: Server, folder: Path) -> Outcome:
    """The same without obskit."""
    running = start(server, "http://127.0.0.1:9", folder, OTEL_SDK_DISABLED="true")
    work(server, running, folder, REQUESTS)
    return stop(server, running)


def start(server: Server, url: str, folder: Path, **more: str) -> Running:
    """Start a server and wait until it serves."""
    port = free_port()
    broker = folder / "broker"
    broker.mkdir(exist_ok=True)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OBSKIT_EXIT_BUDGET": str(BUDGET),
        "OBSKIT_STATE_DIRECTORY": str(folder / "state"),
        "RELIABILITY_BROKER": str(broker),
        **more,
    }
    log = folder / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(server.command(port), env=environment, cwd=folder, stdout=out, stderr=out)
    running = Running(process, log, port)
    if server.kind == "http":
        _until(lambda: _get(port, "/healthz"), running)
    if server.ready:
        _until(lambda: log.read_text(errors="replace").count(server.ready) >= server.imports, running)
    return running


def work(server: Server, running: Running, folder: Path, orders: int) -> None:
    """Let a server take orders."""
    if server.kind == "http":
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            if not all(pool.map(lambda _: _get(running.port, "/order"), range(orders))):
                raise RuntimeError(f"an order failed: {running.log.read_text(errors='replace')[-2000:]}")
    elif server.kind == "tasks":
        _enqueue(folder / "broker", orders)
        _until(lambda: not any((folder / "broker").iterdir()), running)
        time.sleep(1.0)  # what was taken from the folder is done


def stop(server: Server, running: Running) -> Outcome:
    """Stop a server as Kubernetes does, or wait for the end of what ends by itself."""
    process = running.process
    began = time.monotonic()
    try:
        if server.kind != "program":
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    return Outcome(code, time.monotonic() - began, running.log.read_text(errors="replace"))


def _enqueue(broker: Path, orders: int) -> None:
    """Put tasks into the folder, by a process of its own: this one must not become a service."""
    code = "from celery import Celery; import sys, json; o = json.loads(sys.argv[1]); " + (
        "c = Celery(broker='filesystem://', broker_transport_options=o); "
        f"[c.send_task('order') for _ in range({orders})]"
    )
    folders = {"data_folder_in": str(broker), "data_folder_out": str(broker), "control_folder": f"{broker}.control"}
    options = json.dumps(folders)
    subprocess.run([sys.executable, "-c", code, options], check=True, timeout=60)


def _get(port: int, path: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bool(answer.status == 200)
    return False


def _until(condition: Callable[[], object], running: Running) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if running.process.poll() is not None or time.monotonic() > deadline:
            running.process.kill()
            raise RuntimeError(f"the server did not come up: {running.log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
