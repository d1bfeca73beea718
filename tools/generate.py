"""Write every committed file that is made from something else: ``python tools/generate.py [--check]``.

``--check`` writes nothing, names the files that are stale and exits with 1. To add a file, add a line to FILES.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import noise
import reference
import runbooks

from obskit import _checks, _lint, catalogue
from obskit._render import chart, pack, pipeline
from obskit.catalogue import _export
from obskit.config.loading import load

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, it sees its own folder alone

from benchmarks.detection import page as detection
from benchmarks.false_positives import page as false_positives
from tools.reliability import page as reliability

ROOT = Path(__file__).resolve().parent.parent
SHOP = "examples/shop"


def signals() -> str:
    """Return docs/reference/signals.md."""
    return reference.HEADER + "\n" + _export.markdown()


def checks() -> str:
    """Return docs/checks/README.md: every check with its sentence."""
    lines = [reference.HEADER, "# Checks", "", "What `obskit check` holds rendered files against.", ""]
    lines += _table(_checks.CHECKS)
    lines += ["", "What `obskit check --rules` holds [rules of anybody](../lint.md) against.", ""]
    return "\n".join(lines + _table(_lint.CHECKS)) + "\n"


def _table(checks: Mapping[str, ModuleType]) -> list[str]:
    lines = ["| check | holds when |", "|---|---|"]
    for name, module in checks.items():
        sentence = (module.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| [{name}]({name}.md) | {sentence} |")
    return lines


def packs() -> str:
    """Return docs/packs/README.md: every platform pack with what it watches."""
    lines = [reference.HEADER, "# Platform packs", "", "Off by default: [how to enable one](../alerts.md).", ""]
    lines += ["| pack | series | alerts |", "|---|---|---|"]
    alerts = list(pack.load().alerts())
    for name in catalogue.PLATFORM:
        module = importlib.import_module(f"{catalogue.__name__}.platform.{name}")
        names = [alert.name for alert in alerts if alert.family == name]
        links = ", ".join(f"[{alert}](../runbooks/{alert}.md)" for alert in names)
        lines.append(f"| [{name}]({name}.md) | {(module.__doc__ or '').splitlines()[0]} | {links} |")
    return "\n".join(lines) + "\n"


def shop() -> dict[str, str]:
    """Return everything that the shop's obskit.yaml renders to: path below examples/shop/rendered -> text."""
    return pipeline.render(load(ROOT / SHOP / "obskit.yaml")[0], pipeline.ARTEFACTS)


#: Path -> what makes its text.
FILES: dict[str, Callable[[], str]] = {
    "docs/reference/signals.md": signals,
    "docs/reference/cli.md": reference.command_line,
    "docs/reference/config.md": reference.project_file,
    "docs/checks/README.md": checks,
    "docs/packs/README.md": packs,
    "docs/reliability.md": reliability.page,
    "docs/false-positives.md": false_positives.from_record,
    "docs/detection.md": detection.from_record,
    "tests/alerts/noise-test.yaml": noise.cases,
    "docs/runbooks/README.md": runbooks.index,
    **{
        f"docs/runbooks/{name}": functools.partial(str, text)
        for name, text in runbooks.pages(false_positives.facts).items()
    },
    **{f"helm/obskit/{path}": functools.partial(str, text) for path, text in chart.bundle().items()},
    **{f"{SHOP}/rendered/{path}": functools.partial(str, text) for path, text in shop().items()},
}


def stale() -> dict[Path, str]:
    """Return the files that are not as their source makes them, with the text that they must have."""
    made = {ROOT / name: make() for name, make in FILES.items()}
    return {path: text for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text}


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python tools/generate.py [--check]", file=sys.stderr)
        return 2
    found = stale()
    for path, text in found.items():
        print(f"{'stale' if arguments else 'wrote'} {path.relative_to(ROOT)}")
        if not arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if arguments and found:
        print("run python tools/generate.py and commit what it writes", file=sys.stderr)
    return 1 if arguments and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
