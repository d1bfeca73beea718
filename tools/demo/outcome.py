"""What became of each fault, and whether the promise was kept."""

from __future__ import annotations

import time
from typing import Any

from tools.demo.faults import LIMIT
from tools.demo.shop import Shop
from tools.stack.listeners import Webhook


def row(shop: Shop, webhook: Webhook, *, over: bool = True) -> dict[str, Any]:
    """Return what became of the fault of a shop.

    Args:
        shop: The shop.
        webhook: Where its alert arrives.
        over: Whether nobody waits any longer.
    """
    fault, broken_at = shop.fault, shop.broken_at
    arrived = webhook.arrived.get((fault.service, fault.alert))
    seconds = None if arrived is None or not broken_at else round(arrived - broken_at, 2)
    kept = seconds is not None and 0 <= seconds <= min(LIMIT, shop.budget)
    others = sorted(alert for service, alert in webhook.arrived if service == fault.service and alert != fault.alert)
    return {
        "fault": fault.name,
        "alert": fault.alert,
        "state": _state(broken_at, seconds, kept=kept, over=over),
        "seconds": seconds,
        "budget": shop.budget,
        "limit": LIMIT,
        "ok": kept,
        "also": others,
        "requests": shop.load.sent,
        "failed_requests": shop.load.failed,
    }


def lines(summary: dict[str, Any]) -> list[str]:
    """Return the closing lines of a run."""
    result = [f"alerts before the faults: {', '.join(summary['early']) or 'none'}"]
    result += [f"also alerted in {row['fault']}: {', '.join(row['also'])}" for row in summary["faults"] if row["also"]]
    for signal in ("spans", "logs", "metric points"):
        count = summary["records"][signal]
        share = f"{count['share']:.4%}"
        result.append(f"{signal}: {count['sent']} sent, {count['received']} received ({share}) by {count['by']}")
    result += [f"  {step['step']}: {step['found']}" for step in summary["trail"]]
    return [*result, f"rendered files: {summary['folder']}/*/rendered"]


def _state(broken_at: float, seconds: float | None, *, kept: bool, over: bool) -> str:
    if seconds is not None or over:
        return "ok" if kept else "BROKEN PROMISE"
    return f"broken for {time.time() - broken_at:.0f} s" if broken_at else "healthy"
