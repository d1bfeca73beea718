"""SQLAlchemy 2.0 and later: connections of each pool, and queries of each connection.

Pools are observed at class level, so that engines made before ``init()`` and pools remade by ``dispose()`` are covered.
"""

from __future__ import annotations

import functools
import time
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import Pool

from obskit._runtime.deferred import later
from obskit._runtime.guard import contained
from obskit._runtime.instrumentations import _queries
from obskit._runtime.instrumentations._pools import Pools, PoolState, name_of
from obskit._runtime.pipeline import Pipeline, Recorder
from obskit.catalogue import db
from obskit.config.settings import Settings

#: The engine whose ``raw_connection`` runs now: a pool does not know its engine.
_engine: ContextVar[Engine | None] = ContextVar("obskit_engine", default=None)
#: The pool whose ``connect`` runs now: a connection that is created does not know its pool.
_pool: ContextVar[PoolState | None] = ContextVar("obskit_pool", default=None)

_BORROWED = "obskit.borrowed"


def install(pipeline: Pipeline, _settings: Settings) -> None:
    """Observe every pool and every engine of this process."""
    pools = Pools(pipeline)
    _observe_engine()
    _observe_waiting(pools, pipeline.instrument(db.CONNECTION_WAIT_TIME))
    _observe_creation(pipeline.instrument(db.CONNECTION_CREATE_TIME))
    _observe_use(later(pipeline.instrument(db.CONNECTION_USE_TIME)))
    _queries.install(pipeline)


def _observe_engine() -> None:
    original = Engine.raw_connection

    @functools.wraps(original)
    def raw_connection(self: Engine) -> Any:
        token = _engine.set(self)
        try:
            return original(self)
        finally:
            _engine.reset(token)

    Engine.raw_connection = raw_connection  # type: ignore[method-assign]


def _observe_waiting(pools: Pools, record: Recorder) -> None:
    original = Pool.connect

    @contained("pool.wait")
    def begin(pool: Pool) -> PoolState:
        engine = _engine.get()
        state = pools.of(pool, name_of(engine.url) if engine is not None else None)
        state.wait(1)
        return state

    @contained("pool.waited", closes="pool.wait")
    def end(state: PoolState, started: float, error: BaseException | None) -> None:
        record(time.perf_counter() - started, state.attributes)
        if isinstance(error, PoolTimeoutError):
            pools.count_timeout(state)

    @functools.wraps(original)
    def connect(self: Pool) -> Any:
        state = begin(self)
        if state is None:
            return original(self)
        token = _pool.set(state)
        started = time.perf_counter()
        error: BaseException | None = None
        try:
            return original(self)
        except BaseException as raised:
            error = raised
            raise
        finally:
            _pool.reset(token)
            state.wait(-1)  # outside of the hook, since what was counted up must be counted down
            end(state, started, error)

    Pool.connect = connect  # type: ignore[method-assign]


def _observe_creation(record: Recorder) -> None:
    original = DefaultDialect.connect

    @contained("pool.created")
    def created(elapsed: float) -> None:
        state = _pool.get()
        if state is not None:
            record(elapsed, state.attributes)

    @functools.wraps(original)
    def connect(self: DefaultDialect, *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return original(self, *args, **kwargs)
        finally:  # an attempt that fails after ten seconds took ten seconds
            created(time.perf_counter() - started)

    DefaultDialect.connect = connect  # type: ignore[method-assign]


def _observe_use(record: Recorder) -> None:
    """Borrowing and returning; the return may come from the garbage collector, hence a deferred recorder."""

    @contained("pool.checkout")
    def checkout(_: Any, entry: Any, __: Any) -> None:
        state = _pool.get()
        if state is not None:
            state.used.add(id(entry))
            entry.info[_BORROWED] = (state, time.perf_counter())

    @contained("pool.checkin", closes="pool.checkout")
    def checkin(_: Any, entry: Any) -> None:
        borrowed = entry.info.pop(_BORROWED, None)
        if borrowed is not None:
            state, since = borrowed
            state.used.discard(id(entry))
            record(time.perf_counter() - since, state.attributes)

    @contained("pool.forget", closes="pool.checkout")
    def forget(_: Any, entry: Any, *__: Any) -> None:
        borrowed = entry.info.pop(_BORROWED, None)
        if borrowed is not None:
            borrowed[0].used.discard(id(entry))

    event.listen(Pool, "checkout", checkout)
    event.listen(Pool, "checkin", checkin)
    event.listen(Pool, "detach", forget)
    event.listen(Pool, "invalidate", forget)
