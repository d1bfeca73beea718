"""What is recorded of frameworks and databases."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import fastapi
import flask
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from observed import ask, count, pool_of, web
from opentelemetry import trace
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import create_environ
from werkzeug.wsgi import FileWrapper

from obskit._runtime import loops
from obskit._runtime.instrumentations import _asgi, _queries
from obskit._runtime.instrumentations._queries import described
from obskit.catalogue import db, http, telemetry
from obskit.testing import Recorded


def test_a_request_to_fastapi_is_one_span_with_its_route_and_no_values_of_its_query(recorded: Recorded) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert ask(web(), "/v1/orders/7?token=secret", headers={"traceparent": parent}).json() == {"order": 7}
    (span,) = recorded.spans
    assert span.name == "GET /v1/orders/{number}"
    assert format(span.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert span.attributes[http.ROUTE.name] == "/v1/orders/{number}"
    assert span.attributes[http.STATUS_CODE.name] == 200
    assert "secret" not in str(dict(span.attributes))


def test_a_method_that_nobody_knows_makes_no_series_of_its_own_and_is_on_the_span(recorded: Recorded) -> None:
    ask(web(), "/v1/orders/7", method="BREW" * 100)
    (span,) = recorded.spans
    assert span.name == "HTTP /v1/orders/{number}"
    assert span.attributes[http.METHOD.name] == "_OTHER"
    assert span.attributes[http.METHOD_ORIGINAL.name] == "BREW" * 16
    methods = {dict(key)[http.METHOD.name] for key in recorded.points(http.SERVER_REQUEST_DURATION.name)}
    assert methods <= set(http.METHOD.values)


def test_an_error_is_on_the_span_and_in_the_metric(recorded: Recorded) -> None:
    labels = {"http_route": "/v1/broken", "http_response_status_code": 500, "error_type": "ValueError"}
    before = count(recorded, http.SERVER_REQUEST_DURATION, **labels)
    assert ask(web(), "/v1/broken").status_code == 500
    (span,) = recorded.spans
    assert span.attributes[http.ERROR_TYPE.name] == "ValueError"
    assert [(event.name, event.attributes["exception.message"]) for event in span.events] == [("exception", "no")]
    assert span.status.is_ok is False
    assert count(recorded, http.SERVER_REQUEST_DURATION, **labels) == before + 1


def test_what_happens_after_the_response_is_not_part_of_its_duration(recorded: Recorded) -> None:
    app, began = fastapi.FastAPI(), []

    def task() -> None:
        began.append(time.perf_counter())
        time.sleep(0.3)

    @app.get("/later/{status}")
    def later(status: int, tasks: fastapi.BackgroundTasks) -> fastapi.Response:
        tasks.add_task(task)
        return fastapi.Response(status_code=status, background=tasks)

    for status in (200, 503):
        asked = time.perf_counter()
        ask(app, f"/later/{status}")
        point = recorded.points(http.SERVER_REQUEST_DURATION.name)
        (of_status,) = [
            p
            for key, p in point.items()
            if dict(key).get("http.route") == "/later/{status}" and dict(key)["http.response.status_code"] == status
        ]
        assert of_status.sum <= began[-1] - asked


def test_what_runs_after_the_response_may_still_describe_its_span(recorded: Recorded) -> None:
    moments = []

    def later() -> None:
        moments.append(time.time_ns())
        trace.get_current_span().set_attribute("from.background", True)
        raise RuntimeError("too late for the client")

    app = fastapi.FastAPI()
    app.get("/described")(lambda: fastapi.responses.PlainTextResponse("ok", background=BackgroundTask(later)))

    class Describing:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            try:
                await self.app(scope, receive, send)
            finally:
                trace.get_current_span().set_attribute("from.middleware", True)

    app.add_middleware(Describing)
    labels = {"http_route": "/described", "http_response_status_code": 200}
    before = count(recorded, http.SERVER_REQUEST_DURATION, **labels)
    ask(app, "/described")
    (span,) = recorded.spans
    assert (span.attributes["from.background"], span.attributes["from.middleware"]) == (True, True)
    assert span.end_time <= moments[0]
    assert [event.attributes["exception.message"] for event in span.events] == ["too late for the client"]
    assert span.status.is_unset, "the client got its 200"
    assert count(recorded, http.SERVER_REQUEST_DURATION, **labels) == before + 1


def test_a_health_check_behind_a_mount_is_one_as_well(recorded: Recorded) -> None:
    ask(fastapi.FastAPI(), "/api/healthz", root_path="/api")
    app = flask.Flask("mounted")
    for path in ("/healthz", "/orders"):
        app.add_url_rule(path, path, lambda: "ok")
    for path in ("/healthz", "/orders"):
        app.test_client().get(path, environ_overrides={"SCRIPT_NAME": "/api"})
    assert [span.attributes[http.PATH.name] for span in recorded.spans] == ["/api/orders"]


def test_a_health_check_and_a_path_that_matches_nothing_make_no_series_of_their_own(recorded: Recorded) -> None:
    app = web()
    ask(app, "/healthz")
    assert recorded.spans == []
    ask(app, "/wp-admin.php")
    assert http.ROUTE.name not in recorded.spans[0].attributes


def test_a_request_of_starlette_behind_a_mount_has_its_whole_route(recorded: Recorded) -> None:
    inner = Route("/items/{item}", lambda request: PlainTextResponse(request.path_params["item"]))
    app = Starlette(routes=[Mount("/shop", routes=[inner])])
    assert ask(app, "/shop/items/book").text == "book"
    assert [span.name for span in recorded.spans] == ["GET /shop/items/{item}"]


def test_a_mount_with_parameters_gives_its_template_and_never_their_values(recorded: Recorded) -> None:
    inner = fastapi.FastAPI()

    @inner.get("/items/{item}")
    def item(item: str) -> str:
        return item

    outer = fastapi.FastAPI()
    outer.mount("/tenants/{tenant}", inner)
    for tenant in ("a", "b", "items"):
        ask(outer, f"/tenants/{tenant}/items/book")
    files = Starlette(
        routes=[Mount("/n/{number:int}", routes=[Route("/{rest:path}", lambda _: PlainTextResponse("x"))])]
    )
    ask(files, "/n/007/a/b")
    names = [span.name for span in recorded.spans]
    assert names == ["GET /tenants/{tenant}/items/{item}"] * 3 + ["GET"]


def test_a_mount_and_a_route_that_share_a_parameter_make_no_series_without_end(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_asgi, "_prefixes", set())  # it will be full
    inner = Route("/{name}", lambda _: PlainTextResponse("x"))
    app = Starlette(routes=[Mount("/m/{name}", routes=[inner])])
    for number in range(100):
        ask(app, f"/m/{number}/x")
    assert len({span.name for span in recorded.spans}) <= 65


def test_requests_in_flight_go_up_by_one_and_down_again(recorded: Recorded) -> None:
    seen: list[float] = []
    app = fastapi.FastAPI()
    labels = {"url_scheme": "https"}  # responses of other tests that nobody closed are in flight still
    before = count(recorded, http.SERVER_ACTIVE_REQUESTS, **labels)

    @app.get("/")
    def home() -> None:
        seen.append(count(recorded, http.SERVER_ACTIVE_REQUESTS, **labels))

    ask(app, "https://shop/")
    assert seen == [before + 1]
    assert count(recorded, http.SERVER_ACTIVE_REQUESTS, **labels) == before


def test_a_request_to_flask_is_one_span_with_its_route(recorded: Recorded) -> None:
    app = flask.Flask("shop")

    @app.get("/orders/<int:number>")
    def order(number: int) -> str:
        return f"order {number}"

    answer = app.test_client().get("/orders/7?token=secret")
    assert (answer.status_code, answer.text) == (200, "order 7")
    answer.close()
    (span,) = recorded.spans
    assert span.name == "GET /orders/<int:number>"
    assert "secret" not in str(dict(span.attributes))


def test_a_flask_application_that_was_wrapped_before_is_observed_all_the_same(recorded: Recorded) -> None:
    app = flask.Flask("shop")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]

    @app.get("/orders")
    def orders() -> str:
        return "orders"

    app.test_client().get("/orders").close()
    assert [span.name for span in recorded.spans] == ["GET /orders"]


def test_a_flask_application_within_another_is_part_of_one_request(recorded: Recorded) -> None:
    frontend, api = flask.Flask("frontend"), flask.Flask("api")
    api.get("/orders/<int:number>")(lambda number: f"order {number}")
    frontend.wsgi_app = DispatcherMiddleware(frontend.wsgi_app, {"/api": api})  # type: ignore[method-assign]
    before = count(recorded, http.SERVER_REQUEST_DURATION)
    assert frontend.test_client().get("/api/orders/7").status_code == 200
    assert len(recorded.spans) == 1
    assert count(recorded, http.SERVER_REQUEST_DURATION) == before + 1


def test_a_client_that_goes_away_is_no_error_of_the_server(recorded: Recorded) -> None:
    async def gone(_: object) -> None:
        raise ClientDisconnect

    app = Starlette(routes=[Route("/gone", gone)])
    ask(app, "/gone")
    (span,) = recorded.spans
    assert (http.ERROR_TYPE.name in span.attributes, span.status.is_unset) == (False, True)


def test_a_websocket_is_a_span_and_no_duration(recorded: Recorded) -> None:
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/chat/{room}", chat)])
    before = count(recorded, http.SERVER_REQUEST_DURATION)
    asked = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}])
    sent: list[Any] = []

    async def talk() -> None:
        async def receive() -> Any:
            return next(asked)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/chat/7", "root_path": "", "headers": [], "subprotocols": []}
        await app(scope, receive, send)

    asyncio.run(talk())
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    (span,) = recorded.spans
    assert (span.name, span.attributes[http.STATUS_CODE.name]) == ("GET /chat/{room}", 101)
    assert count(recorded, http.SERVER_REQUEST_DURATION) == before


def test_a_file_that_flask_sends_stays_one_that_the_server_knows(recorded: Recorded, tmp_path: Any) -> None:
    (tmp_path / "file.txt").write_text("content")
    app = flask.Flask("shop")
    app.add_url_rule("/file", view_func=lambda: flask.send_file(tmp_path / "file.txt"))
    environ = create_environ("/file") | {"wsgi.file_wrapper": FileWrapper}
    body = app(environ, lambda *_: None)
    assert b"".join(body) == b"content"
    body.close()
    assert [span.name for span in recorded.spans] == ["GET /file"]


def test_a_connection_is_timed_when_it_is_waited_for_created_and_used(
    recorded: Recorded, engine: sqlalchemy.Engine
) -> None:
    for _ in range(3):
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
    assert count(recorded, db.CONNECTION_WAIT_TIME, **pool_of(engine)) == 3
    assert count(recorded, db.CONNECTION_CREATE_TIME, **pool_of(engine)) == 1
    assert count(recorded, db.CONNECTION_USE_TIME, **pool_of(engine)) == 3
    assert count(recorded, db.CONNECTION_MAX, **pool_of(engine)) == 2


def test_an_engine_with_a_creator_of_its_own_is_timed_as_well(recorded: Recorded, tmp_path: Any) -> None:
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(tmp_path / "own.db"), poolclass=QueuePool, logging_name="own"
    )
    with engine.connect(), engine.connect():
        pass
    name = {db.POOL_NAME.label: "sqlite"}
    assert count(recorded, db.CONNECTION_CREATE_TIME, **name) == 2
    engine.dispose()


def test_connections_are_counted_as_idle_or_used_also_after_a_detach(
    recorded: Recorded, engine: sqlalchemy.Engine
) -> None:
    def states() -> tuple[float, float]:
        return tuple(
            count(recorded, db.CONNECTION_COUNT, db_client_connection_state=state, **pool_of(engine))
            for state in ("used", "idle")
        )

    with engine.connect():
        assert states() == (1, 0)
    assert states() == (0, 1)
    connection = engine.raw_connection()
    connection.detach()
    assert states()[0] == 0
    connection.close()


def test_a_request_that_the_pool_gives_up_is_a_time_out(recorded: Recorded, engine: sqlalchemy.Engine) -> None:
    with engine.connect(), engine.connect(), pytest.raises(PoolTimeout):
        engine.connect()
    assert count(recorded, db.CONNECTION_TIMEOUTS, **pool_of(engine)) == 1
    assert count(recorded, db.CONNECTION_ERRORS, **pool_of(engine)) == 0
    assert count(recorded, db.CONNECTION_PENDING_REQUESTS, **pool_of(engine)) == 0


def no_connection() -> None:
    raise sqlite3.OperationalError("connection refused")


@pytest.mark.parametrize("options", [{}, {"creator": no_connection}], ids=["of the dialect", "of its own creator"])
def test_a_request_whose_connection_cannot_be_made_is_an_error(
    recorded: Recorded, tmp_path: Any, options: dict[str, Any]
) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/missing/own.db", **options)
    for _ in range(2):
        with pytest.raises(sqlalchemy.exc.OperationalError):
            engine.connect()
    assert count(recorded, db.CONNECTION_ERRORS, **pool_of(engine)) == 2
    assert count(recorded, db.CONNECTION_WAIT_TIME, **pool_of(engine)) == 2
    assert count(recorded, db.CONNECTION_TIMEOUTS, **pool_of(engine)) == 0


def test_errors_and_time_outs_of_a_pool_begin_at_zero(recorded: Recorded, engine: sqlalchemy.Engine) -> None:
    with engine.connect():
        pass
    for record in (db.CONNECTION_ERRORS, db.CONNECTION_TIMEOUTS):
        points = recorded.points(record.name)
        assert points[((db.POOL_NAME.name, engine.url.database),)] == 0


def test_a_request_that_is_cancelled_while_it_connects_is_no_error(recorded: Recorded) -> None:
    def cancelled() -> None:
        raise asyncio.CancelledError

    engine = sqlalchemy.create_engine("sqlite:///cancelled", creator=cancelled)
    with pytest.raises(asyncio.CancelledError):
        engine.connect()
    assert count(recorded, db.CONNECTION_WAIT_TIME, **pool_of(engine)) == 1
    assert count(recorded, db.CONNECTION_ERRORS, **pool_of(engine)) == 0


def test_a_query_is_a_client_span_without_its_literals(recorded: Recorded, engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 'secret' as note, 42"))
    (span,) = recorded.spans
    assert span.attributes[db.QUERY_TEXT.name] == "select ? as note, ?"
    assert span.attributes[db.SYSTEM.name] == "sqlite"


@pytest.mark.parametrize(
    ("mysql", "statement", "text"),
    [
        (
            False,
            "select * from a where note = 'it''s -- a secret' and n = 7",
            "select * from a where note = ? and n = ?",
        ),
        (False, "select 1 /* 'not a string */ from a -- 'nor this", "select ?   from a"),
        (False, "select '/*', password, '*/' from a", "select ?, password, ? from a"),
        (False, r"select E'it\'s bob''s', $$secret$$, $x$a $$ b$x$ from a", "select ?, ?, ? from a"),
        (False, "select 0xDEADBEEF, 1e10, -2.5, col1, $1 from a", "select ?, ?, -?, col1, $1 from a"),
        (False, "select x from a where s = 'cut in the mid", "select x from a where s = ?"),
        (False, 'select "Col" from a', 'select "Col" from a'),
        (True, r"""select "bob\"s", 'it\'s' from a # comment's end""", "select ?, ? from a"),
    ],
)
def test_literals_and_comments_are_told_apart(mysql: bool, statement: str, text: str) -> None:
    assert described(statement, mysql) == ("SELECT", text, "a")


