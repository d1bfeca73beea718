"""Every LogQL query reads, selects streams by known labels and filters by known fields."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import catalogue
from obskit._checks import _logql
from obskit._checks._finding import Finding, nearest, one_line
from obskit._checks._rendered import Rendered
from obskit.logql import LogQLError

ID = "log-field"

#: What Loki itself adds where a stage fails.
_OF_LOKI = {"__error__", "__error_details__"}


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every name that no log record has, and for what is no LogQL."""
    fields = catalogue.log_fields()
    labels = {name for name, field in fields.items() if field.kind == "label"}
    for text in rendered.texts:
        if text.source != "loki":
            continue
        quoted = one_line(text.written)
        try:
            names = list(_logql.names(text.query))
        except LogQLError as error:
            yield Finding(text.place, f"not LogQL: {error}, in: {quoted}", ID)
            continue
        for name in names:
            allowed = labels if name.where == "stream" else {*fields, *_OF_LOKI}
            if name.name not in allowed:
                kind = "label of a log stream" if name.where == "stream" else "field of a log record"
                message = f"no {kind} is called {name.name}, in: {quoted}"
                yield Finding(text.place, message, ID, nearest(name.name, allowed))
