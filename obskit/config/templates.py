"""Templates of annotations as Prometheus reads them: one that does not parse makes it refuse the file of rules."""

from __future__ import annotations

import re

#: Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ and Go's text/template.
FUNCTIONS = frozenset(
    """
    query first label value sortByLabel stripPort stripDomain strvalue args safeHtml externalURL pathPrefix
    humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime toDuration now parseDuration
    title toUpper toLower match reReplaceAll graphLink tableLink urlQueryEscape
    """.split()  # noqa: SIM905 - a table reads better than its quotes
)
VARIABLES = ("$labels", "$value", "$externalLabels", "$externalURL")

#: What vmalert has beside these: https://docs.victoriametrics.com/victoriametrics/vmalert/#templating.
_FUNCTIONS_OF_VMALERT = FUNCTIONS | set(
    "crlfEscape formatTime htmlEscape jsonEscape parseDurationTime pathEscape queryEscape quotesEscape".split()  # noqa: SIM905
)
_VARIABLES_OF_VMALERT = (
    *VARIABLES,
    "$activeAt",
    "$alertID",
    "$expr",
    "$for",
    "$groupID",
    "$interval",
    "$isPartial",
    "$type",
)

#: One whose quote is missing ends with its line, as for Go, which refuses it.
_STRING = r"""\"(?:[^\"\\\n]|\\.)*(?:\"|\\?$)|`[^`]*(?:`|\Z)|'(?:[^'\\\n]|\\.)*(?:'|\\?$)"""
_TOKEN = re.compile(rf"{_STRING}|/\*.*?\*/|\{{\{{|\}}\}}", re.DOTALL | re.MULTILINE)


def problem(template: str, of_vmalert: bool = False) -> str:
    """Return what is wrong with a template, or "".

    Args:
        template: An annotation or a label.
        of_vmalert: Whether vmalert reads it, which has more functions and variables than Prometheus.

    Example:
        >>> problem("Shard {{ $lables.shard }} is hot.")
        'there is no variable $lables'
        >>> problem("Shard {{ $labels.shard }} is hot.")
        ''
    """
    if "{{" not in template:
        return ""
    from obskit.gotemplate.reader import Reader  # few projects have templates of their own

    known = (_FUNCTIONS_OF_VMALERT, _VARIABLES_OF_VMALERT) if of_vmalert else (FUNCTIONS, VARIABLES)
    try:
        Reader(template, *known).read()
    except ValueError as error:
        return str(error)
    return ""


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
