"""A program as a child process: a log file, a wait until it is ready, an end that leaves nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from typing_extensions import Self


def hold(port: int = 0) -> socket.socket:
    """Return what holds a port of loopback, any if 0, until it is closed.

    Connections are refused, nobody is given the port who asks for any, and a server that names it can listen beside.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held


def free_port() -> int:
    """Return a port of loopback that nobody else is given while this process lives."""
    held = hold()
    atexit.register(held.close)
    port: int = held.getsockname()[1]
    return port


class Server:
    """A running program.

    Args:
        command: Program and arguments.
        log: Where its output goes.
        ready: URL that answers 200 once it is ready, or "".
        environment: Variables added to ours.
        patience: Seconds to wait until it is ready.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        ready: str = "",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        patience: float = 60,
    ) -> None:
        self.command, self.log, self.ready, self.patience = [str(part) for part in command], log, ready, patience
        self._environment, self._folder = {**os.environ, **(environment or {})}, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, without waiting."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,  # an interrupt of the terminal is ours to handle
            )
        return self

    def wait(self) -> Self:
        """Wait until it is ready.

        Raises:
            RuntimeError: It ended, or was not ready in time; with the end of its log.
        """
        deadline = time.monotonic() + self.patience
        while self.ready:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended:\n{self.tail()}")
            if answers(self.ready):
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} is not ready after {self.patience:g} s:\n{self.tail()}")
            time.sleep(0.1)
        return self

    def stop(self, patience: float = 10) -> None:
        """End it: first politely, then with its whole group."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        self.start()
        try:
            return self.wait()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


def answers(url: str) -> bool:
    """Whether a URL answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - ours, on loopback
            return 200 <= response.status < 300
    except (OSError, urllib.error.URLError):
        return False
