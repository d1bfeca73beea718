"""A real collector, scraped by a real Prometheus with the rules: known series, and alerts that fire."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from obskit import catalogue
from obskit._render import alerts, pack, sidecars
from obskit.catalogue import ForeignMetric
from obskit.catalogue import sidecars as records
from obskit.config.project import Collector as Settings
from obskit.config.project import Logs, Project, Service
from tools.reliability.sink import Answer, Post, Sink
from tools.stack.servers import Collector, Prometheus, get

pytestmark = pytest.mark.real

CART = Project(service=Service(name="cart", namespace="shop"), logs=Logs(via="collector"), collector=Settings(queue=4))
PACK = {alert.name: alert for alert in pack.load().alerts()}
#: What the scrape of a pod adds.
TARGET = {"namespace": "shop", "pod": "cart-0", "container": "obskit-collector"}
#: Where it was sent, with dots for a Prometheus that takes them.
PLACE = {"server.address", "server.port", "url.path"}
#: Begins with its first value, when a sender gave up to wait.
NO_OCCASION = {records.EXPORTER_ENQUEUE_FAILED_METRIC_POINTS.name, records.EXPORTER_ENQUEUE_FAILED_LOG_RECORDS.name}


class Stage:
    """The collector between a service and its backends, which answer as they are told."""

    def __init__(self, collector: Collector, prometheus: Prometheus, statuses: dict[str, int]) -> None:
        self.collector, self.prometheus, self.statuses = collector, prometheus, statuses

    def send(self, signal: str, records: int = 1, size: int = 10) -> None:
        """Send records of a signal, each with so many bytes of text; who waits too long gives up."""
        text = {"key": "text", "value": {"stringValue": "x" * size}}
        body = json.dumps(_request(signal, records, text)).encode()
        url = f"{self.collector.endpoint}/v1/{signal}"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=3).close()
        except (urllib.error.HTTPError, TimeoutError):
            return

    def wait(self, alert: str, labels: str, seconds: float) -> None:
        """Wait until an alert fires."""
        deadline = time.monotonic() + seconds
        query = f'ALERTS{{alertname="{alert}", alertstate="firing", {labels}}}'
        while not self.prometheus.query(query):
            assert time.monotonic() < deadline, f"{alert} does not fire within {seconds} s"
            time.sleep(0.5)

    def firing(self) -> set[str]:
        """Return the alerts that fire."""
        return {sample["metric"]["alertname"] for sample in self.prometheus.query('ALERTS{alertstate="firing"}')}


def _request(signal: str, number: int, text: dict[str, object]) -> dict[str, object]:
    now = str(time.time_ns())
    if signal == "traces":
        span = {"traceId": "1" * 32, "spanId": "1" * 16, "name": "a", "kind": 1, "startTimeUnixNano": now}
        spans = [{**span, "endTimeUnixNano": now, "attributes": [text]} for _ in range(number)]
        return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]}
    if signal == "logs":
        lines = [{"timeUnixNano": now, "body": {"stringValue": "a"}, "attributes": [text]} for _ in range(number)]
        return {"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": lines}]}]}
    points = [{"timeUnixNano": now, "asInt": str(point)} for point in range(number)]
    metric = {"name": "a", "gauge": {"dataPoints": points}}
    return {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"scope": {}, "metrics": [metric]}]}]}


@pytest.fixture(scope="module")
def stage(program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("sidecars")
    config, rules = folder / "otelcol.yaml", folder / "rules.yaml"
    config.write_text(sidecars.configurations(CART)["otelcol.yaml"])
    groups = [group for group in alerts.groups(CART) if "telemetry-sidecars" in group["name"]]
    rules.write_text(yaml.safe_dump({"groups": groups}))
    statuses = {"traces": 200, "metrics": 200, "logs": 200}

    def answer(post: Post) -> Answer:
        return Answer(status=statuses[post.signal])

    job = "shop/obskit-cart"
    with (
        Sink(answer) as sink,
        Collector(
            program("otelcol"),
            config,
            folder / "otelcol",
            backends=dict.fromkeys(("prometheus", "jaeger_otlp", "loki"), sink.url),
        ) as collector,
        Prometheus(
            program("prometheus"),
            folder / "prometheus",
            rules=[rules],
            scrape={job: urllib.parse.urlsplit(collector.metrics_url).netloc},
            labels={job: TARGET},
        ) as prometheus,
    ):
        yield Stage(collector, prometheus, statuses)


def budget(alert: str) -> float:
    """Seconds that pass in Prometheus, and some for a busy machine."""
    return alerts.budget(CART, PACK[alert]).rule + 10


def expect(stage: Stage, alert: str, labels: str) -> None:
    stage.wait(alert, labels, budget(alert))


def test_what_befalls_a_collector_is_told_by_alerts_on_series_of_the_catalogue(stage: Stage) -> None:
    for _ in range(8):
        for signal in stage.statuses:
            stage.send(signal)
        time.sleep(2)
    assert stage.firing() == set()
    # A backend that refuses for good: the counter of what is lost is born with its first value.
    stage.statuses["traces"] = 400
    stage.send("traces", records=7)
    expect(stage, "ObskitCollectorLosesRecords", 'signal="traces"')
    assert stage.firing() == {"ObskitCollectorLosesRecords"}
    # One that refuses for the moment: what is sent waits, until the queue is full and senders give up.
    stage.statuses |= {"logs": 503, "traces": 503}
    stage.send("logs")
    expect(stage, "ObskitCollectorExportStalled", 'data_type="logs"')
    senders = [threading.Thread(target=stage.send, args=("traces", 5, 100_000)) for _ in range(10)]
    for sender in senders:
        sender.start()
    expect(stage, "ObskitCollectorQueueFull", 'data_type="traces"')
    expect(stage, "ObskitCollectorRefusing", 'signal="traces"')
    # What is refused once is no outage of metrics.
    stage.statuses |= {"traces": 200, "metrics": 404, "logs": 400}
    stage.send("metrics", records=5)
    stage.send("logs", records=3)
    expect(stage, "ObskitCollectorLosesRecords", 'signal="metrics"')
    expect(stage, "ObskitCollectorLosesRecords", 'signal="logs"')
    assert "ObskitCollectorLosesMetrics" not in stage.firing()
    for sender in senders:
        sender.join()
    assert_stored_as_known(stage.prometheus)


def assert_stored_as_known(prometheus: Prometheus) -> None:
    stored = prometheus.query('{job="shop/obskit-cart", __name__=~"otelcol_.*"}')
    found = {sample["metric"]["__name__"]: set(sample["metric"]) - {"__name__", "job", "instance"} for sample in stored}
    types = get(f"{prometheus.url}/api/v1/metadata")["data"]
    known = {record.name: record for _, _, record in catalogue.metrics("sidecars") if isinstance(record, ForeignMetric)}
    current = {name for name, record in known.items() if name.startswith("otelcol_") and not record.until}
    assert current - set(found) - NO_OCCASION == set()
    assert {name for name in found if name in known and known[name].until} == set()
    for name in current & set(found):
        assert found[name] - PLACE <= set(known[name].labels), name
        assert types[name][0]["type"] == known[name].type, name
