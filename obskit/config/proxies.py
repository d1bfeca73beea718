"""The proxy between us and an endpoint, as the variables of every HTTP client name it.

OpenTelemetry's exporters follow them through ``requests`` and ``urllib.request``; importing these costs a service more
than all of ours does.
"""

import ipaddress
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy.

    Args:
        host: Its host; "" when what a variable says is none that we can use.
        port: Its port.
        headers: By what it knows us.
    """

    host: str
    port: int
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"Proxy({self.host!r}, {self.port})"  # headers are secrets


def proxy_for(url: str, environment: Mapping[str, str]) -> tuple[Proxy | None, str]:
    """Return the proxy for an endpoint, or None where there is none to use, and a complaint or "".

    Example:
        >>> proxy_for("https://collector.example", {"HTTPS_PROXY": "proxy:3128", "NO_PROXY": ".svc,10.0.0.0/8"})
        (Proxy('proxy', 3128), '')
        >>> proxy_for("https://collector.svc", {"HTTPS_PROXY": "proxy:3128", "NO_PROXY": ".svc,10.0.0.0/8"})
        (None, '')
    """
    place = urlsplit(url)
    for wanted in (f"{place.scheme}_proxy", "all_proxy"):
        name, address = _variable(wanted, environment)
        if address:
            break
    else:
        return None, ""
    if is_local(place.hostname or "") or _is_excepted(place, _variable("no_proxy", environment)[1]):
        return None, ""
    try:
        return _parse(address), ""
    except ValueError:
        complaint = (
            f"{name}=… cannot be used: a proxy is http://host:port; nothing is sent to {place.netloc} without it"
        )
        return Proxy("", 0, {}), complaint


def is_local(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _variable(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The name and the value of a variable: in lower case where there is one, be it empty, else in upper case."""
    if name in environment:
        return name, environment[name].strip()
    if name == "http_proxy" and "REQUEST_METHOD" in environment:
        return name, ""  # a CGI script gets HTTP_PROXY from who asks
    return name.upper(), environment.get(name.upper(), "").strip()


def _is_excepted(place: SplitResult, exceptions: str) -> bool:
    """Whether NO_PROXY names a host, its port, a domain above it or a network around it."""
    host = place.hostname or ""
    address = _address(host)
    spellings = (f".{host}", f".{host}:{place.port or _PORTS[place.scheme]}")
    for exception in exceptions.lower().replace(",", " ").split():
        if exception == "*" or any(spelling.endswith(f".{exception.lstrip('.')}") for spelling in spellings):
            return True
        if address is not None and "/" in exception and _is_around(exception, address):
            return True
    return False


def _is_around(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _parse(text: str) -> Proxy:
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(parts.scheme)
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or _PORTS["http"], headers)
