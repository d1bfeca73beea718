"""Writes a tree back as LogQL, in one form for all that mean the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from obskit.logql import lines, samples
from obskit.logql.quantities import duration_text, number_text, quote, size_text
from obskit.logql.tokens import POWERS


def text_of(node: lines.Node) -> str:
    """Return a query, or a part of one, as text that `parse` reads as the same tree.

    Args:
        node: What `parse` gave, or a node within it.

    Example:
        >>> from obskit.logql.parser import parse
        >>> text_of(parse('sum(rate({ app = "shop" } [90s])) by (pod)'))
        'sum by (pod) (rate({app="shop"}[1m30s]))'
    """
    return _WRITERS[type(node)](node)


def _joined(parts: Iterable[lines.Node], between: str = ", ") -> str:
    return between.join(text_of(part) for part in parts)


def _line_filter(node: lines.LineFilter) -> str:
    return f"{node.operator} {_joined(node.alternatives, ' or ')}"


def _line_match(node: lines.LineMatch) -> str:
    return f"ip({quote(node.text)})" if node.function else quote(node.text)


def _extracting(word: str, extractions: tuple[lines.Extraction, ...]) -> str:
    return f"| {word} {_joined(extractions)}".rstrip()


def _logfmt(node: lines.LogfmtParser) -> str:
    flags = " --strict" * node.strict + " --keep-empty" * node.keep_empty
    return _extracting(f"logfmt{flags}", node.extractions)


def _comparison(node: lines.Comparison) -> str:
    write = {"s": duration_text, "B": size_text, "": number_text}[node.unit]
    return f"{node.name} {node.operator} {write(node.value)}"


def _combination(node: lines.Combination) -> str:
    texts = (
        f"({text_of(one)})" if isinstance(one, lines.Combination) and one.operator == "or" else text_of(one)
        for one in node.operands
    )
    return f" {node.operator} ".join(texts)


def _assignment(node: lines.Assignment) -> str:
    return f"{node.label}={node.value if node.renames else quote(node.value)}"


def _log_query(node: lines.LogQuery) -> str:
    return " ".join(text_of(part) for part in (node.selector, *node.stages))


def _unwrap(node: lines.Unwrap) -> str:
    label = f"{node.conversion}({node.label})" if node.conversion else node.label
    return " | ".join([f"| unwrap {label}", *(text_of(one) for one in node.conditions)])


def _log_range(node: samples.LogRange) -> str:
    unwrap = f" {text_of(node.unwrap)} " if node.unwrap else " " * bool(node.query.stages)
    offset = f" offset {duration_text(node.offset)}" if node.offset else ""
    return f"{text_of(node.query)}{unwrap}[{duration_text(node.window)}]{offset}"


def _grouping(node: samples.Grouping) -> str:
    return f"{'without' if node.without else 'by'} ({_joined(node.labels)})"


def _range_aggregation(node: samples.RangeAggregation) -> str:
    parameter = "" if node.parameter is None else f"{number_text(node.parameter)}, "
    grouping = f" {text_of(node.grouping)}" if node.grouping else ""
    return f"{node.function}({parameter}{text_of(node.range)}){grouping}"


def _vector_aggregation(node: samples.VectorAggregation) -> str:
    parameter = "" if node.parameter is None else f"{node.parameter}, "
    grouping = f" {text_of(node.grouping)} " if node.grouping else ""
    return f"{node.function}{grouping}({parameter}{text_of(node.operand)})"


def _matching(node: samples.Matching) -> str:
    group = f" group_{node.group} ({_joined(node.included)})" if node.group else ""
    return f"{'on' if node.on else 'ignoring'} ({_joined(node.labels)}){group}"


def _binary_operation(node: samples.BinaryOperation) -> str:
    power = POWERS[node.operator]
    right_first = node.operator == "^"
    left = _operand(node.left, power + right_first)
    right = _operand(node.right, power + (not right_first))
    words = [left, node.operator, "bool" * node.returns_bool, text_of(node.matching) if node.matching else "", right]
    return " ".join(word for word in words if word)


def _operand(node: samples.Expression, least: int) -> str:
    text = text_of(node)
    power = POWERS[node.operator] if isinstance(node, samples.BinaryOperation) else least
    return f"({text})" if power < least else text


def _label_replace(node: samples.LabelReplace) -> str:
    texts = (quote(text) for text in (node.target, node.replacement, node.source, node.pattern))
    return f"label_replace({', '.join((text_of(node.operand), *texts))})"


_WRITERS: dict[type[lines.Node], Callable[[Any], str]] = {
    lines.Matcher: lambda node: f"{node.name}{node.operator}{quote(node.value)}",
    lines.Selector: lambda node: f"{{{_joined(node.matchers)}}}",
    lines.LineMatch: _line_match,
    lines.LineFilter: _line_filter,
    lines.Extraction: lambda node: f"{node.label}={quote(node.expression)}",
    lines.JsonParser: lambda node: _extracting("json", node.extractions),
    lines.LogfmtParser: _logfmt,
    lines.RegexpParser: lambda node: f"| regexp {quote(node.pattern)}",
    lines.PatternParser: lambda node: f"| pattern {quote(node.pattern)}",
    lines.Unpack: lambda _: "| unpack",
    lines.Comparison: _comparison,
    lines.AddressMatch: lambda node: f"{node.name}{node.operator}ip({quote(node.addresses)})",
    lines.Combination: _combination,
    lines.LabelFilter: lambda node: f"| {text_of(node.condition)}",
    lines.LineFormat: lambda node: f"| line_format {quote(node.template)}",
    lines.Assignment: _assignment,
    lines.LabelFormat: lambda node: f"| label_format {_joined(node.assignments)}",
    lines.Decolorize: lambda _: "| decolorize",
    lines.Name: lambda node: node.name,
    lines.Drop: lambda node: f"| drop {_joined(node.labels)}",
    lines.Keep: lambda node: f"| keep {_joined(node.labels)}",
    lines.LogQuery: _log_query,
    lines.Unwrap: _unwrap,
    samples.LogRange: _log_range,
    samples.Grouping: _grouping,
    samples.RangeAggregation: _range_aggregation,
    samples.VectorAggregation: _vector_aggregation,
    samples.Matching: _matching,
    samples.BinaryOperation: _binary_operation,
    samples.LabelReplace: _label_replace,
    samples.Vector: lambda node: f"vector({number_text(node.value)})",
    samples.Literal: lambda node: number_text(node.value),
    samples.Variants: lambda node: f"variants({_joined(node.operands)}) of ({text_of(node.range)})",
}
