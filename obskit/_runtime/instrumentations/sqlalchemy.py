"""SQLAlchemy 2.0 and later: connections of each pool, and queries of each connection.

Pools are observed at class level, so that engines made before ``init()`` and pools remade by ``dispose()`` are covered.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import Pool

from obskit._runtime.guard import contained
from obskit._runtime.instrumentations import _queries
from obskit._runtime.instrumentations._pools import Pools, PoolState
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings

#: The engine whose ``raw_connection`` runs now: a pool does not know its engine.
_engine: ContextVar[Engine | None] = ContextVar("obskit_engine", default=None)
#: The checkout that runs now: a connection that is created does not know its pool.
_checkout: ContextVar[_Checkout | None] = ContextVar("obskit_checkout", default=None)

_BORROWED = "obskit.borrowed"


class _Checkout:
    """A pool's ``connect``, from its begin."""

    def __init__(self, state: PoolState) -> None:
        self.state, self.started = state, time.perf_counter()
        #: Whether the dialect created a connection, and was timed.
        self.timed = False


def install(pipeline: Pipeline, _settings: Settings) -> None:
    """Observe every pool and every engine of this process."""
    pools = Pools(pipeline)
    _observe_engine(_queries.install(pipeline, _checkout.get))
    _observe_waiting(pools)
    _observe_creation()
    _observe_use()


def _observe_engine(observe: Callable[[Engine], None]) -> None:
    original = Engine.raw_connection
    see = contained("query.observe")(observe)

    @functools.wraps(original)
    def raw_connection(self: Engine) -> Any:
        see(self)
        token = _engine.set(self)
        try:
            return original(self)
        finally:
            _engine.reset(token)

    Engine.raw_connection = raw_connection  # type: ignore[method-assign]


def _observe_waiting(pools: Pools) -> None:
    original = Pool.connect

    @contained("pool.wait")
    def begin(pool: Pool) -> _Checkout:
        state = pools.of(pool, _engine.get())
        checkout = _Checkout(state)
        state.pending.add(id(checkout))
        return checkout

    @contained("pool.waited", closes="pool.wait")
    def end(checkout: _Checkout, error: BaseException | None) -> None:
        checkout.state.waited(time.perf_counter() - checkout.started, trace.get_current_span())
        if isinstance(error, PoolTimeoutError):
            pools.count_timeout(checkout.state)
        elif isinstance(error, Exception):  # and no cancellation of who asked
            pools.count_error(checkout.state)

    @functools.wraps(original)
    def connect(self: Pool) -> Any:
        checkout = begin(self)
        if checkout is None:
            return original(self)
        token = _checkout.set(checkout)
        error: BaseException | None = None
        try:
            return original(self)
        except BaseException as raised:
            error = raised
            raise
        finally:
            _checkout.reset(token)
            checkout.state.pending.discard(id(checkout))  # outside of the hook: what was added must be removed
            end(checkout, error)

    Pool.connect = connect  # type: ignore[method-assign]


def _observe_creation() -> None:
    original = DefaultDialect.connect

    @contained("pool.created")
    def created(elapsed: float) -> None:
        checkout = _checkout.get()
        if checkout is not None:
            checkout.timed = True
            checkout.state.created(elapsed, trace.get_current_span())

    @functools.wraps(original)
    def connect(self: DefaultDialect, *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(self, *args, **kwargs)
        finally:  # an attempt that fails after ten seconds took ten seconds
            created(time.perf_counter() - started)

    @contained("pool.connected")
    def connected(_: Any, __: Any) -> None:
        """An engine with a ``creator`` does not ask its dialect: then all of the checkout so far was the creation."""
        checkout = _checkout.get()
        if checkout is not None and not checkout.timed:
            checkout.state.created(time.perf_counter() - checkout.started, trace.get_current_span())

    DefaultDialect.connect = connect  # type: ignore[method-assign]
    event.listen(Pool, "connect", connected)


def _observe_use() -> None:
    """Borrowing and returning; the return may come from the garbage collector, in the middle of anything."""

    @contained("pool.checkout")
    def checkout(_: Any, entry: Any, __: Any) -> None:
        current = _checkout.get()
        if current is not None:
            current.state.used.add(id(entry))
            entry.info[_BORROWED] = (current.state, time.perf_counter())

    @contained("pool.checkin", closes="pool.checkout")
    def checkin(_: Any, entry: Any) -> None:
        borrowed = entry.info.pop(_BORROWED, None)
        if borrowed is not None:
            state, since = borrowed
            state.used.discard(id(entry))
            state.used_for(time.perf_counter() - since, None)

    @contained("pool.forget", closes="pool.checkout")
    def forget(_: Any, entry: Any, *__: Any) -> None:
        borrowed = entry.info.pop(_BORROWED, None)
        if borrowed is not None:
            borrowed[0].used.discard(id(entry))

    event.listen(Pool, "checkout", checkout)
    event.listen(Pool, "checkin", checkin)
    event.listen(Pool, "detach", forget)
    event.listen(Pool, "invalidate", forget)
