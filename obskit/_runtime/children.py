"""Children of ``multiprocessing`` and of Celery's pool: they end by ``os._exit``, past everything that runs at an exit.

The libraries run finalizers of their own before; ours is registered in each child, since a child begins without its
parent's. Celery's pool does not even that, and sends a signal.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import wrapt

from obskit._runtime.guard import contained

#: Modules with ``register_after_fork`` and ``Finalize``.
_MODULES = ("multiprocessing.util", "billiard.util")
#: Finalizers run from the highest priority down; the libraries' own pools and queues are below.
_LAST = -100


class _Watched:
    """What ``register_after_fork`` wants to know a child's copy of; it must live as long as the process."""


_watched = _Watched()


def install(flush: Callable[[], object]) -> None:
    """Flush when a child of either library ends.

    Args:
        flush: Delivers what waits, within the budget of an exit.
    """
    for name in _MODULES:
        wrapt.register_post_import_hook(lambda module: _register(module, flush), name)
    wrapt.register_post_import_hook(lambda module: _connect(module, flush), "celery.signals")


@contained("children.register")
def _register(module: ModuleType, flush: Callable[[], object]) -> None:
    module.register_after_fork(_watched, lambda _: _finalize(module, flush))


@contained("children.finalize")
def _finalize(module: ModuleType, flush: Callable[[], object]) -> None:
    module.Finalize(None, flush, exitpriority=_LAST)


@contained("children.celery")
def _connect(signals: ModuleType, flush: Callable[[], object]) -> None:
    signals.worker_process_shutdown.connect(lambda **_: flush(), weak=False)
