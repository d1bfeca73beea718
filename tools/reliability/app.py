"""The service of the matrix: what it does is counted by itself, so that what arrives can be compared.

Importing it counts 7 orders, which is what a preloaded application does once and any other once in each worker.
"""

from __future__ import annotations

import logging
import sys

import obskit

obskit.init(service_name="shop", export_interval=1)

from fastapi import FastAPI  # noqa: E402 - init() comes first, as the documentation says
from flask import Flask  # noqa: E402
from opentelemetry import metrics, trace  # noqa: E402

from tools.reliability.names import AT_IMPORT, IMPORTED, LINE, ORDERS, SIZES, SPAN  # noqa: E402

_meter = metrics.get_meter("shop")
_orders = _meter.create_counter(ORDERS)
_sizes = _meter.create_histogram(SIZES)
_orders.add(AT_IMPORT)


def order() -> str:
    """Take an order: a count, a size, a span and a line of the log."""
    with trace.get_tracer("shop").start_as_current_span(SPAN):
        _orders.add(1)
        _sizes.record(1)
        logging.getLogger("shop").info(LINE)
    return "taken"


wsgi = Flask("shop")
wsgi.get("/order")(order)
asgi = FastAPI()


@asgi.get("/order")
async def _asgi_order() -> str:
    return order()


@wsgi.get("/healthz")
def _healthy() -> str:
    return "ok"


@asgi.get("/healthz")
async def _asgi_healthy() -> str:
    return "ok"


print(IMPORTED, file=sys.stderr)
