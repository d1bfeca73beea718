"""Flask applications, observed as WSGI applications from outside."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask
from flask import request as current
from werkzeug.wsgi import ClosingIterator

from obskit._runtime.guard import contained
from obskit._runtime.instrumentations._http import HEADERS, SEEN, Request, Requests, requests
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_ROUTE = "obskit.route"
#: Set where the whole body was there when the response was made.
_WHOLE = "obskit.whole"
#: Headers that are read, by their names in an environ.
_HEADERS = {name: f"HTTP_{name.replace('-', '_').upper()}" for name in HEADERS}


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Observe every Flask application of this process."""
    observer = requests(pipeline, settings)
    original_call, original_finalize = Flask.__call__, Flask.finalize_request
    begin = contained("wsgi.begin")(functools.partial(_begin, observer))

    @functools.wraps(original_call)
    def call(self: Flask, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # An application within another, as DispatcherMiddleware mounts them, is part of the outer one's request.
        request: Request | None = None if SEEN in environ else begin(environ)
        if request is None:
            return original_call(self, environ, start_response)

        def starting(status: str, *args: Any) -> Any:
            _see(request, status)
            return start_response(status, *args)

        try:
            body = original_call(self, environ, starting)
        except BaseException as error:
            _finish(request, environ, error)
            raise
        if _is_done(body, environ):
            _finish(request, environ, None)
            return body
        _leave(request)
        return _Body(body, request, environ)

    @functools.wraps(original_finalize)
    def finalize_request(self: Flask, *args: Any, **kwargs: Any) -> Any:
        response = original_finalize(self, *args, **kwargs)
        _remember(response)
        return response

    # Not wsgi_app: services wrap that of an instance, as with ProxyFix, maybe before we come.
    Flask.__call__ = call  # type: ignore[method-assign]
    Flask.finalize_request = finalize_request  # type: ignore[method-assign]


class _Body:
    """The response's body; the request ends when the server closes it, as WSGI asks of servers."""

    def __init__(self, body: Iterable[bytes], request: Request, environ: Environ) -> None:
        self._body, self._request, self._environ = body, request, environ

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._body)
        while True:  # the span is current while the service's generator runs, and not while the server sends
            _resume(self._request)
            try:
                chunk = next(chunks)
            except StopIteration:
                return
            except BaseException as error:
                _finish(self._request, self._environ, error)
                raise
            finally:
                _leave(self._request)
            yield chunk

    def close(self) -> None:
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            _finish(self._request, self._environ, None)


def _begin(requests: Requests, environ: Environ) -> Request | None:
    environ[SEEN] = True
    mount = environ.get("SCRIPT_NAME", "")
    return requests.begin(
        environ["REQUEST_METHOD"],
        environ.get("wsgi.url_scheme", "http"),
        mount + environ.get("PATH_INFO", "/"),
        mount,
        environ.get("QUERY_STRING", ""),
        lambda name: environ.get(_HEADERS[name]),
        lambda: {key[5:].replace("_", "-").lower(): text for key, text in environ.items() if key.startswith("HTTP_")},
    )


@contained("wsgi.body", default=False)
def _is_done(body: object, environ: Environ) -> bool:
    """Whether only the server has still to do with a body: it is whole, or a file that servers send without reading."""
    if environ.get(_WHOLE) and type(body) is ClosingIterator:  # and no middleware made something else of it
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


@contained("wsgi.response", closes="wsgi.begin")
def _see(request: Request, status: str) -> None:
    request.status = int(status[:3])


@contained("wsgi.finish", closes="wsgi.begin")
def _finish(request: Request, environ: Environ, error: BaseException | None) -> None:
    try:
        request.finish(environ.get(_ROUTE), error)
    finally:
        request.leave()


@contained("wsgi.resume")
def _resume(request: Request) -> None:
    request.resume()


@contained("wsgi.leave", closes="wsgi.begin")
def _leave(request: Request) -> None:
    request.leave()


@contained("wsgi.route")
def _remember(response: Any) -> None:
    """Note what the request's end needs to know: the request's context is gone by then."""
    environ = current.environ
    if (rule := current.url_rule) is not None:
        environ[_ROUTE] = rule.rule
    if not response.is_streamed:
        environ[_WHOLE] = True
