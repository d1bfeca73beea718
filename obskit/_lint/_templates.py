"""Templates of labels and annotations: the parts between their braces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obskit.config import templates

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`')
_OF_ALERT = re.compile(r'\$labels\.([A-Za-z_]\w*)|\bindex\s+\$labels\s+"([^"]+)"')
#: ``.Labels`` is the alert's as long as nothing has moved the dot.
_DOT = re.compile(r"(?<![\w$)])\.Labels\.([A-Za-z_]\w*)")
_MOVES = re.compile(r"(?:range|with|define|template|block)\b")
_CONDITION = re.compile(r"(?:else\s+)?(?:if|with)\b")
_SILENT = re.compile(r"(?:else|end|if|with|range|define|/\*|\$\w+\s*(?:,\s*\$\w+\s*)?:?=)")
_VALUE = re.compile(r"\$value\b|(?<![\w$)])\.Value\b")
_QUERY = re.compile(r'\bquery\s+("(?:[^"\\\n]|\\.)*"|`[^`]*`)')


def labels(text: str) -> list[str]:
    """Return the labels of the alert that a template shows; one that it first asks for may be missing.

    Example:
        >>> labels("{{ $labels.pod }} {{ with $labels.cluster }}of {{ $labels.cluster }}{{ end }}")
        ['pod']
    """
    shown: dict[str, None] = {}
    asked: set[str] = set()
    moved = False
    for action in templates.actions(text) or ():
        moved = moved or bool(_MOVES.match(action))
        names = [one or other for one, other in _OF_ALERT.findall(action)]
        names += [] if moved else _DOT.findall(action)
        if _CONDITION.match(action):
            asked.update(names)
        else:
            shown.update(dict.fromkeys(names))
    return [name for name in shown if name not in asked]


def shows_value(text: str) -> bool:
    """Return whether a template shows the value, rather than asks how large it is.

    Example:
        >>> shows_value("{{ $value | humanize }}"), shows_value("{{ if gt $value 5.0 }}high{{ end }}")
        (True, False)
    """
    return any(
        _VALUE.search(_STRING.sub('""', action)) and not _SILENT.match(action)
        for action in templates.actions(text) or ()
    )


def queries(text: str) -> Iterator[str]:
    """Yield the queries that a template asks.

    Example:
        >>> list(queries("{{ range query `up` }}{{ end }}"))
        ['up']
    """
    for action in templates.actions(text) or ():
        for quoted in _QUERY.findall(action):
            yield quoted[1:-1].replace('\\"', '"').replace("\\\\", "\\") if quoted[0] == '"' else quoted[1:-1]
