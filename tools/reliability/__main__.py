"""``python -m tools.reliability`` runs the matrix of docs/reliability.md against the real servers.

What each cell came to is recorded in docs/reliability.json, and the page is written from that. It takes about eight
minutes on two cores that have nothing else to do; where they have, stops take longer than they would.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.reliability import cells, page, recorded
from tools.reliability.promise import Outcome
from tools.reliability.servers import BARE, SERVERS, Server

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
_lock, _over = threading.Lock(), threading.Event()


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.reliability", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [server.name for server in SERVERS]
    parser.add_argument("--server", action="append", choices=names, help="only this one, and keep what is recorded")
    parser.add_argument("--jobs", type=int, default=2, help="servers at a time (2)")
    parser.add_argument("--list", action="store_true", help="list the servers and their cells, and run nothing")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 when something is not as promised, 2 when a server is not installed."""
    options = parse(arguments)
    wanted = [server for server in SERVERS if not options.server or server.name in options.server]
    if options.list:
        print("\n".join(f"{server.name}: {', '.join(server.cells)}" for server in wanted))
        return 0
    if missing := [why for server in wanted if (why := server.missing())]:
        print("\n".join(missing), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what runs is stopped on the way out
    found = recorded.here()
    if options.server and recorded.FILE.exists():
        found.outcomes.update(recorded.read().outcomes)
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            found.outcomes.update(zip((server.name for server in wanted), pool.map(_server, wanted), strict=True))
        except BaseException:  # interrupted: what runs ends with its cell
            _over.set()
            raise
    found.outcomes = {server.name: found.outcomes[server.name] for server in SERVERS if server.name in found.outcomes}
    recorded.write(found)
    PAGE.write_text(page.page(), encoding="utf-8")
    faults = found.faults()
    print("\n".join([*faults, f"wrote {recorded.FILE.name} and {PAGE.name}"]))
    return 1 if faults else 0


def _server(server: Server) -> dict[str, Outcome | str]:
    """Run all cells of a server."""
    found: dict[str, Outcome | str] = {}
    for group in ([BARE], *server.groups):
        if _over.is_set():
            return {}
        with tempfile.TemporaryDirectory(prefix="reliability-") as folder:
            found.update(cells.run(server, group, Path(folder), found.get(BARE, "")))
        for name in group:
            _say(f"{server.name}, {name}: {page.cell(server, name, found)}")
    return {name: found[name] for name in (BARE, *server.cells)}


def _say(line: str) -> None:
    with _lock:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
