"""Sent and received, signal by signal."""

from __future__ import annotations

import time
import urllib.request
from typing import Any

from obskit.catalogue import telemetry
from tools.demo.shop import Shop
from tools.stack import Prometheus
from tools.stack.listeners import Sink

#: Two export intervals and what the collector holds.
_SETTLE_SECONDS = 13
_PROMISE = 0.999


def tally(shops: list[Shop], prometheus: Prometheus, sink: Sink | None) -> dict[str, Any]:
    """Return, for spans, logs and metric points, what the shops say they sent and what arrived behind their sidecars.

    Where the sink stands in for Jaeger and Loki it counted itself; otherwise the sidecars say what the servers took.
    """
    time.sleep(_SETTLE_SECONDS)
    sent = {signal: _sent(prometheus, signal) for signal in telemetry.SIGNAL.values}
    taken = {kind: sum(_taken(shop, kind) for shop in shops) for kind in ("spans", "log_records", "metric_points")}
    sidecars = "the servers, say the sidecars"
    received = {
        "spans": (sum(sink.spans.values()), "the sink") if sink else (taken["spans"], sidecars),
        "logs": (sum(sink.logs.values()), "the sink") if sink else (taken["log_records"], sidecars),
        "metric points": (taken["metric_points"], "Prometheus, say the sidecars"),
    }
    pairs = {"spans": sent["traces"], "logs": sent["logs"], "metric points": sent["metrics"]}
    result: dict[str, Any] = {
        name: {"sent": pairs[name], "received": count, "by": by, "share": min(1.0, count / max(1, pairs[name]))}
        for name, (count, by) in received.items()
    }
    result["ok"] = all(result[name]["sent"] > 0 and result[name]["share"] >= _PROMISE for name in pairs)
    return result


def _sent(prometheus: Prometheus, signal: str) -> int:
    name = telemetry.EXPORTED.prometheus_name
    return int(prometheus.number(f'sum({name}{{{telemetry.SIGNAL.label}="{signal}"}})'))


def _taken(shop: Shop, kind: str) -> int:
    """Records that the sidecar's exporters got rid of, from its own metrics."""
    with urllib.request.urlopen(shop.collector.metrics_url, timeout=5) as response:  # noqa: S310 - ours, on loopback
        text = response.read().decode()
    name = f"otelcol_exporter_sent_{kind}"
    return int(sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)))
