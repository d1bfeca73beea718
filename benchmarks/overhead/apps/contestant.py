"""What each contestant adds to a service, and nothing else: the services themselves are the same for everybody."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

NAME = os.environ.get("OVERHEAD_CONTESTANT", "bare")
SINK = os.environ.get("OVERHEAD_SINK", "")
SERVICE = "overhead"


def begin() -> None:
    """Run before the framework is imported, as the manuals of those who need it say."""
    if NAME == "obskit":
        import obskit

        obskit.init(service_name=SERVICE, endpoint=SINK)
    elif NAME == "logfire":
        import logfire  # type: ignore[import-not-found,unused-ignore]

        logfire.configure(service_name=SERVICE, send_to_logfire=False, console=False)


def log_to_stdout() -> None:
    """Print log lines from INFO on, as services do, and send them where a contestant wants a handler for that."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if NAME == "logfire":
        import logfire

        logging.getLogger().addHandler(logfire.LogfireLoggingHandler())


def finish_fastapi(app: Any) -> None:
    """Add to a FastAPI application what must be added to the object."""
    if NAME == "logfire":
        import logfire

        logfire.instrument_psycopg()
        logfire.instrument_fastapi(app)
    elif NAME == "prometheus":
        from benchmarks.overhead.apps import prometheus_by_hand

        prometheus_by_hand.watch_fastapi(app)


def finish_flask(app: Any) -> None:
    """Add to a Flask application what must be added to the object."""
    if NAME == "logfire":
        import logfire

        logfire.instrument_psycopg()
        logfire.instrument_flask(app)
    elif NAME == "prometheus":
        from benchmarks.overhead.apps import prometheus_by_hand

        prometheus_by_hand.watch_flask(app)
