"""Instrumentations of what obskit does not observe work as ever, below our spans."""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import celery
import fastapi
import httpx
import pytest
import redis
import requests
from apart import CLIENT, INTERNAL, SERVER, STABLE, alone, apart, measured, scope_of, told
from celery.contrib.testing.worker import start_worker
from observed import ask
from opentelemetry import _logs, trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.system_metrics import SystemMetricsInstrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.trace import SpanKind

from obskit.catalogue import http, runtime
from obskit.testing import Recorded
from tools.stack.process import free_port

#: Whether the instrumentation of logging brings a handler, as newer versions do.
HAS_HANDLER = importlib.util.find_spec("opentelemetry.instrumentation.logging.handler") is not None


@contextmanager
def neighbour() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and the traceparent of each request; a path of digits is its answer."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["traceparent"])
            asked = self.path.removeprefix("/")
            self.send_response(int(asked) if asked.isdigit() else 204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stock", seen
    finally:
        server.shutdown()
        server.server_close()


@apart(STABLE)
def test_calls_of_requests_and_httpx_are_below_our_request_and_name_their_own_span(recorded: Recorded) -> None:
    RequestsInstrumentor().instrument(request_hook=lambda span, _request: span.set_attribute("hook", "seen"))
    app = fastapi.FastAPI()
    with neighbour() as (address, seen):

        @app.get("/")
        def home() -> None:
            requests.get(address, timeout=5)
            with httpx.Client() as client:
                HTTPXClientInstrumentor().instrument_client(client)
                client.get(address)

        assert ask(app, "/").status_code == 200
    assert told(recorded) == [("requests", "GET", CLIENT), ("httpx", "GET", CLIENT), ("obskit", "GET /", SERVER)]
    *calls, request = recorded.spans
    assert {call.parent.span_id for call in calls} == {request.context.span_id}
    assert [header.split("-")[2] for header in seen] == [f"{call.context.span_id:016x}" for call in calls]
    assert calls[0].attributes["hook"] == "seen"
    assert sorted(measured(recorded, "http.client.request.duration")) == [("httpx", 1), ("requests", 1)]


# The instrumentation of httpx measures no call that ends in an exception.
@pytest.mark.parametrize(("client", "exceptions"), [("requests", "ConnectionError"), ("httpx", "")])
@apart(STABLE)
def test_calls_are_measured_with_the_attributes_and_boundaries_that_the_alerts_on_dependencies_ask_for(
    recorded: Recorded, client: str, exceptions: str
) -> None:
    (RequestsInstrumentor if client == "requests" else HTTPXClientInstrumentor)().instrument()
    get = requests.get if client == "requests" else httpx.get
    with neighbour() as (address, _):
        base = address.removesuffix("/stock")
        for status in (200, 404, 429, 503):
            get(f"{base}/{status}", timeout=5)
    with pytest.raises((requests.ConnectionError, httpx.ConnectError)):
        get(f"http://127.0.0.1:{free_port()}/", timeout=5)  # nobody listens
    record = http.CLIENT_REQUEST_DURATION
    points = recorded.points(record.otel)
    assert {point.boundaries for point in points.values()} == {record.boundaries}
    told = [dict(key) for key in points]
    assert {name for key in told for name in key} == {a.name for a in record.attributes}
    ended = {(key.get(http.STATUS_CODE.name), key.get(http.ERROR_TYPE.name)) for key in told}
    answers = {(200, None), (404, "404"), (429, "429"), (503, "503")}
    assert ended == answers | ({(None, exceptions)} if exceptions else set())
    assert {key[http.SERVER_ADDRESS.name] for key in told} == {"127.0.0.1"}


@apart({"OTEL_SEMCONV_STABILITY_OPT_IN": ""})
def test_calls_have_another_name_without_the_variable_that_asks_for_the_stable_ones(recorded: Recorded) -> None:
    RequestsInstrumentor().instrument()
    with neighbour() as (address, _):
        requests.get(address, timeout=5)
    assert recorded.points(http.CLIENT_REQUEST_DURATION.otel) == {}
    assert measured(recorded, "http.client.duration") == [("requests", 1)]


@apart(STABLE)
def test_a_command_of_redis_is_a_span_below_ours(recorded: Recorded) -> None:
    RedisInstrumentor().instrument()
    app = fastapi.FastAPI()

    @app.get("/")
    def home() -> None:
        with pytest.raises(redis.exceptions.ConnectionError):  # nobody listens
            redis.Redis(port=free_port(), retry=None, socket_timeout=1).get("stock")

    ask(app, "/")
    command, request = recorded.spans
    assert (scope_of(command), command.name, command.kind) == ("redis", "GET", CLIENT)
    assert command.parent.span_id == request.context.span_id


@apart()
def test_a_task_of_celery_goes_on_with_the_trace_of_our_request(recorded: Recorded) -> None:
    CeleryInstrumentor().instrument()
    shop = celery.Celery("shop", broker="memory://", backend="cache+memory://")

    @shop.task(name="pack")
    def pack(order: int) -> int:
        return order

    app = fastapi.FastAPI()

    @app.get("/")
    def home() -> int:
        return int(pack.delay(7).get(timeout=20))

    with start_worker(shop, perform_ping_check=False, pool="solo"):
        assert ask(app, "/").json() == 7
    spans = {(span.name, span.kind): span for span in recorded.spans}
    request = spans["GET /", SERVER]
    send, run = spans["apply_async/pack", SpanKind.PRODUCER], spans["run/pack", SpanKind.CONSUMER]
    assert send.parent.span_id == request.context.span_id
    assert run.context.trace_id == request.context.trace_id


@apart()
def test_a_thread_goes_on_with_our_request(recorded: Recorded) -> None:
    ThreadingInstrumentor().instrument()
    app = fastapi.FastAPI()

    def work() -> None:
        with trace.get_tracer("shop").start_as_current_span("work"):
            pass

    @app.get("/")
    def home() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    ask(app, "/")
    assert told(recorded) == [("shop", "work", INTERNAL), ("obskit", "GET /", SERVER)]
    inner, request = recorded.spans
    assert inner.parent.span_id == request.context.span_id


@apart(log_format="json")
def test_a_log_record_is_sent_once_with_what_a_hook_added(recorded: Recorded) -> None:
    def hook(_span: Any, record: logging.LogRecord) -> None:
        record.tenant = "a"

    LoggingInstrumentor().instrument(set_logging_format=True, log_hook=hook)
    with trace.get_tracer("shop").start_as_current_span("work") as span:
        logging.getLogger("shop").warning("order %d", 7)
    (record,) = recorded.logs
    assert (record.body, record.attributes["tenant"]) == ("order 7", "a")
    assert record.attributes["otelTraceID"] == f"{span.get_span_context().trace_id:032x}"
    assert record.span_id == span.get_span_context().span_id


@apart(before=LoggingInstrumentor().instrument)
def test_so_it_is_where_the_other_handler_was_there_first(recorded: Recorded) -> None:
    logging.getLogger("shop").warning("order")
    assert [record.body for record in recorded.logs] == ["order"]


@pytest.mark.skipif(not HAS_HANDLER, reason="this version brings no handler")
@apart()
def test_a_handler_with_a_provider_of_its_own_is_left_alone(recorded: Recorded) -> None:
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    own = _Provider()
    logging.getLogger().addHandler(LoggingHandler(logger_provider=own))
    logging.getLogger("shop").warning("order")
    assert [record.body for record in own.kept] == ["order"]
    assert [record.body for record in recorded.logs] == ["order"]


class _Provider(_logs.LoggerProvider):
    """A service's own provider, that keeps records."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def get_logger(self, name: str, *_: Any, **__: Any) -> Any:
        kept = self.kept

        class Logger(_logs.Logger):
            def enabled(self, **_: Any) -> bool:
                return True

            def emit(self, record: Any = None, **_: Any) -> None:
                kept.append(record)

        return Logger(name)


#: The SDK's own handler, which newer versions call deprecated.
SDK = """
import logging, sys, warnings
import obskit
from obskit import testing
from opentelemetry import _logs
from opentelemetry.sdk import _logs as sdk
from opentelemetry.sdk._logs import export

def handler(provider):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return sdk.LoggingHandler(logger_provider=provider)

def keeping():
    memory = getattr(export, "InMemoryLogRecordExporter", None) or export.InMemoryLogExporter
    kept, provider = memory(), sdk.LoggerProvider()
    provider.add_log_record_processor(export.SimpleLogRecordProcessor(kept))
    return kept, provider

def bodies(kept):
    return [each.log_record.body for each in kept.get_finished_logs()]

first, root = sys.argv[1] == "first", logging.getLogger()
"""


@pytest.mark.parametrize("order", ["first", "later"])
def test_the_handler_of_the_sdk_sends_nothing_that_ours_sends(order: str) -> None:
    alone(
        SDK
        + """
if first:
    root.addHandler(handler(None))
recorded = testing.recording(service_name="shop", log_format="off")
if not first:
    root.addHandler(handler(None))
logging.getLogger("shop").warning("order")
assert [record.body for record in recorded.logs] == ["order"]
""",
        order,
    )


@pytest.mark.parametrize("order", ["first", "later"])
def test_nor_does_it_where_a_provider_of_the_service_is_adopted(order: str) -> None:
    alone(
        SDK
        + """
kept, provider = keeping()
_logs.set_logger_provider(provider)
if first:
    root.addHandler(handler(provider))
obskit.init(service_name="shop", log_format="off", endpoint="http://127.0.0.1:9", exit_budget=0.1)
if not first:
    root.addHandler(handler(provider))
logging.getLogger("shop").warning("order")
assert bodies(kept) == ["order"], bodies(kept)
""",
        order,
    )


def test_it_sends_all_where_ours_is_switched_off() -> None:
    alone(
        SDK
        + """
kept, provider = keeping()
_logs.set_logger_provider(provider)
obskit.init(service_name="shop", log_format="off", logs=False, endpoint="http://127.0.0.1:9", exit_budget=0.1)
root.addHandler(handler(provider))
logging.getLogger("shop").warning("order")
assert bodies(kept) == ["order"], bodies(kept)
""",
        "later",
    )


@pytest.mark.parametrize("order", ["first", "later"])
def test_it_is_left_alone_with_a_provider_of_its_own(order: str) -> None:
    alone(
        SDK
        + """
kept, own = keeping()
if first:
    root.addHandler(handler(own))
recorded = testing.recording(service_name="shop", log_format="off")
if not first:
    root.addHandler(handler(own))
logging.getLogger("shop").warning("order")
assert [record.body for record in recorded.logs] == bodies(kept) == ["order"], bodies(kept)
""",
        order,
    )


@apart()
def test_of_the_process_each_name_is_measured_once_and_what_we_do_not_measure_arrives(recorded: Recorded) -> None:
    SystemMetricsInstrumentor().instrument()
    for ours in (runtime.CPU_TIME, runtime.MEMORY_USAGE, runtime.THREAD_COUNT):
        assert [scope for scope, _ in measured(recorded, ours.name)] == ["obskit"]
    for theirs in ("process.memory.virtual", "process.context_switches", "system.memory.usage"):
        assert [scope for scope, _ in measured(recorded, theirs)] == ["system_metrics"]
