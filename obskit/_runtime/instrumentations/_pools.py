"""Connection pools of SQLAlchemy: what each one is called, holds, allows and waits for."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import Pool, QueuePool

from obskit._runtime import forks
from obskit._runtime.addresses import server
from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Attributes, Pipeline, Recorder
from obskit.catalogue import db

#: Engines of one database that a process has at once, at the most; more share the last name.
_MOST_OF_A_NAME = 8


class _Twin:
    """Stands in for a pool that is recreated, and catches the arguments that its successor would be made with.

    A pool tells how much of its overflow is in use, and not how much it allows; ``__init__`` cannot be wrapped, since
    ``create_engine`` reads the names of its arguments.
    """

    def __init__(self, pool: QueuePool) -> None:
        self._pool_of = pool

    def __getattribute__(self, name: str) -> Any:
        pool = object.__getattribute__(self, "_pool_of")
        return (lambda *_args, **arguments: arguments) if name == "__class__" else getattr(pool, name)


@contained("pools.limit")
def overflow_of(pool: QueuePool) -> int | None:
    """Return the connections beyond its size that a pool allows, -1 for any; None when it does not say."""
    arguments: Any = type(pool).recreate(_Twin(pool))  # type: ignore[arg-type]
    found = arguments.get("max_overflow")
    return None if found is None else int(found)


class Times(NamedTuple):
    """What is recorded of a pool as it happens."""

    waited: Recorder
    created: Recorder
    used_for: Recorder


class PoolState:
    """What we know of one pool.

    Args:
        pool: The pool.
        name: Its name in our metrics.
        times: Where its times go.
    """

    def __init__(self, pool: Pool, name: str, times: Times) -> None:
        self.pool = weakref.ref(pool)
        self.attributes: dict[str, str] = {db.POOL_NAME.name: name}
        self.waited, self.created, self.used_for = (time.bind(self.attributes) for time in times)
        self._overflow: int | None = None
        #: Ids of connections in use, and of requests that wait for one: adding and discarding are atomic, as callbacks
        #: of the collector need.
        self.used: set[int] = set()
        self.pending: set[int] = set()

    def limit(self) -> int | None:
        """Most connections that the pool opens; None when it has no limit."""
        pool = self.pool()
        if not isinstance(pool, QueuePool):
            return None
        if self._overflow is None:
            self._overflow = overflow_of(pool)
        if self._overflow is None or self._overflow < 0:
            return None
        return int(pool.size()) + self._overflow

    def idle(self) -> int | None:
        """Connections that wait in the pool; None when it keeps none."""
        checkedin = getattr(self.pool(), "checkedin", None)
        return int(checkedin()) if callable(checkedin) else None


class Pools:
    """Every pool of the process that was used since ``init()``."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._times = Times(
            pipeline.instrument(db.CONNECTION_WAIT_TIME),
            pipeline.instrument(db.CONNECTION_CREATE_TIME),
            pipeline.instrument(db.CONNECTION_USE_TIME),
        )
        self._states: weakref.WeakKeyDictionary[Pool, PoolState] = weakref.WeakKeyDictionary()
        #: By dialect, which an engine shares with its variants and with no other engine, and keeps when it is disposed.
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        #: By name; both begin at 0, so that the first one is an increase.
        self._timeouts: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._renew()
        forks.in_child(self._renew)
        pipeline.observe(db.CONNECTION_COUNT, contained("pools.count", ())(self._counts))
        pipeline.observe(db.CONNECTION_PENDING_REQUESTS, contained("pools.pending", ())(self._pending))
        pipeline.observe(db.CONNECTION_MAX, contained("pools.max", ())(self._limits))
        pipeline.observe(db.CONNECTION_TIMEOUTS, contained("pools.timeouts", ())(lambda: self._all(self._timeouts)))
        pipeline.observe(db.CONNECTION_ERRORS, contained("pools.errors", ())(lambda: self._all(self._errors)))

    def _renew(self) -> None:
        """In a forked child a thread of the parent may hold the lock for ever, and its requests are the parent's."""
        self._lock = threading.Lock()
        for state in list(self._states.values()):
            state.pending.clear()

    def of(self, pool: Pool, engine: Engine | None) -> PoolState:
        """Return the state of a pool; its name is its own: summed with another's, nobody would see it used up."""
        state = self._states.get(pool)
        if state is None:
            with self._lock:
                state = self._states.setdefault(pool, PoolState(pool, self._name(pool, engine), self._times))
                for counts in (self._timeouts, self._errors):
                    counts.setdefault(state.attributes[db.POOL_NAME.name], 0)
        return state

    def _name(self, pool: Pool, engine: Engine | None) -> str:
        wanted = pool.logging_name or (name_of(engine.url) if engine is not None else "unnamed")
        owner = engine.dialect if engine is not None else pool
        if owner not in self._names:
            taken = set(self._names.values())
            numbered = [f"{wanted}#{number}" for number in range(2, _MOST_OF_A_NAME + 1)]
            self._names[owner] = next((name for name in (wanted, *numbered) if name not in taken), numbered[-1])
        return self._names[owner]

    def count_timeout(self, state: PoolState) -> None:
        """Count a request for a connection that the pool gave up."""
        with self._lock:
            self._timeouts[state.attributes[db.POOL_NAME.name]] += 1

    def count_error(self, state: PoolState) -> None:
        """Count a request for a connection that failed otherwise."""
        with self._lock:
            self._errors[state.attributes[db.POOL_NAME.name]] += 1

    def _each(self) -> Iterator[PoolState]:
        with self._lock:
            states = list(self._states.values())
        yield from (state for state in states if state.pool() is not None)

    def _counts(self) -> Iterable[tuple[float, Attributes]]:
        idle: dict[str, int] = {}
        used: dict[str, int] = {}
        for state in self._each():
            name = state.attributes[db.POOL_NAME.name]
            used[name] = used.get(name, 0) + len(state.used)
            if (waiting := state.idle()) is not None:
                idle[name] = idle.get(name, 0) + waiting
        return [
            (count, {db.POOL_NAME.name: name, db.STATE.name: word})
            for word, counts in (("idle", idle), ("used", used))
            for name, count in counts.items()
        ]

    def _pending(self) -> Iterable[tuple[float, Attributes]]:
        waiting: dict[str, int] = {}
        for state in self._each():
            name = state.attributes[db.POOL_NAME.name]
            waiting[name] = waiting.get(name, 0) + len(state.pending)
        return [(count, {db.POOL_NAME.name: name}) for name, count in waiting.items()]

    def _limits(self) -> Iterable[tuple[float, Attributes]]:
        limits: dict[str, int] = {}
        for state in self._each():
            if (limit := state.limit()) is not None:
                name = state.attributes[db.POOL_NAME.name]
                limits[name] = limits.get(name, 0) + limit
        return [(limit, {db.POOL_NAME.name: name}) for name, limit in limits.items()]

    def _all(self, counts: dict[str, int]) -> Iterable[tuple[float, Attributes]]:
        with self._lock:
            return [(count, {db.POOL_NAME.name: name}) for name, count in counts.items()]


def name_of(url: URL) -> str:
    """Return the name that the semantic conventions advise: ``server.address:server.port/db.namespace``.

    Args:
        url: SQLAlchemy's URL of the engine; its user and password are not looked at.

    Example:
        >>> from sqlalchemy import make_url
        >>> name_of(make_url("postgresql://me:secret@/orders?host=db0&port=5432"))
        'db0:5432/orders'
    """
    host, port = server_of(url)
    if host.startswith("/"):  # the folder of a socket on this machine says nothing to who reads the name
        host = ""
    place = f"{host}:{port}" if host and port else host
    return f"{place}/{url.database}" if place and url.database else place or url.database or url.get_backend_name()


def server_of(url: URL) -> tuple[str, int | None]:
    """Return host and port of an engine's URL; a port that is no number is none.

    Example:
        >>> from sqlalchemy import make_url
        >>> server_of(make_url("postgresql://db0/orders")), server_of(make_url("postgresql:///orders?host=a&host=b"))
        (('db0', None), ('a,b', None))
    """
    host, port = server(url.host, url.port, url.query)
    return str(host), int(str(port)) if str(port).isdecimal() else None
