"""Every variable in a dashboard's query is one of the dashboard's."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered

ID = "unknown-variable"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every variable that nothing defines."""
    for text in rendered.texts:
        for name in text.unknown:
            message = f"no variable is called {name}, in: {one_line(text.written)}"
            yield Finding(text.place, message, ID, nearest(name, text.variables))
