"""The names of the catalogue are the names that a real Prometheus stores."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from obskit import catalogue
from obskit.catalogue import Metric

pytestmark = pytest.mark.real

OWN = [record for _, _, record in catalogue.metrics() if isinstance(record, Metric)]


def attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def one_point_of_everything() -> bytes:
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    identity = {"service.name": "shop", "service.namespace": "ns", "service.instance.id": "i1"}
    resource.resource.attributes.extend(attribute(*item) for item in identity.items())
    scope = resource.scope_metrics.add()
    now = time.time_ns()
    for record in OWN:
        metric = scope.metrics.add(name=record.name, unit=record.unit, description=record.brief)
        if record.instrument == "histogram":
            metric.histogram.aggregation_temporality = 2
            point = metric.histogram.data_points.add(explicit_bounds=record.boundaries, count=1, sum=1)
            point.bucket_counts.extend([1] + [0] * len(record.boundaries))
        elif record.instrument == "gauge":
            point = metric.gauge.data_points.add(as_double=1)
        else:
            metric.sum.aggregation_temporality, metric.sum.is_monotonic = 2, record.instrument == "counter"
            point = metric.sum.data_points.add(as_double=1)
        point.time_unix_nano, point.start_time_unix_nano = now, now - 10**9
        point.attributes.extend(attribute(a.name, a.values[0] if a.values else "x") for a in record.attributes)
    return request.SerializeToString()


def stored(url: str) -> Iterator[dict[str, str]]:
    query = urllib.parse.urlencode({"match[]": '{job="ns/shop"}'})
    with urllib.request.urlopen(f"{url}/api/v1/series?{query}") as answer:
        yield from json.load(answer)["data"]


def test_prometheus_stores_every_own_metric_under_the_names_labels_and_buckets_of_the_catalogue(
    prometheus: str,
) -> None:
    headers = {"Content-Type": "application/x-protobuf"}
    push = urllib.request.Request(f"{prometheus}/api/v1/otlp/v1/metrics", one_point_of_everything(), headers)
    assert urllib.request.urlopen(push).status == 200
    labels: dict[str, set[str]] = {}
    buckets: dict[str, set[float]] = {}
    for series in stored(prometheus):
        name = series.pop("__name__")
        labels.setdefault(name, set()).update(series)
        if "le" in series:
            buckets.setdefault(name, set()).add(float(series["le"]))
    labels.pop("target_info", None)
    expected = {s.name: s for record in OWN for s in record.series}
    assert labels == {name: set(s.labels) | set(catalogue.TARGET_LABELS) for name, s in expected.items()}
    assert buckets == {n: {*s.boundaries, float("inf")} for n, s in expected.items() if s.boundaries}


@pytest.fixture
def prometheus(program, tmp_path: Path) -> Iterator[str]:
    from tools.stack import Prometheus

    with Prometheus(program("prometheus"), tmp_path) as server:
        yield server.url
