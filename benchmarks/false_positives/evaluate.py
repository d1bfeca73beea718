"""What rules record and when alerts fire, over samples that are given: as Prometheus evaluates them.

All steps are evaluated at once, rule by rule. What a rule reads of a later one, or of itself, is what was recorded a
step before: such rules are evaluated again until nothing changes. Since they only ever read the past, what then stands
is what stepping through time would have given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.false_positives import expressions, ranges
from benchmarks.false_positives.firing import states
from benchmarks.false_positives.rules import Rule
from benchmarks.false_positives.series import NAME, EvaluationError, Series, empty, matching, together

#: How long an instant vector sees a sample that nothing followed, in seconds.
LOOKBACK = 300
#: Passes after which rules that read themselves are given up.
_PASSES = 500


@dataclass
class Outcome:
    """What rules made of samples.

    Args:
        recorded: Recorded series by name.
        firing: Of each alert, when it fires: rows with its labels.
    """

    recorded: dict[str, Series] = field(default_factory=dict)
    firing: dict[str, Series] = field(default_factory=dict)


def run(program: Sequence[Rule], raw: Mapping[str, Series], step: int, phase: float | np.ndarray = 0.0) -> Outcome:
    """Evaluate rules at every step.

    Args:
        program: The rules in order, no two of which record the same series.
        raw: The samples of every series that is not recorded, by name.
        step: Seconds between two evaluations, and between two samples.
        phase: Seconds from a sample until the rules are evaluated, less than a step; an array has one for each service
            (services x 1).

    Raises:
        EvaluationError: An expression cannot be evaluated.
    """
    state = _State(program, raw, step, phase)
    due = set(range(len(program)))
    for _ in range(_PASSES):
        due = state.evaluate(due)
        if not due:
            return state.outcome()
    raise EvaluationError(f"nothing stands after {_PASSES} passes")


class _State:
    """Series as they are known so far, and the rule that is being evaluated: the scope of its expression."""

    def __init__(
        self, program: Sequence[Rule], raw: Mapping[str, Series], step: int, phase: float | np.ndarray
    ) -> None:
        self.program, self.raw, self.step, self.phase = program, raw, step, phase
        self.shape = next(iter(raw.values())).values.shape[1:]
        self.made: dict[int, Series] = {}
        self.current = 0
        self.makers: dict[str, list[int]] = {}
        for position, rule in enumerate(program):
            self.makers.setdefault(rule.series, []).append(position)
        self._readers = _readers(tuple(program))
        self._seen: dict[str, Series] = {}

    def evaluate(self, positions: set[int]) -> set[int]:
        """Evaluate these rules, and later ones that read what changes; return the earlier ones that do."""
        due, again = set(positions), set[int]()
        for position, rule in enumerate(self.program):
            if position not in due:
                continue
            self.current = position
            result = self._result(rule)
            if position in self.made and _same(self.made[position], result):
                continue
            self.made[position] = result
            for reader in self._readers[position]:
                (due if reader > position else again).add(reader)
        return again

    def _result(self, rule: Rule) -> Series:
        value = expressions.evaluate(rule.tree, self)
        series = value if isinstance(value, Series) else self.constant(value)
        if rule.alert:
            return states(series, rule.name, rule.labels, rule.hold, rule.keep)
        labels = tuple({**row, **rule.labels, NAME: rule.name} for row in series.labels)
        return together([Series(labels, series.values, series.present)])

    def instant(self, selector: Any) -> Series:
        """Return what a selector gives at every step."""
        offset = self._steps(selector.offset)
        return together([_shifted(series, offset or lag) for series, lag in self._sources(selector, looks_back=True)])

    def ranges(self, selector: Any) -> Iterator[tuple[Series, ranges.Window]]:
        """Yield the samples that a range reads, and which of them it holds at a step."""
        inner = selector.vector_selector
        offset, seconds = self._steps(inner.offset), selector.range.total_seconds()
        phase = 0.0 if inner.name in self.makers else self.phase
        for series, lag in self._sources(inner, looks_back=False):
            late = 0 if offset else lag
            yield series, ranges.Window(self._steps(selector.range), seconds, self.step, offset, late, phase)

    def constant(self, value: float | np.ndarray) -> Series:
        """Return ``vector(value)``."""
        return Series(({},), np.full((1, *self.shape), value), np.ones((1, *self.shape), bool))

    def time(self) -> np.ndarray:
        """Return the seconds at which the rules are evaluated."""
        return np.arange(self.shape[1]) * self.step + np.broadcast_to(self.phase, (self.shape[0], 1))

    def _steps(self, duration: Any) -> int:
        seconds = duration.total_seconds() if duration else 0
        if seconds < 0 or seconds % self.step:
            raise EvaluationError(f"{seconds:g}s is not a number of steps of {self.step}s")
        return int(seconds // self.step)

    def _sources(self, selector: Any, *, looks_back: bool) -> Iterator[tuple[Series, int]]:
        """Yield the rows of a selector, with 1 where the rule that makes them comes later."""
        if selector.at is not None or not selector.name:
            raise EvaluationError(f"{selector} is not evaluated here")
        for position in self.makers.get(selector.name, ()):
            made = self.made.get(position, empty(*self.shape))
            yield made.rows(matching(made, selector.matchers.matchers)), int(position >= self.current)
        if selector.name not in self.makers:
            series = self.raw.get(selector.name, empty(*self.shape))
            seen = self._looked_back(selector.name, series) if looks_back else series
            yield seen.rows(matching(series, selector.matchers.matchers)), 0

    def _looked_back(self, name: str, series: Series) -> Series:
        """The last sample of five minutes, where there is none: of what is not recorded, nothing says that it ended."""
        if name not in self._seen:
            if not series.present.all():
                window = ranges.Window(LOOKBACK // self.step, LOOKBACK, self.step)
                series = ranges.apply("last_over_time", series, window)
            self._seen[name] = series
        return self._seen[name]

    def outcome(self) -> Outcome:
        """Return what is known in the end."""
        result = Outcome()
        for position, rule in enumerate(self.program):
            series = self.made[position]
            if rule.alert:
                rows = [row for row, labels in enumerate(series.labels) if labels["alertstate"] == "firing"]
                result.firing[rule.name] = series.rows(rows)
            else:
                result.recorded[rule.name] = series
        return result


@lru_cache(maxsize=256)
def _readers(program: tuple[Rule, ...]) -> list[list[int]]:
    """Of each rule, the positions of those that read what it makes."""
    return [[position for position, reader in enumerate(program) if reader.reads(rule)] for rule in program]


def _shifted(series: Series, steps: int) -> Series:
    if not steps:
        return series
    values, present = np.zeros_like(series.values), np.zeros_like(series.present)
    values[..., steps:], present[..., steps:] = series.values[..., :-steps], series.present[..., :-steps]
    return Series(series.labels, values, present)


def _same(one: Series, other: Series) -> bool:
    if one.labels != other.labels or not np.array_equal(one.present, other.present):
        return False
    values, others = (np.where(series.present, series.values, 0) for series in (one, other))
    return np.array_equal(values, others, equal_nan=True)
