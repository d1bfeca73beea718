"""A fault of ours changes nothing that the clients of a service see, and nothing of ours drifts."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import httpx
import pytest
import sqlalchemy
from observed import ask, count, pool_of, web
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.trace import SpanProcessor
from sqlalchemy.ext.horizontal_shard import ShardedSession
from starlette.applications import Starlette

import obskit
from obskit import testing
from obskit._runtime import guard, loops
from obskit._runtime.instrumentations._queries import described
from obskit._runtime.jsonlines import JsonFormatter
from obskit._runtime.logfiles import LineFiles
from obskit.catalogue import db, telemetry
from obskit.testing import Recorded

testing.recording(service_name="shop", log_format="off")  # before the hooks are listed below


def service(engine: sqlalchemy.Engine, folder: Path) -> Callable[[], list[object]]:
    """A service that comes by every hook of ours; a call returns everything that its clients can see."""
    app, wsgi = web(), flask.Flask("shop")
    owned = obskit.shards("bytes", {"0": "db0/o", "1": "db1/o"}, owner=lambda key: str(key))

    @app.get("/query/{number}")
    def query(number: int) -> int:
        with owned.operation("0", key=number):
            pass
        logging.getLogger("shop").warning("query %d", number)
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("select :n"), {"n": number}).scalar_one()

    @app.get("/refused")
    def refused() -> str:
        with engine.connect() as connection, pytest.raises(sqlalchemy.exc.OperationalError):
            connection.execute(sqlalchemy.text("select * from nothing"))
        return "refused"

    @wsgi.get("/orders/<int:number>")
    def order(number: int) -> str:
        return f"order {number}"

    @wsgi.get("/streamed")
    def streamed() -> flask.Response:
        return flask.Response(chunk for chunk in ("a", "b"))

    def call() -> list[object]:
        paths = ("/v1/orders/7", "/v1/broken", "/nothing", "/query/5", "/refused")
        answers = [ask(app, path) for path in paths]
        plain = wsgi.test_client().get("/orders/7")
        assert wsgi.test_client().get("/streamed").data == b"ab"
        shown: list[object] = [(a.status_code, a.content, sorted(a.headers.items())) for a in answers]
        shown.append((plain.status_code, plain.data, sorted(plain.headers)))
        plain.close()
        return [*shown, beyond_requests(engine, folder)]

    return call


def beyond_requests(engine: sqlalchemy.Engine, folder: Path) -> list[object]:
    """What else of ours runs in a service: logging, lifespans, loops, sessions, garbage, exports."""
    record = logging.makeLogRecord({"msg": "order %d", "args": (7,), "levelname": "INFO", "name": "shop"})
    line = json.loads(JsonFormatter("shop").format(record))["message"]
    files = LineFiles(folder)
    files.handle(record)
    files.close()
    logging.basicConfig()
    with engine.connect() as connection:
        connection.detach()
    ShardedSession(
        shards={"0": sqlalchemy.create_engine("sqlite://")},
        shard_chooser=lambda *_: "0",
        identity_chooser=lambda *_, **__: ["0"],
        execute_chooser=lambda _: ["0"],
    )
    sys.excepthook(ValueError, ValueError("x"), None)
    for _ in range(12):
        gc.callbacks[-1]("start", {"generation": 2})
        gc.callbacks[-1]("stop", {"generation": 2})
    testing.recording(service_name="shop", log_format="off").points(telemetry.EXPORTED.name)
    metrics.get_meter("shop").create_observable_gauge("shop.depth", [lambda _: [metrics.Observation(1)]])
    _logs.get_logger("shop").emit(body="said")
    with trace.get_tracer("shop").start_as_current_span("own"):
        pass
    return [line, asyncio.run(lifespan())]


class Processor(SpanProcessor):
    """A service's own."""


trace.get_tracer_provider().add_span_processor(Processor())  # type: ignore[attr-defined]


async def lifespan() -> list[str]:
    """The messages of a lifespan, as the server sees them."""
    sent: list[str] = []
    asked = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await Starlette()({"type": "lifespan"}, receive, send)
    return sent


async def a_while() -> str:
    """A loop that is watched long enough to be measured."""
    loops.watch()
    await asyncio.sleep(0.6)
    return "done"


