"""Measure how long alerts take from the fault to the webhook; writes docs/detection.md and docs/detection.json.

``python -m benchmarks.detection`` runs three seeds over 42 services on Prometheus 3 and 2.42 (usually 25 min);
``--services 4 --seeds 1 --spread 60`` is shorter, ``--json`` for programs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.detection import page, replay, report
from benchmarks.detection.faults import FAULTS
from benchmarks.detection.run import HEARTBEATS, LONGEST, PATIENT, Plan, run
from tools.bring import bring

ROOT = Path(__file__).resolve().parents[2]
#: Version -> the names of its programs.
VERSIONS = {
    "3": {"prometheus": "prometheus", "promtool": "promtool", "alertmanager": "alertmanager"},
    "2.42": {"prometheus": "prometheus-2.42", "promtool": "promtool-2.42", "alertmanager": "alertmanager-0.25"},
}


def main() -> int:
    """Run, print, write; return 1 if an alert was late or missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("--services", type=int, default=42, help="simulated services (42)")
    parser.add_argument("--seeds", type=int, default=3, help="runs, each with other randomness (3)")
    parser.add_argument("--versions", nargs="+", choices=VERSIONS, default=list(VERSIONS), help="of Prometheus (both)")
    parser.add_argument("--spread", type=float, default=240, help="seconds within which every fault begins (240)")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="ALERT",
        help="faults of these alerts alone; the others stay as recorded",
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build/detection", help="where its files go; emptied first"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs/detection.json", help="where the figures go")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    names = [name for version in options.versions for name in VERSIONS[version].values()]
    programs = bring(names, say)
    versions = {v: {role: programs[name] for role, name in VERSIONS[v].items()} for v in options.versions}
    shutil.rmtree(options.folder, ignore_errors=True)
    budgets = {name: float(seconds) for name, seconds in report.budgets().items()}
    known = {fault.alert for fault in FAULTS}
    faults = [fault for fault in FAULTS if not options.only or fault.alert in options.only]
    others = {n: b for n, b in budgets.items() if n not in {*known, *HEARTBEATS} and n in (options.only or budgets)}
    scenes = [scene for scene in replay.scenes(others, LONGEST) if not scene.learns]
    plans = [Plan(options.services, s, options.spread, budgets, faults, scenes) for s in range(1, options.seeds + 1)]
    short = {alert for scene in scenes for alert in scene.alerts}
    names_of_copies = [chr(ord("a") + seed) for seed in range(options.seeds)]
    copies = [scene for copy in names_of_copies for scene in replay.scenes(others, PATIENT, copy)]
    long = [scene for scene in copies if not short.issuperset(scene.alerts)]
    slow = Plan(0, options.seeds + 1, options.spread, budgets, (), long)
    # Those that learn first, or wait for long, take as long as the rest together, and little time of the processor.
    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(run, versions, options.folder / "patient", slow, say) if slow.scenes else None
        outcomes = [run(versions, options.folder / str(plan.seed), plan, say) for plan in plans]
        outcomes += [last.result()] if last else []
    result = report.figures(outcomes, options.versions)
    if options.only and options.output.exists():
        result = report.merged(json.loads(options.output.read_text(encoding="utf-8")), result)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    options.output.with_suffix(".md").write_text(page.text(result), encoding="utf-8")
    if options.json:
        print(json.dumps(result))
    else:
        print(page.text(result))
    late = report.late(result)
    for line in late:
        say(line)
    return 1 if late or result["early"] else 0


if __name__ == "__main__":
    sys.exit(main())
