"""Every le in a query is a bucket boundary of that histogram."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "bucket-boundary"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every bucket that does not exist."""
    for query in rendered.queries:
        for selector in query.analysis.selectors if query.analysis else ():
            boundaries = selector.known.boundaries if selector.known else ()
            for label, operator, value in selector.matchers:
                if label == "le" and boundaries:
                    for wrong in _wrong(operator, value, boundaries):
                        message = f"{selector.name} has no bucket le={wrong!r}, in: {one_line(query.written)}"
                        yield Finding(
                            query.place, message, ID, f"boundaries: {', '.join(f'{b:g}' for b in boundaries)}"
                        )


def _wrong(operator: str, value: str, boundaries: tuple[float, ...]) -> list[str]:
    parts = value.replace("\\.", ".").split("|") if "~" in operator else [value]
    return [
        part for part in parts if (number := _number(part)) is not None and number not in (*boundaries, float("inf"))
    ]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
