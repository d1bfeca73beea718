"""Instrumentations of requests that a service adds by hand: one server span a request."""

from __future__ import annotations

import asyncio
from typing import Any

import fastapi
import flask
import httpx
import pytest
from apart import INTERNAL, SERVER, STABLE, alone, apart, measured, scope_of, told
from observed import ask
from opentelemetry import trace
from opentelemetry.instrumentation import fastapi as contrib_fastapi
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware as AsgiMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.starlette import StarletteInstrumentor
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware as WsgiMiddleware
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from werkzeug.test import Client

from obskit import View
from obskit.catalogue import http
from obskit.testing import Recorded

DURATION, IN_FLIGHT = http.SERVER_REQUEST_DURATION.name, http.SERVER_ACTIVE_REQUESTS.name
PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
CAPTURED = {
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": "x-tenant",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": "x-shard",
}


def shop() -> fastapi.FastAPI:
    app = fastapi.FastAPI()

    @app.get("/orders/{number}")
    def order(number: int, response: fastapi.Response) -> int:
        response.headers["x-shard"] = "3"
        trace.get_current_span().set_attribute("order", number)
        with trace.get_tracer("shop").start_as_current_span("look up"):
            pass
        if number == 13:
            raise ValueError("unlucky")
        return number

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


def web() -> flask.Flask:
    app = flask.Flask("shop")

    @app.get("/orders/<int:number>")
    def order(number: int) -> flask.Response:
        trace.get_current_span().set_attribute("order", number)
        with trace.get_tracer("shop").start_as_current_span("look up"):
            pass
        if number == 13:
            raise ValueError("unlucky")
        return flask.Response(str(number), headers={"x-shard": "3"})

    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app


def on_request(span: Any, _scope: Any) -> None:
    span.set_attribute("hook.request", "seen")


def on_message(span: Any, _scope: Any, message: Any) -> None:
    span.set_attribute(f"hook.{message['type']}", "seen")


def on_response(span: Any, status: str, _headers: Any) -> None:
    span.set_attribute("hook.response", status)


def plain(body: bytes) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return application


def is_one(recorded: Recorded, name: str) -> Any:
    """Return the one server span, with the service's own as its child."""
    assert told(recorded) == [("shop", "look up", INTERNAL), ("obskit", name, SERVER)]
    inner, span = recorded.spans
    assert inner.parent.span_id == span.context.span_id
    assert span.attributes["order"] == 7
    assert "secret" not in str(dict(span.attributes))
    return span


def see_hooks_and_headers(span: Any) -> None:
    assert span.attributes["hook.request"] == "seen"
    assert tuple(span.attributes["http.request.header.x_tenant"]) == ("a",)
    assert tuple(span.attributes["http.response.header.x_shard"]) == ("3",)


def check_fastapi(recorded: Recorded, app: Any, stable: bool) -> None:
    headers = {**PARENT, "x-tenant": "a"}
    assert ask(app, "/orders/7?token=secret", headers=headers).json() == 7
    span = is_one(recorded, "GET /orders/{number}")
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"
    see_hooks_and_headers(span)
    assert span.attributes["hook.http.response.start"] == "seen"
    assert span.attributes["client.address" if stable else "net.peer.ip"] == "127.0.0.1"
    assert span.attributes[http.STATUS_CODE.name] == 200
    assert measured(recorded, DURATION) == [("obskit", 1)]
    assert measured(recorded, IN_FLIGHT) == [("obskit", 0)]


@apart({**STABLE, **CAPTURED})
def test_fastapi_s_instrumentor_adds_to_our_span_and_makes_none_of_its_own(recorded: Recorded) -> None:
    app = shop()
    FastAPIInstrumentor.instrument_app(app, server_request_hook=on_request, client_response_hook=on_message)
    check_fastapi(recorded, app, stable=True)
    assert measured(recorded, "http.server.response.body.size") == [("fastapi", 1)]