#: Hooks that run when a library is imported, once; tests/test_runtime.py breaks them in a process of their own.
AT_IMPORT = {hook for hook in testing.hooks() if hook.startswith("import.")}
#: Hooks of our own threads, of children and of the start; tests/test_engine.py breaks them in a process where they run.
ELSEWHERE = ("engine.", "delivery.", "children.", "exit.", "uwsgi.")
IN_BACKGROUND = {hook for hook in testing.hooks() if hook.startswith(ELSEWHERE)}


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it"])
@pytest.mark.parametrize("hook", sorted(testing.hooks() - AT_IMPORT - IN_BACKGROUND))
def test_a_fault_in_any_hook_leaves_every_response_byte_equal(
    hook: str, late: bool, recorded: Recorded, engine: sqlalchemy.Engine, tmp_path: Path, capsys: Any
) -> None:
    call = service(engine, tmp_path)
    healthy = call()
    engine.dispose()
    with testing.fault(hook, late=late):
        assert call() == healthy
        if hook.startswith("loop."):
            assert asyncio.run(a_while()) == "done"
        assert obskit.status()["faults"].get(hook), "the fault was never met"


#: Beginnings of the names of the hooks that requests with queries and log lines come by.
ON_THE_WAY = ("asgi.", "wsgi.", "loop.", "logs.send", "query.", "pool.wait", "pool.check")


#: Of these, what a request does not come by each time.
SELDOM = {"asgi.lifespan", "loop.tick"}


def test_ten_thousand_responses_are_byte_equal_whatever_fails(
    recorded: Recorded, engine: sqlalchemy.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hook of a request's way fails each time, early or late; what clients see is what they see without."""
    monkeypatch.setattr(guard, "BREAKER", 10**9)  # none is left out
    app, wsgi = web(), flask.Flask("shop")

    def rows() -> list[int]:
        logging.getLogger("shop").warning("asked")
        with engine.connect() as connection:
            return [number for (number,) in connection.execute(sqlalchemy.text("select 1"))]

    app.add_api_route("/rows", rows)
    wsgi.add_url_rule("/rows", view_func=lambda: flask.Response(str(number) for number in rows()))
    on_the_way = sorted(hook for hook in testing.hooks() if hook.startswith(ON_THE_WAY))

    async def requests(count: int) -> set[tuple[object, ...]]:
        seen = set()
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            for _ in range(count):
                answer = await client.get("/rows")
                seen.add((answer.status_code, answer.content, tuple(sorted(answer.headers.items()))))
        plain = wsgi.test_client()
        for _ in range(count):
            reply = plain.get("/rows")
            seen.add((reply.status_code, reply.data, tuple(sorted(reply.headers))))
            reply.close()
        return seen

    expected, total = asyncio.run(requests(5)), 0
    met: dict[str, int] = {}
    assert len(expected) == 2
    share = 10_000 // (2 * len(on_the_way)) // 2 + 1
    for hook in on_the_way:
        for late in (False, True):
            with testing.fault(hook, late=late):
                assert asyncio.run(requests(share)) == expected
                total += 2 * share
                met[hook] = met.get(hook, 0) + obskit.status()["faults"].get(hook, 0)
    assert total >= 10_000
    assert {hook for hook, count in met.items() if count < share} <= SELDOM


def test_a_hook_that_keeps_failing_is_left_out_for_a_while_and_then_tried_again(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = web()
    now = time.monotonic()
    with testing.fault("asgi.finish"):
        for _ in range(30):
            assert ask(app, "/v1/orders/7").status_code == 200
        assert obskit.status()["faults"]["asgi.finish"] == 10
        assert count(recorded, telemetry.FAULTS, hook="asgi.finish") == 10
        recorded.clear()
        monkeypatch.setattr(time, "monotonic", lambda: now + 120)
        ask(app, "/v1/orders/7")
        assert obskit.status()["faults"]["asgi.finish"] == 11


def test_faults_now_and_then_never_leave_a_hook_out(recorded: Recorded) -> None:
    for _ in range(30):
        with testing.fault("query.begin"):
            described("select 1")
        ask(web(), "/v1/orders/7")
    assert len(recorded.spans) == 30


def test_a_pool_s_requests_that_wait_return_to_zero_whatever_fails(
    recorded: Recorded, engine: sqlalchemy.Engine
) -> None:
    for hook in ("pool.wait", "pool.waited", "pool.checkout", "pool.checkin"):
        with testing.fault(hook):
            for _ in range(12):
                with engine.connect():
                    pass
    with engine.connect():
        pass
    assert count(recorded, db.CONNECTION_PENDING_REQUESTS, **pool_of(engine)) == 0
    assert count(recorded, db.CONNECTION_COUNT, state="used", **pool_of(engine)) == 0
