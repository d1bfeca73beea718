"""What the demo shows: a line for each event, a table that lives on a terminal, and the same as JSON at the end."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

#: Without a terminal there is no table that lives, but a line this often.
_BEAT_SECONDS = 15
_WIDTH = 104
_STYLES = {"ok": "green", "BROKEN": "red", "broken": "yellow"}


class Report:
    """Progress with the seconds since the start."""

    def __init__(self) -> None:
        console = Console(highlight=False, markup=False, emoji=False)
        self._console = console if console.is_terminal else Console(highlight=False, markup=False, width=_WIDTH)
        self._started = time.monotonic()
        self._beat = self._started
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(f"[{time.monotonic() - self._started:5.0f} s] {text}", soft_wrap=True)

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """Keep a table below the lines while inside, on a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, transient=True, auto_refresh=False) as self._live:
            yield
        self._live = None

    def show(self, rows: list[dict[str, Any]], note: str) -> None:
        """Show how the shops are now.

        Args:
            rows: As of :func:`tools.demo.outcome.row`.
            note: What goes on, in a few words.
        """
        if self._live is not None:
            self._live.update(table(rows, title=note), refresh=True)
        elif time.monotonic() - self._beat >= _BEAT_SECONDS:
            self._beat = time.monotonic()
            self.say(f"  {note}; {sum(row['requests'] for row in rows)} requests")

    def end(self, rows: list[dict[str, Any]], lines: list[str]) -> None:
        """Print what became of every fault, and the closing lines."""
        self._console.print("", table(rows), sep="\n")
        for line in lines:
            self._console.print(line, soft_wrap=True)


def table(rows: list[dict[str, Any]], title: str | None = None) -> Table:
    """Return the faults as a table."""
    result = Table(title=title, title_justify="left", title_style="")
    for head in ("fault", "alert", "state", "after", "budget", "requests", "failed"):
        result.add_column(head, justify="left" if head in ("fault", "alert", "state") else "right", no_wrap=True)
    for row in rows:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
        state = Text(row["state"], style=_STYLES.get(row["state"].partition(" ")[0], ""))
        cells = (row["fault"], row["alert"], state, seconds, f"{row['budget']} s")
        result.add_row(*cells, str(row["requests"]), str(row["failed_requests"]))
    return result


def save(path: Path, summary: dict[str, Any]) -> None:
    """Write the summary."""
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
