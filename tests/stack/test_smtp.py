"""The pack smtp, with the module and the scrape configuration of its page, against a mail server that has faults."""

from __future__ import annotations

import contextlib
import datetime
import re
import socketserver
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from obskit._render import alerts
from obskit.catalogue.platform import smtp
from obskit.config.project import Intervals, Pack, Project, Service
from tools.stack.process import Server, free_port
from tools.stack.servers import get

pytestmark = pytest.mark.real

PAGE = Path(__file__).parent.parent.parent / "docs/packs/smtp.md"
Program = Callable[[str], Path]


def block(name: str) -> Any:
    """The YAML of the page that begins with the name of a file."""
    (text,) = re.findall(rf"^```yaml\n# {re.escape(name)}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(text)


class Conversation(socketserver.StreamRequestHandler):
    """What a mail server says; TLS when its server has a certificate."""

    server: MailServer

    def handle(self) -> None:
        time.sleep(self.server.delay)
        self.say("220 mail.example ESMTP")
        with contextlib.suppress(ssl.SSLError):  # a client that does not trust the certificate
            while words := self.rfile.readline().split():
                self.answer(words[0].upper())

    def answer(self, verb: bytes) -> None:
        context = self.server.context
        offers = context is not None and not isinstance(self.request, ssl.SSLSocket)
        if verb == b"EHLO":
            self.say(*["250-mail.example", "250-STARTTLS"][: 1 + offers], "250 8BITMIME")
        elif verb == b"STARTTLS" and context is not None and offers:
            self.say("220 go ahead")
            self.request = context.wrap_socket(self.request, server_side=True)
            self.setup()
        else:
            self.say("221 bye" if verb == b"QUIT" else "502 what?")

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on loopback.

    Args:
        context: Its certificate, or None when it does not offer TLS.
        delay: Seconds until its greeting.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, context: ssl.SSLContext | None, delay: float = 0.0, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.context, self.delay = context, delay
        self.target = f"localhost:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


def certificate(authority: trustme.CA, name: str, days: int = 90) -> ssl.SSLContext:
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=expires).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def exporter(program: Program, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an exporter with the module of the page; it trusts the authority."""
    folder, port = tmp_path_factory.mktemp("blackbox"), free_port()
    (folder / "blackbox.yaml").write_text(yaml.safe_dump(block("blackbox.yaml")))
    authority.cert_pem.write_to_path(folder / "ca.pem")
    address = f"127.0.0.1:{port}"
    command = [
        program("blackbox_exporter"),
        f"--config.file={folder / 'blackbox.yaml'}",
        f"--web.listen-address={address}",
    ]
    trust = {"SSL_CERT_FILE": str(folder / "ca.pem")}
    with Server(command, folder / "log", ready=f"http://{address}/-/healthy", environment=trust):
        yield address


def probe(exporter: str, target: str) -> dict[str, float]:
    """The series of one probe without labels."""
    query = urllib.parse.urlencode({"target": target, "module": block("probe.yaml")["spec"]["module"]})
    with urllib.request.urlopen(f"http://{exporter}/probe?{query}", timeout=20) as response:
        text = response.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}


def test_a_probe_of_a_mail_server_gives_what_the_alerts_ask_for(exporter: str, authority: trustme.CA) -> None:
    server = MailServer(certificate(authority, "localhost"), delay=1.0)
    try:
        found = probe(exporter, server.target)
    finally:
        server.stop()
    assert found[smtp.SUCCESS.name] == 1
    assert 1 <= found[smtp.DURATION.name] < 5
    assert found[smtp.CERTIFICATE_EXPIRY.name] > time.time()


@pytest.mark.parametrize("fault", ["no TLS", "another name", "another authority"])
def test_a_mail_server_without_a_certificate_that_is_valid_fails_the_probe(
    fault: str, exporter: str, authority: trustme.CA
) -> None:
    contexts = {
        "no TLS": lambda: None,
        "another name": lambda: certificate(authority, "mail.example"),
        "another authority": lambda: certificate(trustme.CA(), "localhost"),
    }
    server = MailServer(contexts[fault]())
    try:
        found = probe(exporter, server.target)
    finally:
        server.stop()
    assert found[smtp.SUCCESS.name] == 0
    assert smtp.CERTIFICATE_EXPIRY.name not in found


def prometheus(program: Path, folder: Path, exporter: str, targets: list[str]) -> Server:
    """Prometheus with the scrape configuration of the page and the rules of the pack, every second instead of 30 s."""
    project = Project(
        service=Service(name="shop"),
        packs={"smtp": Pack(scrape="1s")},
        intervals=Intervals(evaluation="1s"),
    )
    (folder / "rules.yaml").write_text(alerts.files(project)["alerts/rules.yaml"])
    (scrape,) = block("scrape.yaml")["scrape_configs"]
    scrape |= {"scrape_interval": "1s", "scrape_timeout": "1s", "static_configs": [{"targets": targets}]}
    scrape["relabel_configs"][-1]["replacement"] = exporter
    config = {"scrape_configs": [scrape], "rule_files": ["rules.yaml"]}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    return Server(command, folder / "log", ready=f"http://{address}/-/ready")


def test_a_mail_server_that_refuses_and_one_whose_certificate_expires_raise_their_alerts(
    program: Program, exporter: str, authority: trustme.CA, tmp_path: Path
) -> None:
    context = certificate(authority, "localhost")
    refusing, expiring = MailServer(context), MailServer(context)
    with prometheus(program("prometheus"), tmp_path, exporter, [refusing.target, expiring.target]) as server:
        api = server.ready.removesuffix("/-/ready") + "/api/v1/query"
        wait_for(lambda: len(firing(api, smtp.SUCCESS.name)) == 2)
        time.sleep(3)
        assert firing(api, 'ALERTS{alertstate="firing"}') == set()
        refusing.stop()
        expiring.context = certificate(authority, "localhost", days=10)
        expected = {
            ("ObskitSmtpRefused", refusing.target),
            ("ObskitSmtpCertificateExpiring", expiring.target),
        }
        wait_for(lambda: firing(api, 'ALERTS{alertstate="firing"}') == expected)
    expiring.stop()


def firing(api: str, expr: str) -> set[tuple[str, str]]:
    """Name of the alert, "" for another series, and the target, of all that an expression gives."""
    found = get(api, query=expr)["data"]["result"]
    return {(each["metric"].get("alertname", ""), each["metric"]["instance"]) for each in found}


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.2)
