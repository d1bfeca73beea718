"""A window of rate() and its kin holds at least two samples, and four to survive a scrape that fails."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack
from obskit._lint._tree import RATES, Call, Selector

ID = "range-too-short"

_SLOPES = {*RATES, "delta", "idelta", "deriv", "predict_linear"}


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every window that is too short for the scrape interval; not known, nothing is said."""
    scrape = pack.settings.scrape
    if scrape is None:
        return
    for rule, call in pack.parts(Call):
        inner = call.parts[0] if call.name in _SLOPES else None
        if not isinstance(inner, Selector) or inner.window is None or ":" in inner.name:
            continue
        message = f"a window of {inner.window:g}s at a scrape interval of {scrape:g}s"
        remedy = f"make it {4 * scrape:g}s or longer"
        if inner.window < 2 * scrape:
            yield rule.finding(ID, WARNING, f"{message} holds one sample, which has no slope: {call}", remedy)
        elif inner.window < 4 * scrape:
            yield rule.finding(ID, NOTE, f"{message} has a gap when a scrape fails: {call}", remedy)
