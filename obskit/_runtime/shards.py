"""Shard traffic: declared maps, operations by shard, and what went to a shard that does not own its key."""

from __future__ import annotations

import hashlib
import json
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from obskit._runtime import forks
from obskit._runtime.addresses import server
from obskit._runtime.guard import contained, warn
from obskit._runtime.pipeline import Attributes, Pipeline, Recorder, Series
from obskit.catalogue import shards as records
from obskit.exceptions import InputError

#: Set of the shards that a session binds and that no declared map names.
UNNAMED = "default"
_MOST = 4096


class _Nothing:
    """Before ``init()`` operations are not counted."""

    def __call__(self, value: float, attributes: Attributes) -> None:
        """See the protocol of a recorder."""

    def bind(self, _attributes: Attributes) -> Series:
        """See the protocol of a recorder."""
        return lambda _value, _span: None


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
        _state.misrouted(0, self._attributes(records.UNDECLARED))  # a counter that begins at 1 did not increase

    def _attributes(self, shard: str) -> Attributes:
        return self.counted(shard).attributes


class CountedShard:
    """One shard of one set, ready to be counted."""

    def __init__(self, name: str, shard: str) -> None:
        self.labels = (name, shard)
        self.attributes: Attributes = {records.SHARD_SET.name: name, records.SHARD.name: shard}
        self._recorder: Recorder | None = None
        self._series: Series

    def count(self) -> None:
        """Count an operation."""
        if self._recorder is not _state.operations:
            self._recorder = _state.operations
            self._series = self._recorder.bind(self.attributes)
        self._series(1, None)


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
        self.operations: Recorder = _Nothing()
        self.misrouted: Recorder = _Nothing()

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
        there = [found for found in sets if found.shards[shard] == _address(engine)]
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
        pairs = [(str(name), _address(value)) for name, value in shards.items()]
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


def _address(value: Any) -> str:
    """Where a shard is, from an engine, a URL or plain text: one text for one place, without user and password.

    Drivers take the host from the query as well; nothing else of the query says where the data is.
    """
    url = getattr(value, "url", value)
    if hasattr(url, "host") and hasattr(url, "database"):
        return _place(url.host, url.port, url.database, dict(getattr(url, "query", {})))
    text = str(url)
    if "://" not in text:
        return text.rpartition("@")[2]
    try:
        parts = urlsplit(text)
        return _place(parts.hostname, parts.port, parts.path[1:], parse_qs(parts.query))
    except ValueError:  # and nothing of the text in the message: it may hold a password
        problem = "the address of a shard is no URL"
        raise InputError(problem, place="obskit.shards()", remedy="write scheme://host:port/database") from None


def _place(host: object, port: object, database: object, query: Mapping[str, Any]) -> str:
    host, port = server(host, port, query)
    return f"{host or ''}{f':{port}' if port else ''}/{database or ''}"
