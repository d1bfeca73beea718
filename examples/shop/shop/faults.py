"""The switch that breaks the shop: a file in SHOP_FAULTS, named after the fault.

``hot`` and ``slow-connect`` are made outside (by the load, and by the network); ``dead`` and ``wrong-map`` here, by the
mistake that an operator makes: a wrong map of shards.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from sqlalchemy import Engine

from shop import store

FOLDER = os.environ.get("SHOP_FAULTS", "")
_PERIOD = 0.1


async def watch(engines: dict[str, Engine]) -> None:
    """Wait for a fault and commit it once."""
    while True:
        await asyncio.sleep(_PERIOD)
        if (Path(FOLDER) / "wrong-map").exists() and _first():
            names = list(engines)
            store.use(engines, names[1:] + names[:1])  # every customer is looked for on the neighbour of his shard
            return
        if (Path(FOLDER) / "dead").exists():
            names = list(engines)
            names[5] = names[4]  # nobody is sent to shard 5 any more
            store.route(names)
            return


def _first() -> bool:
    """Only one worker takes the wrong map: whoever comes first."""
    try:
        (Path(FOLDER) / "wrong-map.taken").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
