"""The two services, each started as a contestant starts it, on the core that is theirs."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.overhead import cpu, load
from benchmarks.overhead.contestants import LINE, Contestant
from benchmarks.overhead.environments import ROOT, Environment
from tools.stack.process import Server, free_port

#: Server -> what it is made of.
SERVERS = {"fastapi": ("fastapi", "uvicorn"), "flask": ("flask", "gunicorn")}
_APPS = "benchmarks.overhead.apps"
#: Seconds that a service may take to deliver at its end; Gunicorn itself allows its workers as many.
_LAST_WORDS = 30
#: What the shell may have set for one of the contestants would reach all of them.
_FOREIGN = ("DD_", "GUNICORN_", "LOGFIRE_", "OBSKIT_", "OTEL_", "PROMETHEUS_", "PYTHON", "UVICORN_", "WEB_")


class Service(Server):
    """A service under one contestant; ready once it has answered its first request.

    Args:
        server: One of :data:`SERVERS`.
        contestant: Who observes it.
        environment: What it runs in.
        sink: URL of the sink.
        database: URL of the database.
        folder: Its own, empty.
        core: Where it runs, or None for anywhere.
    """

    def __init__(
        self,
        server: str,
        contestant: Contestant,
        environment: Environment,
        *,
        sink: str,
        database: str,
        folder: Path,
        core: int | None,
    ) -> None:
        self.port, self._core = free_port(), core
        wrapper = [contestant.wrapper] if contestant.wrapper else []
        # Started by its own program, not by python -m: OpenTelemetry's hook of click knows uvicorn by that name alone,
        # and takes anything else for a command whose one span is the parent of all requests.
        program, *arguments = _uvicorn(environment, self.port) if server == "fastapi" else _gunicorn(self.port)
        command = [environment.programs / name for name in [*wrapper, program]]
        super().__init__([*command, *arguments], folder / "output", folder=folder)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self._environment = {
            **ours,
            "PATH": f"{environment.programs}{os.pathsep}{ours.get('PATH', os.defpath)}",
            "PYTHONPATH": str(ROOT),
            "OVERHEAD_CONTESTANT": contestant.name,
            "OVERHEAD_SINK": sink,
            "OVERHEAD_DATABASE": database,
            **contestant.environment(sink),
        }
        if contestant.scraped and server == "flask":  # a scrape reaches one of the workers, and must tell of both
            shared = folder / "workers"
            shared.mkdir()
            self._environment["PROMETHEUS_MULTIPROC_DIR"] = str(shared)

    def start(self) -> Service:
        """Start it on its core."""
        super().start()
        if self._core is not None:
            os.sched_setaffinity(self.session, {self._core})
        return self

    def wait(self) -> Service:
        """Wait for the answer to a first request.

        Raises:
            RuntimeError: It ended, or did not answer in time; with the end of its output.
        """
        try:
            load.first_answer(self.port, "/plain", lambda: self.running, self.patience)
        except load.LoadFailed as error:
            last = self.tail(1)
            raise RuntimeError(f"{error}; it printed: {last}" if last else str(error)) from error
        return self

    def end(self) -> None:
        """End it as Kubernetes does, with SIGTERM and time for last words."""
        self.stop(_LAST_WORDS)

    @property
    def session(self) -> int:
        """The session of its processes, which is the id of the first."""
        assert self._process is not None  # noqa: S101 - asked of a started service only
        return self._process.pid

    def cpu_seconds(self) -> float:
        """CPU time of all its processes so far."""
        return cpu.seconds(self.session)

    def printed(self) -> int:
        """Return how many log lines of requests it has printed."""
        with self.log.open(encoding="utf-8", errors="replace") as output:
            return sum(LINE in line for line in output)


def _uvicorn(environment: Environment, port: int) -> list[str]:
    """One worker; the fast loop and parser where they are installed, which they are but in the short form."""
    loop = "uvloop" if "uvloop" in environment.versions else "asyncio"
    parser = "httptools" if "httptools" in environment.versions else "h11"
    settings = ["--port", str(port), "--loop", loop, "--http", parser, "--no-access-log", "--log-level", "warning"]
    return ["uvicorn", "--workers", "1", *settings, f"{_APPS}.fastapi_app:app"]


def _gunicorn(port: int) -> list[str]:
    settings = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    return ["gunicorn", "--workers", "2", "--worker-class", "sync", *settings, f"{_APPS}.flask_app:app"]
