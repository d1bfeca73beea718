"""Which language the rules of a group are in, where the file does not say: a group is for one program."""

from __future__ import annotations

import re

from obskit import logql
from obskit._lint._pack import Group
from obskit.logql import LogQLError
from obskit.promql import newer, syntax

#: A pipe stands in LogQL alone; so does a filter behind the braces.
_ONLY_LOGQL = re.compile(r"\||\}\s*(?:!=|!~|!>)\s*[\"'`]")
_ONLY_PROMQL = re.compile(r"__name__|[A-Za-z_:][\w:.]*\s*\{|\}(?!\s*\[)")
_WORD = re.compile(r"[A-Za-z]")


def settle(group: Group) -> None:
    """Set the language of every rule of a group that does not have one yet.

    A group is LogQL when one of its expressions can be nothing else, when every selector in it lacks a name and has a
    range, as in LogQL, or when all of it is LogQL, some of it selects and some is not PromQL.
    """
    if group.of_vmalert:
        for rule in group.rules:
            rule.language = rule.language or "promql"
        return
    queries = [rule.expr.text for rule in group.rules if not rule.language and rule.expr.text.strip()]
    queries = [query for query in queries if len(query) <= syntax.LONGEST]
    bare = [syntax.without_strings(query) for query in queries]
    certain = any(_ONLY_LOGQL.search(text) for text in bare)
    of_logs = certain or _selects_streams(bare)
    if not of_logs and any("{" in text for text in bare):
        of_logs = not all(map(_is_promql, queries)) and all(map(_is_logql, queries))
    for rule in group.rules:
        rule.language = rule.language or ("logql" if of_logs else "promql")


def _selects_streams(queries: list[str]) -> bool:
    selecting = [query for query in queries if "{" in query]
    rest = [query for query in queries if "{" not in query]
    return bool(selecting) and not any(map(_ONLY_PROMQL.search, selecting)) and not any(map(_WORD.search, rest))


def _is_promql(query: str) -> bool:
    try:
        syntax.parse(newer.rewritten(query)[0])
    except ValueError:
        return False
    return True


def _is_logql(query: str) -> bool:
    try:
        logql.parse(query)
    except LogQLError:
        return False
    return True
