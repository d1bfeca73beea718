"""Proxies between us and a remote endpoint: which one the environment names, and what it sees of us."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests.utils
import trustme
from programs import python

from obskit.config.destinations import destinations
from obskit.config.proxies import proxy_for
from obskit.config.settings import read
from tools.reliability.sink import Sink

#: A name that nobody but the proxy knows.
NAME = "collector.example"
CREDENTIALS = f"Basic {base64.b64encode(b'shop:s3cret!').decode()}"
SPANS = """
    import obskit, sys
    obskit.init(service_name="job", log_format="off", metrics="none", logs="none")
    from opentelemetry import trace
    for _ in range(3):
        trace.get_tracer("job").start_span("work").end()
        trace.get_tracer_provider().force_flush(20_000)
    assert "urllib.request" not in sys.modules
"""


class ForwardProxy:
    """A proxy on loopback that knows where NAME is: it tunnels by CONNECT, and passes on what it is asked for.

    Args:
        denials: Requests that it denies at first.
    """

    def __init__(self, denials: int = 0) -> None:
        self.seen: list[tuple[str, str, str | None]] = []
        self._denials, self._lock = denials, threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"shop:s3cret%21@127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> ForwardProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_denied(self, handler: BaseHTTPRequestHandler) -> bool:
        with self._lock:
            self.seen.append((handler.command, handler.path, handler.headers["Proxy-Authorization"]))
            denied = len(self.seen) <= self._denials
        if denied:
            handler.send_error(407)
        return denied

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler inside
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_CONNECT(self) -> None:
                if proxy._is_denied(self):
                    return
                host, _, port = self.path.partition(":")
                assert host == NAME
                with socket.create_connection(("127.0.0.1", int(port))) as far:
                    self.send_response(200)
                    self.end_headers()
                    back = threading.Thread(target=_pump, args=(far, self.connection), daemon=True)
                    back.start()
                    _pump(self.connection, far)
                    back.join()
                self.close_connection = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if proxy._is_denied(self):
                    return
                place = urlsplit(self.path)
                assert (place.hostname, self.headers["Host"]) == (NAME, place.netloc)
                far = http.client.HTTPConnection("127.0.0.1", place.port or 80)
                passed = {name: value for name, value in self.headers.items() if not name.startswith("Proxy-")}
                far.request("POST", place.path, body, passed)
                answer = far.getresponse()
                content = answer.read()
                far.close()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler


def _pump(near: socket.socket, far: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := near.recv(65536):
            far.sendall(data)
        far.shutdown(socket.SHUT_WR)


@pytest.fixture(params=["http", "https"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Sink, dict[str, str]]]:
    """An endpoint that only the proxy can reach, and the environment that names it."""
    context = None
    if request.param == "https":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(NAME).configure_cert(context)
    with Sink(tls=context) as sink:
        yield (
            sink,
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"{request.param}://{NAME}:{sink.port}",
                "OTEL_EXPORTER_OTLP_INSECURE": "true",
                **({"OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "ca.pem")} if context else {}),
            },
        )


@pytest.mark.parametrize("spelling", ["{scheme}_proxy", "{SCHEME}_PROXY", "ALL_PROXY"])
def test_telemetry_to_a_remote_endpoint_goes_by_the_proxy(remote: tuple[Sink, dict[str, str]], spelling: str) -> None:
    sink, environment = remote
    scheme = urlsplit(environment["OTEL_EXPORTER_OTLP_ENDPOINT"]).scheme
    with ForwardProxy() as proxy:
        name = spelling.format(scheme=scheme, SCHEME=scheme.upper())
        done = python(SPANS, **environment, **{name: f"http://{proxy.address}"})
        assert (done.returncode, done.stderr) == (0, "")
        assert len(sink.spans("work")) == 3
        place = f"{NAME}:{sink.port}"
        if scheme == "https":
            assert proxy.seen == [("CONNECT", place, CREDENTIALS)], "one tunnel serves every request"
        else:
            assert proxy.seen == [("POST", f"http://{place}/v1/traces", CREDENTIALS)] * 3
    assert "proxy-authorization" not in {name.lower() for post in sink.posts for name in post.headers}


def test_what_a_proxy_denies_waits_and_its_password_is_told_nowhere(remote: tuple[Sink, dict[str, str]]) -> None:
    sink, environment = remote
    with ForwardProxy(denials=1) as proxy:
        done = python(SPANS, **environment, HTTP_PROXY=proxy.address, HTTPS_PROXY=proxy.address)
        assert done.returncode == 0
        assert len(sink.spans("work")) == 3
    assert "407 Proxy Authentication Required" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "proxy",
    ["socks5://shop:s3cret@127.0.0.1:1080", "https://shop:s3cret@127.0.0.1:1080", "http://shop:s3cret#@x", "http://"],
)
def test_past_a_proxy_that_cannot_be_used_nothing_is_sent(proxy: str) -> None:
    with Sink() as sink:
        url = f"http://0.0.0.0:{sink.port}"  # is this machine, and does not say so
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_INSECURE": "true"}
        done = python(SPANS, **environment, http_proxy=proxy, OBSKIT_EXIT_BUDGET="1")
        assert done.returncode == 0
        assert sink.posts == []
        told = "http_proxy=… cannot be used: a proxy is http://host:port; nothing is sent to 0.0.0.0:"
        assert done.stderr.count(told) == 1
        assert "(OSError: its proxy cannot be used)" in done.stderr
        assert "s3cret" not in done.stderr
        assert len(python(SPANS, **environment, http_proxy=proxy, no_proxy="0.0.0.0").stderr) == 0
        assert len(sink.spans("work")) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2", "otel.localhost"])
def test_the_sidecar_is_never_asked_for_by_a_proxy(host: str) -> None:
    assert proxy_for(f"http://{host}:4318/v1/traces", {"HTTP_PROXY": "proxy", "ALL_PROXY": "proxy"}) == (None, "")


@pytest.mark.parametrize(
    ("exceptions", "direct"),
    [
        ("collector.example", True),
        ("example", True),
        (".example", True),
        ("COLLECTOR.Example", True),
        ("a.b , .example", True),
        ("collector.example:4318", True),
        ("collector.example:4317", False),
        ("*", True),
        ("other.collector.example", False),
        ("10.0.0.0/8", False),
        ("", False),
    ],
)
def test_no_proxy_excepts_hosts_domains_and_ports_as_for_opentelemetry_s_exporters(
    exceptions: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _agrees_with_requests("http://collector.example:4318", exceptions, direct, monkeypatch)


@pytest.mark.parametrize(
    ("exceptions", "direct"),
    [
        ("10.0.0.0/8", True),
        ("example,10.1.2.3", True),
        ("10.1.2.3/32", True),
        ("10.2.0.0/16", False),
        ("10.1.2.0/99", False),
        ("0.1.2.3", False),
    ],
)
def test_no_proxy_excepts_networks_and_addresses_as_for_opentelemetry_s_exporters(
    exceptions: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _agrees_with_requests("https://10.1.2.3:4318", exceptions, direct, monkeypatch)


def _agrees_with_requests(url: str, exceptions: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"HTTP_PROXY": "http://one:1", "https_proxy": "http://one:1", "NO_PROXY": exceptions}
    for name in ("http_proxy", "HTTPS_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    assert (theirs is None) == direct
    assert (proxy_for(url, environment)[0] is None) == direct


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"https_proxy": "http://lower", "HTTPS_PROXY": "http://upper"}, "lower"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://upper"}, None),
        ({"HTTPS_PROXY": "http://upper", "ALL_PROXY": "http://all"}, "upper"),
        ({"HTTP_PROXY": "http://upper", "ALL_PROXY": "http://all"}, "all"),
        ({"HTTP_PROXY": "http://upper"}, None),
        ({"HTTPS_PROXY": "bare:3128"}, "bare"),
        ({"HTTPS_PROXY": "http://upper", "no_proxy": "", "NO_PROXY": "*"}, "upper"),
    ],
)
def test_which_variable_counts(environment: dict[str, str], host: str | None) -> None:
    found, complaint = proxy_for("https://collector.example", environment)
    assert (found.host if found else None, complaint) == (host, "")


def test_a_header_of_whoever_asks_a_cgi_script_is_no_proxy() -> None:
    asked: dict[str, str] = {"REQUEST_METHOD": "POST", "HTTP_PROXY": "http://evil"}
    assert proxy_for("http://collector.example", asked) == (None, "")


def test_a_password_of_a_proxy_is_not_shown_with_the_destination() -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example",
        "HTTPS_PROXY": "http://shop:s3cret@proxy:3128",
    }
    found: dict[str, Any] = destinations(read({}, environment)[0], environment)[0]
    assert found["traces"].proxy[:2] == ("proxy", 3128)
    assert "s3cret" not in repr(found) + repr(found["traces"].proxy)
    assert base64.b64encode(b"shop:s3cret").decode() not in repr(found) + repr(found["traces"].proxy)