@apart(CAPTURED)
def test_so_it_does_with_the_names_of_before_and_for_applications_that_come_later(recorded: Recorded) -> None:
    FastAPIInstrumentor().instrument(server_request_hook=on_request, client_response_hook=on_message)
    check_fastapi(recorded, shop(), stable=False)
    assert measured(recorded, "http.server.duration") == [("fastapi", 1)]


@apart(STABLE, before=FastAPIInstrumentor().instrument)
def test_so_it_does_where_it_was_there_first(recorded: Recorded) -> None:
    ask(shop(), "/orders/7?token=secret")
    is_one(recorded, "GET /orders/{number}")
    assert measured(recorded, DURATION) == [("obskit", 1)]


@apart(STABLE)
def test_an_error_that_two_saw_is_on_the_span_once(recorded: Recorded) -> None:
    app = shop()
    FastAPIInstrumentor.instrument_app(app)
    assert ask(app, "/orders/13").status_code == 500
    (span,) = [span for span in recorded.spans if span.kind is SERVER]
    assert [event.attributes["exception.message"] for event in span.events] == ["unlucky"]
    assert (span.attributes[http.ERROR_TYPE.name], span.attributes[http.STATUS_CODE.name]) == ("ValueError", 500)


@apart(STABLE)
def test_an_error_without_a_message_is_told_beside_another_one(recorded: Recorded) -> None:
    app = fastapi.FastAPI()

    @app.get("/")
    def home() -> None:
        trace.get_current_span().record_exception(TimeoutError())
        raise AssertionError

    FastAPIInstrumentor.instrument_app(app)
    ask(app, "/")
    (span,) = [span for span in recorded.spans if span.kind is SERVER]
    assert [event.attributes["exception.type"] for event in span.events] == ["TimeoutError", "AssertionError"]


@pytest.mark.skipif(not hasattr(contrib_fastapi, "BackgroundTask"), reason="this version does not know tasks")
@apart(STABLE)
def test_a_background_task_is_a_span_of_its_own_below_the_request(recorded: Recorded) -> None:
    app = fastapi.FastAPI()

    @app.get("/")
    def home(tasks: fastapi.BackgroundTasks) -> None:
        tasks.add_task(lambda: None)

    FastAPIInstrumentor.instrument_app(app)
    ask(app, "/")
    assert told(recorded) == [("fastapi", "BackgroundTask <lambda>", INTERNAL), ("obskit", "GET /", SERVER)]
    task, request = recorded.spans
    assert task.parent.span_id == request.context.span_id


@apart(STABLE)
def test_what_a_middleware_says_after_the_response_is_on_the_span(recorded: Recorded) -> None:
    class Middleware:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            trace.get_current_span().set_attribute("after", "seen")

    app = shop()
    app.add_middleware(Middleware)
    FastAPIInstrumentor.instrument_app(app)
    ask(app, "/orders/7")
    assert is_one(recorded, "GET /orders/{number}").attributes["after"] == "seen"


@apart(STABLE)
def test_a_name_and_a_status_that_a_hook_chooses_stay(recorded: Recorded) -> None:
    def hook(span: Any, scope: Any) -> None:
        span.update_name("order")
        span.set_attribute("url.path", "/orders/?")
        span.add_event("seen", {"path": scope["path"]})
        span.set_status(trace.StatusCode.OK)

    inside = shop()
    FastAPIInstrumentor.instrument_app(inside, server_request_hook=hook)
    for app in (inside, AsgiMiddleware(shop(), server_request_hook=hook)):
        recorded.clear()
        ask(app, "/orders/7")
        (span,) = [span for span in recorded.spans if span.kind is SERVER]
        assert (span.name, span.attributes["url.path"], span.status.status_code) == (
            "order",
            "/orders/?",
            trace.StatusCode.OK,
        )
        assert [event.name for event in span.events] == ["seen"]


