"""The database of the services: a pool of connections to a real PostgreSQL, and the three queries of a request."""

from __future__ import annotations

import os

import sqlalchemy
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, func, select

ROWS = 1000
ITEMS = Table(
    "items",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("shelf", Integer, nullable=False, index=True),
)
_SHELVES = 100


def connect() -> sqlalchemy.Engine:
    """Return an engine whose pool has a connection for each client of the load."""
    return sqlalchemy.create_engine(os.environ["OVERHEAD_DATABASE"], pool_size=8, max_overflow=0)


def fill(url: str) -> None:
    """Create the table with its rows; run once, by the benchmark."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        ITEMS.metadata.create_all(connection)
        rows = [{"id": number, "name": f"item {number}", "shelf": number % _SHELVES} for number in range(ROWS)]
        connection.execute(ITEMS.insert(), rows)
    engine.dispose()


def ask(engine: sqlalchemy.Engine, number: int) -> dict[str, object]:
    """Return an item, how many share its shelf, and some of their names: three queries."""
    with engine.connect() as connection:
        item = connection.execute(select(ITEMS).where(ITEMS.c.id == number)).one()
        shared = connection.execute(select(func.count()).where(ITEMS.c.shelf == item.shelf)).scalar_one()
        others = select(ITEMS.c.name).where(ITEMS.c.shelf == item.shelf).order_by(ITEMS.c.id).limit(5)
        names = list(connection.execute(others).scalars())
    return {"id": item.id, "name": item.name, "shelf": shared, "others": names}
