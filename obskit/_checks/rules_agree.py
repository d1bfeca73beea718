"""The PrometheusRule and the plain file of rules hold the same groups."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding
from obskit._checks._rendered import Rendered

ID = "rules-agree"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every group that two files have differently."""
    for path, group in rendered.disagreeing:
        message = f"group {group} differs from the group of this name in another file"
        yield Finding(path, message, ID, "render both again: obskit render alerts")
