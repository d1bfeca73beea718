"""Reads selectors and the stages behind them: line filters, parsers, label filters, formats."""

from __future__ import annotations

from collections.abc import Callable

from obskit.logql import embedded, lines, regexps, templates
from obskit.logql.cursor import Cursor
from obskit.logql.tokens import Token

LINE_FILTERS = ("|=", "!=", "|~", "!~", "|>", "!>")
_MATCHERS = ("=", "!=", "=~", "!~")
_ORDERS = (">", ">=", "<", "<=", "==")
_UNITS = {"number": "", "duration": "s", "size": "B"}


def selector(cursor: Cursor) -> lines.Selector:
    """Read ``{…}``."""
    start = cursor.need("{").start
    matchers = cursor.listed(_matcher) if cursor.next.kind != "}" else ()
    cursor.need("}")
    if all(_meets_empty(matcher) for matcher in matchers):
        message = 'a selector needs a matcher that no missing label meets, such as app="shop" or app=~".+"'
        raise cursor.error(message, start)
    return lines.Selector(matchers, start=start)


def _meets_empty(matcher: lines.Matcher) -> bool:
    meets = regexps.read(matcher.value).meets_empty if "~" in matcher.operator else matcher.value == ""
    return meets != matcher.operator.startswith("!")


def _matcher(cursor: Cursor) -> lines.Matcher:
    name = cursor.need("name")
    return _matched(cursor, name, cursor.need(*_MATCHERS).kind)


def _matched(cursor: Cursor, name: Token, operator: str) -> lines.Matcher:
    text = cursor.need("text")
    if "~" in operator:
        cursor.embedded("regular expression", text, regexps.read)
    return lines.Matcher(name.written, operator, str(text.value), start=name.start)


def log_query(cursor: Cursor) -> lines.LogQuery:
    """Read a selector and its stages, up to an ``unwrap``."""
    streams = selector(cursor)
    return lines.LogQuery(streams, stages(cursor), start=streams.start)


def stages(cursor: Cursor) -> tuple[lines.Stage, ...]:
    """Read stages up to an ``unwrap``."""
    found: list[lines.Stage] = []
    while True:
        if cursor.next.kind in LINE_FILTERS:
            found.append(_line_filter(cursor))
        elif cursor.next.kind == "|" and cursor.after.kind != "unwrap":
            start = cursor.need("|").start
            read = _STAGES.get(cursor.next.kind)
            if read:
                cursor.take(cursor.next.kind)
            found.append(read(cursor, start) if read else _label_filter(cursor, start))
        else:
            return tuple(found)


def _line_filter(cursor: Cursor) -> lines.LineFilter:
    operator = cursor.need(*LINE_FILTERS)
    alternatives = [_line_match(cursor, operator.kind)]
    while cursor.take("or"):
        alternatives.append(_line_match(cursor, operator.kind))
    return lines.LineFilter(operator.kind, tuple(alternatives), start=operator.start)


def _line_match(cursor: Cursor, operator: str) -> lines.LineMatch:
    if function := cursor.take("ip"):
        text = _argument(cursor)
        if operator not in ("|=", "!="):
            raise cursor.error(f"ip() goes with |= and !=, not with {operator}", function.start)
        cursor.embedded("set of addresses", text, embedded.check_addresses)
        return lines.LineMatch(str(text.value), "ip", start=function.start)
    text = cursor.need("text")
    if operator.endswith("~"):
        cursor.embedded("regular expression", text, regexps.read)
    elif operator.endswith(">"):
        cursor.embedded("pattern", text, embedded.check_line_pattern)
    return lines.LineMatch(str(text.value), start=text.start)


def _argument(cursor: Cursor) -> Token:
    cursor.need("(")
    text = cursor.need("text")
    cursor.need(")")
    return text


def _label_filter(cursor: Cursor, start: int) -> lines.LabelFilter:
    return lines.LabelFilter(condition(cursor), start=start)


def condition(cursor: Cursor) -> lines.Condition:
    """Read conditions joined by ``or``; what joins closer stands in each."""
    found = [_conjunction(cursor)]
    while cursor.take("or"):
        found.append(_conjunction(cursor))
    return _combined("or", found)


def _conjunction(cursor: Cursor) -> lines.Condition:
    """Read conditions joined by ``and``; a comma, or nothing, joins with all that follows, an ``or`` included."""
    found = [_single(cursor)]
    while True:
        if cursor.take("and"):
            found.append(_single(cursor))
        elif cursor.take(",") or cursor.next.kind in ("name", "("):
            with cursor.deeper():
                found.append(condition(cursor))
        else:
            return _combined("and", found)


def _combined(operator: str, found: list[lines.Condition]) -> lines.Condition:
    if len(found) == 1:
        return found[0]
    operands: list[lines.Condition] = []
    for one in found:
        operands += one.operands if isinstance(one, lines.Combination) and one.operator == operator else [one]
    return lines.Combination(operator, tuple(operands), start=found[0].start)


