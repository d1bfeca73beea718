"""A stand-in for the sidecar that can go away, keep silent, be slow or refuse, and that counts exactly what it took."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import Self

from tools.stack.process import hold

_REQUESTS: dict[str, Any] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}


@dataclass
class Post:
    """A request as it came.

    Args:
        moment: When (monotonic).
        signal: traces, metrics or logs.
        headers: Its headers.
        status: What was answered; 0 for nothing.
        instance: ``service.instance.id`` of the first resource.
        request: The decoded request.
        size: Bytes of the body as it came.
    """

    moment: float
    signal: str
    headers: Mapping[str, str]
    status: int
    instance: str
    request: Any
    size: int

    def moments(self) -> list[tuple[int, int]]:
        """Return start and time of each point of metrics, in nanoseconds."""
        return [
            (point.start_time_unix_nano, point.time_unix_nano)
            for resource in self.request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in getattr(metric, metric.WhichOneof("data")).data_points
            if point.start_time_unix_nano
        ]


@dataclass
class Answer:
    """What the sink does with a request.

    Args:
        status: HTTP status; 0 to accept and never answer.
        delay: Seconds before the answer.
        headers: Headers of the answer.
        body: Body of the answer.
    """

    status: int = 200
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Silent: a process that is killed resets its connections."""


class Sink:
    """An OTLP/HTTP endpoint on loopback.

    Args:
        answer: What it does with requests, or what says so of each; may be changed while it runs.
        port: Its port; any if 0.
        tls: Makes it an ``https`` endpoint.
    """

    def __init__(
        self,
        answer: Answer | Callable[[Post], Answer] | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer or Answer()
        self.posts: list[Post] = []
        self._held = hold(port)  # while it is away too
        self._tls, self.port = tls, self._held.getsockname()[1]
        self._lock, self._over = threading.RLock(), threading.Event()
        self._connections: list[socket.socket] = []
        self.listen()
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop; requests that were never answered end without one."""
        self._over.set()
        self.leave()
        self._held.close()

    def listen(self) -> None:
        """Be there, again on the same port."""
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._is_there = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def leave(self) -> None:
        """Be gone as a container is that ended: connections end, and new ones are refused."""
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            self._is_there = False
            for connection in self._connections:
                with contextlib.suppress(OSError):  # closed already
                    connection.shutdown(socket.SHUT_RDWR)
            self._connections.clear()

    # --- what arrived

    def taken(self, signal: str) -> list[Post]:
        """Return the requests of a signal that were taken."""
        with self._lock:
            return [post for post in self.posts if post.signal == signal and 200 <= post.status < 300]

    def spans(self, name: str = "") -> list[Any]:
        """Return the spans that arrived, of one name if given."""
        return [
            span
            for post in self.taken("traces")
            for resource in post.request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if not name or span.name == name
        ]

    def logs(self, body: str = "") -> list[Any]:
        """Return the log records that arrived, with one body if given."""
        return [
            record
            for post in self.taken("logs")
            for resource in post.request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
            if not body or record.body.string_value == body
        ]

    def total(self, name: str, **attributes: str) -> float:
        """Return the sum of a cumulative metric: the last value of every series, or a histogram's count.

        Args:
            name: Name of the metric.
            **attributes: Attributes that a point must have.
        """
        last: dict[tuple[Any, ...], float] = {}
        for post in self.taken("metrics"):
            for resource in post.request.resource_metrics:
                identity = tuple(sorted((item.key, str(item.value)) for item in resource.resource.attributes))
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        if metric.name == name:
                            for key, start, value in _points(metric, attributes):
                                last[identity, scope.scope.name, key, start] = value
        return sum(last.values())

    def instances(self) -> set[str]:
        """Return every ``service.instance.id`` that metrics arrived from."""
        return {post.instance for post in self.taken("metrics")}

    # ---

    def _handler(sink) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with sink._lock:
                    if sink._is_there:
                        sink._connections.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                post = _read(self.path, dict(self.headers.items()), body)
                with sink._lock:  # what is taken is answered, or it would come again
                    if self.connection not in sink._connections:
                        self.close_connection = True
                        return
                    answer = sink._take(post)
                    if answer.status and not answer.delay:
                        self._answer(answer)
                        return
                if answer.status:
                    time.sleep(answer.delay)
                    self._answer(answer)
                    return
                sink._over.wait(60)
                self.close_connection = True

            def _answer(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler

    def _take(self, post: Post) -> Answer:
        answer = self.answer(post) if callable(self.answer) else self.answer
        post.status = answer.status
        self.posts.append(post)
        return answer


def _read(path: str, headers: dict[str, str], body: bytes) -> Post:
    size = len(body)
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    signal = path.rpartition("/")[2]
    request = _REQUESTS[signal].FromString(body)
    resources = getattr(request, f"resource_{'spans' if signal == 'traces' else signal}")
    attributes = {item.key: item.value.string_value for item in resources[0].resource.attributes}
    return Post(time.monotonic(), signal, headers, 0, attributes.get("service.instance.id", ""), request, size)


def _points(metric: Any, wanted: Mapping[str, str]) -> list[tuple[str, int, float]]:
    """Attributes, start and value of each point."""
    kind = metric.WhichOneof("data")
    found = []
    for point in getattr(metric, kind).data_points:
        attributes = {item.key: item.value for item in point.attributes}
        if any(key not in attributes or attributes[key].string_value != text for key, text in wanted.items()):
            continue
        value = point.count if kind == "histogram" else point.as_int or point.as_double
        found.append(
            (str(sorted((key, str(item)) for key, item in attributes.items())), point.start_time_unix_nano, value)
        )
    return found
