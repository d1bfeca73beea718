"""Log handlers of OpenTelemetry, its contrib's and its SDK's: records that our handler sends are not sent twice."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import wrapt

from obskit._runtime.guard import contained

#: Modules with a ``LoggingHandler``; newer versions of the SDK deprecate theirs.
_HANDLERS = ("opentelemetry.instrumentation.logging.handler", "opentelemetry.sdk._logs")
#: Set on a handler: whether it sends elsewhere.
_OWN_WAY = "obskit_own_way"


def install() -> None:
    """Let the handlers stand aside, unless they were given a provider of their own; what hooks add stays."""
    for name in _HANDLERS:
        wrapt.register_post_import_hook(_patch, name)


@contained("import.logging")
def _patch(module: ModuleType) -> None:
    from opentelemetry import _logs

    handler: Any = getattr(module, "LoggingHandler", None)
    if handler is None:
        return
    original_init, original_emit = handler.__init__, handler.emit

    @functools.wraps(original_init)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        given = (*args[1:2], kwargs.get("logger_provider"))[0]
        setattr(self, _OWN_WAY, given is not None and given is not _logs.get_logger_provider())

    @functools.wraps(original_emit)
    def emit(self: Any, record: Any) -> None:
        if not hasattr(self, _OWN_WAY):
            setattr(self, _OWN_WAY, _keeps_another(self))
        if getattr(self, _OWN_WAY):
            original_emit(self, record)

    handler.__init__, handler.emit = init, emit


def _keeps_another(handler: Any) -> bool:
    """Whether a handler that was there before us holds a provider that is not the global one.

    That of the API itself, which a handler gets before there is another, passes all on to the global one.
    """
    from opentelemetry import _logs

    held = [value for value in vars(handler).values() if isinstance(value, _logs.LoggerProvider)]
    api = _logs.LoggerProvider.__module__
    return any(each is not _logs.get_logger_provider() and type(each).__module__ != api for each in held)
