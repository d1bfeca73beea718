"""What is recorded of frameworks, databases and shards, and that a fault of ours changes nothing of the service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import fastapi
import flask
import httpx
import pytest
import sqlalchemy
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import QueuePool
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import obskit
from obskit import testing
from obskit._runtime.instrumentations._queries import described
from obskit.catalogue import db, http, shards, telemetry
from obskit.testing import Recorded

testing.recording(service_name="shop", log_format="off")  # before the hooks are listed below


@pytest.fixture
def recorded() -> Recorded:
    return testing.recording(service_name="shop", log_format="off")


def ask(app: Any, path: str, method: str = "GET", **arguments: Any) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(call())


def count(recorded: Recorded, record: Any, **labels: Any) -> float:
    """Points of a metric whose attributes contain these, summed: their count, or their value."""
    wanted = set(labels.items())
    points = recorded.points(record.name)
    return sum(
        getattr(point, "count", point)
        for key, point in points.items()
        if wanted <= {(name.replace(".", "_"), value) for name, value in key}
    )


def web(recorded: Recorded) -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    router = fastapi.APIRouter(prefix="/v1")

    @router.get("/orders/{number}")
    def order(number: int) -> dict[str, int]:
        return {"order": number}

    @router.get("/broken")
    def broken() -> None:
        raise ValueError("no")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    app.include_router(router)
    return app


def test_a_request_to_fastapi_is_one_span_with_its_route_and_no_values_of_its_query(recorded: Recorded) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert ask(web(recorded), "/v1/orders/7?token=secret", headers={"traceparent": parent}).json() == {"order": 7}
    (span,) = recorded.spans
    assert span.name == "GET /v1/orders/{number}"
    assert format(span.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert span.attributes[http.ROUTE.name] == "/v1/orders/{number}"
    assert span.attributes[http.STATUS_CODE.name] == 200
    assert "secret" not in str(dict(span.attributes))


def test_an_error_is_on_the_span_and_in_the_metric(recorded: Recorded) -> None:
    before = count(recorded, http.SERVER_REQUEST_DURATION, error_type="ValueError")
    assert ask(web(recorded), "/v1/broken").status_code == 500
    (span,) = recorded.spans
    assert span.attributes[http.ERROR_TYPE.name] in ("ValueError", "500")
    assert span.status.is_ok is False
    after = count(recorded, http.SERVER_REQUEST_DURATION, http_route="/v1/broken", http_response_status_code=500)
    assert after + before >= 1


def test_a_health_check_and_a_path_that_matches_nothing_make_no_series_of_their_own(recorded: Recorded) -> None:
    app = web(recorded)
    ask(app, "/healthz")
    assert recorded.spans == []
    ask(app, "/wp-admin.php")
    assert http.ROUTE.name not in recorded.spans[0].attributes


def test_a_request_of_starlette_behind_a_mount_has_its_whole_route(recorded: Recorded) -> None:
    inner = Route("/items/{item}", lambda request: PlainTextResponse(request.path_params["item"]))
    app = Starlette(routes=[Mount("/shop", routes=[inner])])
    assert ask(app, "/shop/items/book").text == "book"
    assert [span.name for span in recorded.spans] == ["GET /shop/items/{item}"]


def test_requests_in_flight_return_to_zero(recorded: Recorded) -> None:
    ask(web(recorded), "/v1/orders/7")
    assert recorded.points(http.SERVER_ACTIVE_REQUESTS.name)
    assert count(recorded, http.SERVER_ACTIVE_REQUESTS) == 0


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


@pytest.fixture
def engine(tmp_path: Any) -> Iterator[sqlalchemy.Engine]:
    url = f"sqlite:///{tmp_path}/orders.db"
    engine = sqlalchemy.create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=1, pool_timeout=0.05)
    yield engine
    engine.dispose()


def pool_of(engine: sqlalchemy.Engine) -> dict[str, str]:
    return {db.POOL_NAME.label: engine.url.database or ""}


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
    assert count(recorded, db.CONNECTION_PENDING_REQUESTS, **pool_of(engine)) == 0


def test_a_query_is_a_client_span_without_its_literals(recorded: Recorded, engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 'secret' as note, 42"))
    (span,) = recorded.spans
    assert span.attributes[db.QUERY_TEXT.name] == "select ? as note, ?"
    assert span.attributes[db.SYSTEM.name] == "sqlite"


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("select * from a where note = 'it''s -- a secret' and n = 7", "select * from a where note = ? and n = ?"),
        ("select 1 /* 'not a string */ from a -- 'nor this", "select ?   from a"),
        ("select '/*', password, '*/' from a", "select ?, password, ? from a"),
    ],
)
def test_literals_and_comments_are_told_apart(statement: str, text: str) -> None:
    assert described(statement) == ("SELECT", text, "a")


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


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)


def test_a_sharded_session_is_counted_by_shard_and_shards_without_traffic_are_at_zero(
    recorded: Recorded, tmp_path: Any
) -> None:
    names = ("s0", "s1", "s2")
    engines = {name: sqlalchemy.create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in names}
    obskit.shards("items", engines, version="1")
    for engine in engines.values():
        Base.metadata.create_all(engine)
    session = ShardedSession(
        shards=engines,
        shard_chooser=lambda _mapper, instance, _clause=None: f"s{instance.id % 2}",
        identity_chooser=lambda *_, **__: list(engines),
        execute_chooser=lambda _: list(engines),
    )
    before = {name: count(recorded, shards.OPERATIONS, shard_set="items", shard=name) for name in names}
    with session:
        session.add(Item(id=4))
        session.commit()
        session.scalars(sqlalchemy.select(Item).options(set_shard_id("s1"))).all()
    after = {name: count(recorded, shards.OPERATIONS, shard_set="items", shard=name) for name in names}
    assert after["s0"] - before["s0"] == 1  # the insert
    assert after["s1"] - before["s1"] == 1  # the select
    assert after["s2"] - before["s2"] == 0
    assert any(("shard", "s2") in key for key in recorded.points(shards.OPERATIONS.name))
    assert {span.attributes[shards.SPAN_SHARD.name] for span in recorded.spans if span.name.startswith("SELECT")} >= {
        "s1"
    }
    for engine in engines.values():
        engine.dispose()


def test_an_operation_on_a_shard_that_does_not_own_its_key_is_misrouted(recorded: Recorded) -> None:
    carts = obskit.shards("carts", ["0", "1"], owner=lambda key: str(key % 2))
    carts.record("1", key=7)
    assert count(recorded, shards.MISROUTED, shard_set="carts") == 0
    carts.record("0", key=7)
    assert count(recorded, shards.MISROUTED, shard_set="carts", shard="0") == 1
    assert count(recorded, shards.OPERATIONS, shard_set="carts") == 2


def test_shards_that_no_map_names_share_one_series(recorded: Recorded) -> None:
    some = obskit.shards("some", ["0"])
    for number in range(100):
        some.record(f"unknown-{number}")
    keys = [key for key in recorded.points(shards.OPERATIONS.name) if ("shard_set", "some") in key]
    assert len(keys) == 2
    assert count(recorded, shards.OPERATIONS, shard_set="some", shard=shards.UNDECLARED) == 100


def test_a_map_has_the_same_hash_everywhere_and_another_when_its_order_changes() -> None:
    a, b = "postgresql://me:secret@db0/orders", "postgresql://db1/orders"
    assert obskit.shards("h", {"0": a, "1": b}).hash == obskit.shards("h", {"0": a.replace("secret", "x"), "1": b}).hash
    assert obskit.shards("h", {"0": a, "1": b}).hash != obskit.shards("h", {"1": b, "0": a}).hash


def test_the_state_of_every_instrumentation_is_told(recorded: Recorded) -> None:
    states = {
        dict(key)["library"]: dict(key)["state"] for key in recorded.points(telemetry.INSTRUMENTATION_STATUS.name)
    }
    assert states == dict.fromkeys(
        ("starlette", "fastapi", "flask", "sqlalchemy", "sqlalchemy.sharding"), "instrumented"
    )


def responses(app: fastapi.FastAPI, wsgi: flask.Flask) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
    answers = [ask(app, path) for path in ("/v1/orders/7", "/v1/broken", "/nothing", "/query/5")]
    plain = wsgi.test_client().get("/orders/7")
    return [(a.status_code, a.content, sorted(a.headers.items())) for a in answers] + [
        (plain.status_code, plain.data, sorted(plain.headers))
    ]


@pytest.mark.parametrize("hook", sorted(testing.hooks()))
def test_a_fault_in_any_hook_leaves_every_response_byte_equal(
    hook: str, recorded: Recorded, engine: sqlalchemy.Engine
) -> None:
    app, wsgi = web(recorded), flask.Flask("shop")

    @app.get("/query/{number}")
    def query(number: int) -> int:
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("select :n"), {"n": number}).scalar_one()

    @wsgi.get("/orders/<int:number>")
    def order(number: int) -> str:
        return f"order {number}"

    healthy = responses(app, wsgi)
    engine.dispose()
    with testing.fault(hook):
        assert responses(app, wsgi) == healthy


def test_a_hook_that_keeps_failing_is_switched_off_and_counted(recorded: Recorded) -> None:
    app = web(recorded)
    with testing.fault("asgi.finish"):
        for _ in range(30):
            assert ask(app, "/v1/orders/7").status_code == 200
        assert obskit.status()["faults"]["asgi.finish"] == 10
        assert count(recorded, telemetry.FAULTS, hook="asgi.finish") == 10


def test_the_event_loop_s_lag_is_measured(recorded: Recorded) -> None:
    from obskit._runtime import loops
    from obskit.catalogue import runtime

    async def blocked() -> None:
        loops.watch()
        time.sleep(0.7)
        await asyncio.sleep(0.1)

    asyncio.run(blocked())
    assert count(recorded, runtime.EVENT_LOOP_LAG) >= 1
