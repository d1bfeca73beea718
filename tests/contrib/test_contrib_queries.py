"""Instrumentations of databases that a service adds by hand: one client span a query."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from apart import CLIENT, INTERNAL, SERVER, STABLE, apart, measured, scope_of, told
from opentelemetry import metrics, trace
from opentelemetry.instrumentation import dbapi
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from sqlalchemy.ext.asyncio import create_async_engine

from obskit._runtime import twins
from obskit.catalogue import db
from obskit.testing import Recorded

#: Whether an instrumentation of a driver measures a query, as newer versions do.
MEASURED = int(hasattr(dbapi, "create_db_client_operation_duration"))
SELECT = sqlalchemy.text("select 'secret', 7")


def statements(engine: sqlalchemy.Engine) -> list[str]:
    """What an engine sends from now on."""
    sent: list[str] = []
    sqlalchemy.event.listen(engine, "after_cursor_execute", lambda _c, _cursor, text, *_: sent.append(text))
    return sent


def ask(engine: sqlalchemy.Engine, statement: Any = SELECT) -> None:
    with engine.connect() as connection:
        connection.execute(statement)


def of_statement(recorded: Recorded, text: str) -> list[Any]:
    return [span for span in recorded.spans if text in str(dict(span.attributes))]


@apart(STABLE)
def test_sqlalchemy_s_instrumentor_makes_no_second_span_and_its_comment_names_ours(
    recorded: Recorded, tmp_path: str
) -> None:
    # It refuses SQLAlchemy 2.1, which it does not know, unless it is told not to look.
    SQLAlchemyInstrumentor().instrument(enable_commenter=True, enable_attribute_commenter=True, skip_dep_check=True)
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    sent = statements(engine)
    with trace.get_tracer("shop").start_as_current_span("work") as work:
        ask(engine)
    assert told(recorded) == [
        ("sqlalchemy", "connect", CLIENT),  # none of ours says this of a trace
        ("obskit", f"SELECT {tmp_path}/a.db", CLIENT),
        ("shop", "work", INTERNAL),
    ]
    span = recorded.spans[1]
    assert span.parent.span_id == work.get_span_context().span_id
    assert span.attributes[db.QUERY_TEXT.name] == "select ?, ?"
    assert "secret" not in str(dict(span.attributes))
    assert [scope for scope, _ in measured(recorded, "db.client.connections.usage")] == ["sqlalchemy"]
    assert f"{span.context.trace_id:032x}-{span.context.span_id:016x}" in sent[0]


def instrument_all() -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()


@apart(STABLE, before=instrument_all)
def test_so_it_is_where_they_were_there_first(recorded: Recorded, tmp_path: str) -> None:
    ask(sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db"))
    assert [scope_of(span) for span in of_statement(recorded, "select ?")] == ["obskit"]
    assert of_statement(recorded, "secret") == []


@apart()
def test_an_instrumentor_that_refuses_a_version_breaks_nothing(recorded: Recorded, tmp_path: str) -> None:
    SQLAlchemyInstrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    ask(engine)
    connecting = [("sqlalchemy", "connect", CLIENT)] if sqlalchemy.__version__.startswith("2.0.") else []
    assert told(recorded) == [*connecting, ("obskit", f"SELECT {tmp_path}/a.db", CLIENT)]
    assert "secret" not in str([dict(span.attributes) for span in recorded.spans])


@apart(STABLE)
def test_a_query_that_fails_is_one_span_with_the_error(recorded: Recorded, tmp_path: str) -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(sqlalchemy.exc.OperationalError):
        ask(engine, sqlalchemy.text("select * from missing"))
    (span,) = of_statement(recorded, "missing")
    assert (scope_of(span), span.attributes[db.ERROR_TYPE.name]) == ("obskit", "OperationalError")
    assert [event.name for event in span.events] == ["exception"]  # the driver's instrumentation saw it pass
    assert twins.query.get() is None


@apart(STABLE)
def test_a_query_that_a_listener_of_the_service_refuses_leaves_nothing_behind(
    recorded: Recorded, tmp_path: str
) -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    ask(engine)

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
    def guard(*_: Any) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        ask(engine)
    assert twins.query.get() is None
    recorded.clear()
    sqlite3.connect(f"{tmp_path}/a.db").cursor().execute("select 1")
    assert told(recorded) == [("sqlite3", "select", CLIENT)]


@apart(STABLE)
def test_a_driver_below_sqlalchemy_is_not_doubled_and_one_beside_it_is_told_of(
    recorded: Recorded, tmp_path: str
) -> None:
    SQLite3Instrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    ask(engine)  # opens the connection, with a statement of SQLAlchemy's own
    recorded.clear()
    before = sum(number for _, number in measured(recorded, db.OPERATION_DURATION.name))
    ask(engine)
    sqlite3.connect(f"{tmp_path}/a.db").cursor().execute("select 1")
    assert told(recorded) == [("obskit", f"SELECT {tmp_path}/a.db", CLIENT), ("sqlite3", "select", CLIENT)]
    ((scope, number),) = measured(recorded, db.OPERATION_DURATION.name)
    assert (scope, number - before) == ("obskit", 1 + MEASURED)


@apart(STABLE)
def test_what_is_not_sampled_is_not_sampled_by_another_way(recorded: Recorded, tmp_path: str) -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    ask(engine)
    recorded.clear()
    provider: Any = trace.get_tracer_provider()
    answers = iter([False, False])  # for the connection's and for ours
    provider.sampler = lambda _parent, _trace_id: next(answers)
    ask(engine)
    assert told(recorded) == []


@apart(STABLE, disabled_instrumentations=("sqlalchemy",))
def test_what_is_disabled_in_obskit_is_left_to_the_others(recorded: Recorded, tmp_path: str) -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    SQLite3Instrumentor().instrument()
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    ask(engine)
    spans = of_statement(recorded, "secret")
    assert [(scope_of(span), span.kind) for span in spans] == [("sqlite3", CLIENT), ("sqlalchemy", CLIENT)]
    assert [scope for scope, _ in measured(recorded, db.OPERATION_DURATION.name)] == ["sqlite3"] * MEASURED


@apart(STABLE)
def test_a_library_that_we_do_not_know_adds_to_the_metric_of_its_name(recorded: Recorded, tmp_path: str) -> None:
    ask(sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db"))
    meter = metrics.get_meter("redis")
    meter.create_histogram(db.OPERATION_DURATION.name, "s").record(0.25, {db.SYSTEM.name: "redis"})
    meter.create_histogram(db.OPERATION_DURATION.name, "ms").record(250, {db.SYSTEM.name: "redis"})
    assert measured(recorded, db.OPERATION_DURATION.name) == [("obskit", 2), ("redis", 1)]  # of seconds, milliseconds
    points = {dict(key)[db.SYSTEM.name]: point for key, point in recorded.points(db.OPERATION_DURATION.name).items()}
    assert set(points) == {"sqlite", "redis"}


@apart(STABLE)
def test_comments_with_the_route_of_flask_reach_the_database(recorded: Recorded, tmp_path: str) -> None:
    import flask

    SQLAlchemyInstrumentor().instrument(enable_commenter=True, skip_dep_check=True)
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/a.db")
    sent = statements(engine)
    app = flask.Flask("shop")
    app.add_url_rule("/orders", "order", lambda: ask(engine) or "")
    FlaskInstrumentor().instrument_app(app)
    app.test_client().get("/orders").close()
    assert "controller='order'" in sent[0]
    query, request = (span for span in recorded.spans if scope_of(span) == "obskit")
    assert (request.kind, query.parent.trace_id) == (SERVER, request.context.trace_id)


@pytest.mark.real
def test_psycopg_is_not_doubled_below_sqlalchemy_and_works_beside_it(tmp_path: Path) -> None:
    from tools.stack.postgres import PostgreSQL

    with PostgreSQL(tmp_path, ["orders"]) as server:
        below_and_beside(server.host, server.port, server.user)
        below_and_beside_asynchronously(server.host, server.port, server.user)


@apart(STABLE)
def below_and_beside(recorded: Recorded, host: str, port: str, user: str) -> None:
    SQLAlchemyInstrumentor().instrument(skip_dep_check=True)
    PsycopgInstrumentor().instrument(enable_commenter=True, capture_parameters=True)
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://{user}@/orders?host={host}&port={port}")
    ask(engine)  # opens the connection, with statements of SQLAlchemy's own
    before = sum(number for _, number in measured(recorded, db.OPERATION_DURATION.name))
    recorded.clear()
    ask(engine, sqlalchemy.text("select :tenant").bindparams(tenant="a"))
    with psycopg.connect(dbname="orders", host=host, port=port, user=user) as connection:
        connection.cursor().execute("select 3")
    check(recorded, before, "sqlalchemy")
    assert "'a'" in recorded.spans[1].attributes["db.statement.parameters"]


@apart(STABLE)
def below_and_beside_asynchronously(recorded: Recorded, host: str, port: str, user: str) -> None:
    PsycopgInstrumentor().instrument()

    async def use() -> None:
        engine = create_async_engine(f"postgresql+psycopg://{user}@/orders?host={host}&port={port}")
        before = 0.0
        for _ in range(2):
            async with engine.connect() as connection:
                before = sum(number for _, number in measured(recorded, db.OPERATION_DURATION.name))
                recorded.clear()
                await connection.execute(SELECT)
        async with await psycopg.AsyncConnection.connect(
            dbname="orders", host=host, port=port, user=user
        ) as connection:
            await connection.cursor().execute("select 3")
        check(recorded, before)
        await engine.dispose()

    asyncio.run(use())


def check(recorded: Recorded, before: float, *connecting: str) -> None:
    """One span of ours, one of the driver used directly, and both in the one metric."""
    assert told(recorded) == [
        *((scope, "connect", CLIENT) for scope in connecting),
        ("obskit", "SELECT orders", CLIENT),
        ("psycopg", "select", CLIENT),
    ]
    ((scope, number),) = measured(recorded, db.OPERATION_DURATION.name)
    assert (scope, number - before) == ("obskit", 1 + MEASURED)
