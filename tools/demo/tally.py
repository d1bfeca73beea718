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
_TRIES = 8
_PROMISE = 0.999
#: What we call it -> the signal in our own metrics, the records in the sidecar's.
_SIGNALS = {
    "spans": ("traces", "spans"),
    "logs": ("logs", "log_records"),
    "metric points": ("metrics", "metric_points"),
}


def tally(shops: list[Shop], prometheus: Prometheus, sink: Sink | None) -> dict[str, Any]:
    """Return, for spans, logs and metric points, what the shops say they sent and what arrived behind their sidecars.

    Where the sink stands in for Jaeger and Loki it counted itself; otherwise the sidecars say what the servers took.
    """
    time.sleep(_SETTLE_SECONDS)
    for _ in range(_TRIES):
        result = {name: _compared(name, shops, prometheus, sink) for name in _SIGNALS}
        if all(count["sent"] == count["received"] for count in result.values()):
            break
        time.sleep(1)  # an export was on its way between the two questions
    kept = all(count["sent"] > 0 and _PROMISE <= count["share"] <= 1 for count in result.values())
    return {**result, "ok": kept}


def _compared(name: str, shops: list[Shop], prometheus: Prometheus, sink: Sink | None) -> dict[str, Any]:
    signal, records = _SIGNALS[name]
    sent = _sent(prometheus, signal)
    if sink is not None and signal in ("traces", "logs"):
        received = sum((sink.spans if signal == "traces" else sink.logs).values())
        by = "the sink"
    else:
        received = sum(_taken(shop, records) for shop in shops)
        by = "Prometheus, say the sidecars" if signal == "metrics" else "the servers, say the sidecars"
    return {"sent": sent, "received": received, "by": by, "share": received / max(1, sent)}


def _sent(prometheus: Prometheus, signal: str) -> int:
    """What the processes accepted: exported, or dropped for whatever reason.

    A metric point cannot count itself, so the last export of points is added.
    """
    of_signal = f'{{{telemetry.SIGNAL.label}="{signal}"}}'
    own = f"{telemetry.EXPORTED.prometheus_name}{of_signal}"
    exported = f"sum({own} + idelta({own}[20s]))" if signal == "metrics" else f"sum({own})"
    dropped = f"(sum({telemetry.DROPPED.prometheus_name}{of_signal}) or vector(0))"
    return int(prometheus.number(f"{exported} + {dropped}"))


def _taken(shop: Shop, kind: str) -> int:
    """Records that the sidecar's exporters got rid of, from its own metrics."""
    with urllib.request.urlopen(shop.collector.metrics_url, timeout=5) as response:  # noqa: S310 - ours, on loopback
        text = response.read().decode()
    name = f"otelcol_exporter_sent_{kind}"
    return int(sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)))
