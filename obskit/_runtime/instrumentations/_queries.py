"""Queries of SQLAlchemy: a client span and a duration for each, with the attributes of the connection that ran it."""

from __future__ import annotations

import functools
import re
import time
import weakref
from collections.abc import Callable, Sized
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode
from sqlalchemy import event
from sqlalchemy.engine import Engine

from obskit._runtime import shards, twins
from obskit._runtime.guard import contained
from obskit._runtime.instrumentations._pools import server_of
from obskit._runtime.pipeline import Pipeline, Recorder, Series
from obskit.catalogue import db
from obskit.catalogue import shards as shard_records

_SYSTEMS = {
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "sqlite": "sqlite",
    "oracle": "oracle.db",
    "mssql": "microsoft.sql_server",
}
#: In one pass, since a quote may stand in a comment and the sign of a comment in quotes. What is not closed goes to the
#: end: the text may have been cut.
_COMMENT_OR_LITERAL = (
    r"(/\*.*?(?:\*/|$)|--[^\n]*)"
    r"|[eE]'(?:[^'\\]|''|\\.)*(?:'|$)"
    r"|'(?:[^']|'')*(?:'|$)"
    r"|\$((?:[A-Za-z_]\w*)?)\$.*?(?:\$\2\$|$)"
    r"|\b0[xX][0-9a-fA-F]+\b|(?<![\w$])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b"
)
#: MySQL: backslashes escape in every string, double quotes are strings as well, a hash begins a comment.
_OF_MYSQL = (
    r"(/\*.*?(?:\*/|$)|--[^\n]*|\#[^\n]*)"
    r"|'(?:[^'\\]|''|\\.)*(?:'|$)"
    r'|"(?:[^"\\]|""|\\.)*(?:"|$)'
    r"|\b0[xX][0-9a-fA-F]+\b|(?<![\w$])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b"
)
_MYSQL = frozenset({"mysql", "mariadb"})
#: Of a longer statement only the begin is looked at: it may hold thousands of rows.
_LONGEST = 4096
_TABLE = r"(?i)\b(?:from|into|update|join)\s+([\w.\"`\[\]]+)"

#: Set on an execution whose query was begun by an event.
_OPERATION = "_obskit_operation"
#: Set on a dialect whose queries are observed, and on an engine.
_OBSERVED, _STATEMENTS = "_obskit_observed", "_obskit_statements"
#: Statements of one engine whose descriptions are kept.
_MOST_STATEMENTS = 512


class _Operation:
    __slots__ = ("attributes", "series", "shard", "span", "started")

    def __init__(
        self, span: Span, attributes: dict[str, Any], series: Series, shard: shards.CountedShard | None
    ) -> None:
        self.span, self.attributes, self.series, self.shard = span, attributes, series, shard
        self.started = time.perf_counter()


class _Statement:
    """What is said of a statement of an engine each time that it runs."""

    __slots__ = ("attributes", "measured", "name", "series")

    def __init__(self, engine: Engine, statement: str, record: Recorder) -> None:
        operation, text, table = described(statement[:_LONGEST], engine.dialect.name in _MYSQL)
        connection = attributes_of(engine)
        self.measured = {**connection, db.OPERATION.name: operation} if operation else connection
        extra = {db.QUERY_TEXT.name: text, db.COLLECTION.name: table}
        self.attributes = {**self.measured, **{key: value for key, value in extra.items() if value}}
        self.name = (
            f"{operation} {table or connection.get(db.NAMESPACE.name, '')}".strip() or connection[db.SYSTEM.name]
        )
        self.series = record.bind(self.measured)


class _Statements:
    """The statements of every engine; each engine keeps its own."""

    def __init__(self, record: Recorder) -> None:
        self._record = record

    def get(self, engine: Engine, text: str) -> _Statement:
        known: dict[str, _Statement] | None = engine.__dict__.get(_STATEMENTS)
        if known is None:
            known = engine.__dict__[_STATEMENTS] = {}
        found = known.get(text)
        if found is None:
            text = _uncommented(text)
            found = known.get(text)
        if found is None:
            found = _Statement(engine, text, self._record)
            if len(known) >= _MOST_STATEMENTS:  # texts with values in them: begin anew
                known.clear()
            if len(text) <= _LONGEST:
                known[text] = found
        return found


def _uncommented(text: str) -> str:
    """A statement without the comments around it: they may name the request, and every text would be another."""
    text = text.strip()
    if text.startswith("/*") and (end := text.find("*/")) > 0:
        text = text[end + 2 :].lstrip()
    if text.endswith("*/") and (begin := text.rfind("/*")) >= 0:
        text = text[:begin].rstrip()
    return text


def install(pipeline: Pipeline, connecting: Callable[[], object]) -> Callable[[Engine], None]:
    """Return what observes the queries of an engine from now on; cheap to call again.

    Args:
        pipeline: Where records go.
        connecting: Whether a connection is made just now: what SQLAlchemy asks it then is no query of the service.

    Source of the three methods: SQLAlchemy, "Dialect". Its events of a cursor cost a query half as much again as all of
    ours does, since every connection joins its listeners anew.
    """
    queries = _Queries(pipeline, connecting)
    twins.state.when_listening(functools.partial(_listen, queries))

    def observe(engine: Engine) -> None:
        dialect: Any = engine.dialect
        if _OBSERVED in dialect.__dict__:
            return
        mine = object()
        if dialect.__dict__.setdefault(_OBSERVED, mine) is mine:  # two threads may come at once
            for name in ("do_execute", "do_executemany", "do_execute_no_params"):
                setattr(dialect, name, _around(getattr(dialect, name), queries, many=name == "do_executemany"))

    return observe


