"""Labelled series of many services over time, as arrays: what an expression of PromQL is given, and what it gives.

Time is a grid of steps: at each the rules are evaluated, and a sample is taken or lost. A vector of Prometheus at one
time becomes an array of rows (one for each set of labels) x services x steps, and a second one that says what is there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.false_positives.matchers import Labels, operator, takes

NAME = "__name__"


class EvaluationError(Exception):
    """Raised when Prometheus would refuse to evaluate, or when this evaluator cannot."""


@dataclass(frozen=True)
class Series:
    """Rows of samples.

    Args:
        labels: The labels of each row, its name among them if it has one.
        values: rows x services x steps; where nothing is there, anything.
        present: Whether there is a sample, of the same shape.
    """

    labels: tuple[Labels, ...]
    values: np.ndarray
    present: np.ndarray

    def rows(self, chosen: Sequence[int]) -> Series:
        """Return some of the rows."""
        if len(chosen) == len(self.labels) and list(chosen) == list(range(len(chosen))):
            return self
        labels = tuple(self.labels[row] for row in chosen)
        return Series(labels, self.values[chosen], self.present[chosen])

    def with_values(self, values: np.ndarray, present: np.ndarray | None = None) -> Series:
        """Return the same rows with other values: what a function gives has no name."""
        return Series(unnamed(self.labels), values, self.present if present is None else present)


def empty(services: int, steps: int) -> Series:
    """Return no rows."""
    return Series((), np.zeros((0, services, steps)), np.zeros((0, services, steps), bool))


def unnamed(labels: Iterable[Labels]) -> tuple[Labels, ...]:
    """Return labels without the name of the series."""
    return tuple({key: value for key, value in row.items() if key != NAME} for row in labels)


def key(labels: Labels, names: Iterable[str]) -> Hashable:
    """Return what rows have in common whose labels of these names are the same; one that is not there is empty."""
    return tuple(labels.get(name, "") for name in names)


def identity(labels: Labels) -> Hashable:
    """Return what tells rows apart."""
    return frozenset((name, value) for name, value in labels.items() if value)


def groups(keys: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    """Return the rows of each key, in order."""
    found: dict[Hashable, list[int]] = {}
    for row, one in enumerate(keys):
        found.setdefault(one, []).append(row)
    return found


def together(parts: Sequence[Series]) -> Series:
    """Return the rows of all of these; those with the same labels become one.

    Raises:
        EvaluationError: Two of them are there at the same time.
    """
    filled = [part for part in parts if part.labels] or list(parts[:1])
    if len(filled) == 1:
        return merged(filled[0])
    return merged(
        Series(
            tuple(row for part in filled for row in part.labels),
            np.concatenate([part.values for part in filled]),
            np.concatenate([part.present for part in filled]),
        )
    )


def merged(series: Series) -> Series:
    """Return series of which no two have the same labels.

    Raises:
        EvaluationError: Two with the same labels are there at the same time: Prometheus would say so and give nothing.
    """
    found = groups(map(identity, series.labels))
    if len(found) == len(series.labels):
        return series
    values, present = [], []
    for rows in found.values():
        there = series.present[rows]
        if (there.sum(0) > 1).any():
            raise EvaluationError(f"two series have the labels {dict(series.labels[rows[0]])}")
        present.append(there.any(0))
        values.append(np.where(there, series.values[rows], 0).sum(0))
    return Series(tuple(series.labels[rows[0]] for rows in found.values()), np.stack(values), np.stack(present))


def matching(series: Series, matchers: Any) -> list[int]:
    """Return the rows whose labels a selector's matchers take."""
    tests = [(matcher.name, operator(matcher), matcher.value) for matcher in matchers]
    return [row for row, labels in enumerate(series.labels) if all(takes(labels, *test) for test in tests)]
