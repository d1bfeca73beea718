"""``python -m tools.demo.picture`` draws the table of the last run as docs/images/demo.svg."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]


def draw(summary: dict) -> str:
    """Return the picture of a summary as SVG."""
    table = Table(title="fault → notification, measured on a real Prometheus and Alertmanager", title_justify="left")
    for head in ("fault", "alert", "arrived after", "its budget", "verdict"):
        table.add_column(head, justify="right" if head in ("arrived after", "its budget") else "left")
    for row in summary["faults"]:
        verdict = "[green]ok[/]" if row["ok"] else "[red]broken[/]"
        table.add_row(row["fault"], row["alert"], f"{row['seconds']} s", f"{row['budget']} s", verdict)
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(f"$ make demo\n\nalerts in the healthy minute before: {', '.join(summary['early']) or 'none'}\n")
    console.print(table)
    for signal in ("spans", "logs", "metric points"):
        count = summary["records"][signal]
        console.print(f"{signal}: {count['sent']} sent, {count['received']} received")
    return console.export_svg(title="obskit", unique_id="obskit")


if __name__ == "__main__":
    picture = ROOT / "docs/images/demo.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(draw(json.loads((ROOT / "build/demo/summary.json").read_text())))
    print(picture.relative_to(ROOT))
