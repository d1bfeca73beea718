"""The servers of the matrix, and how each is started."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: Orders that a service takes in a cell; workers of a server that has several.
REQUESTS, WORKERS = 12, 3
#: The cells of a server: itself without obskit; everything arrives; its sidecar is of no use; it is killed.
BARE, EXACT, KILLED = "bare", "exact", "killed"
STOPS = ("refused", "silent", "slow", "503")
_BIN = Path(sys.executable).parent
_WSGI, _ASGI = "tools.reliability.app:wsgi", "tools.reliability.app:asgi"


@dataclass(frozen=True)
class Server:
    """A way to run the service.

    Args:
        name: As in the table.
        command: Port -> the command.
        needs: Module that must be installed.
        imports: How often the application is imported by the processes that serve; 0 where workers come and go.
        kind: ``http`` for a server, ``tasks`` for Celery, ``program`` for one that ends by itself, ``waits`` for one
            that does its work and then waits for SIGTERM.
        outage: Whether its processes live through an outage; not where they end meanwhile, past their budget.
        note: What a reader of the table should know.
    """

    name: str
    command: Callable[[int], list[str]]
    needs: str
    imports: int
    kind: str = "http"
    outage: bool = True
    note: str = ""

    @property
    def cells(self) -> list[str]:
        """Names of its cells, but for the one without obskit, that all others compare with."""
        return [EXACT, *STOPS, *([KILLED] if self.outage else [])]

    @property
    def groups(self) -> list[list[str]]:
        """Its cells, those together that may run at once: the stop of a server with workers is timed alone."""
        if self.kind in ("program", "waits"):
            return [self.cells]
        together = [name for name in self.cells if name not in STOPS]
        return [together, *([name] for name in STOPS)]

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


def _hypercorn(*options: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", *options, _ASGI]


def _celery(*options: str) -> Callable[[int], list[str]]:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "info"]
    pool = ["--pool", "prefork", "--concurrency", str(WORKERS), *options, *quiet]
    return lambda _port: [sys.executable, "-m", "celery", "--app", "tools.reliability.tasks:celery", "worker", *pool]


def _program(kind: str) -> Callable[[int], list[str]]:
    return lambda _port: [sys.executable, "-m", "tools.reliability.programs", kind, str(REQUESTS)]


def _inline(_port: int) -> list[str]:
    return [sys.executable, "-c", f"from tools.reliability.programs import main; main('script', {REQUESTS})"]


def _ending(name: str, kind: str, note: str = "", command: Callable[[int], list[str]] | None = None) -> Server:
    """Return a program that ends by itself."""
    return Server(name, command or _program(kind), "multiprocessing", 1, "program", outage=False, note=note)


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
    Server("hypercorn", _hypercorn(), "hypercorn", 1),
    Server("hypercorn --workers 3", _hypercorn("--workers", str(WORKERS)), "hypercorn", WORKERS),
    Server("uWSGI", _uwsgi(), "uwsgi", 1, note="needs `--enable-threads`"),
    Server("uWSGI --lazy-apps", _uwsgi("--lazy-apps"), "uwsgi", WORKERS),
    Server("Celery prefork", _celery(), "celery", 1, "tasks"),
    Server(
        "Celery prefork --max-tasks-per-child 2",
        _celery("--max-tasks-per-child", "2"),
        "celery",
        1,
        "tasks",
        outage=False,
        note="its own stop hangs in some 4 of 100 where a worker is replaced just then, also without obskit",
    ),
    _ending("multiprocessing.Process", "processes", "by fork"),
    _ending("multiprocessing.Pool", "pool", "`maxtasksperchild=2`"),
    _ending("a script or a Job", "script"),
    _ending("`python -c`", "script", command=_inline),
    _ending("`sys.exit` in a thread", "thread"),
    _ending("an exception that nobody catches", "exception"),
    Server("a script that SIGTERM ends", _program("waits"), "multiprocessing", 1, "waits"),
    Server("a script that handles SIGTERM itself", _program("handler"), "multiprocessing", 1, "waits"),
)
