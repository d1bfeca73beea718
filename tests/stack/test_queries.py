"""Queries on a real PostgreSQL: what the service asks is told, and nothing that SQLAlchemy asks by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy
from observed import count
from sqlalchemy import Column, Integer, MetaData, Table, insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from obskit.catalogue import db
from obskit.testing import Recorded
from tools.stack.postgres import PostgreSQL

pytestmark = pytest.mark.real
ORDERS = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("size", Integer))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with PostgreSQL(tmp_path_factory.mktemp("postgres"), ["shop"]) as server:
        yield f"postgresql+psycopg://{server.user}@/shop?host={server.host}&port={server.port}"


def test_what_sqlalchemy_asks_a_new_connection_is_no_query_of_the_service(recorded: Recorded, url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("select 1"))
    assert [span.name for span in recorded.spans] == ["SELECT shop"]
    engine.dispose()


def test_however_a_statement_is_sent_it_is_one_query(recorded: Recorded, url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    labels = {"db_system_name": "postgresql", "db_operation_name": "INSERT"}
    before = count(recorded, db.OPERATION_DURATION, **labels)
    with engine.begin() as connection:
        ORDERS.metadata.create_all(connection)
        recorded.clear()
        rows = [{"size": 1}, {"size": 2}, {"size": 3}]
        connection.execute(text("insert into orders (size) values (:size)"), rows)  # executemany
        connection.execute(insert(ORDERS).returning(ORDERS.c.id), rows)  # many values in one statement
        connection.exec_driver_sql("insert into orders (size) values (4)")  # no parameters
        with pytest.raises(sqlalchemy.exc.IntegrityError), connection.begin_nested():
            connection.execute(text("insert into orders (id) values (1)"))
    spans = [span for span in recorded.spans if span.name.startswith("INSERT")]
    assert [span.name for span in spans] == ["INSERT orders"] * 4
    assert [span.attributes.get(db.BATCH_SIZE.name) for span in spans] == [3, None, None, None]
    assert [span.attributes.get(db.ERROR_TYPE.name) for span in spans] == [None, None, None, "UniqueViolation"]
    assert count(recorded, db.OPERATION_DURATION, **labels) == before + 4
    engine.dispose()


def test_queries_of_an_asynchronous_engine_are_told_as_well(recorded: Recorded, url: str) -> None:
    async def ask() -> None:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
        await engine.dispose()

    asyncio.run(ask())
    assert [span.name for span in recorded.spans] == ["SELECT shop"]
