"""Where ``alerts/``, ``dashboards/``, ``sidecars/`` and ``helm/`` are: in an installed wheel, or in the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def directory(name: str) -> Path:
    """Return the folder of one kind of source.

    Args:
        name: ``alerts``, ``dashboards``, ``sidecars``, ``helm``, ``runbooks`` or ``cases`` (promtool cases).

    Raises:
        FileNotFoundError: The installation is incomplete.

    Example:
        >>> directory("alerts").name
        'alerts'
    """
    checkout = {"runbooks": "docs/runbooks", "cases": "tests/alerts"}.get(name, name)
    for candidate in (_PACKAGE / "_assets" / name, _PACKAGE.parent / checkout):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"obskit is not installed whole: no folder {name} beside {_PACKAGE}")
