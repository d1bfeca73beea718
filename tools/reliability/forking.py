"""The service of the matrix as programs that fork by themselves, and as one that does not."""

from __future__ import annotations

import multiprocessing
import sys

from tools.reliability.app import order


def _some(count: int) -> None:
    for _ in range(count):
        order()


def main(kind: str, orders: int) -> None:
    """Take orders in this process or in children, and end."""
    if kind == "script":
        _some(orders)
        return
    fork = multiprocessing.get_context("fork")
    if kind == "processes":
        children = [fork.Process(target=_some, args=(orders // 3,)) for _ in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        return
    with fork.Pool(3, maxtasksperchild=2) as pool:
        pool.map(_some, [1] * orders, chunksize=1)
        pool.close()
        pool.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