@given(st.text(alphabet="ab'\"\\$-/*#\n 1.e", max_size=60), st.booleans())
def test_no_statement_makes_the_sanitiser_raise_or_keep_a_quoted_text(noise: str, mysql: bool) -> None:
    described(noise, mysql)
    assert "secret" not in described("select 'secret' from a where " + noise, mysql)[1]


def test_a_comment_that_names_the_request_makes_no_other_statement(
    recorded: Recorded, engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count()
    made = []
    original = _queries._Statement.__init__

    def init(self: Any, of: Any, text: str, record: Any) -> None:
        made.append(text)
        original(self, of, text, record)

    monkeypatch.setattr(_queries._Statement, "__init__", init)

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute", retval=True)
    def comment(_conn: Any, _cursor: Any, text: str, parameters: Any, *_: Any) -> Any:
        return f"/* request {next(numbers)} */ {text} /*traceparent='{next(numbers)}'*/", parameters

    for _ in range(5):
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
    assert made == ["select 1"]
    assert [span.attributes[db.QUERY_TEXT.name] for span in recorded.spans] == ["select ?"] * 5


def test_of_a_huge_statement_only_the_begin_is_kept(recorded: Recorded, engine: sqlalchemy.Engine) -> None:
    rows = ", ".join("('secret')" for _ in range(2000))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"select * from (values {rows})"))
    (span,) = recorded.spans
    assert len(span.attributes[db.QUERY_TEXT.name]) <= 2048
    assert "secret" not in span.attributes[db.QUERY_TEXT.name]


