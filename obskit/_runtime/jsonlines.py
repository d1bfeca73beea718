"""One JSON line for each log record, with the ids of the trace."""

from __future__ import annotations

import json
import logging
import math
import time
from typing import Any

from obskit._runtime.engine.spans import current
from obskit._runtime.guard import contained

#: Attributes that every record has; what a caller adds with ``extra`` is not among them.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
#: How many attributes a record has that nobody added to: more than that may be the service's own.
USUAL = len(vars(logging.makeLogRecord({})))
_MOST_HEADS = 1024
_quoted = json.encoder.encode_basestring


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON.

    Args:
        service: Name of the service.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._tail = f', "service_name": {_quoted(service)}'
        #: A second since the epoch and its text: most lines are of the second of the line before.
        self._second = (-1, "")
        #: Level and logger -> the text between the time and the message.
        self._heads: dict[tuple[str, str], str] = {}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a record that cannot be formatted says so instead of being lost."""
        line = self._line(record)
        return line if line is not None else json.dumps({"level": record.levelname, "message": message(record)})

    @contained("logs.format")
    def _line(self, record: logging.LogRecord) -> str:
        if record.exc_info or len(vars(record)) > USUAL:
            return self._long(record)
        span: Any = current()
        ids = "" if span is None else f', "trace_id": "{span.trace_id:032x}", "span_id": "{span.span_id:016x}"'
        head = self._heads.get((record.levelname, record.name)) or self._head(record)
        text = formatted(record.msg, record.args) if type(record) is logging.LogRecord else message(record)
        return f'{{"ts": "{self._time(record.created)}{head}{_quoted(encodable(text))}{self._tail}{ids}}}'

    def _head(self, record: logging.LogRecord) -> str:
        head = f'Z", "level": {_quoted(record.levelname)}, "logger": {_quoted(record.name)}, "message": '
        if len(self._heads) < _MOST_HEADS:
            self._heads[record.levelname, record.name] = head
        return head

    def _time(self, created: float) -> str:
        second, micros = divmod(round(created * 1e6), 1_000_000)
        known, text = self._second
        if known != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (second, text)
        return f"{text}.{micros:06d}"

    def _long(self, record: logging.LogRecord) -> str:
        """A record with an exception, or with what the caller added."""
        fields: dict[str, Any] = {
            "ts": f"{self._time(record.created)}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
            "service_name": self._service,
        }
        span: Any = current()
        if span is not None:
            fields["trace_id"], fields["span_id"] = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception_type"] = record.exc_info[0].__qualname__
            fields["exception_message"] = str(record.exc_info[1])
            fields["exception_stacktrace"] = self.formatException(record.exc_info)
        added = {key: value for key, value in extras(record).items() if key not in fields}
        return encodable(_dumped({**fields, **added}))


def _dumped(fields: dict[str, Any]) -> str:
    try:
        return json.dumps(fields, ensure_ascii=False, default=str, allow_nan=False)
    except Exception:  # noqa: BLE001 - numbers and keys that JSON has not, cycles: what the service passed is its own
        return json.dumps({key: _plain(value) for key, value in fields.items()}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A value that JSON has, or its text."""
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - code of the service
        return f"<{type(value).__name__}>"


def encodable(text: str) -> str:
    r"""Return text with lone surrogates, as of a file name that is no UTF-8, as escapes: they have no UTF-8.

    Example:
        >>> print(encodable("caf\udce9"))
        caf\udce9
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def message(record: logging.LogRecord) -> str:
    """Return the message of a record; when its arguments do not fit, which is the service's fault, both as they are.

    Example:
        >>> message(logging.makeLogRecord({"msg": "order %d", "args": ("x",)}))
        "order %d ('x',)"
    """
    try:
        return record.getMessage()  # of a class of the service's own, maybe
    except Exception:  # noqa: BLE001 - whatever it raises
        return formatted(record.msg, record.args)


def formatted(template: object, arguments: Any) -> str:
    """Return a message of a template and its arguments; see :func:`message`."""
    try:
        text = str(template)
        return text % arguments if arguments else text
    except Exception:  # noqa: BLE001 - whatever their __str__ raises
        return f"{template!s} {arguments!r}"


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller added to a record with ``extra``."""
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}
