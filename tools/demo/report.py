"""What the demo shows: lines as it goes, a table at the end, the same as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

_RED, _GREEN, _PLAIN = "\033[31m", "\033[32m", "\033[0m"


class Report:
    """Progress with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._terminal = sys.stdout.isatty()

    def say(self, text: str) -> None:
        """Print a line."""
        print(f"[{time.monotonic() - self._started:5.0f} s] {text}", flush=True)

    def alive(self, text: str) -> None:
        """Show what changes every second: over the same line, on a terminal only."""
        if self._terminal:
            print(f"\r\033[K{text}", end="", flush=True)

    def settle(self) -> None:
        """Keep the changing line."""
        if self._terminal:
            print(flush=True)

    def table(self, rows: list[dict[str, Any]]) -> str:
        """Return the alerts as a table."""
        heads = ("fault", "alert", "arrived", "budget", "limit", "verdict")
        lines = [
            (
                row["fault"],
                row["alert"],
                "never" if row["seconds"] is None else f"{row['seconds']:.1f} s",
                f"{row['budget']} s",
                f"{row['limit']:.0f} s",
                "ok" if row["ok"] else "BROKEN",
            )
            for row in rows
        ]
        widths = [max(len(str(line[i])) for line in (heads, *lines)) for i in range(len(heads))]
        text = [
            "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (heads, *lines)
        ]
        return "\n".join([text[0], "-" * len(text[0]), *(self._coloured(line) for line in text[1:])])

    def _coloured(self, line: str) -> str:
        if not self._terminal:
            return line
        return f"{_RED if 'BROKEN' in line else _GREEN}{line}{_PLAIN}"


def save(path: Path, summary: dict[str, Any]) -> None:
    """Write the summary."""
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
