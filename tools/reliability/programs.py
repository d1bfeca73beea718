"""The service of the matrix as programs: one that forks by itself, and some that end in other ways."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable

from tools.reliability.app import order
from tools.reliability.names import HANDLED, WAITING


def _some(count: int) -> None:
    for _ in range(count):
        order()


def _processes(orders: int) -> None:
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_some, args=(orders // 3,)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def _pool(orders: int) -> None:
    with multiprocessing.get_context("fork").Pool(3, maxtasksperchild=2) as pool:
        pool.map(_some, [1] * orders, chunksize=1)
        pool.close()
        pool.join()


def _thread(orders: int) -> None:
    def work() -> None:
        _some(orders)
        sys.exit(4)

    threading.Thread(target=work).start()


def _exception(orders: int) -> None:
    _some(orders)
    raise ValueError("no more orders")


def _waits(orders: int) -> None:
    _some(orders)
    print(WAITING, file=sys.stderr)
    time.sleep(120)


def _handler(orders: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(HANDLED))
    _waits(orders)


KINDS: dict[str, Callable[[int], None]] = {
    "script": _some,
    "processes": _processes,
    "pool": _pool,
    "thread": _thread,
    "exception": _exception,
    "waits": _waits,
    "handler": _handler,
}


def main(kind: str, orders: int) -> None:
    """Take orders in this process or in children, and end."""
    KINDS[kind](orders)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
