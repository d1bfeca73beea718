"""One histogram by hand, as services had it before anything automatic: duration by method, route and status."""

from __future__ import annotations

import os
import time
from typing import Any

from prometheus_client import (  # type: ignore[import-not-found,unused-ignore]
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)

DURATION = Histogram("http_request_duration_seconds", "Duration of requests.", ["method", "route", "status"])


def exposition() -> bytes:
    """Return all metrics as Prometheus scrapes them, of all workers where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return bytes(generate_latest())
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return bytes(generate_latest(registry))


def watch_fastapi(app: Any) -> None:
    """Measure the requests of a FastAPI application."""
    from fastapi import Response

    class Duration:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await self.app(scope, receive, send)
                return
            started, status = time.perf_counter(), 500

            async def watched(message: Any) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await self.app(scope, receive, watched)
            finally:
                route = getattr(scope.get("route"), "path", "")
                DURATION.labels(scope["method"], route, status).observe(time.perf_counter() - started)

    @app.get("/metrics")  # type: ignore[untyped-decorator,unused-ignore]
    def metrics() -> Response:
        return Response(exposition(), media_type="text/plain; version=0.0.4")

    app.add_middleware(Duration)


def watch_flask(app: Any) -> None:
    """Measure the requests of a Flask application."""
    from flask import Response, g, request

    @app.before_request  # type: ignore[untyped-decorator,unused-ignore]
    def begin() -> None:
        g.started = time.perf_counter()

    @app.after_request  # type: ignore[untyped-decorator,unused-ignore]
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else ""
        DURATION.labels(request.method, route, response.status_code).observe(time.perf_counter() - g.started)
        return response

    @app.get("/metrics")  # type: ignore[untyped-decorator,unused-ignore]
    def metrics() -> Response:
        return Response(exposition(), content_type="text/plain; version=0.0.4")
