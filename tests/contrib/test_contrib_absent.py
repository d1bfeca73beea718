"""A service without contrib instrumentations pays nothing for those that others have."""

from __future__ import annotations

import sys
from typing import Any

import flask
import sqlalchemy
from apart import apart

from obskit._runtime import twins
from obskit.testing import Recorded


@apart()
def test_no_request_and_no_query_looks_for_them(recorded: Recorded) -> None:
    def look(*_: Any) -> None:
        raise AssertionError

    twins.taken_over = look  # type: ignore[assignment]
    engine, app, seen = sqlalchemy.create_engine("sqlite://"), flask.Flask("shop"), []

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute")
    def running(*_: Any) -> None:
        seen.append(twins.query.get())

    @app.get("/")
    def home() -> str:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
        return ""

    app.test_client().get("/").close()
    assert [span.name for span in recorded.spans] == ["SELECT", "GET /"]
    assert (seen, twins.state.present) == ([None], False)
    assert not [name for name in sys.modules if name.startswith("opentelemetry.instrumentation")]