@apart({**STABLE, **CAPTURED})
def test_starlette_s_instrumentor_makes_no_second_span(recorded: Recorded) -> None:
    def order(request: Any) -> PlainTextResponse:
        trace.get_current_span().set_attribute("order", int(request.path_params["number"]))
        with trace.get_tracer("shop").start_as_current_span("look up"):
            return PlainTextResponse("", headers={"x-shard": "3"})

    app = Starlette(routes=[Route("/orders/{number}", order)])
    StarletteInstrumentor.instrument_app(app, server_request_hook=on_request)
    ask(app, "/orders/7?token=secret", headers={"x-tenant": "a"})
    see_hooks_and_headers(is_one(recorded, "GET /orders/{number}"))
    assert measured(recorded, DURATION) == [("obskit", 1)]


@apart({**STABLE, **CAPTURED})
def test_a_middleware_around_the_application_gives_its_span_to_us(recorded: Recorded) -> None:
    app = AsgiMiddleware(shop(), server_request_hook=on_request, client_response_hook=on_message)
    check_fastapi(recorded, app, stable=True)


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
@pytest.mark.parametrize("names", [STABLE, {}], ids=["names of today", "names of before"])
def test_values_of_a_query_stay_out_where_attributes_are_cut(kind: str, names: dict[str, str]) -> None:
    code = f"""
import obskit
from test_contrib_requests import AsgiMiddleware, Client, WsgiMiddleware, ask, shop, web
from tools.reliability.sink import Sink

address = "/orders/7?token=secret-" + "x" * 80
with Sink() as sink:
    obskit.init(service_name="shop", log_format="off", endpoint=sink.url)
    if {kind!r} == "asgi":
        ask(AsgiMiddleware(shop()), address)
    else:
        Client(WsgiMiddleware(web())).get(address).close()
    obskit.shutdown(5)
    (span,) = [span for span in sink.spans() if span.name.startswith("GET ")]
    told = {{said.key: said.value.string_value for said in span.attributes}}
    assert told["url.query"] == "token=REDACTED", told
    assert "secret" not in str(told), told
"""
    alone(code, environment={**names, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "64"})


@apart(STABLE)
def test_around_an_application_that_we_do_not_observe_it_works_as_ever(recorded: Recorded) -> None:
    ask(AsgiMiddleware(plain(b"x")), "/orders?x=1", headers=PARENT)
    assert told(recorded) == [
        ("asgi", "GET /orders http send", INTERNAL),
        ("asgi", "GET /orders http send", INTERNAL),
        ("asgi", "GET /orders", SERVER),
    ]
    span = recorded.spans[-1]
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"
    assert (span.attributes["url.path"], span.attributes[http.STATUS_CODE.name]) == ("/orders", 200)


@pytest.mark.parametrize("sampled", [True, False])
@apart(STABLE)
def test_its_durations_count_beside_those_of_an_application_that_we_observe(recorded: Recorded, sampled: str) -> None:
    provider: Any = trace.get_tracer_provider()
    provider.sampler = lambda _parent, _trace_id: sampled == "True"
    ours, other = AsgiMiddleware(shop()), AsgiMiddleware(plain(b"x"))
    inside = shop()
    FastAPIInstrumentor.instrument_app(inside)
    for app in (ours, other, inside, ours, other):
        ask(app, "/orders/7")
    assert measured(recorded, DURATION) == [("obskit", 5)]
    routes = [(dict(key).get(http.ROUTE.name), point.count) for key, point in recorded.points(DURATION).items()]
    assert sorted(routes, key=str) == [("/orders/{number}", 3), (None, 2)]


@apart(STABLE)
def test_so_do_those_of_a_wsgi_application(recorded: Recorded) -> None:
    def other(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"x"]

    for app in (WsgiMiddleware(web()), WsgiMiddleware(other)):
        Client(app).get("/orders/7").close()
    routes = [(dict(key).get(http.ROUTE.name), point.count) for key, point in recorded.points(DURATION).items()]
    assert sorted(routes, key=str) == [("/orders/<int:number>", 1), (None, 1)]


