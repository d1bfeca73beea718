"""The sources of a render: see :mod:`obskit._installation`, which checks use as well."""

from __future__ import annotations

from obskit._installation import directory

__all__ = ["directory"]
