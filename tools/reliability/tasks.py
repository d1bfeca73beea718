"""The service of the matrix as a Celery application; its broker is a folder."""

from __future__ import annotations

import os

from celery import Celery

from tools.reliability.app import order

_folder = os.environ.get("RELIABILITY_BROKER", "")

celery = Celery(
    "shop",
    broker="filesystem://",
    broker_transport_options={
        "data_folder_in": _folder,
        "data_folder_out": _folder,
        "store_processed": False,
        "control_folder": f"{_folder}.control",
    },
    task_ignore_result=True,
    worker_hijack_root_logger=False,
)
celery.task(order, name="order")