@apart(STABLE)
def test_messages_of_a_websocket_stay_spans(recorded: Recorded) -> None:
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())

    app = Starlette(routes=[WebSocketRoute("/chat/{room}", chat)])
    StarletteInstrumentor.instrument_app(app)

    async def talk() -> None:
        asked = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}])

        async def receive() -> Any:
            return next(asked)

        async def send(_message: Any) -> None:
            pass

        scope = {"type": "websocket", "path": "/chat/7", "root_path": "", "headers": [], "subprotocols": []}
        await app(scope, receive, send)

    asyncio.run(talk())
    kinds = [(scope, kind) for scope, _, kind in told(recorded)]
    assert kinds == [("starlette", INTERNAL)] * 4 + [("obskit", SERVER)]
    server = recorded.spans[-1]
    assert {span.parent.span_id for span in recorded.spans[:-1]} == {server.context.span_id}


@pytest.mark.parametrize("parent", ["", PARENT["traceparent"]], ids=["no parent", "a parent"])
@apart(STABLE)
def test_a_path_that_obskit_leaves_out_stays_out(recorded: Recorded, parent: str) -> None:
    headers = {"traceparent": parent} if parent else {}
    app = shop()
    FastAPIInstrumentor.instrument_app(app)
    assert ask(app, "/healthz", headers=headers).json() == "ok"
    assert ask(AsgiMiddleware(shop()), "/healthz", headers=headers).json() == "ok"
    wsgi = web()
    FlaskInstrumentor().instrument_app(wsgi, request_hook=on_request)
    assert Client(wsgi).get("/healthz", headers=headers).text == "ok"
    assert Client(WsgiMiddleware(web())).get("/healthz", headers=headers).text == "ok"
    assert told(recorded) == []


@apart(STABLE, excluded_paths=("/healthz", "/v1/healthz"))
def test_behind_a_root_path_it_does_with_its_whole_path(recorded: Recorded) -> None:
    app = shop()
    FastAPIInstrumentor.instrument_app(app)

    async def get() -> int:
        transport = httpx.ASGITransport(app, root_path="/v1")
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.get("/v1/healthz")).status_code

    assert asyncio.run(get()) == 200
    assert told(recorded) == []


@apart(STABLE, disabled_instrumentations=("fastapi",))
def test_what_is_disabled_in_obskit_is_left_to_the_other(recorded: Recorded) -> None:
    app = shop()
    FastAPIInstrumentor.instrument_app(app)
    for path in ("/orders/7", "/healthz"):
        ask(app, path)
    messages = ["GET /orders/{number} http send"] * 2, ["GET /healthz http send"] * 2
    assert told(recorded) == [
        ("shop", "look up", INTERNAL),
        *(("fastapi", name, INTERNAL) for name in messages[0]),
        ("fastapi", "GET /orders/{number}", SERVER),
        *(("fastapi", name, INTERNAL) for name in messages[1]),
        ("fastapi", "GET /healthz", SERVER),
    ]
    assert recorded.spans[3].attributes["url.path"] == "/orders/7"
    # With those of Starlette, whose name they share: two series that differ in their scope alone would be one.
    assert measured(recorded, DURATION) == [("obskit", 2)]
    assert ("fastapi", 0) in measured(recorded, IN_FLIGHT)
    routes = {dict(key)[http.ROUTE.name] for key in recorded.points(DURATION)}
    assert routes == {"/orders/{number}", "/healthz"}


@apart(STABLE, disabled_instrumentations=("fastapi",))
def test_so_is_an_application_with_a_middleware_around_it(recorded: Recorded) -> None:
    app = AsgiMiddleware(shop(), server_request_hook=on_request)
    for path in ("/orders/7", "/healthz"):
        ask(app, path)
    spans = [span for span in recorded.spans if scope_of(span) == "asgi" and span.kind is SERVER]
    assert [(span.name, span.attributes["hook.request"]) for span in spans] == [
        ("GET /orders/7", "seen"),
        ("GET /healthz", "seen"),
    ]
    assert sum(number for _, number in measured(recorded, DURATION)) >= 2


