"""The shop, its sidecar and Prometheus: what is really emitted is what the catalogue says, both ways."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric as Sent

from obskit import catalogue
from obskit.catalogue import Metric, runtime, telemetry
from tools.demo.faults import FAULTS
from tools.demo.load import SHARDS
from tools.demo.shop import SHOP, Shop
from tools.stack import Prometheus
from tools.stack.listeners import Listener, Sink
from tools.stack.postgres import PostgreSQL

pytestmark = pytest.mark.real

OWN = {record.name: record for _, _, record in catalogue.metrics() if isinstance(record, Metric)}
#: What a healthy shop on Linux has no occasion to emit.
NO_OCCASION = {telemetry.FAULTS.name, runtime.GC_PAUSE.name}


class Tap(Listener):
    """Between the sidecar and Prometheus: looks at the metrics and hands them on."""

    def __init__(self, target: str) -> None:
        self.metrics: dict[str, list[Sent]] = {}
        self.target = target
        super().__init__(self._take)

    def _take(self, path: str, body: bytes) -> bytes:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self.metrics.setdefault(metric.name, []).append(metric)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        with urllib.request.urlopen(urllib.request.Request(self.target + path, gzip.compress(body), headers)) as answer:
            return bytes(answer.read())


@dataclass
class Seen:
    """What went over the wire, and what Prometheus stored."""

    sent: dict[str, list[Sent]] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def seen(program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("shop")
    paths = {name: program(name) for name in ("prometheus", "otelcol")}
    databases = [f"orders_{number}" for number in range(SHARDS)]
    with (
        PostgreSQL(folder / "postgres", databases) as postgres,
        Sink() as sink,
        Prometheus(paths["prometheus"], folder) as prometheus,
        Tap(prometheus.url) as tap,
    ):
        urls = [
            f"postgresql+psycopg://{postgres.user}@/{d}?host={postgres.host}&port={postgres.port}" for d in databases
        ]
        environment = {**os.environ, "PYTHONPATH": str(SHOP)}
        subprocess.run([sys.executable, "-m", "shop", *urls], check=True, env=environment)
        shop = Shop(FAULTS["hot"], folder, seed=1)
        try:
            shop.start(paths["otelcol"], urls, {"prometheus": tap.url, "jaeger_otlp": sink.url, "loki": sink.url})
            shop.ready()
            wait_until(lambda: set(OWN) - set(tap.metrics) <= NO_OCCASION)
            time.sleep(2)
            sent = {name: list(metrics) for name, metrics in list(tap.metrics.items())}  # more comes all the time
            yield Seen(sent, stored(prometheus, shop.project.job))
        finally:
            shop.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def stored(prometheus: Prometheus, job: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for sample in prometheus.query(f'{{job="{job}"}}'):
        labels = set(sample["metric"])
        found.setdefault(sample["metric"]["__name__"], set()).update(labels - {"__name__", "job", "instance"})
    return found


def kind(metric: Sent) -> str:
    if metric.HasField("histogram"):
        return "histogram"
    if metric.HasField("sum"):
        return "counter" if metric.sum.is_monotonic else "updowncounter"
    return "gauge"


def points(metric: Sent) -> list[Any]:
    return list(
        (
            metric.histogram if metric.HasField("histogram") else metric.sum if metric.HasField("sum") else metric.gauge
        ).data_points
    )


def test_everything_that_the_shop_sends_is_in_the_catalogue_and_nothing_that_it_must_send_is_missing(
    seen: Seen,
) -> None:
    assert set(seen.sent) - set(OWN) == set()
    assert set(OWN) - set(seen.sent) <= NO_OCCASION


def test_name_unit_type_and_buckets_are_those_of_the_catalogue(seen: Seen) -> None:
    for name, metrics in seen.sent.items():
        record = OWN[name]
        assert {metric.unit for metric in metrics} == {record.unit}, name
        assert {kind(metric) for metric in metrics} == {record.instrument}, name
        for metric in metrics:
            for point in points(metric):
                if record.instrument == "histogram":
                    assert tuple(point.explicit_bounds) == record.boundaries, name


KINDS = {"string": "string_value", "int": "int_value"}


def test_attributes_are_those_of_the_catalogue(seen: Seen) -> None:
    for name, metrics in seen.sent.items():
        known = {attribute.name: attribute for attribute in OWN[name].attributes}
        required = {attribute.name for attribute in OWN[name].attributes if attribute.required}
        for metric in metrics:
            for point in points(metric):
                given = {item.key: item.value for item in point.attributes}
                assert set(given) <= set(known), name
                assert required <= set(given), name
                for key, value in given.items():
                    kept = value.WhichOneof("value")
                    assert kept == KINDS[known[key].type], (name, key)
                    if known[key].values:
                        assert str(getattr(value, kept)) in known[key].values, (name, key, value)


def test_prometheus_stores_them_under_the_series_and_labels_of_the_catalogue(seen: Seen) -> None:
    series = catalogue.series()
    assert len(seen.stored) > 30
    for name, labels in seen.stored.items():
        if name.startswith(("obskit:", "ALERTS")):
            continue
        assert name in series, name
        assert labels <= set(series[name].labels), name
