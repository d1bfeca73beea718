"""Where each signal goes, and how: the settings, and the variables of OpenTelemetry for one signal alone."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from obskit.config import values
from obskit.config.proxies import Proxy, is_local, proxy_for
from obskit.config.settings import Settings

#: Signal -> its path below the endpoint of all signals.
PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}


class Destination(NamedTuple):
    """Where one signal goes.

    Args:
        url: Whole URL, without user and password: they are a header.
        headers: Headers beside those of OTLP.
        timeout: Seconds.
        compressed: Whether requests are gzip.
        certificate: File of trusted certificates, or "".
        client_certificate: File of our certificate, or "".
        client_key: File of its key, or "".
        proxy: The proxy that it goes by.
    """

    url: str
    headers: dict[str, str]
    timeout: float
    compressed: bool
    certificate: str
    client_certificate: str
    client_key: str
    proxy: Proxy | None = None

    def __repr__(self) -> str:
        return f"Destination({self.url!r})"  # headers may be secrets


def destinations(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> tuple[dict[str, Destination], list[str]]:
    """Return signal -> where it goes, for signals that are sent, and complaints.

    Example:
        >>> from obskit.config.settings import read
        >>> found, _ = destinations(read({"service_name": "shop"}, {})[0], {})
        >>> found["logs"].url
        'http://127.0.0.1:4318/v1/logs'
    """
    found: dict[str, Destination] = {}
    complaints: list[str] = []
    for signal, path in PATHS.items():
        if not getattr(settings, signal):
            continue
        own = _Own(signal, environment, complaints)
        endpoint = own("ENDPOINT", values.url, settings.endpoint + path)
        headers = {name.lower(): value for name, value in own("HEADERS", values.headers, settings.headers)}
        endpoint, authorization = _without_user(endpoint)
        proxy, complaint = proxy_for(endpoint, environment)
        found[signal] = Destination(
            endpoint,
            {**authorization, **headers},
            own("TIMEOUT", values.timeout, settings.timeout),
            own("COMPRESSION", values.compression, settings.compression),
            own("CERTIFICATE", str, settings.certificate),
            own("CLIENT_CERTIFICATE", str, settings.client_certificate),
            own("CLIENT_KEY", str, settings.client_key),
            proxy,
        )
        complaints += [text for text in (complaint, _unencrypted(endpoint, environment)) if text]
    return found, list(dict.fromkeys(complaints))


class _Own:
    """The variables of one signal."""

    def __init__(self, signal: str, environment: Mapping[str, str], complaints: list[str]) -> None:
        self._prefix = f"OTEL_EXPORTER_OTLP_{signal.upper()}_"
        self._environment, self._complaints = environment, complaints

    def __call__(self, name: str, parse: Callable[[str], Any], default: Any) -> Any:
        text = self._environment.get(self._prefix + name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            said = "… cannot be used" if name in ("HEADERS", "ENDPOINT") else f"{text!r} cannot be used ({error})"
            self._complaints.append(f"{self._prefix}{name}={said}; as for all signals")
            return default


def shown(url: str) -> str:
    """Return a URL as it may be logged: without user, password and query.

    Example:
        >>> shown("https://user:secret@collector:4318/v1/logs?key=secret")
        'https://collector:4318/v1/logs'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """A URL without user and password, and the header that says them."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=place).geturl(), {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _unencrypted(url: str, environment: Mapping[str, str]) -> str:
    """The complaint about plain HTTP to another machine, or ""."""
    parts = urlsplit(url)
    meant = environment.get("OTEL_EXPORTER_OTLP_INSECURE", "").strip().lower() == "true"
    if meant or parts.scheme != "http" or is_local(parts.hostname or ""):
        return ""
    return (
        f"telemetry goes unencrypted to {parts.netloc}: use https://, or a sidecar on localhost; "
        "OTEL_EXPORTER_OTLP_INSECURE=true if that is meant"
    )
