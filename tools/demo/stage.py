"""What the shops of the demo stand on: PostgreSQL, the servers, the listeners; all of it ends with its stack."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.demo.faults import SLOW_SHARD
from tools.demo.load import SHARDS
from tools.demo.report import Report
from tools.demo.shop import SHOP, Shop
from tools.stack import Alertmanager, Jaeger, Loki, Prometheus
from tools.stack.listeners import KubeStateMetrics, Sink, Webhook
from tools.stack.postgres import PostgreSQL, Proxy


@dataclass
class Stage:
    """Everything around the shops.

    Args:
        postgres: The server of all shards.
        proxy: Stands before one shard of the shop whose connections become slow.
        webhook: Where Alertmanager sends alerts.
        sink: Stands in for Jaeger and Loki, where they are not.
        kube: Stands in for kube-state-metrics.
        prometheus: With the rules of all shops.
        jaeger: The real one, or None.
        loki: The real one, or None.
    """

    postgres: PostgreSQL
    proxy: Proxy
    webhook: Webhook
    sink: Sink
    kube: KubeStateMetrics
    prometheus: Prometheus
    jaeger: Jaeger | None
    loki: Loki | None

    @property
    def backends(self) -> dict[str, str]:
        """Where the sidecars send, as ``backends`` in obskit.yaml."""
        return {
            "prometheus": self.prometheus.url,
            "jaeger_otlp": self.jaeger.otlp if self.jaeger else self.sink.url,
            "loki": self.loki.url if self.loki else self.sink.url,
        }


def set_up(
    stack: contextlib.ExitStack, shops: list[Shop], folder: Path, programs: dict[str, Path], full: bool, out: Report
) -> Stage:
    """Start everything around the shops and wait until it answers."""
    out.say("starting PostgreSQL, Prometheus, Alertmanager")
    postgres = stack.enter_context(PostgreSQL(folder / "postgres", [f"orders_{n}" for n in range(SHARDS)]))
    webhook = stack.enter_context(Webhook())
    kube = stack.enter_context(KubeStateMetrics("shop", [shop.fault.service for shop in shops]))
    routes = [shop.route for shop in shops]
    alertmanager = Alertmanager(programs["alertmanager"], folder, webhook=webhook.url, routes=routes)
    stage = Stage(
        postgres=postgres,
        proxy=stack.enter_context(Proxy(postgres.socket)),
        webhook=webhook,
        sink=stack.enter_context(Sink()),
        kube=kube,
        prometheus=Prometheus(
            programs["prometheus"],
            folder,
            rules=[shop.rules for shop in shops],
            alertmanager=alertmanager.address,
            scrape={"kube-state-metrics": kube.address},
        ),
        jaeger=Jaeger(programs["jaeger"], folder) if full else None,
        loki=Loki(programs["loki"], folder) if full else None,
    )
    servers = [server for server in (alertmanager, stage.prometheus, stage.jaeger, stage.loki) if server is not None]
    for server in servers:
        stack.callback(server.stop)
        server.start()
    for server in servers:
        server.wait()
    return stage


def open_shops(stack: contextlib.ExitStack, shops: list[Shop], programs: dict[str, Path], stage: Stage) -> None:
    """Create the tables, start every shop and wait until all serve."""
    postgres = stage.postgres
    direct = [
        f"postgresql+psycopg://{postgres.user}@/orders_{number}?host={postgres.host}&port={postgres.port}"
        for number in range(SHARDS)
    ]
    subprocess.run([sys.executable, "-m", "shop", *direct], check=True, env={**os.environ, "PYTHONPATH": str(SHOP)})
    slow = list(direct)
    slow[SLOW_SHARD] = f"postgresql+psycopg://{postgres.user}@127.0.0.1:{stage.proxy.port}/orders_{SLOW_SHARD}"
    for shop in shops:
        stack.callback(shop.stop)
        shop.start(programs["otelcol"], slow if shop.fault.name == "slow-connect" else direct, stage.backends)
    for shop in shops:
        shop.ready()
