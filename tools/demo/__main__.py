"""The demo: healthy for a minute, then broken; each fault's alert must arrive within its budget and none before."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from tools.bring import bring
from tools.demo import report
from tools.demo.faults import FAULTS
from tools.demo.full import follow
from tools.demo.load import SHARDS
from tools.demo.outcome import lines, row
from tools.demo.shop import Shop
from tools.demo.stage import Stage, open_shops, set_up
from tools.demo.tally import tally
from tools.stack.listeners import Webhook

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
    several = "1 shop" if len(names) == 1 else f"{len(names)} shops"
    out.say(f"rendering rules, route and sidecars of {several}")
    shops = [Shop(FAULTS[name], folder, seed) for seed, name in enumerate(names)]
    with contextlib.ExitStack() as stack:
        stage = set_up(stack, shops, folder, programs, options.full, out)
        out.say(
            "logs reach Loki through the collector"
            if options.full
            else "a sink stands in for Jaeger and Loki (FULL=1: the real ones)"
        )
        open_shops(stack, shops, programs, stage)
        serving = f"{several} on {SHARDS} shards, 2 workers each"
        out.say(f"serving: {serving}; healthy for {options.healthy:g} s")
        summary = run(shops, stage, out, options.healthy) | {"folder": os.path.relpath(folder)}
    report.save(folder / "summary.json", summary)
    out.end(summary["faults"], lines(summary))
    return 0 if summary["ok"] else 1


def run(shops: list[Shop], stage: Stage, out: report.Report, seconds: float) -> dict[str, Any]:
    """Let the shops be healthy, break them, wait for their alerts, and count; return the summary."""
    webhook = stage.webhook
    with out.live():
        early = healthy(shops, webhook, out, seconds)
        for shop in shops:
            shop.breaks(stage.kube, stage.proxy)
            out.say(f"FAULT {shop.fault.name}: {shop.fault.brief}")
            time.sleep(STAGGER_SECONDS)
        wait(shops, webhook, out)
    rows = [row(shop, webhook) for shop in shops]
    story = []
    if stage.jaeger and stage.loki:
        story = follow(shops, stage.prometheus, stage.jaeger.url, stage.loki.url, out)
    for shop in shops:
        shop.load.stop()
    out.say("load ended; waiting for the last exports")
    counts = tally(shops, stage.prometheus, None if stage.jaeger else stage.sink)
    return {
        "ok": not early and all(part["ok"] for part in (*rows, counts, *story)),
        "faults": rows,
        "early": [f"{service}: {alert}" for service, alert in early],
        "records": counts,
        "trail": story,
    }


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
        out.show(list(rows.values()), f"alerts to come: {len(missing)}")
        time.sleep(0.2)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
