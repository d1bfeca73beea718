"""Templates of ``line_format`` and ``label_format`` as Loki reads them: whether one is valid, which labels it reads.

Source: https://grafana.com/docs/loki/latest/query/template_functions/.
"""

from __future__ import annotations

import re

from obskit.gotemplate.reader import Reader

_OF_LOKI = """ToLower ToUpper Replace Trim TrimLeft TrimRight TrimPrefix TrimSuffix TrimSpace regexReplaceAll
    regexReplaceAllLiteral count urldecode urlencode bytes duration duration_seconds unixEpochMillis unixEpochNanos
    toDateInZone unixToTime alignLeft alignRight b64enc b64dec lower upper title trunc substr contains hasPrefix
    hasSuffix indent nindent replace repeat trim trimAll trimSuffix trimPrefix int float64 add sub mul div mod addf
    subf mulf divf max min maxf minf ceil floor round fromJson date toDate now unixEpoch default __line__
    __timestamp__"""
FUNCTIONS = frozenset(re.findall(r"\w+", _OF_LOKI))


class _Reader(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text, FUNCTIONS)
        self.labels: dict[str, None] = {}

    def reads(self, field: str) -> None:
        self.labels[field] = None


def labels_read(text: str) -> tuple[str, ...]:
    """Return the labels that a template reads.

    Raises:
        ValueError: Go would not parse it, or Loki has no such function.

    Example:
        >>> labels_read('{{.level | ToUpper}} {{ if .user }}{{ with .user }}{{ . }}{{ end }}{{ end }}')
        ('level', 'user')
    """
    reader = _Reader(text)
    reader.read()
    return tuple(reader.labels)
