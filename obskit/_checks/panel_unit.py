"""The unit of a panel is the unit of what its queries give."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks import _units
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered

ID = "panel-unit"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every panel that labels seconds as requests, or bytes as nothing."""
    for query in rendered.queries:
        unit = query.analysis.output.unit if query.analysis and query.unit else None
        if unit is not None and not _units.fits(query.unit, unit):
            fitting = [name for name, value in _units.GRAFANA.items() if value == unit]
            message = f"the panel's unit is {query.unit} and the query gives {_units.spell(unit)}, in: "
            remedy = f"units that fit: {', '.join(fitting or ['short'])}"
            yield Finding(query.place, message + one_line(query.written), ID, remedy)
