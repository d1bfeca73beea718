"""What the real servers talk to: the webhook of Alertmanager, and stand-ins that say so.

The sink stands in for Jaeger and Loki where the run does without them; it counts what arrives. The exporter stands in
for kube-state-metrics, which needs a cluster.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import Self

from obskit.catalogue import kubernetes


class Listener:
    """An HTTP server on loopback, on a thread of its own."""

    def __init__(self, answer: Callable[[str, bytes], bytes]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self) -> None:
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                result = answer(self.path, body)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")  # Prometheus insists on one it knows
                self.send_header("Content-Length", str(len(result)))
                self.end_headers()
                self.wfile.write(result)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class Webhook(Listener):
    """Alertmanager's webhook: remembers when each alert of each service first arrived, and what it said."""

    def __init__(self) -> None:
        self.arrived: dict[tuple[str, str], float] = {}
        self.alerts: dict[tuple[str, str], dict[str, Any]] = {}
        super().__init__(self._take)

    def _take(self, _path: str, body: bytes) -> bytes:
        now = time.time()
        for alert in json.loads(body)["alerts"]:
            labels = alert["labels"]
            self.arrived.setdefault((labels["service"], labels["alertname"]), now)
            self.alerts.setdefault((labels["service"], labels["alertname"]), alert)
        return b"{}"


class Sink(Listener):
    """A stand-in for the OTLP endpoints of Jaeger and Loki: counts spans and log records by service."""

    def __init__(self) -> None:
        self.spans: Counter[str] = Counter()
        self.logs: Counter[str] = Counter()
        super().__init__(self._take)

    def _take(self, path: str, body: bytes) -> bytes:
        if path.endswith("/v1/traces"):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.spans[_service(resource)] += sum(len(scope.spans) for scope in resource.scope_spans)
        elif path.endswith("/v1/logs"):
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
                self.logs[_service(resource)] += sum(len(scope.log_records) for scope in resource.scope_logs)
        return b""


def _service(resource: object) -> str:
    attributes = {item.key: item.value.string_value for item in resource.resource.attributes}  # type: ignore[attr-defined]
    return attributes.get("service.name", "")


class KubeStateMetrics(Listener):
    """A stand-in for kube-state-metrics: a pod for each service, which can be restarted.

    Args:
        namespace: Namespace of the pods.
        services: Services; a pod's container is called as its service.
    """

    def __init__(self, namespace: str, services: list[str]) -> None:
        self._namespace = namespace
        self._born = time.time() - 3600
        self._restarts = dict.fromkeys(services, 0)
        self._terminated: dict[str, float] = {}
        super().__init__(self._expose)

    def restart(self, service: str) -> None:
        """Let the container of a service end with an error and start anew."""
        self._terminated[service] = time.time()
        self._restarts[service] += 1

    def _expose(self, _path: str, _body: bytes) -> bytes:
        lines = []
        for service, restarts in self._restarts.items():
            pod = f'namespace="{self._namespace}",pod="{service}-0",uid="{service}-uid"'
            container = f'{pod},container="{service}"'
            owner = f'{pod},created_by_kind="StatefulSet",created_by_name="{service}"'
            lines += [
                f"{kubernetes.POD_INFO.name}{{{owner}}} 1",
                f"{kubernetes.POD_CREATED.name}{{{pod}}} {self._born}",
                f'{kubernetes.POD_STATUS_PHASE.name}{{{pod},phase="Running"}} 1',
                f'{kubernetes.POD_STATUS_READY.name}{{{pod},condition="true"}} 1',
                f"{kubernetes.CONTAINER_RESTARTS.name}{{{container}}} {restarts}",
                f"{kubernetes.CONTAINER_READY.name}{{{container}}} 1",
            ]
            if service in self._terminated:
                name = kubernetes.CONTAINER_LAST_TERMINATED_TIMESTAMP.name
                lines.append(f"{name}{{{container}}} {self._terminated[service]}")
                lines.append(f'{kubernetes.CONTAINER_LAST_TERMINATED_REASON.name}{{{container},reason="Error"}} 1')
        return ("\n".join(lines) + "\n").encode()
