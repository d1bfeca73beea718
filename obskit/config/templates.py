"""Templates of annotations as Prometheus reads them: one that does not parse makes it refuse the file of rules."""

from __future__ import annotations

import re

#: Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ and Go's text/template.
FUNCTIONS = frozenset(
    """
    query first label value sortByLabel stripPort stripDomain strvalue args tmpl safeHtml externalURL pathPrefix
    humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime toDuration now parseDuration
    title toUpper toLower match reReplaceAll graphLink tableLink urlQueryEscape
    and or not len index slice print printf println html js urlquery call eq ne lt le gt ge true false nil
    """.split()  # noqa: SIM905 - a table reads better than its quotes
)
_OPENS, _ELSE, _END = frozenset({"if", "range", "with", "define", "block"}), "else", "end"
_KEYWORDS = _OPENS | {_ELSE, _END, "template", "break", "continue"}
_KNOWN = FUNCTIONS | _KEYWORDS
_VARIABLES = frozenset({"labels", "value", "externalLabels", "externalURL"})

#: One whose quote is missing ends with its line, as for Go, which refuses it.
_STRING = r"""\"(?:[^\"\\\n]|\\.)*(?:\"|\\?$)|`[^`]*(?:`|\Z)|'(?:[^'\\\n]|\\.)*(?:'|\\?$)"""
_QUOTED = re.compile(_STRING, re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(rf"{_STRING}|/\*.*?\*/|\{{\{{|\}}\}}", re.DOTALL | re.MULTILINE)
_ASSIGNED = re.compile(r"\$(\w+)(?=\s*(?:,\s*\$\w+\s*)?:?=)")
_VARIABLE = re.compile(r"\$(\w+)")
_NO_FIELD = re.compile(r"\w\.(?!\w)")
_WORD = re.compile(r"(?<![\w.$])([A-Za-z_]\w*)")


def problem(template: str) -> str:
    """Return what is wrong with a template, or "".

    Example:
        >>> problem("Shard {{ $lables.shard }} is hot.")
        'there is no variable $lables'
        >>> problem("Shard {{ $labels.shard }} is hot.")
        ''
    """
    found = actions(template)
    if found is None:
        return "{{ stands without its other half"
    depth = 0
    known = set(_VARIABLES)
    for action in found:
        code = _COMMENT.sub(" nil ", _QUOTED.sub('""', action))
        known.update(_ASSIGNED.findall(code))
        if wrong := _of_action(code, known):
            return wrong
        first = next(iter(_WORD.findall(code)), "")
        depth += (first in _OPENS) - (first == _END)
        if depth < 0 or (first == _ELSE and not depth):
            return f"{first} has nothing that it belongs to"
    return "an if, range or with has no end" if depth else ""


def actions(template: str) -> list[str] | None:
    """Return what stands between the braces of a template, or None when some do not close; what is around is text.

    Example:
        >>> actions('at {{ $value }} }} {{- "}}" -}}')
        ['$value', '"}}"']
    """
    found = []
    at = template.find("{{")
    while at >= 0:
        closing = next((token for token in _TOKEN.finditer(template, at + 2) if token[0] in ("{{", "}}")), None)
        if closing is None or closing[0] == "{{":
            return None
        code = template[at + 2 : closing.start()]
        found.append(code.removeprefix("-").removesuffix("-").strip())
        at = template.find("{{", closing.end())
    return found


def _of_action(code: str, known: set[str]) -> str:
    if not code.strip():
        return "{{ }} is empty"
    if code.count("(") != code.count(")"):
        return "( or ) stands without its other half"
    if _NO_FIELD.search(code):
        return "a name is missing after ."
    for name in _VARIABLE.findall(code):
        if name not in known:
            return f"there is no variable ${name}"
    for word in _WORD.findall(code):
        if word not in _KNOWN:
            return f"there is no function {word}"
    return ""
