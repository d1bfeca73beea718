"""FastAPI applications: as Starlette's, and without FastAPI's own telemetry beside ours."""

from __future__ import annotations

from fastapi import FastAPI

from obskit._runtime.instrumentations import _asgi
from obskit._runtime.instrumentations._http import requests
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Observe every FastAPI application of this process."""
    _asgi.patch(FastAPI, requests(pipeline, settings), _one_observer)


def _one_observer(scope: _asgi.Scope) -> None:
    """From 0.137 on FastAPI makes server spans itself once a provider exists; one of us is enough.

    It leaves a request alone whose scope says that somebody observes it, as it does for an application within another.
    """
    scope["fastapi.telemetry"] = None
