"""Benchmarks run, and measure what they say; how fast something is, no test asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_benchmark_of_rendering_compares_with_the_start_of_the_program() -> None:
    command = [sys.executable, ROOT / "benchmarks/render.py", "--rounds", "1", "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result.keys() == {"python", "help", "render", "check", "ratio"}
    assert all(value > 0 for value in result.values())
    assert result["ratio"] == result["render"] / result["help"]
