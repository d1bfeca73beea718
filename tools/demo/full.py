"""One slow request of the broken shard, from the alert to its log lines, over the servers' APIs."""

from __future__ import annotations

import time
from typing import Any

from obskit.catalogue import db, telemetry
from obskit.catalogue import shards as records
from tools.demo.faults import HOT_SHARD, SLOW_SHARD
from tools.demo.report import Report
from tools.demo.shop import Shop
from tools.stack import Prometheus
from tools.stack.servers import get

_PATIENCE_SECONDS = 40


def follow(shops: list[Shop], prometheus: Prometheus, jaeger: str, loki: str, out: Report) -> list[dict[str, Any]]:
    """Return the steps alert → exemplar → trace → log lines, each with what was found."""
    shop = next((s for s in shops if s.fault.name == "slow-connect"), shops[0])
    shard = str({"slow-connect": SLOW_SHARD, "hot": HOT_SHARD}.get(shop.fault.name, 5))
    out.say(f"following one request of {shop.fault.service} on shard {shard}")
    steps = [_alert(prometheus, shop)]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        trail = [*steps, *_trail(shop, shard, prometheus, jaeger, loki)]
        if all(step["ok"] for step in trail) or time.monotonic() > deadline:
            return trail
        time.sleep(1)


def _alert(prometheus: Prometheus, shop: Shop) -> dict[str, Any]:
    name = telemetry.ALERTS.name
    found = prometheus.query(
        f'{name}{{alertname="{shop.fault.alert}",service="{shop.fault.service}",alertstate="firing"}}'
    )
    return {
        "step": "alert",
        "found": f"{shop.fault.alert}, firing" if found else "not firing any more",
        "ok": bool(found),
    }


def _trail(shop: Shop, shard: str, prometheus: Prometheus, jaeger: str, loki: str) -> list[dict[str, Any]]:
    exemplars = _exemplars(shop, prometheus)
    steps = [
        {
            "step": "exemplar",
            "found": f"{len(exemplars)} trace ids in {db.OPERATION_DURATION.name}",
            "ok": bool(exemplars),
        }
    ]
    tags = f'{{"{records.SPAN_SHARD.name}":"{shard}"}}'
    traces = get(f"{jaeger}/api/traces", service=shop.fault.service, tags=tags, lookback="5m", limit="200")["data"]
    with_logs = sorted(traces, key=_duration, reverse=True)[:40]
    for trace in with_logs:
        trace_id = trace["traceID"]
        logged = _logged(shop, loki, trace_id)
        if logged:
            spans = [span["operationName"] for span in trace["spans"]]
            milliseconds = _duration(trace) / 1000
            return [
                *steps,
                {
                    "step": "trace",
                    "found": f"{trace_id}: {len(spans)} spans, {milliseconds:.0f} ms, {spans[0]}",
                    "ok": True,
                },
                {"step": "logs", "found": f"{len(logged)} lines with this trace id: {logged[0]}", "ok": True},
            ]
    found = f"{len(traces)} traces of shard {shard}"
    return [
        *steps,
        {"step": "trace", "found": found, "ok": bool(traces)},
        {"step": "logs", "found": "none", "ok": False},
    ]


def _exemplars(shop: Shop, prometheus: Prometheus) -> list[str]:
    query = f'{db.OPERATION_DURATION.prometheus_name}_bucket{{job="{shop.project.job}"}}'
    now = time.time()
    series = get(f"{prometheus.url}/api/v1/query_exemplars", query=query, start=str(now - 300), end=str(now))["data"]
    return [e["labels"]["trace_id"] for one in series for e in one["exemplars"] if "trace_id" in e["labels"]]


def _logged(shop: Shop, loki: str, trace_id: str) -> list[str]:
    query = f'{{{telemetry.LOG_SERVICE_NAME.name}="{shop.fault.service}"}} | {telemetry.LOG_TRACE_ID.name}="{trace_id}"'
    start = str(int((time.time() - 600) * 1e9))
    streams = get(f"{loki}/loki/api/v1/query_range", query=query, start=start)["data"]["result"]
    return [line for stream in streams for _, line in stream["values"]]


def _duration(trace: dict[str, Any]) -> int:
    return max(span["duration"] for span in trace["spans"])
