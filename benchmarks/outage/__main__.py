"""``python -m benchmarks.outage`` takes the sidecar of a real service away, and counts what arrives when it is back.

Three services run at once, under the same load: FastAPI on Uvicorn with three queries to PostgreSQL and a log line in
each request. One is alone, one has its sidecar all the time, one has none during the outage. The whole takes two
minutes longer than the outage; with the values of the promise, which are the defaults, it writes docs/outage.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/outage.md"
_MINUTES, _RATE = 10.0, 20.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=_MINUTES, help="how long the sidecar is away (10)")
    parser.add_argument("--rate", type=float, default=_RATE, help="requests a second to each service (20)")
    parser.add_argument("--output", type=Path, help="where the page goes (docs/outage.md, with the defaults)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")
    options = parser.parse_args(arguments)
    if options.minutes <= 0 or options.rate <= 0:
        parser.error("--minutes and --rate must be above 0")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 when something is missing, 2 when it cannot be measured."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what runs is stopped on the way out

    from benchmarks.outage import measure, report
    from benchmarks.overhead.running import CannotMeasure

    try:
        found = measure.measure(options.minutes * 60, options.rate, lambda line: print(line, file=sys.stderr))
    except (CannotMeasure, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(dataclasses.asdict(found)) if options.json else report.tables(found))
    is_promised = options.minutes >= _MINUTES and options.rate >= _RATE
    target = options.output or (PAGE if is_promised else None)
    if target is not None:
        target.write_text(report.page(found), encoding="utf-8")
        print(f"wrote {target}", file=sys.stderr)
    faults = report.faults(found)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