@apart(STABLE, disabled_instrumentations=("flask",))
def test_durations_of_what_is_disabled_arrive_beside_ours(recorded: Recorded) -> None:
    ask(shop(), "/orders/7")
    app = web()
    FlaskInstrumentor().instrument_app(app)
    app.test_client().get("/orders/7").close()
    assert sorted((scope, name) for scope, name, kind in told(recorded) if kind is SERVER) == [
        ("flask", "GET /orders/<int:number>"),
        ("obskit", "GET /orders/{number}"),
    ]
    assert sorted(dict(key)[http.ROUTE.name] for key in recorded.points(DURATION)) == [
        "/orders/<int:number>",
        "/orders/{number}",
    ]


@apart(STABLE, disabled_instrumentations=("flask",), views=[View(instrument_name="*", attribute_keys=["http.route"])])
def test_so_they_do_with_a_view_of_all_metrics(recorded: Recorded) -> None:
    ask(shop(), "/orders/7")
    app = web()
    FlaskInstrumentor().instrument_app(app)
    app.test_client().get("/orders/7").close()
    assert measured(recorded, DURATION) == [("obskit", 2)]
    methods = [(dict(key)[http.ROUTE.name], dict(key)[http.METHOD.name]) for key in recorded.points(DURATION)]
    assert sorted(methods) == [("/orders/<int:number>", "GET"), ("/orders/{number}", "GET")]


@apart(STABLE, disabled_instrumentations=("flask",), views=[View(instrument_name=DURATION, name="theirs")])
def test_a_view_with_another_name_keeps_them_apart(recorded: Recorded) -> None:
    ask(shop(), "/orders/7")
    app = web()
    FlaskInstrumentor().instrument_app(app)
    app.test_client().get("/orders/7").close()
    assert (measured(recorded, DURATION), measured(recorded, "theirs")) == ([("obskit", 1)], [("flask", 1)])


@apart(disabled_instrumentations=("flask",))
def test_so_do_those_of_before_in_their_own_units(recorded: Recorded) -> None:
    ask(shop(), "/orders/7")
    seen: list[Any] = []
    app = web()
    app.before_request(lambda: seen.append(measured(recorded, IN_FLIGHT)))
    FlaskInstrumentor().instrument_app(app)
    app.test_client().get("/orders/7").close()
    assert [sum(number for _, number in streams) for streams in seen] == [1]  # their unit is another in some versions
    assert measured(recorded, "http.server.duration") == [("flask", 1)]


@apart({**STABLE, **CAPTURED})
def test_flask_s_instrumentor_adds_to_our_span_and_makes_none_of_its_own(recorded: Recorded) -> None:
    app = web()
    FlaskInstrumentor().instrument_app(app, request_hook=on_request, response_hook=on_response)
    answer = app.test_client().get("/orders/7?token=secret", headers={"x-tenant": "a"})
    assert answer.text == "7"
    answer.close()
    span = is_one(recorded, "GET /orders/<int:number>")
    see_hooks_and_headers(span)
    assert span.attributes["hook.response"] == "200 OK"
    assert measured(recorded, DURATION) == [("obskit", 1)]
    assert measured(recorded, IN_FLIGHT) == [("obskit", 0)]


@apart(CAPTURED)
def test_so_it_does_with_the_names_of_before_and_tells_of_an_error(recorded: Recorded) -> None:
    FlaskInstrumentor().instrument(request_hook=on_request)
    app = web()
    app.test_client().get("/orders/13?token=secret", headers={"x-tenant": "a"}).close()
    (span,) = [span for span in recorded.spans if span.kind is SERVER]
    assert span.attributes["hook.request"] == "seen"
    assert "secret" not in str(dict(span.attributes))
    assert [event.attributes["exception.message"] for event in span.events] == ["unlucky"]


@pytest.mark.parametrize("place", ["inside", "outside"])
@apart({**STABLE, **CAPTURED})
def test_a_wsgi_middleware_makes_no_second_span_wherever_it_is(recorded: Recorded, place: str) -> None:
    app: Any = web()
    if place == "inside":
        app.wsgi_app = WsgiMiddleware(app.wsgi_app, request_hook=on_request)
    else:
        app = WsgiMiddleware(app, request_hook=on_request)
    answer = Client(app).get("/orders/7?token=secret", headers={**PARENT, "x-tenant": "a"})
    assert answer.text == "7"
    answer.close()
    span = is_one(recorded, "GET /orders/<int:number>")
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"
    see_hooks_and_headers(span)
    assert measured(recorded, DURATION) == [("obskit", 1)]
    assert measured(recorded, IN_FLIGHT) == [("obskit", 0)]


