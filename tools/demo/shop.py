"""One shop of the demo: its rendered files, its sidecar, its two workers, its load, and the switch that breaks it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import yaml

from obskit._render import alerts, pack, pipeline, write
from obskit.config.loading import load as load_project
from obskit.config.project import Project
from tools.demo.faults import HOT_FACTOR, HOT_SHARD, SLOW_SECONDS, Fault
from tools.demo.load import SHARDS, Load
from tools.stack import Collector
from tools.stack.listeners import KubeStateMetrics
from tools.stack.postgres import Proxy
from tools.stack.process import Server, free_port

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples/shop"


class Shop:
    """A shop that one fault breaks.

    Args:
        fault: The fault.
        folder: Where its files go.
        seed: Of its load.
    """

    def __init__(self, fault: Fault, folder: Path, seed: int) -> None:
        self.fault, self.folder, self._seed = fault, folder / fault.name, seed
        self.broken_at = 0.0
        self.project = self._project()
        self.rendered = self.folder / "rendered"
        write.write(pipeline.render(self.project, ["alerts", "sidecars"]), self.rendered)
        alert = pack.load().by_name[fault.alert]
        self.budget = alerts.budget(self.project, alert).seconds
        self._faults = self.folder / "faults"
        self._faults.mkdir(parents=True)

    @property
    def rules(self) -> Path:
        """Its rendered rules."""
        return self.rendered / "alerts/rules.yaml"

    @property
    def route(self) -> dict[str, Any]:
        """Its rendered route for Alertmanager."""
        found: dict[str, Any] = yaml.safe_load((self.rendered / "alerts/alertmanager.yaml").read_text())["routes"][0]
        return found

    def start(self, otelcol: Path, urls: list[str], backends: dict[str, str]) -> None:
        """Start the sidecar and the workers, without waiting."""
        config = self.rendered / "sidecars/otelcol.yaml"
        self.collector = Collector(otelcol, config, self.folder, backends=backends).start()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "OTEL_SERVICE_NAME": self.project.service.name,
            "OBSKIT_SERVICE_NAMESPACE": self.project.service.namespace,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.endpoint,
            "SHOP_SHARDS": " ".join(urls),
            "SHOP_FAULTS": str(self._faults),
            "PYTHONPATH": str(SHOP),
        }
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "shop.app:app",
            "--workers",
            "2",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        log = self.folder / "shop.log"
        self.server = Server(command, log, ready=f"{self.url}/healthz", environment=environment).start()
        self.load = Load(self.url, self.fault.rate, self._seed)

    def ready(self) -> None:
        """Wait until it serves, and begin the load."""
        self.collector.wait()
        self.server.wait()
        self.load.start()

    def breaks(self, kube_state_metrics: KubeStateMetrics, proxy: Proxy) -> None:
        """Break it."""
        self.broken_at = time.time()
        if self.fault.name == "hot":
            self.load.weights = [HOT_FACTOR if shard == HOT_SHARD else 1.0 for shard in range(SHARDS)]
        elif self.fault.name == "slow-connect":
            proxy.delay = SLOW_SECONDS
        elif self.fault.name == "restart":
            kube_state_metrics.restart(self.fault.service)
        else:
            (self._faults / self.fault.name).touch()

    def stop(self) -> None:
        """Stop the load, the workers, then the sidecar."""
        for name, end in (("load", "stop"), ("server", "stop"), ("collector", "stop")):
            if hasattr(self, name):
                getattr(getattr(self, name), end)()

    def _project(self) -> Project:
        """The shop's own obskit.yaml, under the name of this shop."""
        text = (
            (SHOP / "obskit.yaml").read_text(encoding="utf-8").replace("name: shop,", f"name: {self.fault.service},", 1)
        )
        self.folder.mkdir(parents=True)
        path = self.folder / "obskit.yaml"
        path.write_text(f"{text}logs: {{via: collector}}\n", encoding="utf-8")
        return load_project(path)[0]
