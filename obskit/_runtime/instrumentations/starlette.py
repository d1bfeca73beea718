"""Starlette applications."""

from __future__ import annotations

from starlette.applications import Starlette

from obskit._runtime.instrumentations import _asgi
from obskit._runtime.instrumentations._http import requests
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Observe every Starlette application of this process."""
    _asgi.patch(Starlette, requests(pipeline, settings))
