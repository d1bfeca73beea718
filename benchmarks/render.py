"""What rendering everything costs next to the start of the program: CPU time, interleaved in one run, medians.

``python benchmarks/render.py`` prints both and their ratio; ``--rounds 3 --json`` is shorter, and for programs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "python": ["-c", "pass"],
    "help": ["-m", "obskit", "--help"],
    "render": ["-m", "obskit", "render", "all", "-c", str(ROOT / "examples/shop/obskit.yaml"), "-o"],
    "check": ["-m", "obskit", "check", "-c", str(ROOT / "examples/shop/obskit.yaml")],
}


def cpu_seconds(arguments: list[str]) -> float:
    """Return user and system seconds of one run of this Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(rounds: int) -> dict[str, float]:
    """Return the median seconds of each command, and ``ratio``: rendering everything over ``obskit --help``."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            with tempfile.TemporaryDirectory() as folder:
                taken[name].append(cpu_seconds([*arguments, folder] if name == "render" else arguments))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {**medians, "ratio": medians["render"] / medians["help"]}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command (15)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = measure(options.rounds)
    if options.json:
        print(json.dumps(result))
        return
    for name in COMMANDS:
        print(f"{name:8} {result[name] * 1000:7.0f} ms of CPU")
    print(f"rendering everything costs {result['ratio']:.1f} times the start of the program")


if __name__ == "__main__":
    main()
