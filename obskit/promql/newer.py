"""PromQL that is newer than the parser, or not in every Prometheus: what is used, and the same without it.

Source: the changelog of Prometheus 2.42 to 3.16.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from obskit.promql import computed
from obskit.promql.syntax import COMMENT_OR_STRING, LONGEST

Version = tuple[int, int]


@dataclass(frozen=True)
class Feature:
    """Something that not every Prometheus has.

    Args:
        name: As it is written.
        since: The first version that has it.
        flag: The feature flag that it needs, or "".
        removed: The first version that has it no more, if there is one.
    """

    name: str
    since: Version
    flag: str = ""
    removed: Version | None = None


_EXPERIMENTAL = "promql-experimental-functions"
_EXTENDED = "promql-extended-range-selectors"
_TRIMS = Feature("</ and >/", (3, 11))
_UNDERSCORES = Feature("underscores in numbers", (2, 54))
_ANCHORED = Feature("anchored and smoothed", (3, 7), _EXTENDED)
_COMPUTED = Feature("arithmetic with durations", (3, 14))
FILL = Feature("fill(), fill_left() and fill_right()", (3, 10), "promql-binop-fill-modifiers")

_HOLT_WINTERS = Feature("holt_winters", (0, 18), removed=(3, 0))

#: Functions and aggregations that 2.42 does not have.
FUNCTIONS = {
    feature.name: feature
    for feature in (
        Feature("histogram_stddev", (2, 47)),
        Feature("histogram_stdvar", (2, 47)),
        Feature("histogram_avg", (2, 51)),
        Feature("first_over_time", (3, 7)),
        Feature("mad_over_time", (2, 49), _EXPERIMENTAL),
        Feature("sort_by_label", (2, 49), _EXPERIMENTAL),
        Feature("sort_by_label_desc", (2, 49), _EXPERIMENTAL),
        Feature("limitk", (2, 54), _EXPERIMENTAL),
        Feature("limit_ratio", (2, 54), _EXPERIMENTAL),
        Feature("info", (2, 55), _EXPERIMENTAL),
        Feature("double_exponential_smoothing", (3, 0), _EXPERIMENTAL),
        Feature("ts_of_min_over_time", (3, 5), _EXPERIMENTAL),
        Feature("ts_of_max_over_time", (3, 5), _EXPERIMENTAL),
        Feature("ts_of_last_over_time", (3, 5), _EXPERIMENTAL),
        Feature("ts_of_first_over_time", (3, 7), _EXPERIMENTAL),
        Feature("histogram_quantiles", (3, 11), _EXPERIMENTAL),
        Feature("start", (3, 12), _EXPERIMENTAL),
        Feature("end", (3, 12), _EXPERIMENTAL),
        Feature("range", (3, 12), _EXPERIMENTAL),
        Feature("step", (3, 12), _EXPERIMENTAL),
        Feature("min_of", (3, 13), _EXPERIMENTAL),
        Feature("max_of", (3, 13), _EXPERIMENTAL),
        Feature("start_timestamp", (3, 14), "use-start-timestamps"),
        Feature("integral", (3, 16), _EXPERIMENTAL),
    )
}

_NUMBER = re.compile(r"(?<![\w.:])[0-9](?:_?[0-9])+(?![\w:])")
_TRIM = re.compile(r"[<>]/")
_SMOOTHING = re.compile(r"\bholt_winters(?=\s*\()")
_MODIFIER = re.compile(r"(?<=[\])}\w])\s+(?:anchored|smoothed)\b", re.IGNORECASE)
_AFTER_BRACKET = re.compile(r"(?<=\])(?:anchored|smoothed)\b", re.IGNORECASE)
_WINDOW = re.compile(r"\[([^\[\]]*)\]")
_OFFSET = re.compile(r"\boffset\s*[-+]?\s*(?=\(|(?:step|range|min_of|max_of)\s*\()", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9a-z.\s]*(?::[0-9a-z.\s]*)?", re.IGNORECASE)


def rewritten(query: str) -> tuple[str, tuple[Feature, ...]]:
    """Return a query as an older parser reads it, and which features it uses that the parser does not know.

    The result is for syntax alone: what stood for a time is another time now.

    Example:
        >>> text, features = rewritten("rate(x[5m * 2] anchored) > 1_000")
        >>> text, [feature.name for feature in features]
        ('rate(x[5m]) > 1000', ['underscores in numbers', 'arithmetic with durations', 'anchored and smoothed'])
    """
    if len(query) > LONGEST:
        return query, ()
    found: dict[Feature, None] = {}
    pieces, end = [], 0
    for apart in COMMENT_OR_STRING.finditer(query):
        pieces += [_rewrite(query[end : apart.start()], found), apart[0]]
        end = apart.end()
    return "".join([*pieces, _rewrite(query[end:], found)]), tuple(found)


def _rewrite(piece: str, found: dict[Feature, None]) -> str:
    def note(feature: Feature, text: str) -> str:
        found[feature] = None
        return text

    piece = _NUMBER.sub(lambda m: note(_UNDERSCORES, m[0].replace("_", "")) if "_" in m[0] else m[0], piece)
    piece = _TRIM.sub(lambda _: note(_TRIMS, "*"), piece)
    piece = _SMOOTHING.sub(lambda _: note(_HOLT_WINTERS, "double_exponential_smoothing"), piece)
    piece = _WINDOW.sub(
        lambda m: m[0] if _PLAIN.fullmatch(m[1]) or computed.problem(m[1]) else note(_COMPUTED, _plain(m[1])),
        piece,
    )
    while offset := _OFFSET.search(piece):
        try:
            end = computed.end_of_operand(piece, offset.end())
        except ValueError:
            break
        piece = piece[: offset.start()] + note(_COMPUTED, "offset 5m") + piece[end:]
    piece = _MODIFIER.sub(lambda _: note(_ANCHORED, ""), piece)
    return _AFTER_BRACKET.sub(lambda _: note(_ANCHORED, ""), piece)


def _plain(window: str) -> str:
    return "[5m:1m]" if ":" in window else "[5m]"
