"""Judge every statistical alert by healthy traffic and by faults; writes docs/false-positives.json and its page.

``python -m benchmarks.false_positives`` takes about 10 min on two cores; ``--only ALERT`` replaces the figures of some
alerts alone, ``--short --json`` is quick, for programs, and proves nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.false_positives import measure, page, record
from benchmarks.false_positives.faults import QUESTIONS, Fault
from benchmarks.false_positives.worlds import WORLDS, World

#: Parts that the services of a world are divided into: each is a job.
_BATCHES = 20


def main() -> int:
    """Measure, print, write; return 1 if an alert is wrong more often than it may, or late for what it promises."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_positives", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ALERT", help="these alerts; the others stay as recorded"
    )
    parser.add_argument("--short", action="store_true", help="a few services of each world, a few faults")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (as many as cores)")
    parser.add_argument("--output", type=Path, default=record.PATH, help="the record; the page is beside it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    names = [name for name in measure.judged() if not options.only or name in options.only]
    if unknown := sorted(set(options.only) - set(names)):
        parser.error(f"not judged: {', '.join(unknown)}; known are {', '.join(measure.judged())}")
    result = record.read(options.output) if options.only else {"worlds": {}, "alerts": {}}
    if result["alerts"] and result["worlds"] != _worlds(short=options.short):
        parser.error(f"the worlds in {options.output} are others than these: measure every alert")
    with ProcessPoolExecutor(options.jobs) as pool:
        alarms = [job for world in WORLDS for job in _alarms(pool, world, names, short=options.short)]
        found = [
            (name, fault, pool.submit(measure.power, name, fault, traffic, 8 if options.short else measure.TRIALS))
            for name in names
            for fault, traffic in measure.cells(QUESTIONS[name])
        ]
        _say([*alarms, *(job for _, _, job in found)])
    result["worlds"] = _worlds(short=options.short)
    _merge(result, names, alarms, found)
    result["alerts"] = dict(sorted(result["alerts"].items()))
    record.write(result, options.output)
    options.output.with_suffix(".md").write_text(page.text(result), encoding="utf-8")
    print(json.dumps(result) if options.json else page.text(result))
    failed = record.failures(result, {name: measure.digest(name) for name in names})
    for line in failed:
        print(line, file=sys.stderr)
    return int(bool(failed))


def _alarms(pool: ProcessPoolExecutor, world: World, names: Sequence[str], *, short: bool) -> Iterable[Future[Any]]:
    batches = 1 if short else min(_BATCHES, world.services)
    for batch in range(batches):
        yield pool.submit(measure.alarms, world, names, batch, _services(world, short=short) // batches)


def _services(world: World, *, short: bool) -> int:
    return 1 if short else world.services


def _worlds(*, short: bool) -> dict[str, Any]:
    return {world.name: record.about(world, _services(world, short=short)) for world in WORLDS}


def _say(jobs: Sequence[Future[Any]]) -> None:
    """Tell how far it is, every tenth part."""
    tenth = max(1, len(jobs) // 10)
    for number, job in enumerate(jobs, 1):
        try:
            job.result()
        except BaseException:
            for other in jobs:
                other.cancel()
            raise
        if number % tenth == 0:
            print(f"{number} of {len(jobs)}", file=sys.stderr, flush=True)


def _merge(
    result: dict[str, Any],
    names: Sequence[str],
    alarms: Sequence[Future[measure.Alarms]],
    found: Sequence[tuple[str, Fault, Future[measure.Power]]],
) -> None:
    for name in names:
        question = QUESTIONS[name]
        result["alerts"][name] = {
            "rule": measure.digest(name),
            "alarms": dict.fromkeys(result["worlds"], 0),
            "budget": measure.budget(name),
            "unit": question.unit,
            "each": question.each,
            "promised": next(fault.size for fault in question.faults if fault.promised),
            "typical": f"{question.typical:g}",
            "power": {},
        }
    for job in alarms:
        one = job.result()
        for name, episodes in one.episodes.items():
            result["alerts"][name]["alarms"][one.world] += episodes
    for name, fault, power in found:
        cell = power.result()
        figures = {"trials": cell.trials, "found": cell.found, "late": cell.late, "median": cell.median}
        result["alerts"][name]["power"].setdefault(fault.size, {})[f"{cell.traffic:g}"] = figures


if __name__ == "__main__":
    sys.exit(main())
