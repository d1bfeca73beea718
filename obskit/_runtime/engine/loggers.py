"""The logger provider: log records of everybody who uses the OpenTelemetry API in this process.

Imported where the API's own module is, see ``pipeline``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import _logs, trace
from opentelemetry._logs import LogRecord
from opentelemetry.context import Context

from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.logbook import Entry, limited
from obskit._runtime.engine.scopes import Scope, Scopes
from obskit._runtime.engine.spans import described
from obskit._runtime.engine.wire import any_value
from obskit._runtime.guard import contained


class LoggerProvider(_logs.LoggerProvider):
    """See the API.

    Args:
        limits: How much a record may hold.
        emit: Takes a record.
        flush: Delivers what was accepted within so many seconds.
    """

    def __init__(self, limits: Limits, emit: Callable[[Any], None], flush: Callable[[float], bool]) -> None:
        self._limits, self._emit, self._flush = limits, emit, flush
        self._scopes = Scopes()

    def get_logger(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Logger:
        """See the API."""
        return Logger(self._scopes.get(name, version, schema_url, attributes), self._limits, self._emit)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """See the SDK."""
        return self._flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Nothing to do: obskit itself ends with the process."""


class Logger(_logs.Logger):
    """See the API."""

    def __init__(self, scope: Scope, limits: Limits, emit: Callable[[Any], None]) -> None:
        super().__init__(scope.name, scope.version, scope.schema_url, scope.attributes)
        self._scope, self._limits, self._out = scope, limits, emit

    def enabled(self, **_: Any) -> bool:
        """See the API."""
        return True

    def emit(self, record: LogRecord | None = None, *, context: Context | None = None, **fields: Any) -> None:
        """See the API."""
        self._keep(record, context, fields)

    @contained("logs.emit")
    def _keep(self, record: LogRecord | None, context: Context | None, fields: dict[str, Any]) -> None:
        said = _Fields(record, fields)
        span = record if record is not None else trace.get_current_span(context).get_span_context()
        made = Entry(self._scope, said("timestamp"), said("observed_timestamp") or time.time_ns(), span)
        number = said("severity_number")
        made.severity_number = getattr(number, "value", number) or 0
        made.severity_text, made.event_name = said("severity_text"), said("event_name")
        error = said("exception")
        given = {**(described(error) if error is not None else {}), **(said("attributes") or {})}
        made.attributes = limited(given, self._limits)
        made.body = said("body")
        made.encoded_body = any_value(made.body)  # at once, as a list in it may change
        self._out(made)


class _Fields:
    """Fields of a record, or of the arguments in its stead."""

    def __init__(self, record: LogRecord | None, fields: Mapping[str, Any]) -> None:
        self._record, self._fields = record, fields

    def __call__(self, name: str) -> Any:
        return self._fields.get(name) if self._record is None else getattr(self._record, name, None)
