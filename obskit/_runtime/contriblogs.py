"""The log handler of ``opentelemetry-instrumentation-logging``: records that our handler sends are not sent twice."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

import wrapt

from obskit._runtime.guard import contained

_HANDLER = "opentelemetry.instrumentation.logging.handler"
#: Set on a handler that sends elsewhere.
_OWN_WAY = "obskit_own_way"


def install() -> None:
    """Let the handler stand aside, unless it was given a provider of its own; what its hooks add stays."""
    wrapt.register_post_import_hook(_patch, _HANDLER)


@contained("import.logging")
def _patch(module: ModuleType) -> None:
    from opentelemetry import _logs

    handler: Any = module.LoggingHandler
    original_init, original_emit = handler.__init__, handler.emit

    @functools.wraps(original_init)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        given = (*args[1:2], kwargs.get("logger_provider"))[0]
        setattr(self, _OWN_WAY, given is not None and given is not _logs.get_logger_provider())

    @functools.wraps(original_emit)
    def emit(self: Any, record: Any) -> None:
        if getattr(self, _OWN_WAY, False):
            original_emit(self, record)

    handler.__init__, handler.emit = init, emit
