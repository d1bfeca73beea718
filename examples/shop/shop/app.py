"""The shop: customers order, their orders live on the shard of the customer.

Run it with ``uvicorn shop.app:app --workers 2``; SHOP_SHARDS holds the URLs of the databases, separated by spaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator

import obskit

obskit.init()

from fastapi import FastAPI  # noqa: E402
from pydantic import BaseModel, Field  # noqa: E402

from shop import faults, store  # noqa: E402

logger = logging.getLogger("shop")


class Order(BaseModel):
    """What a customer orders."""

    item: str = Field(max_length=100)
    amount: int = Field(ge=1, le=1000)


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the shards; watch for the faults that a demonstration switches on."""
    shards = store.open_shards(os.environ["SHOP_SHARDS"].split())
    watching = asyncio.create_task(faults.watch(shards)) if faults.FOLDER else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()
        store.close()


app = FastAPI(title="shop", lifespan=lifespan)


@app.get("/healthz")
def healthz() -> str:
    """Tell the kubelet that the shop lives."""
    return "ok"


@app.post("/customers/{customer}/orders", status_code=201)
def order(customer: int, wanted: Order) -> dict[str, int]:
    """Take an order."""
    number = store.add(customer, wanted.item, wanted.amount)
    logger.info("order taken", extra={"customer": customer, "order": number})
    return {"order": number}


@app.get("/customers/{customer}/orders")
def orders(customer: int) -> list[dict[str, object]]:
    """List the latest orders of a customer."""
    return store.latest(customer)
