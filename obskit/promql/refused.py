"""What the parser takes and Prometheus 3.16 refuses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import promql_parser

from obskit.gotemplate import literals
from obskit.logql import regexps

_PATTERN = re.compile(r"[=!]~\s*([\"'`])")
#: Behind a text between braces; elsewhere no text has an ``or`` behind it.
_ALTERNATIVE = re.compile(r"[\"'`]\s*(or)\b", re.IGNORECASE)
#: What is seldom looked for in the tree, which takes longer than all else.
_SELDOM = ("info", "fill")
_SETS = {"and", "or", "unless"}


def check(query: str, bare: str, tree: Any) -> None:
    """Check a query that the parser has taken.

    Args:
        query: As written.
        bare: The same with every text empty and every comment blank.
        tree: What the parser made of it.

    Raises:
        ValueError: Prometheus refuses it; says where and why.
    """
    for found in _PATTERN.finditer(bare):
        start = found.start(1)
        written = query[start : bare.index(found[1], start + 1) + 1]
        if why := _of_pattern(written):
            raise ValueError(f"{written[:40]} at character {start + 1} is no regular expression: {why}")
    if alternative := _ALTERNATIVE.search(bare):
        place = alternative.start(1) + 1
        raise ValueError(f"or at character {place} stands between matchers; write it between two selectors")
    if any(word in bare.lower() for word in _SELDOM):
        _check_parts(tree)


@lru_cache(1024)
def _of_pattern(written: str) -> str:
    try:
        text = written
        if written[0] == "'":
            inside = written[1:-1].replace("\\'", "'").replace('"', '\\"')
            text = f'"{inside}"'
        regexps.read(f"^(?s:{literals.unquote(text)})$")
    except ValueError as error:
        return str(error)
    return ""


def _check_parts(tree: Any) -> None:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, promql_parser.Call):
            if node.func.name == "info" and len(node.args) > 1 and not _is_matchers(node.args[1]):
                given = " ".join(node.args[1].prettify().split())[:60]
                raise ValueError(f'info takes matchers alone, as in {{k8s_pod_name=~".+"}}, and not {given}')
            waiting += node.args
        elif isinstance(node, promql_parser.BinaryExpr):
            _check_fill(node)
            waiting += (node.lhs, node.rhs)
        elif isinstance(node, promql_parser.AggregateExpr):
            waiting += (node.expr, *([node.param] if node.param is not None else []))
        elif isinstance(node, (promql_parser.ParenExpr, promql_parser.UnaryExpr, promql_parser.SubqueryExpr)):
            waiting.append(node.expr)


def _is_matchers(node: Any) -> bool:
    return isinstance(node, promql_parser.VectorSelector) and not node.name


def _check_fill(node: Any) -> None:
    fill = getattr(node.modifier, "fill_values", None)
    if str(node.op) in _SETS and fill is not None and (fill.lhs is not None or fill.rhs is not None):
        raise ValueError(f"{node.op} has nothing that fill could fill in")
