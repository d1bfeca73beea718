"""Every alert links a runbook, and obskit ships the page."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import _installation
from obskit._checks._finding import Finding, nearest
from obskit._checks._rendered import Rendered

ID = "missing-runbook"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert without a page; pages elsewhere are their owner's business."""
    pages = {page.stem for page in _installation.directory("runbooks").glob("*.md")}
    base = f"{rendered.project.backends.runbooks}/"
    for alert in rendered.alerts():
        url = alert.annotations.get("runbook_url", "")
        page = url.removeprefix(base)
        if not url:
            yield Finding(alert.place, "the annotation runbook_url is missing", ID)
        elif url.startswith(base) and page not in pages:
            yield Finding(alert.place, f"no runbook is called {page}: {url}", ID, nearest(page, pages))
