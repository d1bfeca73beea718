"""Flask applications, observed as WSGI applications from outside."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask, has_request_context
from flask import request as current

from obskit._runtime.guard import contained
from obskit._runtime.instrumentations._http import Request, Requests, requests
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_ROUTE = "obskit.route"


def install(pipeline: Pipeline, settings: Settings) -> None:
    """Observe every Flask application of this process."""
    observer = requests(pipeline, settings)
    original_call, original_finalize = Flask.__call__, Flask.finalize_request
    begin = contained("wsgi.begin")(functools.partial(_begin, observer))

    @functools.wraps(original_call)
    def call(self: Flask, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request: Request | None = begin(environ)
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
        finally:
            _leave(request)
        if _is_file(body, environ):  # which servers send without reading it, if it is still theirs
            _finish(request, environ, None)
            return body
        return _Body(body, request, environ)

    @functools.wraps(original_finalize)
    def finalize_request(self: Flask, *args: Any, **kwargs: Any) -> Any:
        _remember_route()
        return original_finalize(self, *args, **kwargs)

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
    return requests.begin(
        environ["REQUEST_METHOD"],
        environ.get("wsgi.url_scheme", "http"),
        environ.get("PATH_INFO", "/"),
        environ.get("QUERY_STRING", ""),
        lambda name: environ.get("HTTP_" + name.replace("-", "_").upper()),
        lambda: {key[5:].replace("_", "-").lower(): text for key, text in environ.items() if key.startswith("HTTP_")},
    )


@contained("wsgi.file", default=False)
def _is_file(body: object, environ: Environ) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


@contained("wsgi.response", closes="wsgi.begin")
def _see(request: Request, status: str) -> None:
    request.status = int(status.split(" ", 1)[0])


@contained("wsgi.finish", closes="wsgi.begin")
def _finish(request: Request, environ: Environ, error: BaseException | None) -> None:
    request.finish(environ.get(_ROUTE), error)


@contained("wsgi.resume")
def _resume(request: Request) -> None:
    request.resume()


@contained("wsgi.leave", closes="wsgi.begin")
def _leave(request: Request) -> None:
    request.leave()


@contained("wsgi.route")
def _remember_route() -> None:
    if has_request_context() and current.url_rule is not None:
        current.environ[_ROUTE] = current.url_rule.rule
