"""Load on one shop: customers of every shard come at random, at a given mean rate."""

from __future__ import annotations

import asyncio
import random
import threading

import httpx

SHARDS = 8
_WRITES = 0.3


class Load:
    """Requests to one shop, from a thread of its own.

    Args:
        url: Of the shop.
        rate: Requests a second to each shard.
        seed: Of the arrivals.
    """

    def __init__(self, url: str, rate: float, seed: int) -> None:
        self.weights = [1.0] * SHARDS
        self.sent = self.failed = 0
        self.slowest = 0.0
        self._url, self._rate, self._random = url, rate, random.Random(seed)  # noqa: S311 - load, not secrets
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the last answers."""
        self._stopped.set()
        self._thread.join(15)

    async def _run(self) -> None:
        pending: set[asyncio.Task[None]] = set()
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
        async with httpx.AsyncClient(base_url=self._url, timeout=10, limits=limits) as client:
            while not self._stopped.is_set():
                await asyncio.sleep(self._random.expovariate(self._rate * sum(self.weights)))
                task = asyncio.create_task(self._request(client))
                pending.add(task)
                task.add_done_callback(pending.discard)
            if pending:
                await asyncio.wait(pending, timeout=10)

    async def _request(self, client: httpx.AsyncClient) -> None:
        shard = self._random.choices(range(SHARDS), self.weights)[0]
        path = f"/customers/{self._random.randrange(1000) * SHARDS + shard}/orders"
        self.sent += 1
        try:
            if self._random.random() < _WRITES:
                response = await client.post(path, json={"item": "book", "amount": 1})
            else:
                response = await client.get(path)
            self.failed += response.status_code >= 400
        except httpx.HTTPError:
            self.failed += 1
