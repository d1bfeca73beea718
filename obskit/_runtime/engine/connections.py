"""Connections to an endpoint: in the clear or encrypted, directly or by a proxy."""

from __future__ import annotations

# Looking a host up imports this at the first time. If that is in our thread while another one forks, the module stays
# locked in the child for ever.
import encodings.idna  # noqa: F401
import http.client
import select
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult

from obskit.config.destinations import Destination
from obskit.config.proxies import Proxy


def connection_to(place: SplitResult, target: Destination) -> http.client.HTTPConnection:
    """Return a connection that is opened by its first request.

    Args:
        place: The endpoint.
        target: What is trusted there, and the proxy before it.

    Raises:
        OSError: The proxy that has to be used is none.
    """
    host, port, timeout, proxy = place.hostname or "", place.port, target.timeout, target.proxy
    if proxy is not None and not proxy.host:
        raise OSError("its proxy cannot be used")
    if place.scheme == "https":
        tls = _tls(target)
        if proxy is None:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=tls)
        tunnel = http.client.HTTPSConnection(proxy.host, proxy.port, timeout=timeout, context=tls)
        tunnel.set_tunnel(host, port, proxy.headers)
        return tunnel
    if proxy is None:
        return http.client.HTTPConnection(host, port, timeout=timeout)
    return _Forwarded(place.netloc, proxy, timeout)


class _Forwarded(http.client.HTTPConnection):
    """A connection to a proxy that passes requests on as they are."""

    def __init__(self, place: str, proxy: Proxy, timeout: float) -> None:
        super().__init__(proxy.host, proxy.port, timeout=timeout)
        self._place, self._headers = place, proxy.headers

    def putrequest(self, method: str, url: str, *arguments: Any, **named: Any) -> None:
        """Ask for the whole URL, and say who we are."""
        super().putrequest(method, f"http://{self._place}{url}", *arguments, **named)
        for name, value in self._headers.items():
            self.putheader(name, value)

    def getresponse(self) -> http.client.HTTPResponse:
        """Return the endpoint's answer: a proxy that does not let us pass is a connection that failed."""
        response = super().getresponse()
        if response.status == http.client.PROXY_AUTHENTICATION_REQUIRED:
            raise OSError(f"the proxy answers {response.status} {response.reason}")
        return response


def _tls(target: Destination) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=target.certificate or None)
    if target.client_certificate:
        context.load_cert_chain(target.client_certificate, target.client_key or None)
    return context


def is_readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say: its end."""
    try:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # closed
        return True
