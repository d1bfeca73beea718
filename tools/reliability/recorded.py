"""docs/reliability.json: what the matrix came to when ``python -m tools.reliability`` last ran it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from tools.reliability.promise import Outcome, faults
from tools.reliability.servers import BARE, SERVERS

FILE = Path(__file__).parents[2] / "docs/reliability.json"
#: Distributions that the outcomes depend on.
_VERSIONS = (
    *("gunicorn", "gevent", "uvicorn", "uvicorn-worker", "hypercorn", "uwsgi", "celery", "billiard"),
    *("fastapi", "flask", "opentelemetry-api", "wrapt"),
)


@dataclass
class Recorded:
    """What was recorded.

    Args:
        python: Version of Python.
        versions: Distribution -> version.
        outcomes: Server -> cell -> outcome; a text where it did not come to one.
    """

    python: str
    versions: Mapping[str, str]
    outcomes: dict[str, dict[str, Outcome | str]]

    def faults(self) -> list[str]:
        """Return every cell that is not as declared, or whose outcome is not as promised."""
        wrong = [f"{name}: nobody declares it" for name in self.outcomes.keys() - {server.name for server in SERVERS}]
        for server in SERVERS:
            cells = self.outcomes.get(server.name, {})
            if list(cells) != [BARE, *server.cells]:
                wrong.append(f"{server.name}: recorded are {', '.join(cells) or 'no cells'}")
                continue
            for name in server.cells:
                wrong += [f"{server.name}, {name}: {text}" for text in faults(server, name, cells[name], cells[BARE])]
        return wrong


def here() -> Recorded:
    """Return an empty record of this environment."""
    installed = {found.name.lower(): found.version for found in metadata.distributions()}
    versions = {name: installed[name] for name in _VERSIONS if name in installed}
    return Recorded(f"{platform.python_implementation()} {platform.python_version()}", versions, {})


def read(path: Path = FILE) -> Recorded:
    """Return what the file holds."""
    text: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    outcomes = {
        server: {name: cell if isinstance(cell, str) else Outcome(**cell) for name, cell in cells.items()}
        for server, cells in text["outcomes"].items()
    }
    return Recorded(text["python"], text["versions"], outcomes)


def write(recorded: Recorded, path: Path = FILE) -> None:
    """Write the file: a line for each cell, so that a difference shows what changed."""
    head = {"python": recorded.python, "versions": dict(recorded.versions)}
    lines = [json.dumps(head, indent=1)[:-2] + ",", ' "outcomes": {']
    for server, cells in recorded.outcomes.items():
        inner = ",\n".join(f"   {json.dumps(name)}: {_line(cell)}" for name, cell in cells.items())
        lines.append(f"  {json.dumps(server)}: {{\n{inner}\n  }},")
    lines[-1] = lines[-1].rstrip(",")
    path.write_text("\n".join([*lines, " }", "}"]) + "\n", encoding="utf-8")


def _line(cell: Outcome | str) -> str:
    if isinstance(cell, str):
        return json.dumps(cell.splitlines()[0][:200])
    return json.dumps({name: value for name, value in asdict(cell).items() if name != "output" and value != {}})
