"""The names of the catalogue are those that a real Prometheus stores, and alerts fire under each of its namings."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from obskit import catalogue
from obskit._render import alerts, pack
from obskit.catalogue import ForeignMetric, Metric, _naming, db, http, shards
from obskit.config.project import Metrics, Project, Service
from obskit.promql import translating
from tools.stack import Prometheus

pytestmark = pytest.mark.real

RECORDS = [record for _, _, record in catalogue.metrics()]
#: What arrives over OTLP: our own, and what instrumentations that a service adds measure.
OWN = [record for record in RECORDS if isinstance(record, Metric)] + [
    Metric(r.otel, "histogram", r.unit, r.brief, "stable", r.attributes, r.boundaries)
    for r in RECORDS
    if isinstance(r, ForeignMetric) and r.otel
]
IDENTITY = {"service.name": "shop", "service.namespace": "ns", "service.instance.id": "i1"}


def attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


class Push:
    """A request to the OTLP receiver of Prometheus."""

    def __init__(self) -> None:
        self.request = ExportMetricsServiceRequest()
        resource = self.request.resource_metrics.add()
        resource.resource.attributes.extend(attribute(*item) for item in IDENTITY.items())
        self.scope = resource.scope_metrics.add()

    def add(self, record: Metric, when: float, value: float, buckets: Sequence[int] = ()) -> None:
        """Add a point of a metric; `buckets` are those of a histogram, which has counted `value` in them."""
        metric = self.scope.metrics.add(name=record.name, unit=record.unit, description=record.brief)
        if record.instrument == "histogram":
            metric.histogram.aggregation_temporality = 2
            point = metric.histogram.data_points.add(explicit_bounds=record.boundaries, count=int(value), sum=1)
            point.bucket_counts.extend(buckets)
        elif record.instrument == "gauge":
            point = metric.gauge.data_points.add(as_double=value)
        else:
            metric.sum.aggregation_temporality, metric.sum.is_monotonic = 2, record.instrument == "counter"
            point = metric.sum.data_points.add(as_double=value)
        point.time_unix_nano, point.start_time_unix_nano = int(when * 1e9), int((time.time() - 3600) * 1e9)
        point.attributes.extend(attribute(a.name, a.values[0] if a.values else "x") for a in record.attributes)

    def send(self, url: str) -> None:
        headers = {"Content-Type": "application/x-protobuf"}
        address = f"{url}/api/v1/otlp/v1/metrics"
        with urllib.request.urlopen(urllib.request.Request(address, self.request.SerializeToString(), headers)) as done:
            assert done.status == 200


def stored(url: str) -> Iterator[dict[str, str]]:
    query = urllib.parse.urlencode({"match[]": '{job="ns/shop"}'})
    with urllib.request.urlopen(f"{url}/api/v1/series?{query}") as answer:
        yield from json.load(answer)["data"]


@pytest.mark.parametrize("strategy", _naming.STRATEGIES)
def test_prometheus_stores_every_own_metric_under_the_names_labels_and_buckets_of_the_catalogue(
    strategy: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    push = Push()
    for record in OWN:
        push.add(record, time.time(), 1, [1] + [0] * len(record.boundaries))
    labels: dict[str, set[str]] = {}
    buckets: dict[str, set[float]] = {}
    with Prometheus(program("prometheus"), tmp_path, translation={"translation_strategy": strategy}) as server:
        push.send(server.url)
        for series in stored(server.url):
            name = series.pop("__name__")
            labels.setdefault(name, set()).update(series)
            if "le" in series:
                buckets.setdefault(name, set()).add(float(series["le"]))
    labels.pop("target_info", None)
    names = translating.names(strategy)
    expected = {names.series.get(s.name, s.name): s for record in OWN for s in record.series}
    renamed = {name: {names.labels.get(label, label) for label in s.labels} for name, s in expected.items()}
    assert labels == {name: found | set(catalogue.TARGET_LABELS) for name, found in renamed.items()}
    assert buckets == {n: {*s.boundaries, float("inf")} for n, s in expected.items() if s.boundaries}


def pack_names() -> set[str]:
    return {alert.name for alert in pack.load().alerts()}


def answers(step: int) -> list[int]:
    counts = [0] * (len(http.DURATION_BOUNDARIES) + 1)
    counts[http.DURATION_BOUNDARIES.index(0.1)] = 10 * min(step, 6)
    counts[http.DURATION_BOUNDARIES.index(1.0)] = 10 * max(step - 6, 0)
    return counts


def slow_connections() -> Push:
    """A minute of the past: ten new connections and failed requests in five seconds, all quick, and later all slow."""
    push, now = Push(), time.time()
    boundaries = db.CONNECTION_CREATE_TIME.boundaries
    quick, slow = boundaries.index(0.01), boundaries.index(0.5)
    for step in range(1, 13):  # what is a minute older than the newest sample, Prometheus refuses
        counts = [0] * (len(boundaries) + 1)
        counts[quick], counts[slow] = 10 * min(step, 6), 10 * max(step - 6, 0)
        push.add(db.CONNECTION_CREATE_TIME, now - 60 + 5 * step, sum(counts), counts)
        push.add(shards.MISROUTED, now - 60 + 5 * step, 5 + step // 11)
        push.add(http.SERVER_REQUEST_DURATION, now - 60 + 5 * step, sum(answers(step)), answers(step))
    return push


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics(translation_strategy="UnderscoreEscapingWithoutSuffixes"),
        Metrics(translation_strategy="NoUTF8EscapingWithSuffixes"),
        Metrics(translation_strategy="NoTranslation"),
        Metrics(histograms="native"),
        Metrics(translation_strategy="NoTranslation", histograms="native"),
    ],
    ids=lambda metrics: f"{metrics.translation_strategy} {metrics.histograms}",
)
def test_alerts_fire_whatever_prometheus_makes_of_names_and_histograms(
    metrics: Metrics, program: Callable[[str], Path], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    project = Project(service=Service(name="shop", namespace="ns"), metrics=metrics)
    rules.write_text(alerts.files(project)["alerts/rules.yaml"])
    translation = {
        "translation_strategy": metrics.translation_strategy,
        "convert_histograms_to_nhcb": metrics.histograms == "native",
    }
    expected = {
        "ObskitDatabaseConnectionCreateSlow",
        "ObskitShardMisrouted",
        "ObskitServiceErrors",
        "ObskitServiceSlow",
    }
    budgets = {name for name in pack_names() if "Budget" in name}  # those of long windows once in five minutes
    expected |= {name for name in budgets if name.endswith("Hour")}
    with Prometheus(program("prometheus"), tmp_path, rules=[rules], translation=translation) as server:
        slow_connections().send(server.url)
        found: list[dict[str, Any]] = []
        end = time.monotonic() + 60
        while time.monotonic() < end and not expected <= {a["labels"]["alertname"] for a in found}:
            time.sleep(0.5)
            slow_connections().send(server.url)  # or the windows would run empty on a slow machine
            with urllib.request.urlopen(f"{server.url}/api/v1/alerts") as answer:
                alerts_now = json.load(answer)["data"]["alerts"]
            found = [alert for alert in alerts_now if alert["state"] == "firing"]
    said = {alert["labels"]["alertname"]: alert["annotations"]["description"] for alert in found}
    assert expected <= said.keys() <= expected | budgets
    assert said["ObskitDatabaseConnectionCreateSlow"].endswith(
        "of the new connections of pool x took longer than 250 ms."
    )
