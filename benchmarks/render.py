"""What rendering costs: CPU time beside the start of the program, and how long many services take.

``python benchmarks/render.py`` runs each command by turns and prints medians; ``--services 1000`` renders as many
projects in one command afterwards. ``--rounds 3 --json`` is shorter, and for programs. ``first`` renders with an empty
cache: it evaluates the jsonnet sources, as the first run of an installed version does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RENDER = ["-m", "obskit", "render", "all", "-c", str(ROOT / "examples/shop/obskit.yaml"), "-o"]
COMMANDS = {
    "python": ["-c", "pass"],
    "help": ["-m", "obskit", "--help"],
    "render": RENDER,
    "first": RENDER,
    "check": ["-m", "obskit", "check", "-c", str(ROOT / "examples/shop/obskit.yaml")],
}


def cpu_seconds(arguments: list[str], **variables: str) -> float:
    """Return user and system seconds of one run of this Python, with environment variables."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | variables
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(rounds: int) -> dict[str, float]:
    """Return the median seconds of each command, and ``beyond``: rendering everything less the interpreter's start.

    ``first_beyond`` is the same with an empty cache.
    """
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            with tempfile.TemporaryDirectory() as folder:
                whole = [*arguments, f"{folder}/out"] if arguments is RENDER else arguments
                variables = {"XDG_CACHE_HOME": f"{folder}/cache"} if name == "first" else {}
                taken[name].append(cpu_seconds(whole, **variables))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    beyond = {"beyond": medians["render"] - medians["python"], "first_beyond": medians["first"] - medians["python"]}
    return {**medians, **beyond, "ratio": medians["render"] / medians["help"]}


def many(services: int) -> dict[str, float]:
    """Return wall and CPU seconds of rendering many services with one command."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.yaml" for number in range(services)]
        for number, path in enumerate(files):
            path.write_text(f"service: {{name: s{number}, namespace: n{number % 20}}}\n", encoding="utf-8")
        options = [part for path in files for part in ("-c", str(path))]
        begun = time.monotonic()
        cpu = cpu_seconds(["-m", "obskit", "render", "all", *options, "-o", f"{folder}/out"])
        return {"services": services, "seconds": time.monotonic() - begun, "services_cpu": cpu}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command (15)")
    parser.add_argument("--services", type=int, default=0, help="render as many services with one command (none)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = measure(options.rounds) | (many(options.services) if options.services else {})
    if options.json:
        print(json.dumps(result))
        return
    for name in COMMANDS:
        print(f"{name:8} {result[name] * 1000:7.0f} ms of CPU")
    print(f"rendering everything costs {result['ratio']:.1f} times the start of the program")
    beyond = f"{result['beyond'] * 1000:.0f} ms of CPU beyond the start of the interpreter"
    print(f"rendering everything costs {beyond}, the first time {result['first_beyond'] * 1000:.0f} ms (limit: 300 ms)")
    if options.services:
        print(f"{options.services} services: {result['seconds']:.0f} s, {result['services_cpu']:.0f} s of CPU")


if __name__ == "__main__":
    main()
