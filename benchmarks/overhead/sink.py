"""Where the services send what they observe: a process of its own, whose CPU time is billed to nobody.

It takes everything, counts it, and tells the counts: ``GET /counts``.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from benchmarks.overhead.counts import Counts

ROOT = Path(__file__).parents[2]
#: What ddtrace asks an agent first, and the sink knows: then it sends traces in this format, and no statistics.
_AGENT = {"version": "7.60.0", "endpoints": ["/v0.4/traces"], "client_drop_p0s": False}


class Sink:
    """A sink that runs as a child process within its block."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.overhead.sink"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        port = self._process.stdout.readline().strip()
        if not port:
            self.__exit__()
            raise RuntimeError("the sink did not start")
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def counts(self) -> dict[str, Any]:
        """Return what has arrived so far."""
        with urllib.request.urlopen(f"{self.url}/counts", timeout=30) as response:  # noqa: S310 - ours, on loopback
            found: dict[str, Any] = json.load(response)
            return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        self.counts = Counts()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what could not be read; a service that ends and resets its connections is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one piece
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/counts":
            with self.server.lock:
                self._answer(json.dumps(self.server.counts.summary()).encode())
        elif self.path == "/info":
            self._answer(json.dumps(_AGENT).encode())
        else:
            self._answer(b"{}")

    def do_POST(self) -> None:
        body = self._body()
        with self.server.lock:
            self.server.counts.take(self.path, body)
        # An empty message is what OTLP answers; ddtrace reads JSON.
        self._answer(b"" if "/v1/" in self.path else b"{}")

    def do_PUT(self) -> None:
        self.do_POST()  # ddtrace puts its traces

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(chunks)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if body else "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


def main() -> None:
    """Serve until ended; the first line of output is the port."""
    server = _Server()
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
