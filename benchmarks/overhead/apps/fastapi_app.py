"""The service on FastAPI."""

from __future__ import annotations

import itertools
import logging

from benchmarks.overhead.apps import contestant

contestant.begin()

from fastapi import FastAPI  # noqa: E402

from benchmarks.overhead.apps import database  # noqa: E402

contestant.log_to_stdout()
logger = logging.getLogger("overhead")
engine = database.connect()
numbers = itertools.count()
app = FastAPI()


@app.get("/plain")
async def plain() -> dict[str, object]:
    """Answer a small object."""
    logger.info("answered /plain")
    return {"id": 1, "name": "item 1", "tags": ["a", "b"]}


@app.get("/db")
def db() -> dict[str, object]:
    """Answer what three queries find."""
    found = database.ask(engine, next(numbers) % database.ROWS)
    logger.info("answered /db")
    return found


contestant.finish_fastapi(app)