def _around(original: Callable[..., Any], queries: _Queries, *, many: bool) -> Callable[..., Any]:
    begin, finish = queries.begin, queries.finish

    @functools.wraps(original)
    def execute(cursor: Any, statement: str, *rest: Any, **named: Any) -> Any:
        operation = begin(statement, rest[-1] if rest else named.get("context"), rest[0] if many and rest else ())
        if operation is None:
            return original(cursor, statement, *rest, **named)
        try:
            result = original(cursor, statement, *rest, **named)
        except BaseException as error:
            finish(operation, error)
            raise
        finish(operation, None)
        return result

    return execute


def _listen(queries: _Queries) -> None:
    """Begin each query before listeners of its events do, where somebody else's instrumentation is one of them."""

    def before(_conn: Any, _cursor: Any, text: str, parameters: Any, execution: Any, executemany: bool) -> None:
        operation = queries.begin(text, execution, parameters if executemany else ())
        if operation is not None:
            setattr(execution, _OPERATION, operation)

    def end(execution: Any, error: BaseException | None) -> None:
        operation = getattr(execution, _OPERATION, None)
        if operation is not None:
            delattr(execution, _OPERATION)
            queries.finish(operation, error)

    def after(_conn: Any, _cursor: Any, _text: str, _parameters: Any, execution: Any, _many: bool) -> None:
        end(execution, None)

    def forget(_conn: Any) -> None:
        twins.running(None)  # a listener of the service may have raised before the query ran: that tells nobody

    for name in ("commit", "rollback"):
        event.listen(Engine, name, forget)
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "handle_error", lambda error: end(error.execution_context, error.original_exception))


class _Queries:
    """Begins and ends what is recorded of a query."""

    def __init__(self, pipeline: Pipeline, connecting: Callable[[], object]) -> None:
        self._span, self._connecting = pipeline.span, connecting
        self._record = pipeline.instrument(db.OPERATION_DURATION)
        self._statements = _Statements(self._record)

    @contained("query.begin")
    def begin(self, text: str, execution: Any, batch: Sized) -> _Operation | None:
        """Begin a query; None where it is none of the service's.

        Args:
            text: What is executed.
            execution: SQLAlchemy's context of it.
            batch: The sets of parameters that it is executed with, when they are sent together.
        """
        connection = getattr(execution, "root_connection", None)
        if connection is None or self._connecting() or (twins.state.present and hasattr(execution, _OPERATION)):
            return None
        engine = connection.engine
        statement = self._statements.get(engine, text)
        attributes = dict(statement.attributes)
        if len(batch) > 1:
            attributes[db.BATCH_SIZE.name] = len(batch)
        if (shard := shards.of_engine(engine)) is not None:
            shard.count()
            attributes[shard_records.SPAN_SHARD_SET.name], attributes[shard_records.SPAN_SHARD.name] = shard.labels
        span = self._span(statement.name, SpanKind.CLIENT, attributes)
        twins.running(span)
        return _Operation(span, statement.measured, statement.series, shard)

    @contained("query.end", closes="query.begin")
    def finish(self, operation: _Operation, error: BaseException | None) -> None:
        """End a query."""
        twins.running(None)
        elapsed, span, series = time.perf_counter() - operation.started, operation.span, operation.series
        kind = ""
        try:
            if error is not None:
                kind = type(error).__qualname__
                series = self._record.bind({**operation.attributes, db.ERROR_TYPE.name: kind})
                span.set_attribute(db.ERROR_TYPE.name, kind)
                span.set_status(StatusCode.ERROR)
            series(elapsed, span)  # with the query's span as the exemplar
            if operation.shard is not None:
                operation.shard.took(elapsed, kind, span)
        finally:
            span.end()


_attributes: weakref.WeakKeyDictionary[Engine, dict[str, Any]] = weakref.WeakKeyDictionary()


def attributes_of(engine: Engine) -> dict[str, Any]:
    """Return what is said of every query of an engine: system, namespace, server."""
    known = _attributes.get(engine)
    if known is None:
        host, port = server_of(engine.url)
        pairs = {
            db.SYSTEM.name: _SYSTEMS.get(engine.dialect.name, "other_sql"),
            db.NAMESPACE.name: engine.url.database,
            db.SERVER_ADDRESS.name: host,
            db.SERVER_PORT.name: port,
        }
        known = _attributes[engine] = {key: value for key, value in pairs.items() if value}
    return known


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when the first query comes, not in the service's start."""
    return re.compile(pattern, re.DOTALL)


@functools.lru_cache(maxsize=512)
def described(statement: str, mysql: bool = False) -> tuple[str, str, str]:
    """Return operation, text without literals, and the one table, of a statement.

    Args:
        statement: SQL.
        mysql: Whether MySQL or MariaDB reads it.

    Example:
        >>> described("SELECT * FROM orders WHERE note = 'secret' AND id > 7")
        ('SELECT', 'SELECT * FROM orders WHERE note = ? AND id > ?', 'orders')
    """
    literals = _compiled(_OF_MYSQL if mysql else _COMMENT_OR_LITERAL)
    text = literals.sub(lambda found: " " if found[1] else "?", statement).strip()
    words = text.split(None, 1)
    operation = words[0].upper() if words and words[0].isalpha() else ""
    tables = {name.strip('"`[]') for name in _compiled(_TABLE).findall(text)}
    return operation, text[:2048], tables.pop() if len(tables) == 1 else ""
