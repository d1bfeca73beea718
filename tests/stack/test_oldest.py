"""The oldest supported Prometheus and Alertmanager take the whole pack, and an alert arrives."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from obskit._render import alerts
from obskit.config.project import Project, Service
from tools.stack.listeners import KubeStateMetrics, Webhook
from tools.stack.servers import Alertmanager, Prometheus, get

SHOP = Project(service=Service(name="shop", namespace="shop"))


@pytest.mark.real
def test_a_restart_of_a_pod_reaches_the_webhook_through_the_oldest_prometheus_and_alertmanager(
    program: Callable[[str], Path], tmp_path: Path
) -> None:
    rendered = alerts.files(SHOP)
    rules = tmp_path / "rules.yaml"
    rules.write_text(rendered["alerts/rules.yaml"])
    routes = yaml.safe_load(rendered["alerts/alertmanager.yaml"])["routes"]
    folder = tmp_path / "alertmanager"
    with (
        Webhook() as webhook,
        KubeStateMetrics("shop", ["shop"]) as pods,
        Alertmanager(program("alertmanager-0.25"), folder, webhook=webhook.url, routes=routes) as alertmanager,
        Prometheus(
            program("prometheus-2.42"),
            tmp_path / "prometheus",
            rules=[rules],
            alertmanager=alertmanager.address,
            scrape={"kube-state-metrics": pods.address},
            scrape_interval="1s",
            otlp=False,
        ) as prometheus,
    ):
        version = get(f"{prometheus.url}/api/v1/status/buildinfo")["data"]["version"]
        assert version.startswith("2.42.0")
        assert get(f"{alertmanager.url}/api/v2/status")["versionInfo"]["version"] == "0.25.0"
        pods.restart("shop")
        deadline = time.monotonic() + 60
        while not webhook.arrived and time.monotonic() < deadline:
            time.sleep(0.2)
        assert set(webhook.arrived) == {("shop", "ObskitPodRestarted")}
