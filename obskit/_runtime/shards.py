"""Shard traffic: declared maps, operations by shard, and what went to a shard that does not own its key."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from obskit._runtime import forks
from obskit._runtime.addresses import place_of
from obskit._runtime.guard import contained, warn
from obskit._runtime.pipeline import Attributes, Nowhere, Pipeline, Recorder, Series
from obskit.catalogue import db
from obskit.catalogue import shards as records
from obskit.exceptions import InputError

if TYPE_CHECKING:
    from opentelemetry.trace import Span

#: Set of the shards that a session binds and that no declared map names.
UNNAMED = "default"
_MOST = 4096


class ShardMap:
    """A declared map of shards; made by :func:`obskit.shards`."""

    def __init__(self, name: str, shards: Mapping[str, str], version: str, owner: Callable[[Any], str] | None) -> None:
        self.name, self.version, self.owner = name, version, owner
        self.shards = dict(shards)
        self._counted: dict[str, CountedShard] = {}
        self._warned = False

    @property
    def hash(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of names and addresses, in their order.

        The order counts: with a modulus it decides who owns a key.
        """
        text = json.dumps(list(self.shards.items()), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def record(self, shard: object, key: object = None) -> None:
        """Count an operation that was sent to a shard.

        Args:
            shard: Name of the shard.
            key: The key that it was chosen by; with an ``owner`` it is checked whether the shard owns it.

        Example:
            >>> import obskit
            >>> orders = obskit.shards("orders", {"0": "db0/orders", "1": "db1/orders"}, owner=lambda key: str(key % 2))
            >>> orders.record("1", key=7)
        """
        self._record(str(shard), key)

    @contextmanager
    def operation(self, shard: object, key: object = None) -> Iterator[None]:
        """Count an operation as :meth:`record` does, and time it: what runs within.

        Args:
            shard: Name of the shard.
            key: The key that it was chosen by.

        Example:
            >>> import obskit
            >>> carts = obskit.shards("carts", ["0", "1"])
            >>> with carts.operation("1"):
            ...     "ask shard 1"
            'ask shard 1'
        """
        name, error = str(shard), ""
        self._record(name, key)
        started = time.perf_counter()
        try:
            yield
        except BaseException as raised:
            error = type(raised).__qualname__
            raise
        finally:
            self._took(name, time.perf_counter() - started, error)

    @contained("shards.took")
    def _took(self, shard: str, seconds: float, error: str) -> None:
        _state.durations(seconds, self.counted(shard).failed(error) if error else self._attributes(shard))

    @contained("shards.record")
    def _record(self, shard: str, key: object) -> None:
        self.counted(shard).count()
        if key is not None and self.owner is not None and self._owner_of(key) not in (shard, None):
            _state.misrouted(1, self._attributes(shard))

    def _owner_of(self, key: object) -> str | None:
        """The shard that owns a key; None when the service's own function fails, which is not a fault of ours."""
        try:
            return str(self.owner(key)) if self.owner is not None else None
        except Exception as error:  # noqa: BLE001 - code of the service
            if not self._warned:
                self._warned = True
                warn("obskit: the owner function of shard set %s failed for %r", self.name, key, fault=error)
            return None

    def counted(self, shard: str) -> CountedShard:
        """Return the counter of a shard; all shards that the map does not name share one."""
        known = shard if shard in self.shards else records.UNDECLARED
        found = self._counted.get(known)
        if found is None:
            found = self._counted[known] = CountedShard(self.name, known)
        return found

    def initialise(self) -> None:
        """Give every shard its series at 0."""
        for shard in self.shards:
            _state.operations(0, self._attributes(shard))
            _state.misrouted(0, self._attributes(shard))
            _state.durations.prepare(self._attributes(shard))
        _state.misrouted(0, self._attributes(records.UNDECLARED))  # a counter that begins at 1 did not increase

    def _attributes(self, shard: str) -> Attributes:
        return self.counted(shard).attributes


class CountedShard:
    """One shard of one set, ready to be counted."""

    def __init__(self, name: str, shard: str) -> None:
        self.labels = (name, shard)
        self.attributes: Attributes = {records.SHARD_SET.name: name, records.SHARD.name: shard}
        self._recorder: Recorder | None = None
        self._count: Series
        self._duration: Series

    def count(self) -> None:
        """Count an operation."""
        if self._recorder is not _state.operations:
            self._count = _state.operations.bind(self.attributes)
            self._duration = _state.durations.bind(self.attributes)
            self._recorder = _state.operations
        self._count(1, None)

    def took(self, seconds: float, error: str, span: Span) -> None:
        """Record how long an operation took that was counted.

        Args:
            seconds: Its duration.
            error: Class of the exception that ended it, or "".
            span: Its span.
        """
        (_state.durations.bind(self.failed(error)) if error else self._duration)(seconds, span)

    def failed(self, error: str) -> Attributes:
        """Return the attributes of an operation that an exception of this class ended."""
        return {**self.attributes, db.ERROR_TYPE.name: error}


class _State:
    """Maps and engines of this process."""

    def __init__(self) -> None:
        #: Those that were declared.
        self.maps: dict[str, ShardMap] = {}
        #: Shards of no declared map. It is none itself, as it grows by what a process happens to use: it has no hash.
        self.unnamed = ShardMap(UNNAMED, {}, "", None)
        self.engines: weakref.WeakKeyDictionary[Any, CountedShard] = weakref.WeakKeyDictionary()
        #: Whether there ever was one: asked with every query.
        self.learnt = False
        self.renew()
        self.operations: Recorder = Nowhere()
        self.durations: Recorder = Nowhere()
        self.misrouted: Recorder = Nowhere()

    def renew(self) -> None:
        """In a forked child a thread of the parent may hold the lock for ever."""
        self.lock = threading.Lock()


_state = _State()


def declare(name: str, shards: object, *, version: str = "", owner: Callable[[Any], object] | None = None) -> ShardMap:
    """See :func:`obskit.shards`."""
    found = ShardMap(str(name), _addresses(shards), str(version), owner)  # type: ignore[arg-type]
    with _state.lock:
        _state.maps[found.name] = found
        _state.engines.clear()  # what was learnt by an older map is learnt again
    found.initialise()
    return found


def install(pipeline: Pipeline) -> None:
    """Create the instruments, and count for the maps that were declared before."""
    _state.durations = pipeline.instrument(records.OPERATION_DURATION)
    _state.operations = pipeline.instrument(records.OPERATIONS)
    _state.misrouted = pipeline.instrument(records.MISROUTED)
    forks.in_child(_state.renew)
    pipeline.observe(records.MAP_INFO, contained("shards.info", ())(_infos))
    pipeline.observe(records.MAP_SHARDS, contained("shards.count", ())(_sizes))
    for found in list(_state.maps.values()):
        found.initialise()


def learn(engine: Any, shard: str) -> None:
    """Remember that an engine is a shard: of the declared set that names it, or else of the set ``default``.

    Sets often call their shards alike; then the address tells which one it is.
    """
    if engine in _state.engines:
        return
    with _state.lock:
        sets = [found for found in _state.maps.values() if shard in found.shards]
        there = [found for found in sets if found.shards[shard] == place_of(engine)]
        chosen = there[0] if len(there) == 1 else sets[0] if len(sets) == 1 else _state.unnamed
        if chosen is _state.unnamed and shard not in chosen.shards and len(chosen.shards) < _MOST:
            chosen.shards[shard] = ""
            chosen.initialise()
        _state.engines[engine] = chosen.counted(shard)
        _state.learnt = True


def of_engine(engine: Any) -> CountedShard | None:
    """Return the shard that an engine is, if it is one."""
    return _state.engines.get(engine) if _state.learnt else None


def _infos() -> Iterable[tuple[float, Attributes]]:
    return [
        (1, {records.SHARD_SET.name: m.name, records.HASH.name: m.hash, records.VERSION.name: m.version})
        for m in list(_state.maps.values())
    ]


def _sizes() -> Iterable[tuple[float, Attributes]]:
    return [(len(m.shards), {records.SHARD_SET.name: m.name}) for m in list(_state.maps.values())]


def _addresses(shards: object) -> dict[str, str]:
    """Name -> address, in order; without addresses the names alone are the map."""
    place = "obskit.shards()"
    if isinstance(shards, Mapping):
        pairs = [(str(name), place_of(value)) for name, value in shards.items()]
    elif isinstance(shards, Iterable) and not isinstance(shards, (str, bytes)):
        pairs = [(str(name), "") for name in shards]
    else:
        raise InputError(f"shards cannot be {shards!r}", place=place, remedy='give {"0": "db0/orders", …} or the names')
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("a shard is named twice", place=place, remedy="name each shard once")
    if not 1 <= len(found) <= _MOST:
        raise InputError(f"a map of {len(found)} shards", place=place, remedy=f"declare 1 to {_MOST} shards")
    return found
