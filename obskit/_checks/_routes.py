"""Routes of Alertmanager, and which of them an alert takes.

As Alertmanager decides it (prometheus/alertmanager: dispatch/route.go): the first route below that fits takes the
alert, further ones after ``continue``, and the route itself where none does; what a route does not say it has from the
one above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from obskit._checks import _documents

#: Whose alerts are a group each, which no other one joins.
_ALONE = ["..."]
#: The value of a label by its name, "" where there is no such label, None where it depends on the series.
Labels = Callable[[str], "str | None"]
_MATCHER = re.compile(r'\s*(?:"([^"\\]+)"|([A-Za-z_]\w*))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*')


@dataclass(frozen=True)
class Matcher:
    """A condition of a route; one that cannot be read has no label, and may be true."""

    written: str
    label: str = ""
    operator: str = ""
    value: str = ""

    def fits(self, label: Labels) -> bool | None:
        """Return whether it is true of an alert; None when that depends on the series."""
        value = label(self.label) if self.label else None
        if value is None:
            return None
        if "~" not in self.operator:
            return (value == self.value) == (self.operator == "=")
        try:
            return bool(re.fullmatch(self.value, value)) == (self.operator == "=~")
        except (re.error, OverflowError, RecursionError):
            return None


@dataclass(frozen=True)
class Holding:
    """How a route holds alerts; what it does not say itself is that of the route above.

    Args:
        wait: Seconds of its ``group_wait``, for the first alert of a group.
        interval: Seconds of its ``group_interval``, for one that joins a group that was just sent.
        grouped: By which labels alerts are a group.
    """

    wait: float = 30.0  # what Alertmanager's first route has where it says nothing
    interval: float = 300.0
    grouped: tuple[str, ...] = ()

    @property
    def joined(self) -> float:
        """Seconds for an alert that joins a group; 0 where none does."""
        return 0.0 if [*self.grouped] == _ALONE else self.interval


@dataclass(frozen=True)
class Route:
    """A route and those below it.

    Args:
        place: File, and the matchers from the first route on.
        matchers: All must be true.
        holds: How it holds what it takes.
        goes_on: Whether the next routes are asked as well.
        below: The routes below, in order.
    """

    place: str
    matchers: tuple[Matcher, ...]
    holds: Holding
    goes_on: bool
    below: tuple[Route, ...]

    def fits(self, label: Labels) -> bool | None:
        """Return whether it takes an alert; None when that depends on the series."""
        found = {matcher.fits(label) for matcher in self.matchers}
        return False if False in found else None if None in found else True

    def taken(self, label: Labels) -> Iterator[Route]:
        """Yield every route that an alert takes, or may take, from this one on.

        Args:
            label: Gives the value of a label by its name.
        """
        sure = False
        for route in self.below:
            fits = route.fits(label)
            if fits is not False:
                yield from route.taken(label)
            sure = sure or fits is True
            if fits and not route.goes_on:
                return
        if not sure:
            yield self


class _Matcher(msgspec.Struct):
    name: str
    value: str = ""
    matchType: str = ""  # noqa: N815 - the operator's name
    regex: bool = False


class _OfOperator(msgspec.Struct):
    """As the Prometheus operator writes it."""

    matchers: list[_Matcher] | None = None
    groupWait: str | None = None  # noqa: N815 - the operator's name
    groupInterval: str | None = None  # noqa: N815 - the operator's name
    groupBy: list[str] | None = None  # noqa: N815 - the operator's name
    continue_: bool = msgspec.field(default=False, name="continue")
    routes: list[_OfOperator] | None = None


class _Written(msgspec.Struct):
    """As Alertmanager reads it."""

    matchers: list[str] | None = None
    match: dict[str, str] | None = None
    match_re: dict[str, str] | None = None
    group_wait: str | None = None
    group_interval: str | None = None
    group_by: list[str] | None = None
    continue_: bool = msgspec.field(default=False, name="continue")
    routes: list[_Written] | None = None


def read(path: str, document: dict[str, Any]) -> Route | None:
    """Return the first route of a configuration of Alertmanager, or of a part of one that hangs below it.

    Args:
        path: The file.
        document: A document in it.

    Returns:
        None when it is neither, nor an AlertmanagerConfig.

    Raises:
        InputError: It is one of them, of another shape.
    """
    spec = document.get("spec")
    if document.get("kind") == "AlertmanagerConfig" and isinstance(spec, dict) and "route" in spec:
        routes: list[_OfOperator] | list[_Written] = [
            _documents.shaped(path, spec["route"], _OfOperator, "route of an AlertmanagerConfig")
        ]
    elif "route" in document and "receivers" in document:
        routes = [_documents.shaped(path, document["route"], _Written, "route of Alertmanager")]
    elif "routes" in document and "inhibit_rules" in document:
        routes = _documents.shaped(path, document["routes"], list[_Written], "list of routes of Alertmanager")
    else:
        return None
    first = Holding()
    return Route(path, (), first, False, tuple(_route(path, route, first) for route in routes))


def _route(above: str, route: _OfOperator | _Written, holds: Holding) -> Route:
    matchers = tuple(_matchers(route))
    place = f"{above}: route {', '.join(matcher.written for matcher in matchers) or 'of all'}"
    holds = _holding(place, route, holds)
    below = tuple(_route(place, inner, holds) for inner in route.routes or ())
    return Route(place, matchers, holds, route.continue_, below)


def _holding(place: str, route: _OfOperator | _Written, above: Holding) -> Holding:
    if isinstance(route, _OfOperator):
        wait, interval, grouped = route.groupWait, route.groupInterval, route.groupBy
    else:
        wait, interval, grouped = route.group_wait, route.group_interval, route.group_by
    return Holding(
        _documents.seconds(place, "group_wait", wait) if wait else above.wait,
        _documents.seconds(place, "group_interval", interval) if interval else above.interval,
        above.grouped if grouped is None else tuple(grouped),
    )


def _matchers(route: _OfOperator | _Written) -> Iterator[Matcher]:
    if isinstance(route, _OfOperator):
        for matcher in route.matchers or ():
            operator = matcher.matchType or ("=~" if matcher.regex else "=")
            yield _matcher(matcher.name, operator, matcher.value)
        return
    for written in route.matchers or ():
        found = _MATCHER.fullmatch(written)
        if found:
            value = re.sub(r"\\(.)", r"\1", found[4] or found[5] or "")
            yield Matcher(written, found[1] or found[2], found[3], value)
        else:
            yield Matcher(written)
    for operator, legacy in (("=", route.match), ("=~", route.match_re)):
        for name, value in (legacy or {}).items():
            yield _matcher(name, operator, value)


def _matcher(name: str, operator: str, value: str) -> Matcher:
    return Matcher(f'{name}{operator}"{value}"', name, operator, value)
