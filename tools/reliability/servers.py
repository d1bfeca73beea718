"""The servers of the matrix, and how each is started."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WORKERS = 3
_BIN = Path(sys.executable).parent
_WSGI, _ASGI = "tools.reliability.app:wsgi", "tools.reliability.app:asgi"


@dataclass(frozen=True)
class Server:
    """A way to run the service.

    Args:
        name: As in the table.
        command: Port -> the command.
        needs: Module that must be installed.
        imports: How often the application is imported by the processes that serve.
        kind: ``http`` for a server, ``tasks`` for Celery, ``program`` for one that ends by itself.
        outage: Whether its sidecar is away at first; not where workers end in that time, past their budget.
        ready: Text that the server prints for each import; it is waited for where a stop during one hangs without us.
        note: What a reader of the table should know.
    """

    name: str
    command: Callable[[int], list[str]]
    needs: str
    imports: int
    kind: str = "http"
    outage: bool = True
    ready: str = ""
    note: str = ""

    def missing(self) -> str:
        """Return why it cannot be started here, or ""."""
        if importlib.util.find_spec(self.needs) is None and shutil.which(self.needs, path=_path()) is None:
            return f"{self.needs} is not installed: pip install {self.needs}"
        return ""


def _path() -> str:
    return os.pathsep.join([str(_BIN), os.environ.get("PATH", "")])


def _gunicorn(*options: str, app: str = _WSGI) -> Callable[[int], list[str]]:
    return lambda port: [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), *options, app
    ]  # fmt: skip


def _uvicorn(*options: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", "uvicorn", "--port", str(port), *options, _ASGI]


def _uwsgi(*options: str) -> Callable[[int], list[str]]:
    return lambda port: [
        str(_BIN / "uwsgi"), "--http-socket", f"127.0.0.1:{port}", "--module", _WSGI, "--master", "--enable-threads",
        "--processes", str(WORKERS), "--die-on-term", "--virtualenv", str(_BIN.parent), *options,
    ]  # fmt: skip


def _celery(port: int) -> list[str]:
    del port
    options = ["--pool", "prefork", "--concurrency", str(WORKERS), "--max-tasks-per-child", "2"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "info"]
    return [sys.executable, "-m", "celery", "--app", "tools.reliability.tasks:celery", "worker", *options, *quiet]


def _program(kind: str) -> Callable[[int], list[str]]:
    return lambda _port: [sys.executable, "-m", "tools.reliability.forking", kind, "12"]


_UVICORN_WORKER = ("--worker-class", "uvicorn_worker.UvicornWorker")

SERVERS = (
    Server("gunicorn sync", _gunicorn(), "gunicorn", WORKERS),
    Server("gunicorn sync --preload", _gunicorn("--preload"), "gunicorn", 1),
    Server("gunicorn sync --max-requests 2", _gunicorn("--max-requests", "2"), "gunicorn", 0, outage=False),
    Server("gunicorn gthread", _gunicorn("--threads", "4"), "gunicorn", WORKERS),
    Server("gunicorn gthread --preload", _gunicorn("--threads", "4", "--preload"), "gunicorn", 1),
    Server("gunicorn gevent", _gunicorn("--worker-class", "gevent"), "gevent", WORKERS),
    Server("gunicorn gevent --preload", _gunicorn("--worker-class", "gevent", "--preload"), "gevent", 1),
    Server("gunicorn, uvicorn workers", _gunicorn(*_UVICORN_WORKER, app=_ASGI), "uvicorn_worker", WORKERS),
    Server(
        "gunicorn, uvicorn workers, --preload", _gunicorn(*_UVICORN_WORKER, "--preload", app=_ASGI), "uvicorn_worker", 1
    ),
    Server("uvicorn", _uvicorn(), "uvicorn", 1),
    Server("uvicorn --workers 3", _uvicorn("--workers", str(WORKERS)), "uvicorn", WORKERS),
    Server(
        "hypercorn",
        lambda port: [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", _ASGI],
        "hypercorn",
        1,
    ),
    Server("uWSGI", _uwsgi(), "uwsgi", 1, note="forks without Python's hooks; needs `--enable-threads`"),
    Server("uWSGI --lazy-apps", _uwsgi("--lazy-apps"), "uwsgi", WORKERS, ready="WSGI app 0"),
    Server("Celery prefork --max-tasks-per-child 2", _celery, "celery", 1, "tasks", outage=False),
    Server(
        "multiprocessing.Process", _program("processes"), "multiprocessing", 1, "program", outage=False, note="by fork"
    ),
    Server(
        "multiprocessing.Pool",
        _program("pool"),
        "multiprocessing",
        1,
        "program",
        outage=False,
        note="`maxtasksperchild=2`",
    ),
    Server("a script or a Job", _program("script"), "multiprocessing", 1, "program", outage=False),
)
