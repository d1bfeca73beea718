"""Programs in processes of their own: Python for tests of what a process does, promtool for tests of rules."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml


def python(code: str, *, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def promtool_says(
    promtool: Path,
    folder: Path,
    groups: list[dict[str, Any]],
    tests: list[dict[str, Any]],
    *,
    evaluation: str = "5s",
    timeout: float | None = None,
) -> str:
    """What promtool says of tests that fail against groups of rules; "" when they pass."""
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": evaluation, "tests": tests}
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    (folder / "test.yaml").write_text(yaml.safe_dump(document))
    command = [str(promtool), "test", "rules", "test.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=timeout)
    return (done.stdout + done.stderr or f"code {done.returncode}") if done.returncode else ""