def _single(cursor: Cursor) -> lines.Condition:
    if cursor.take("("):
        with cursor.deeper():
            inner = condition(cursor)
        cursor.need(")")
        return inner
    name = cursor.need("name")
    operator = cursor.take(*_MATCHERS, *_ORDERS) or cursor.refuse("a comparison such as = or >")
    following = cursor.next.kind
    if following == "text" and operator.kind in _MATCHERS:
        return _matched(cursor, name, operator.kind)
    if operator.kind in ("=~", "!~"):
        cursor.refuse("text")
    if following == "ip" and operator.kind in ("=", "!="):
        cursor.take("ip")
        text = _argument(cursor)
        cursor.embedded("set of addresses", text, embedded.check_addresses)
        return lines.AddressMatch(name.written, operator.kind, str(text.value), start=name.start)
    sign = cursor.take("+", "-")
    value = cursor.need(*(["number"] if sign else _UNITS))
    number = -float(value.value) if sign and sign.kind == "-" else float(value.value)
    kind = "==" if operator.kind == "=" else operator.kind
    return lines.Comparison(name.written, kind, number, _UNITS[value.kind], start=name.start)


def _json(cursor: Cursor, start: int) -> lines.Stage:
    return lines.JsonParser(_extractions(cursor, "path of JSON", embedded.check_json_path), start=start)


def _logfmt(cursor: Cursor, start: int) -> lines.Stage:
    flags = set()
    while flag := cursor.take("flag"):
        flags.add(flag.written)
    found = _extractions(cursor, "field of logfmt", embedded.check_logfmt_path)
    return lines.LogfmtParser(found, "--strict" in flags, "--keep-empty" in flags, start=start)


def _extractions(cursor: Cursor, what: str, check: Callable[[str], None]) -> tuple[lines.Extraction, ...]:
    def one(cursor: Cursor) -> lines.Extraction:
        label = cursor.need("name")
        text = cursor.need("text") if cursor.take("=") else label
        cursor.embedded(what, text, check)
        return lines.Extraction(label.written, str(text.value), start=label.start)

    return cursor.listed(one) if cursor.next.kind == "name" else ()


def _regexp(cursor: Cursor, start: int) -> lines.Stage:
    text = cursor.need("text")
    labels = cursor.embedded("regular expression", text, _group_names)
    return lines.RegexpParser(str(text.value), labels, start=start)


def _group_names(text: str) -> tuple[str, ...]:
    names = regexps.read(text).names
    if not names:
        raise ValueError("it names no group, as in (?P<level>[a-z]+)")
    if len(set(names)) < len(names):
        raise ValueError(f"it names {max(names, key=names.count)} twice")
    return names


def _pattern(cursor: Cursor, start: int) -> lines.Stage:
    text = cursor.need("text")
    labels = cursor.embedded("pattern", text, embedded.pattern_labels)
    return lines.PatternParser(str(text.value), labels, start=start)


def _line_format(cursor: Cursor, start: int) -> lines.Stage:
    text = cursor.need("text")
    reads = cursor.embedded("template", text, templates.labels_read)
    return lines.LineFormat(str(text.value), reads, start=start)


def _label_format(cursor: Cursor, start: int) -> lines.Stage:
    assignments = cursor.listed(_assignment)
    seen = {"__error__"}
    for one in assignments:
        if one.label in seen:
            why = "cannot be assigned" if one.label == "__error__" else "is assigned twice in one stage"
            raise cursor.error(f"{one.label} {why}", one.start)
        seen.add(one.label)
    return lines.LabelFormat(assignments, start=start)


def _assignment(cursor: Cursor) -> lines.Assignment:
    label = cursor.need("name")
    cursor.need("=")
    if other := cursor.take("name"):
        return lines.Assignment(label.written, other.written, True, (other.written,), start=label.start)
    text = cursor.need("text")
    reads = cursor.embedded("template", text, templates.labels_read)
    return lines.Assignment(label.written, str(text.value), False, reads, start=label.start)


def _chosen(cursor: Cursor) -> lines.Name | lines.Matcher:
    name = cursor.need("name")
    operator = cursor.take(*_MATCHERS)
    return _matched(cursor, name, operator.kind) if operator else lines.Name(name.written, start=name.start)


_STAGES: dict[str, Callable[[Cursor, int], lines.Stage]] = {
    "json": _json,
    "logfmt": _logfmt,
    "regexp": _regexp,
    "pattern": _pattern,
    "unpack": lambda _, start: lines.Unpack(start=start),
    "line_format": _line_format,
    "label_format": _label_format,
    "decolorize": lambda _, start: lines.Decolorize(start=start),
    "drop": lambda cursor, start: lines.Drop(cursor.listed(_chosen), start=start),
    "keep": lambda cursor, start: lines.Keep(cursor.listed(_chosen), start=start),
}