@apart(STABLE)
def test_a_span_of_the_service_between_ours_and_theirs_keeps_theirs(recorded: Recorded) -> None:
    app = shop()
    app.add_middleware(AsgiMiddleware, exclude_spans=["send", "receive"])

    @app.middleware("http")
    async def between(request: fastapi.Request, call: Any) -> Any:
        with trace.get_tracer("shop").start_as_current_span("between"):
            return await call(request)

    ask(app, "/orders/7")
    spans = {(scope_of(span), span.kind): span for span in recorded.spans if span.name != "look up"}
    ours, between_them, theirs = spans["obskit", SERVER], spans["shop", INTERNAL], spans["asgi", INTERNAL]
    assert len(recorded.spans) == 4
    assert (between_them.parent.span_id, theirs.parent.span_id) == (ours.context.span_id, between_them.context.span_id)


@apart(STABLE)
def test_an_application_that_calls_another_in_its_process_has_a_span_for_each(recorded: Recorded) -> None:
    inner, outer = shop(), fastapi.FastAPI()

    @outer.get("/")
    def home() -> int:
        return int(ask(inner, "/orders/7").json())

    for app in (inner, outer):
        FastAPIInstrumentor.instrument_app(app)
    assert ask(AsgiMiddleware(outer), "/").json() == 7
    assert [made for made in told(recorded) if made[2] is SERVER] == [
        ("obskit", "GET /orders/{number}", SERVER),
        ("obskit", "GET /", SERVER),
    ]


@apart(STABLE)
def test_what_is_not_sampled_is_not_sampled_by_another_way(recorded: Recorded) -> None:
    provider: Any = trace.get_tracer_provider()
    provider.sampler = lambda _parent, _trace_id: False
    inside = shop()
    FastAPIInstrumentor.instrument_app(inside, server_request_hook=on_request)
    for app in (inside, AsgiMiddleware(shop(), server_request_hook=on_request)):
        assert ask(app, "/orders/7").json() == 7
    # Ours alone decides: a second decision at the begin of the trace would let some through.
    answers = iter([False])
    provider.sampler = lambda parent, _trace_id: next(answers) if parent is None else parent.trace_flags & 1 == 1
    assert ask(AsgiMiddleware(shop()), "/orders/7").json() == 7
    assert told(recorded) == []


@apart(STABLE)
def test_a_span_of_the_service_that_is_not_sampled_silences_no_request(recorded: Recorded) -> None:
    trace.get_tracer("opentelemetry.instrumentation.asgi")
    provider: Any = trace.get_tracer_provider()
    usual, provider.sampler = provider.sampler, lambda _parent, _trace_id: False
    app = shop()
    with trace.get_tracer("shop").start_as_current_span("main"):
        provider.sampler = usual
        ask(app, "/orders/7", headers=PARENT)
    span = is_one(recorded, "GET /orders/{number}")
    assert format(span.parent.span_id, "016x") == "b7ad6b7169203331"


def test_a_provider_of_the_service_makes_what_it_is_asked_for() -> None:
    code = """
import obskit
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from test_contrib_requests import INTERNAL, SERVER, ask, scope_of, shop

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
obskit.init(service_name="shop", log_format="off", endpoint="http://127.0.0.1:9", exit_budget=0.1)
app = shop()
FastAPIInstrumentor.instrument_app(app)
assert ask(app, "/orders/7").json() == 7
spans = [(scope_of(span), span.kind) for span in exporter.get_finished_spans()]
assert spans.count(("obskit", SERVER)) == 1
assert spans.count(("fastapi", INTERNAL)) == 3
"""
    alone(code)
