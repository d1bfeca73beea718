"""Starlette applications."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Match, Route, WebSocketRoute

from obskit._runtime.guard import contained
from obskit._runtime.instrumentations import _asgi
from obskit._runtime.instrumentations._http import requests
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Observe every Starlette application of this process; one of FastAPI is one too, unless it is to be left alone."""
    unless = "fastapi." if "fastapi" in settings.disabled_instrumentations else None
    _asgi.patch(Starlette, requests(pipeline, settings), unless=unless)
    _remember_route()


def _remember_route() -> None:
    """Put the matched route into the scope, as FastAPI does and Starlette only in its newest versions."""
    probe = Route("/", lambda _: None)
    if "route" in probe.matches({"type": "http", "method": "GET", "path": "/", "root_path": ""})[1]:
        return
    for kind in (Route, WebSocketRoute):
        kind.matches = _noting(kind.matches)  # type: ignore[method-assign]


def _noting(original: Callable[..., tuple[Match, _asgi.Scope]]) -> Callable[..., tuple[Match, _asgi.Scope]]:
    @functools.wraps(original)
    def matches(self: Any, scope: _asgi.Scope) -> tuple[Match, _asgi.Scope]:
        match, child = original(self, scope)
        if match is Match.FULL:
            _note(child, self)
        return match, child

    return matches


@contained("asgi.route")
def _note(child: _asgi.Scope, route: Any) -> None:
    child.setdefault("route", route)
