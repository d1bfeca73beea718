"""A program in a process of its own, for tests of what a process does."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap


def python(code: str, *, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
