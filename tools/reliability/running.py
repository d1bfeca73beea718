"""A server of the matrix as a process: started, given work, stopped or killed."""

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
from types import TracebackType

from typing_extensions import Self

from tools.reliability.names import IMPORTED, WAITING
from tools.reliability.servers import WORKERS, Server
from tools.stack.process import free_port

#: Seconds that obskit may take to flush at an exit where stops are timed.
BUDGET = 2.0
#: Seconds after which a stop hangs, and the server is killed.
HANGS = 60.0
ROOT = Path(__file__).parents[2]
#: What Celery prints of each task.
_DONE = "succeeded in"


@dataclass
class Running:
    """A server that runs; at the end of its block nothing of it is left.

    Args:
        process: Its first process, which leads a group of its own.
        log: Where it prints.
        port: Where it listens, if it does.
    """

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def printed(self) -> str:
        """Return what it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill all its processes, as the kernel does where a container has no memory left."""
        with contextlib.suppress(ProcessLookupError):  # the group is gone with its last process
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()


@dataclass
class Exit:
    """How a server ended.

    Args:
        code: Its exit code.
        seconds: How long the stop took.
        output: What it printed.
    """

    code: int
    seconds: float
    output: str


def start(server: Server, url: str, folder: Path, budget: float = BUDGET, **more: str) -> Running:
    """Start a server and wait until all of it serves, or until a program begins with its work.

    Args:
        server: Which one.
        url: Its sidecar.
        folder: Its own; what a process leaves behind for its successor stays there.
        budget: Seconds that it may take to flush at an exit.
        **more: Variables of its environment.

    Raises:
        RuntimeError: It did not come up.
    """
    port = free_port()
    broker = folder / "broker"
    broker.mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OBSKIT_EXIT_BUDGET": str(budget),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "OBSKIT_STATE_DIRECTORY": str(folder / "state"),
        "RELIABILITY_BROKER": str(broker),
        **more,
    }
    log = folder / f"{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            server.command(port), env=environment, cwd=folder, stdout=out, stderr=out, start_new_session=True
        )
    running = Running(process, log, port)
    # Some hang without us when they are stopped during an import, so that all of them are waited for.
    until(lambda: running.printed().count(IMPORTED) >= (server.imports or WORKERS), running)
    if server.kind == "http":
        until(lambda: _get(port, "/healthz"), running)
    return running


def work(server: Server, running: Running, folder: Path, orders: int) -> None:
    """Let a server take orders; a program takes them by itself.

    Raises:
        RuntimeError: One failed.
    """
    if server.kind == "http":
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            if not all(pool.map(lambda _: _get(running.port, "/order"), range(orders))):
                raise RuntimeError(f"an order failed:\n{running.printed()[-2000:]}")
        if server.needs == "uwsgi":
            time.sleep(0.3)  # it lets no worker end in order that SIGTERM meets within a request
    elif server.kind == "tasks":
        done = running.printed().count(_DONE)
        _enqueue(folder / "broker", orders)
        until(lambda: running.printed().count(_DONE) >= done + orders, running)
    elif server.kind == "waits":
        until(lambda: WAITING in running.printed(), running)


def stop(server: Server, running: Running) -> Exit:
    """Stop a server as Kubernetes does, or wait for the end of what ends by itself; kill what hangs."""
    began = time.monotonic()
    if server.kind != "program":
        running.process.send_signal(signal.SIGTERM)
    try:
        running.process.wait(timeout=HANGS)
    except subprocess.TimeoutExpired:
        running.kill()
    return Exit(running.process.returncode, time.monotonic() - began, running.printed())


def until(condition: Callable[[], object], running: Running) -> None:
    """Wait for something.

    Raises:
        RuntimeError: It did not happen in a minute, or the server ended before.
    """
    deadline = time.monotonic() + 60
    while True:
        has_ended = running.process.poll() is not None
        if condition():
            return
        if has_ended or time.monotonic() > deadline:
            running.kill()
            how = "it ended before its time" if has_ended else "it hangs"
            raise RuntimeError(f"{how}:\n{running.printed()[-2000:]}")
        time.sleep(0.05)


def _enqueue(broker: Path, orders: int) -> None:
    """Put tasks into the folder, by a process of its own: this one must not become a service.

    They are written elsewhere and moved in: the worker dies of one that it reads while it is written.
    """
    code = "from celery import Celery; import sys, json; o = json.loads(sys.argv[1]); " + (
        "c = Celery(broker='filesystem://', broker_transport_options=o); "
        f"[c.send_task('order') for _ in range({orders})]"
    )
    written = broker.with_name(f"{broker.name}.written")
    written.mkdir(exist_ok=True)
    options = {"data_folder_in": f"{written}", "data_folder_out": f"{written}", "control_folder": f"{written}.control"}
    subprocess.run([sys.executable, "-c", code, json.dumps(options)], check=True, timeout=60)
    for message in written.iterdir():
        message.rename(broker / message.name)


def _get(port: int, path: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return bool(answer.status == 200)
    return False
