"""The demo: healthy for a minute, then broken; each fault's alert must arrive within its budget and none before."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools.bring import bring
from tools.demo import report
from tools.demo.faults import FAULTS, SLOW_SHARD
from tools.demo.full import follow
from tools.demo.load import SHARDS
from tools.demo.outcome import lines, row
from tools.demo.shop import SHOP, Shop
from tools.demo.tally import tally
from tools.stack import Alertmanager, Jaeger, Loki, Prometheus
from tools.stack.listeners import KubeStateMetrics, Sink, Webhook
from tools.stack.postgres import PostgreSQL, Proxy

ROOT = Path(__file__).parents[2]
HEALTHY_SECONDS = 60
STAGGER_SECONDS = 1
PATIENCE_SECONDS = 45


def main() -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--fault", choices=FAULTS, help="only this fault (make demo FAULT=hot)")
    parser.add_argument("--full", action="store_true", help="with real Jaeger and Loki (make demo FULL=1)")
    parser.add_argument("--healthy", type=float, default=HEALTHY_SECONDS, help="seconds of the healthy phase")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/demo", help="where its files go; emptied first")
    options = parser.parse_args()
    folder = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    out = report.Report()
    needed = ["prometheus", "alertmanager", "otelcol", *(["jaeger", "loki"] if options.full else [])]
    out.say(f"programs: {', '.join(needed)}")
    programs = bring(needed, out.say)
    names = [options.fault] if options.fault else list(FAULTS)
    out.say(f"rendering rules, route and sidecars of {len(names)} shops")
    shops = [Shop(FAULTS[name], folder, seed) for seed, name in enumerate(names)]
    with contextlib.ExitStack() as stack:
        summary = run(shops, folder, programs, stack, out, options)
    report.save(folder / "summary.json", summary)
    out.end(summary["faults"], lines(summary))
    return 0 if summary["ok"] else 1


def run(
    shops: list[Shop],
    folder: Path,
    programs: dict[str, Path],
    stack: contextlib.ExitStack,
    out: report.Report,
    options: Any,
) -> dict[str, Any]:
    """Start everything, let it be healthy, break it, and count."""
    services = [shop.fault.service for shop in shops]
    out.say("starting PostgreSQL, Prometheus, Alertmanager")
    postgres = stack.enter_context(PostgreSQL(folder / "postgres", [f"orders_{n}" for n in range(SHARDS)]))
    proxy = stack.enter_context(Proxy(postgres.socket))
    webhook, sink = stack.enter_context(Webhook()), stack.enter_context(Sink())
    kube = stack.enter_context(KubeStateMetrics("shop", services))
    routes = [shop.route for shop in shops]
    alertmanager = Alertmanager(programs["alertmanager"], folder, webhook=webhook.url, routes=routes)
    prometheus = Prometheus(
        programs["prometheus"],
        folder,
        rules=[shop.rules for shop in shops],
        alertmanager=alertmanager.address,
        scrape={"kube-state-metrics": kube.address},
    )
    backends = {"prometheus": prometheus.url, "jaeger_otlp": sink.url, "loki": sink.url}
    servers = [alertmanager, prometheus]
    if options.full:
        jaeger, loki = Jaeger(programs["jaeger"], folder), Loki(programs["loki"], folder)
        servers += [jaeger, loki]
        backends |= {"jaeger_otlp": jaeger.otlp, "loki": loki.url}
    for server in servers:
        stack.callback(server.stop)
        server.start()
    for server in servers:
        server.wait()
    out.say(
        "logs reach Loki through the collector"
        if options.full
        else "a sink stands in for Jaeger and Loki (FULL=1: the real ones)"
    )
    start_shops(shops, programs, stack, postgres, proxy, backends)
    out.say(f"{len(shops)} shops with 2 workers each serve on {SHARDS} shards; healthy for {options.healthy:g} s")
    with out.live():
        early = healthy(shops, webhook, out, options.healthy)
        for shop in shops:
            shop.breaks(kube, proxy)
            out.say(f"FAULT {shop.fault.name}: {shop.fault.brief}")
            time.sleep(STAGGER_SECONDS)
        wait(shops, webhook, out)
    rows = [row(shop, webhook) for shop in shops]
    story = follow(shops, prometheus, jaeger.url, loki.url, out) if options.full else []
    for shop in shops:
        shop.load.stop()
    out.say("load ended; waiting for the last exports")
    counts = tally(shops, prometheus, None if options.full else sink)
    return {
        "ok": not early and all(part["ok"] for part in (*rows, counts, *story)),
        "faults": rows,
        "early": [f"{service}: {alert}" for service, alert in early],
        "records": counts,
        "trail": story,
        "folder": os.path.relpath(folder),
    }


def start_shops(
    shops: list[Shop],
    programs: dict[str, Path],
    stack: contextlib.ExitStack,
    postgres: PostgreSQL,
    proxy: Proxy,
    backends: dict[str, str],
) -> None:
    """Create the tables, start every shop and wait until all serve."""
    direct = [
        f"postgresql+psycopg://{postgres.user}@/orders_{number}?host={postgres.host}&port={postgres.port}"
        for number in range(SHARDS)
    ]
    subprocess.run([sys.executable, "-m", "shop", *direct], check=True, env={**os.environ, "PYTHONPATH": str(SHOP)})
    slow = list(direct)
    slow[SLOW_SHARD] = f"postgresql+psycopg://{postgres.user}@127.0.0.1:{proxy.port}/orders_{SLOW_SHARD}"
    for shop in shops:
        stack.callback(shop.stop)
        shop.start(programs["otelcol"], slow if shop.fault.name == "slow-connect" else direct, backends)
    for shop in shops:
        shop.ready()


def healthy(shops: list[Shop], webhook: Webhook, out: report.Report, seconds: float) -> list[tuple[str, str]]:
    """Let all be well for a while; return the alerts that came all the same."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        out.show(
            [row(shop, webhook, over=False) for shop in shops],
            f"healthy for another {left:.0f} s: {len(webhook.arrived)} alerts",
        )
        time.sleep(min(0.5, left))
    return list(webhook.arrived)


def wait(shops: list[Shop], webhook: Webhook, out: report.Report) -> None:
    """Wait for the alert of each fault."""
    missing = list(shops)
    while missing and time.time() - max(shop.broken_at for shop in shops) < PATIENCE_SECONDS:
        rows = {shop.fault.name: row(shop, webhook, over=False) for shop in shops}
        for shop in list(missing):
            now = rows[shop.fault.name]
            if now["seconds"] is not None:
                missing.remove(shop)
                out.say(f"ALERT {now['alert']} after {now['seconds']:.1f} s (budget {now['budget']} s)")
        out.show(list(rows.values()), f"waiting for {len(missing)} alerts")
        time.sleep(0.2)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
