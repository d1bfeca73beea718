"""At slow intervals alerts tell the truth: silent as long as all is well, and within their budget when it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from programs import promtool_says

from obskit._render import alerts, pack
from obskit.catalogue import telemetry
from obskit.config.project import Intervals, Project, Service, duration_seconds

pytestmark = pytest.mark.real

SERVICE = Service(name="shop", namespace="shop")
PACK = {alert.name: alert for alert in pack.load().alerts()}
COLLECTOR = 'namespace="shop", job="shop/obskit-shop", pod="p", container="obskit-collector"'
FLUENT_BIT = 'namespace="shop", job="shop/obskit-shop", pod="p", container="obskit-fluent-bit"'
QUEUE = f'{COLLECTOR}, exporter="otlp_http/jaeger", data_type="traces"'
CONTAINER = 'namespace="shop", pod="p", uid="1", container="shop"'
#: The fault begins after this sample; one scrape before it fails.
GOOD = 20


class Scene(NamedTuple):
    """Series with their samples: promtool's notation for the good ones, then for those after the fault."""

    alert: str
    series: dict[str, tuple[str, str]]


#: For a scrape every {s} seconds.
SCENES = (
    Scene(
        "ObskitCollectorExportStalled",
        {
            f"otelcol_exporter_queue_size{{{QUEUE}}}": ("5000x10 stale 5000x8", "5000x40"),
            f'otelcol_exporter_sent_spans{{{COLLECTOR}, exporter="otlp_http/jaeger"}}': (
                "0+300x10 stale 3600+300x8",
                "6000x40",
            ),
        },
    ),
    # Seen for the first time while something waits, before anything was sent.
    Scene(
        "ObskitCollectorExportStalled",
        {
            f"otelcol_exporter_queue_size{{{QUEUE}}}": ("_x19 5000x1", "5000x40"),
            f'otelcol_exporter_sent_spans{{{COLLECTOR}, exporter="otlp_http/jaeger"}}': ("_x20 300", "300x40"),
        },
    ),
    Scene(
        "ObskitCollectorQueueFilling",
        {
            f"otelcol_exporter_queue_size{{{QUEUE}}}": ("300000x10 stale 300000x8", "{filling}"),
            f"otelcol_exporter_queue_capacity{{{QUEUE}}}": ("2000000x10 stale 2000000x8", "2000000x40"),
        },
    ),
    Scene(
        "ObskitCollectorLosesRecords",
        {
            f"otelcol_process_uptime{{{COLLECTOR}}}": ("900+{s}x10 stale 1620+{s}x8", "2100+{s}x40"),
            f"otelcol_exporter_send_failed_spans{{{COLLECTOR}}}": ("6x10 stale 6x8", "8x40"),
        },
    ),
    Scene(
        "ObskitFluentBitRetrying",
        {
            f'fluentbit_output_retries_total{{{FLUENT_BIT}, name="loki"}}': ("5+5x10 stale 65+5x8", "110+5x40"),
            f'fluentbit_output_proc_records_total{{{FLUENT_BIT}, name="loki"}}': ("0+90x10 stale 1080+90x8", "1800x40"),
        },
    ),
    # It pauses now and then.
    Scene(
        "ObskitFluentBitPaused",
        {f'fluentbit_input_ingestion_paused{{{FLUENT_BIT}, name="app"}}': ("0 1x1 0x4 1 0x2 stale 0 1x1 0x4", "1x40")},
    ),
    # It ended once, and then again.
    Scene(
        "ObskitPodRestarting",
        {f"kube_pod_container_status_restarts_total{{{CONTAINER}}}": ("3x10 stale 3x7 4", "5x40")},
    ),
    # Between two tries the reason is another one.
    Scene(
        "ObskitPodCannotStart",
        {
            f'kube_pod_container_status_waiting_reason{{{CONTAINER}, reason="ImagePullBackOff"}}': (
                "0x10 stale 0x8",
                " ".join(["1 stale"] * 20),
            )
        },
    ),
    Scene(
        "ObskitArgocdClusterUnreachable",
        {'argocd_cluster_connection_status{namespace="argocd", server="s"}': ("1x5 0 1x3 stale 1x8", "0x40")},
    ),
)


def firing(scene: Scene, seconds: int, count: int) -> dict[str, Any]:
    name = f'{telemetry.ALERTS.name}{{alertname="{scene.alert}", alertstate="firing"}}'
    return {"expr": f"count({name}) or vector(0)", "eval_time": f"{seconds}s", "exp_samples": [{"value": count}]}


def case(project: Project, scene: Scene) -> dict[str, Any]:
    """Silent at each evaluation until the fault, firing when its budget ends."""
    scrape = duration_seconds(project.intervals.scrape)
    begins = GOOD * scrape
    due = begins + alerts.budget(project, PACK[scene.alert]).rule
    numbers = {"s": scrape, "filling": f"{300000 + 2000 * scrape}+{2000 * scrape}x40"}
    series = [
        {"series": name, "values": f"{good} {bad}".format_map(numbers)} for name, (good, bad) in scene.series.items()
    ]
    asked = [*(firing(scene, at, 0) for at in range(0, begins, 5)), firing(scene, due, 1)]
    return {"name": scene.alert, "interval": f"{scrape}s", "input_series": series, "promql_expr_test": asked}


def played(project: Project, tests: list[dict[str, Any]], wanted: set[str], promtool: Path, folder: Path) -> str:
    """What promtool says of tests against the groups of some alerts; "" when they pass."""
    groups = [g for g in alerts.groups(project) if wanted & {rule.get("alert") for rule in g["rules"]}]
    return promtool_says(promtool, folder, groups, tests)


@pytest.mark.parametrize("scrape", ["30s", "60s"])
@pytest.mark.parametrize("version", ["promtool", "promtool-2.42"])
def test_what_is_scraped_seldom_raises_alerts_when_it_should_and_only_then(
    scrape: str, version: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    project = Project(service=SERVICE, intervals=Intervals(scrape=scrape), packs={"argocd": True})
    tests = [case(project, scene) for scene in SCENES]
    assert played(project, tests, {scene.alert for scene in SCENES}, program(version), tmp_path) == ""


@pytest.mark.parametrize("export", ["5s", "30s", "60s"])
@pytest.mark.parametrize("version", ["promtool", "promtool-2.42"])
def test_a_heart_beats_on_at_every_interval_of_the_export_and_stops_with_it(
    export: str, version: str, program: Callable[[str], Path], tmp_path: Path
) -> None:
    project = Project(service=SERVICE, intervals=Intervals(export=export))
    pushed = duration_seconds(export)
    beats = {'obskit_telemetry_exported_total{job="shop/shop", instance="i", signal="metrics"}': ("0+1x30", "_x30")}
    scene = Scene("ObskitHeartbeat", beats)
    last = 30 * pushed
    stopped = last + min(6 * pushed, 300) + 5
    asked = [*(firing(scene, at, 1) for at in range(0, last + pushed, 5)), firing(scene, stopped, 0)]
    series = [{"series": name, "values": " ".join(values)} for name, values in beats.items()]
    test = {"name": "beats", "interval": export, "input_series": series, "promql_expr_test": asked}
    assert played(project, [test], {scene.alert}, program(version), tmp_path) == ""
