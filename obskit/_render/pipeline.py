"""Everything that a project renders to, as one pure function."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from obskit.config.project import Project

#: Artefact -> the module whose ``files(project)`` renders it; the order is the order of the output.
ARTEFACTS = {
    "alerts": "obskit._render.alerts",
    "dashboards": "obskit._render.dashboards",
    "sidecars": "obskit._render.sidecars",
    "chart": "obskit._render.chart",
}


def render(project: Project, artefacts: Iterable[str] = ARTEFACTS) -> dict[str, str]:
    """Return ``{path: text}`` for the artefacts; the same input gives the same bytes.

    Args:
        project: The parsed ``obskit.yaml``.
        artefacts: Some of :data:`ARTEFACTS`.

    Raises:
        InputError: The project names an alert or a parameter that does not exist.
        RenderError: The jsonnet sources do not evaluate.
    """
    files: dict[str, str] = {}
    for artefact in ARTEFACTS:
        if artefact in artefacts:
            files |= import_module(ARTEFACTS[artefact]).files(project)
    return files
