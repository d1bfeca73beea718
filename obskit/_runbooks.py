"""The pages of alerts, as they are installed, and the queries on them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit import _installation

_BLOCK = re.compile(r"^```(promql|logql)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def page(alert: str) -> str:
    """Return the page of an alert; "" where it has none.

    Example:
        >>> page("ObskitShardHot").splitlines()[0]
        '# ObskitShardHot'
    """
    path = _installation.directory("runbooks") / f"{alert}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def queries(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield (language, query) of every line in the blocks of a page, without comments.

    Args:
        text: The page.

    Example:
        >>> list(queries("```promql\n# who is up?\nup == 1\n```\n"))
        [('promql', 'up == 1')]
    """
    for language, block in _BLOCK.findall(text):
        yield from ((language, line) for line in block.splitlines() if line and not line.startswith("#"))
