"""Orders on shards: SQLAlchemy's ``ShardedSession`` over one engine for each database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Engine, String, create_engine, select
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

import obskit


class Base(DeclarativeBase):
    """Tables."""


class Order(Base):
    """An order; it lives on the shard of its customer."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    customer: Mapped[int] = mapped_column(BigInteger, index=True)
    item: Mapped[str] = mapped_column(String(100))
    amount: Mapped[int]


class _Shards:
    """The map in use: changed as a whole, read without a lock."""

    engines: dict[str, Engine]
    order: list[str]
    sessions: sessionmaker[ShardedSession]


def open_shards(urls: Sequence[str]) -> dict[str, Engine]:
    """Connect to the databases and declare the map."""
    # The network closes what idles: connections live for a few seconds.
    engines = {
        str(number): create_engine(url, pool_size=2, max_overflow=4, pool_timeout=5, pool_recycle=4)
        for number, url in enumerate(urls)
    }
    use(engines, list(engines))
    return engines


def create_tables(urls: Sequence[str]) -> None:
    """Create what is missing, once for all workers."""
    for url in urls:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()


def use(engines: dict[str, Engine], order: list[str]) -> None:
    """Take a map into use: customer modulo the number of shards is the place in ``order``."""
    obskit.shards("orders", {name: engines[name] for name in order}, version="1")
    _Shards.engines = engines
    route(order)
    _Shards.sessions = sessionmaker(
        class_=ShardedSession,
        shards=engines,
        shard_chooser=lambda _mapper, instance, _clause=None: shard_of(instance.customer),
        identity_chooser=lambda _mapper, _key, **_: list(engines),
        execute_chooser=lambda _context: list(engines),
    )


def route(order: list[str]) -> None:
    """Send the customers to shards in this order."""
    _Shards.order = order


def shard_of(customer: int) -> str:
    """Return the shard that owns a customer."""
    return _Shards.order[customer % len(_Shards.order)]


def add(customer: int, item: str, amount: int) -> int:
    """Store an order and return its number."""
    with _Shards.sessions.begin() as session:
        order = Order(customer=customer, item=item, amount=amount)
        session.add(order)
        session.flush()
        return order.id


def latest(customer: int) -> list[dict[str, Any]]:
    """Return the five latest orders of a customer, newest first."""
    statement = select(Order).where(Order.customer == customer).order_by(Order.id.desc()).limit(5)
    with _Shards.sessions() as session:
        found = session.scalars(statement.options(set_shard_id(shard_of(customer))))
        return [{"order": order.id, "item": order.item, "amount": order.amount} for order in found]


def close() -> None:
    """Close every connection."""
    for engine in _Shards.engines.values():
        engine.dispose()
