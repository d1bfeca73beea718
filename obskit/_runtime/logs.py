"""Logs: one JSON line each on stdout, with the ids of the trace; and the same records to the pipeline."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import wrapt

from obskit._runtime import contriblogs, crashes
from obskit._runtime.guard import contained
from obskit._runtime.jsonlines import JsonFormatter
from obskit._runtime.logfiles import LineFiles
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings

#: Loggers of servers that have handlers of their own.
_SERVERS = ("uvicorn", "uvicorn.access", "uvicorn.error", "gunicorn.access", "gunicorn.error", "hypercorn.access")
#: Loggers of the way out: what they say must not go the same way again.
_OWN_WAY = frozenset({"opentelemetry", "urllib3", "requests"})


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Turn console handlers to JSON, and send every record that the root logger sees to the pipeline.

    A service without logging configured gets a handler on stdout and the level INFO; one that writes to files keeps
    them as they are. A configuration that comes later finds logging as it would be without us. Loggers that do not
    propagate are looked up when logging is configured: who sets ``propagate`` by hand does so before ``init()``.
    """
    handlers = Handlers(pipeline, settings)
    handlers.attach()
    crashes.install(handlers.tell)
    if settings.logs:
        contriblogs.install()
    _around(logging, ("basicConfig",), handlers)
    wrapt.register_post_import_hook(
        lambda module: _around(module, ("dictConfig", "fileConfig"), handlers), "logging.config"
    )


def _around(module: ModuleType, names: tuple[str, ...], handlers: Handlers) -> None:
    """Step aside while the service configures logging."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def configure(*args: Any, **kwargs: Any) -> Any:
            handlers.detach()
            try:
                return original(*args, **kwargs)
            finally:
                handlers.attach()

        return configure

    for name in names:
        setattr(module, name, wrapped(getattr(module, name)))


class Handlers:
    """What we add to the loggers of a process.

    Args:
        pipeline: Where records go.
        settings: Settings in force.
    """

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self._formatter = JsonFormatter(settings.service_name) if settings.log_format == "json" else None
        self._console: logging.Handler | None = None
        self._level = logging.NOTSET
        self._ours: list[logging.Handler] = []
        if settings.log_directory:  # whatever the console shows: the sidecar reads JSON
            self._ours.append(LineFiles(Path(settings.log_directory)))
            self._ours[0].setFormatter(JsonFormatter(settings.service_name))
        if settings.logs:
            self._ours.append(PipelineHandler(pipeline))

    @contained("logs.attach")
    def attach(self) -> None:
        """Let our handlers see every record once: those that reach the root, and those that some logger keeps."""
        root, ends = logging.getLogger(), _ends()
        if self._formatter is not None:
            if not root.handlers:
                self._add_console(root)
            servers = [logging.getLogger(name) for name in _SERVERS]
            for handler in (handler for logger in (*ends, *servers) for handler in logger.handlers):
                if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stdout, sys.stderr):
                    handler.setFormatter(self._formatter)
        for handler in self._ours:
            for logger in ends:
                logger.addHandler(handler)

    @contained("logs.detach")
    def detach(self) -> None:
        """Leave logging as it would be without us."""
        root = logging.getLogger()
        for logger in _loggers():
            for handler in self._ours:
                logger.removeHandler(handler)
        if self._console is not None:
            root.removeHandler(self._console)
            root.setLevel(self._level)
            self._console = None

    def tell(self, record: logging.LogRecord) -> None:
        """Pass a record to the files and the pipeline alone."""
        for handler in self._ours:
            handler.handle(record)

    def _add_console(self, root: logging.Logger) -> None:
        self._console, self._level = logging.StreamHandler(sys.stdout), root.level
        root.addHandler(self._console)
        root.setLevel(min(root.level or logging.INFO, logging.INFO))


def _loggers() -> list[logging.Logger]:
    named = list(logging.root.manager.loggerDict.values())
    return [logging.root, *(logger for logger in named if isinstance(logger, logging.Logger))]


def _ends() -> list[logging.Logger]:
    """The root, and every logger whose records go no further; not that of a server which was told to be silent.

    Servers ask whether there is a handler before they even make the record of an access.
    """
    return [
        logger
        for logger in _loggers()
        if logger is logging.root or (not logger.propagate and (logger.handlers or logger.name not in _SERVERS))
    ]


class PipelineHandler(logging.Handler):
    """Sends records to the pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__()
        self._pipeline = pipeline

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, unless it tells of the sending itself."""
        if record.name.partition(".")[0] not in _OWN_WAY:
            self._send(record)

    @contained("logs.send")
    def _send(self, record: logging.LogRecord) -> None:
        self._pipeline.log(record)
