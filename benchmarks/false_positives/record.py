"""What was measured, as docs/false-positives.json keeps it: alert -> the rule that it is true of, alarms and power."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the page is made where there is no numpy
    from benchmarks.false_positives.worlds import World

PATH = Path(__file__).resolve().parents[2] / "docs/false-positives.json"
#: False alarms a day that an alert may give in a world that is limited.
MOST = 0.5
#: A traffic is enough if this share of the promised faults is found in time there.
ENOUGH = 0.9
#: At the traffic of which the runbook speaks, the share of the promised faults that must be found in time, as counted.
#: Of 128 trials these are 122: by the binomial distribution an alert that finds 98 % passes in 98 of 100 such counts,
#: one that finds 90 % in two. Of 22, which are all there are where it takes days, 21: then they pass in 93 and in 34.
PROMISED = 0.95

Figures = Mapping[str, Any]


def read(path: Path = PATH) -> dict[str, Any]:
    """Return what was recorded: nothing if nothing was."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {"worlds": {}, "alerts": {}}


def write(result: Figures, path: Path) -> None:
    """Write it down, a line for each world and each alert."""
    parts = []
    for key in ("worlds", "alerts"):
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in result[key].items())
        parts.append(f' "{key}": {{\n{lines}\n }}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def about(world: World, services: int) -> dict[str, Any]:
    """Return what the record says of a world.

    Args:
        world: The world.
        services: How many services of it were watched.
    """
    return {
        "brief": world.brief,
        "rate": world.rate,
        "shards": world.shards,
        "sigma": world.sigma,
        "limited": world.limited,
        "days": round(services * (world.seconds - world.settled) / 86400, 3),
    }


def per_day(result: Figures, alert: str) -> dict[str, float]:
    """Return the false alarms of an alert a day, by world."""
    worlds = result["worlds"]
    return {world: number / worlds[world]["days"] for world, number in result["alerts"][alert]["alarms"].items()}


def worst(result: Figures, alert: str) -> tuple[float, str]:
    """Return the most false alarms a day, and the world that has them, of those that are limited."""
    chosen = {world: number for world, number in per_day(result, alert).items() if result["worlds"][world]["limited"]}
    world = max(chosen, key=lambda name: chosen[name], default="")
    return chosen.get(world, 0.0), world


def enough(cells: Mapping[str, Mapping[str, Any]]) -> list[float]:
    """Return the traffics at which enough of the faults are found in time: the greatest, and those next below it.

    Args:
        cells: Traffic -> ``trials`` and ``found``.
    """
    found: list[float] = []
    for traffic in sorted(cells, key=float, reverse=True):
        if cells[traffic]["found"] >= ENOUGH * cells[traffic]["trials"]:
            found.insert(0, float(traffic))
        elif found:
            break
    return found


def promised(figures: Figures) -> dict[str, Any]:
    """Return how many of the faults that the budget is promised for are found, at the traffic of the runbook."""
    return dict(figures["power"][figures["promised"]][figures["typical"]])


def failures(result: Figures, digests: Mapping[str, str]) -> list[str]:
    """Return what keeps the record from being true of some alerts, or an alert from being good enough: a line for each.

    Args:
        result: The record.
        digests: Alert -> the rule that it has now.
    """
    found = []
    for name, digest in digests.items():
        figures = result["alerts"].get(name)
        if figures is None or figures["rule"] != digest:
            found.append(f"{name}: not measured as it is now; run python -m benchmarks.false_positives --only {name}")
            continue
        number, world = worst(result, name)
        if number > MOST:
            found.append(f"{name}: {number:.2g} false alarms a day in the world {world!r}, more than {MOST:g}")
        cell, at = promised(figures), f", at {figures['typical']} {figures['unit']}" if figures["each"] else ""
        if not cell["trials"] or cell["found"] < PROMISED * cell["trials"]:
            found.append(
                f"{name}: {cell['found']} of {cell['trials']} promised faults found within {figures['budget']} s "
                f"({figures['promised']}{at}), fewer than {PROMISED:.0%}"
            )
    return found