def test_what_a_log_call_adds_goes_with_its_record(recorded: Recorded) -> None:
    logging.getLogger("shop").warning("order", extra={"customer": 3, "tags": ["a"]})
    (record,) = recorded.logs
    assert dict(record.attributes) == {"customer": 3, "tags": "['a']"}


def test_a_query_that_fails_says_why_and_the_service_sees_its_own_error(
    recorded: Recorded, engine: sqlalchemy.Engine
) -> None:
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError):
        connection.execute(sqlalchemy.text("select * from nothing"))
    (span,) = recorded.spans
    assert span.attributes[db.ERROR_TYPE.name] == "OperationalError"
    assert count(recorded, db.OPERATION_DURATION, error_type="OperationalError") >= 1


def test_the_state_of_every_instrumentation_is_told(recorded: Recorded) -> None:
    importlib.import_module("sqlalchemy.ext.horizontal_shard")
    states = {
        dict(key)["library"]: dict(key)["state"] for key in recorded.points(telemetry.INSTRUMENTATION_STATUS.name)
    }
    assert states == dict.fromkeys(
        ("starlette", "fastapi", "flask", "sqlalchemy", "sqlalchemy.sharding", "futures", "anyio"), "instrumented"
    )


def test_the_event_loop_s_lag_is_measured(recorded: Recorded) -> None:
    from obskit.catalogue import runtime

    async def blocked() -> None:
        loops.watch()
        time.sleep(0.7)
        await asyncio.sleep(0.1)

    asyncio.run(blocked())
    assert count(recorded, runtime.EVENT_LOOP_LAG) >= 1


