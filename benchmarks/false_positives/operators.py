"""PromQL's operators between two vectors: which rows belong together, and what comes of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import promql_parser as parser

from benchmarks.false_positives.series import (
    NAME,
    EvaluationError,
    Labels,
    Series,
    groups,
    identity,
    key,
    merged,
    together,
    unnamed,
)

SETS = ("and", "or", "unless")
COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
ARITHMETIC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.fmod, "^": np.power}


def _signatures(labels: Sequence[Labels], modifier: Any) -> list[Hashable]:
    """What must be the same on both sides of an operator."""
    matching = modifier.matching if modifier else None
    if matching is not None and matching.type == parser.LabelModifierType.Include:
        return [key(row, matching.labels) for row in labels]
    ignored = {NAME, *(matching.labels if matching is not None else ())}
    return [identity({name: value for name, value in row.items() if name not in ignored}) for row in labels]


def matched_sets(operator: str, left: Series, right: Series, modifier: Any) -> Series:
    """Return what ``and``, ``or`` or ``unless`` leaves of two vectors.

    Args:
        operator: Which of them.
        left: What stands before it.
        right: What stands after it.
        modifier: Its ``on`` or ``ignoring``, as promql_parser has it.
    """
    own, others = _signatures(left.labels, modifier), _signatures(right.labels, modifier)
    if operator == "or":
        there = _anything(left, own)
        shadow = [there.get(one) for one in others]
        present = [p if hidden is None else p & ~hidden for p, hidden in zip(right.present, shadow, strict=True)]
        rest = Series(right.labels, right.values, np.stack(present)) if present else right
        return together([left, rest])
    there = _anything(right, others)
    if operator == "and":
        kept = [row for row, one in enumerate(own) if one in there]
        chosen = left.rows(kept)
        matched = [there[own[row]] for row in kept]
        return Series(chosen.labels, chosen.values, chosen.present & np.stack(matched)) if kept else chosen
    present = [p & ~there[one] if one in there else p for p, one in zip(left.present, own, strict=True)]
    return Series(left.labels, left.values, np.stack(present)) if present else left


def _anything(series: Series, signatures: Sequence[Hashable]) -> dict[Hashable, np.ndarray]:
    """When any row of a signature is there."""
    return {
        one: series.present[rows[0]] if len(rows) == 1 else series.present[rows].any(0)
        for one, rows in groups(signatures).items()
    }


def matched(operator: str, left: Series, right: Series, modifier: Any) -> Series:
    """Return what a comparison or a calculation gives: one to one, or many of one side to one of the other.

    Args:
        operator: Which of them.
        left: What stands before it.
        right: What stands after it.
        modifier: Its ``on`` and ``group_left``, as promql_parser has it.

    Raises:
        EvaluationError: Several match where one must.
    """
    card = str(modifier.card).rpartition(".")[2] if modifier else "OneToOne"
    own, others = _signatures(left.labels, modifier), groups(_signatures(right.labels, modifier))
    pairs = [(row, other) for row, one in enumerate(own) for other in others.get(one, ())]
    lefts, rights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    (many, many_rows), (single, single_rows) = (left, lefts), (right, rights)
    if card == "OneToMany":
        (many, many_rows), (single, single_rows) = (single, single_rows), (many, many_rows)
    if card != "OneToOne":
        _refuse_several(single, _signatures(single.labels, modifier))
    labels = tuple(
        _labels(many.labels[row], operator, modifier, card) | _included(single.labels[other], modifier)
        for row, other in zip(many_rows, single_rows, strict=True)
    )
    values, present = _taken(left.values, lefts), _taken(left.present, lefts)
    other_values, there = _taken(right.values, rights), _taken(right.present, rights) & present
    if operator in ARITHMETIC:
        result = ARITHMETIC[operator](values, other_values)
    else:
        result = values
        there = there & COMPARE[operator](values, other_values)
    shape = (len(pairs), *left.values.shape[1:])
    return merged(Series(labels, np.broadcast_to(result, shape), np.broadcast_to(there, shape)))


def _taken(rows: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
    """Rows by their numbers, without a copy where none is needed."""
    if list(chosen) == list(range(len(rows))):
        return rows
    if len(set(chosen)) == 1:
        return rows[chosen[0] : chosen[0] + 1]
    return rows[list(chosen)]


def _labels(row: Labels, operator: str, modifier: Any, card: str) -> dict[str, str]:
    result = dict(row) if operator in COMPARE else dict(unnamed([row])[0])
    matching = modifier.matching if modifier else None
    if card != "OneToOne" or matching is None:
        return result
    on = matching.type == parser.LabelModifierType.Include
    return {name: value for name, value in result.items() if (name in matching.labels) == on}


def _included(row: Labels, modifier: Any) -> dict[str, str]:
    """The labels that ``group_left (label)`` brings from the other side."""
    return {name: row.get(name, "") for name in (modifier.group_labels or ())} if modifier else {}


def _refuse_several(series: Series, signatures: Sequence[Hashable]) -> None:
    for rows in groups(signatures).values():
        if len(rows) > 1 and (series.present[rows].sum(0) > 1).any():
            raise EvaluationError(f"several series match on the side of one: {dict(series.labels[rows[0]])}")
