"""What is known of the labels of a result when nothing is known of the series.

Any series can have any label; what an expression fixes, keeps and drops is certain all the same.
Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

#: The labels that Prometheus gives every series that it scrapes.
TARGET = ("job", "instance")


@dataclass(frozen=True)
class Labels:
    """The labels of every series of a result; the metric's name is not among them.

    Args:
        names: Labels that it can have; with ``others``, labels that it cannot have.
        others: Whether it can have any label but ``names``.
        must: Labels that it certainly has.
        fixed: Labels whose value is certain, with the value.
        scraped: Whether it has the labels of a target, whichever those are.
    """

    names: frozenset[str] = frozenset()
    others: bool = True
    must: frozenset[str] = frozenset()
    fixed: Mapping[str, str] = field(default_factory=dict)
    scraped: bool = False

    def can(self, label: str) -> bool:
        """Return whether a series can have a label.

        Example:
            >>> by("a", "b").can("c"), ANY.dropping({"a"}).can("c")
            (False, True)
        """
        return (label in self.names) != self.others

    def keeping(self, labels: Iterable[str]) -> Labels:
        """Return what ``by`` leaves."""
        kept = frozenset(labels)
        return Labels(frozenset(filter(self.can, kept)), False, self.must & kept, _only(self.fixed, kept))

    def dropping(self, labels: Iterable[str]) -> Labels:
        """Return what ``without`` leaves."""
        dropped = frozenset(labels)
        names = self.names | dropped if self.others else self.names - dropped
        fixed = {label: value for label, value in self.fixed.items() if label not in dropped}
        scraped = self.scraped and not dropped.intersection(TARGET)
        return Labels(names, self.others, self.must - dropped, fixed, scraped)

    def adding(self, labels: Iterable[str]) -> Labels:
        """Return the labels with others that it can have now, of any value."""
        added = frozenset(labels)
        left = self.dropping(added)
        names = left.names - added if self.others else left.names | added
        return replace(left, names=names, scraped=self.scraped)

    def having(self, fixed: Mapping[str, str]) -> Labels:
        """Return the labels with some of a certain value; an empty value takes the label away."""
        given = {label: value for label, value in fixed.items() if value}
        left = self.dropping(fixed).adding(given)
        return replace(left, must=left.must | given.keys(), fixed={**left.fixed, **given})

    def needing(self, labels: Iterable[str]) -> Labels:
        """Return the labels of those series alone that have some; none can have what it cannot have."""
        return replace(self, must=self.must | frozenset(filter(self.can, labels)))

    def both(self, other: Labels) -> Labels:
        """Return what series have that are the same on two sides."""
        if self.others and other.others:
            names, others = self.names | other.names, True
        else:
            finite, rest = (other, self) if self.others else (self, other)
            names, others = frozenset(filter(rest.can, finite.names)), False
        fixed = {**other.fixed, **self.fixed}
        return Labels(names, others, self.must | other.must, fixed, self.scraped or other.scraped)

    def either(self, other: Labels) -> Labels:
        """Return what a series can have that is of one of two sides."""
        if self.others and other.others:
            names = self.names & other.names
        elif self.others or other.others:
            unlimited, limited = (self, other) if self.others else (other, self)
            names = unlimited.names - limited.names
        else:
            names = self.names | other.names
        fixed = {label: value for label, value in self.fixed.items() if other.fixed.get(label) == value}
        scraped = self.scraped and other.scraped
        return Labels(names, self.others or other.others, self.must & other.must, fixed, scraped)

    def certain(self) -> frozenset[str]:
        """Return the labels that series are told apart by, when they are known: none that is fixed."""
        return frozenset() if self.others else self.names - self.fixed.keys()


#: Of a series that nothing is known of.
ANY = Labels()
#: Of a series that comes from a target.
SCRAPED = Labels(scraped=True)
#: Of a number, or of what has lost all labels.
NONE = Labels(others=False)


def by(*names: str) -> Labels:
    """Return labels that can be these and no others."""
    return Labels(frozenset(names), others=False)


def _only(fixed: Mapping[str, str], kept: frozenset[str]) -> dict[str, str]:
    return {label: value for label, value in fixed.items() if label in kept}