def test_pools_of_one_database_have_names_of_their_own_and_keep_them_when_disposed(
    recorded: Recorded, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/same.db"
    small = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=2, max_overflow=0)
    large = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=10, max_overflow=0)
    for _ in range(2):
        for engine in (small, large, small.execution_options(stream_results=True)):
            with engine.connect():
                pass
        limits = {dict(key)[db.POOL_NAME.name]: n for key, n in recorded.points(db.CONNECTION_MAX.name).items()}
        name = f"{tmp_path}/same.db"
        assert {pool: n for pool, n in limits.items() if pool.startswith(name)} == {name: 2, f"{name}#2": 10}
        small.dispose()
        large.dispose()


def test_a_streamed_body_of_flask_runs_in_its_request_and_what_it_fails_with_is_on_the_span(
    recorded: Recorded,
) -> None:
    app = flask.Flask("shop")
    seen: list[int] = []

    def lines() -> Any:
        for _ in range(2):
            seen.append(trace.get_current_span().get_span_context().span_id)
            yield "line"
        raise ValueError("half-way")

    @app.get("/stream")
    def stream() -> flask.Response:
        return flask.Response(lines())

    chunks = app(create_environ("/stream"), lambda *_: lambda _: None)
    outside: list[int] = []
    with pytest.raises(ValueError, match="half-way"):
        outside.extend(trace.get_current_span().get_span_context().span_id for _ in chunks)
    chunks.close()  # type: ignore[attr-defined]
    (span,) = recorded.spans
    assert seen == [span.context.span_id] * 2
    assert len(outside) == 2
    assert span.context.span_id not in outside
    assert span.attributes[http.ERROR_TYPE.name] == "ValueError"
    assert span.status.is_ok is False
