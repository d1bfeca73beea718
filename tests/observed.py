"""A service under observation, in memory: what tests of the runtime share."""

from __future__ import annotations

import asyncio
from typing import Any

import fastapi
import httpx
import sqlalchemy

from obskit.catalogue import db
from obskit.testing import Recorded


def ask(app: Any, path: str, method: str = "GET", root_path: str = "", **arguments: Any) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(call())


def count(recorded: Recorded, record: Any, **labels: Any) -> float:
    """Points of a metric whose attributes contain these, summed: their count, or their value."""
    wanted = set(labels.items())
    points = recorded.points(record.name)
    return sum(
        getattr(point, "count", point)
        for key, point in points.items()
        if wanted <= {(name.replace(".", "_"), value) for name, value in key}
    )


def web() -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    router = fastapi.APIRouter(prefix="/v1")

    @router.get("/orders/{number}")
    def order(number: int) -> dict[str, int]:
        return {"order": number}

    @router.get("/broken")
    def broken() -> None:
        raise ValueError("no")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    app.include_router(router)
    return app


def pool_of(engine: sqlalchemy.Engine) -> dict[str, str]:
    return {db.POOL_NAME.label: engine.url.database or ""}
