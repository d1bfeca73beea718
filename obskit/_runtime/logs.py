"""Logs: one JSON line each on stdout, with the ids of the trace; and the same records to the pipeline."""

from __future__ import annotations

import datetime
import json
import logging
import sys
from pathlib import Path
from typing import Any

from opentelemetry import trace

from obskit._runtime.guard import contained
from obskit._runtime.logfiles import LineFiles
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings

#: Loggers of servers that keep handlers of their own and do not propagate.
_SERVERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "gunicorn.access", "gunicorn.error", "hypercorn.access")
#: Loggers of the way out: what they say must not go the same way again.
_OWN_WAY = ("opentelemetry", "urllib3", "requests")
#: Attributes that every record has; what a caller adds with ``extra`` is not among them.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Turn console handlers to JSON, and send every record that the root logger sees to the pipeline.

    A service without logging configured gets a handler on stdout and the level INFO; one that writes to files keeps
    them as they are.
    """
    root = logging.getLogger()
    servers = [logging.getLogger(name) for name in _SERVERS]
    if settings.log_format == "json":
        formatter = JsonFormatter(settings.service_name)
        if not root.handlers:
            root.addHandler(logging.StreamHandler(sys.stdout))
            root.setLevel(min(root.level, logging.INFO) if root.level else logging.INFO)
        for handler in (handler for logger in (root, *servers) for handler in logger.handlers):
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stdout, sys.stderr):
                handler.setFormatter(formatter)
        if settings.log_directory:
            _add(LineFiles(Path(settings.log_directory)), formatter, root, servers)
    if settings.logs:
        _add(PipelineHandler(pipeline), None, root, servers)


def _add(
    handler: logging.Handler, formatter: logging.Formatter | None, root: logging.Logger, servers: list[logging.Logger]
) -> None:
    """Let a handler see every record once: those that reach the root, and those of servers that do not."""
    handler.setFormatter(formatter)
    for logger in (root, *(logger for logger in servers if not logger.propagate)):
        logger.addHandler(handler)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON.

    Args:
        service: Name of the service.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a record that cannot be formatted says so instead of being lost."""
        line = self._line(record)
        return line if line is not None else json.dumps({"level": record.levelname, "message": str(record.msg)})

    @contained("logs.format")
    def _line(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
        fields: dict[str, Any] = {
            "ts": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "service_name": self._service,
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            fields["trace_id"], fields["span_id"] = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception_type"] = record.exc_info[0].__qualname__
            fields["exception_message"] = str(record.exc_info[1])
            fields["exception_stacktrace"] = self.formatException(record.exc_info)
        added = {key: value for key, value in extras(record).items() if key not in fields}
        return encodable(json.dumps({**fields, **added}, ensure_ascii=False, default=str))


def encodable(text: str) -> str:
    r"""Return text with lone surrogates, as of a file name that is no UTF-8, as escapes: they have no UTF-8.

    Example:
        >>> print(encodable("caf\udce9"))
        caf\udce9
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller added to a record with ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class PipelineHandler(logging.Handler):
    """Sends records to the pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__()
        self._pipeline = pipeline

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, unless it tells of the sending itself."""
        if not record.name.startswith(_OWN_WAY):
            self._send(record)

    @contained("logs.send")
    def _send(self, record: logging.LogRecord) -> None:
        self._pipeline.log(record)
