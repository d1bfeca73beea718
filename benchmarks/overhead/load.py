"""The client: an exact number of requests over a few connections that stay open."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CONNECTIONS = 8
_PATIENCE = 180
_END = b"\r\n\r\n"


class LoadFailed(RuntimeError):
    """Raised when a service does not answer every request with success."""


class NobodyListens(LoadFailed):
    """Raised when the port of a service is still closed: the request has reached nobody."""


class Connection:
    """A connection that is opened anew where the server closes it, as Gunicorn's sync workers do each time.

    Args:
        port: Port of the service on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """Return the body of an answer.

        Raises:
            LoadFailed: It says no success.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status, headers = _parse(await reader.readuntil(_END))
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        if status != "200":
            raise LoadFailed(f"{path} answered {status}: {body[:200].decode(errors='replace')}")
        return body

    def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def run(port: int, path: str, requests: int) -> None:
    """Send an exact number of requests.

    Raises:
        LoadFailed: Not all of them were answered with success.
    """
    left = iter(range(requests))

    async def client() -> None:
        with contextlib.closing(Connection(port)) as connection:
            for _ in left:  # shared by all clients
                await connection.get(path)

    async def clients() -> None:
        await asyncio.gather(*(client() for _ in range(CONNECTIONS)))

    _finish(clients())


def get(port: int, path: str) -> bytes:
    """Return the body of one answer.

    Raises:
        LoadFailed: There is none.
    """

    async def once() -> bytes:
        with contextlib.closing(Connection(port)) as connection:
            return await connection.get(path)

    return _finish(once())


def first_answer(port: int, path: str, alive: Callable[[], bool], patience: float) -> None:
    """Wait until a service that starts answers one request; no other request ever reaches it.

    Raises:
        LoadFailed: It ended, failed, or took too long.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            get(port, path)
            return
        except NobodyListens as error:
            if not alive():
                raise LoadFailed("it ended instead of listening") from error
            if time.monotonic() > deadline:
                raise LoadFailed(f"nobody listens after {patience:g} s") from error
        time.sleep(0.01)


def _finish(job: Coroutine[Any, Any, T]) -> T:
    async def limited() -> T:
        return await asyncio.wait_for(job, _PATIENCE)

    try:
        return asyncio.run(limited())
    except ConnectionRefusedError as error:
        raise NobodyListens("nobody listens") from error
    except (OSError, EOFError, asyncio.TimeoutError) as error:
        raise LoadFailed(f"a request got no answer: {error!r}") from error


def _parse(head: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = head[: -len(_END)].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.split()[1], {name.lower(): value.strip() for name, _, value in pairs}
