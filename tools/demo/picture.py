"""``python -m tools.demo.picture`` draws the table of the last run as docs/images/demo.svg."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from tools.demo.outcome import lines
from tools.demo.report import table

ROOT = Path(__file__).parents[2]


def draw(summary: dict) -> str:
    """Return the picture of a summary as SVG."""
    console = Console(record=True, width=104, file=io.StringIO(), markup=False, highlight=False)
    console.print("$ make demo\n")
    console.print(table(summary["faults"]))
    for line in lines(summary):
        console.print(line)
    return console.export_svg(title="obskit", unique_id="obskit")


if __name__ == "__main__":
    picture = ROOT / "docs/images/demo.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(draw(json.loads((ROOT / "build/demo/summary.json").read_text())))
    print(picture.relative_to(ROOT))
