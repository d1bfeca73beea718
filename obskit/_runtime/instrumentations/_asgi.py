"""An ASGI application class, observed from outside: its ``__call__`` is replaced, whoever made the instance."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from obskit._runtime import loops, start
from obskit._runtime.guard import contained
from obskit._runtime.instrumentations._http import HEADERS, SEEN, Request, Requests

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Mounts that a process has, at the most; what looks like more are values of a parameter.
_MOST_PREFIXES = 64
_prefixes: set[str] = set()
#: Headers that are read, by their names as servers write them.
_WANTED = {name.encode(): name.lower() for header in HEADERS for name in (header, header.title(), header.capitalize())}
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def patch(
    application: type,
    requests: Requests,
    prepare: Callable[[Scope], None] | None = None,
    unless: str | None = None,
) -> None:
    """Replace ``__call__`` of an application class.

    Args:
        application: The class.
        requests: Where its requests go.
        prepare: Called with the scope of each observed request before the application sees it.
        unless: Begin of the names of modules whose own classes of applications are left alone.
    """
    original = application.__call__
    begin = contained("asgi.begin")(functools.partial(_begin, requests, prepare))

    @functools.wraps(original)
    async def observed(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if SEEN in scope or (unless is not None and _comes_from(type(self), unless)):
            await original(self, scope, receive, send)
            return
        if scope["type"] == "lifespan":
            scope[SEEN] = True
            await original(self, scope, receive, _flushing(send))
            return
        request: Request | None = begin(scope)
        if request is None:
            await original(self, scope, receive, send)
            return

        async def sending(message: Message) -> None:
            kind = message["type"]
            if kind == "http.response.body":
                await send(message)
                if not message.get("more_body"):
                    _answered(request, scope)
                return
            _see(request, message)
            await send(message)

        try:
            await original(self, scope, receive, sending)
        except BaseException as error:
            _finish(request, scope, error)
            raise
        finally:
            _finish(request, scope, None)

    application.__call__ = observed  # type: ignore[method-assign]


def _comes_from(application: type, module: str) -> bool:
    return any(base.__module__.startswith(module) for base in application.__mro__)


def _begin(requests: Requests, prepare: Callable[[Scope], None] | None, scope: Scope) -> Request | None:
    loops.watch()
    if prepare is not None:
        prepare(scope)
    websocket = scope["type"] == "websocket"
    wanted: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _WANTED:
            text = value.decode("latin-1")
            known = _WANTED[name]
            wanted[known] = f"{wanted[known]},{text}" if known in wanted else text
    request = requests.begin(
        "GET" if websocket else scope["method"],
        _SCHEMES.get(scope.get("scheme", "http"), "http"),
        scope["path"],
        scope.get("root_path", ""),
        scope.get("query_string", b"").decode("latin-1"),
        wanted.get,
        lambda: {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        measured=not websocket,
    )
    scope[SEEN] = True
    return request


@contained("asgi.response", closes="asgi.begin")
def _see(request: Request, message: Message) -> None:
    kind = message["type"]
    if kind in ("http.response.start", "websocket.http.response.start"):
        request.status = message["status"]
    elif kind == "websocket.accept":
        request.status = 101
    elif kind == "websocket.close" and request.status is None:
        request.status = 403  # what servers answer when the application does not accept


@contained("asgi.answered", closes="asgi.begin")
def _answered(request: Request, scope: Scope) -> None:
    request.answer(_route(scope))


@contained("asgi.finish", closes="asgi.begin")
def _finish(request: Request, scope: Scope, error: BaseException | None) -> None:
    try:
        if not request.finished:
            request.finish(None if request.answered else _route(scope), error)
    finally:
        if error is None:  # called last
            request.leave()


def _route(scope: Scope) -> str | None:
    """The template of the path; a path that matched nothing has none, so that scanners make no series."""
    route = scope.get("route")
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if not isinstance(path, str):
        return None
    prefix = _prefix(scope, set(getattr(route, "param_convertors", ())))
    return None if prefix is None else prefix + path or "/"


def _prefix(scope: Scope, own: set[str]) -> str | None:
    """The templates of the mounts around a route, of which a scope knows the path and the parameters only.

    None when a parameter cannot be found again in the path: better no route than one for each of its values.
    """
    prefix: str = scope.get("root_path", "").rstrip("/") + "/"
    for name, value in scope.get("path_params", {}).items():
        if name not in own and prefix != "/":
            template = prefix.replace(f"/{value}/", f"/{{{name}}}/", 1)
            if template == prefix:
                return None
            prefix = template
    if prefix not in _prefixes and len(_prefixes) >= _MOST_PREFIXES:  # a mount and its route may share a name
        return None
    _prefixes.add(prefix)
    return prefix[:-1]


def _flushing(send: Send) -> Send:
    """Servers end a worker by a signal once the lifespan is over: what waits must be out before.

    Blocking is right here: no request is left, and the budget bounds it.
    """

    async def flush_first(message: Message) -> None:
        if message["type"].startswith("lifespan.shutdown."):
            _flush()
        await send(message)

    return flush_first


@contained("asgi.lifespan")
def _flush() -> None:
    start.flush()
