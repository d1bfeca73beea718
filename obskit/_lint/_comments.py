"""``# obskit: ignore <check> <reason>`` on a rule or directly above it: what is known and wanted is not reported."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from obskit._checks._finding import nearest
from obskit._lint._finding import Finding
from obskit._lint._pack import Comment, Group
from obskit.exceptions import InputError

_COMMENT = re.compile(r"#\s*obskit:\s*(.*)")
_IGNORE = re.compile(r"ignore\s+(\S+)\s*(.*)")
_MOST = 1000
_ALONE = re.compile(r"\s*(?:#.*|-\s*(?:#.*)?)?")


@dataclass(frozen=True)
class _Span:
    """A rule or a group: its first line, and the lines of its findings."""

    first: int
    place: str
    reach: range


_NOWHERE = _Span(0, "file", range(0))


def read(file: str, text: str, groups: Sequence[Group], checks: Collection[str]) -> Iterator[Comment]:
    """Yield the comments of a file.

    Args:
        file: Its name.
        text: Its text.
        groups: The groups in it.
        checks: The ids of checks that there are.

    Raises:
        InputError: There are more than anybody writes.
    """
    if "obskit:" not in text:
        return
    lines = text.splitlines()
    owners = _owners(groups)
    below = _below(lines, owners)
    many = 0
    for number, line in enumerate(lines, 1):
        if found := _COMMENT.search(line):
            many += 1
            if many > _MOST:
                raise InputError(f"more than {_MOST} comments for obskit", place=file, remedy="disable the check")
            span = owners.get(below[number], _NOWHERE)
            yield _understood(Comment(file, number, span.place, span.reach), found[1].strip(), checks)


def apply(findings: Sequence[Finding], comments: Sequence[Comment]) -> list[Finding]:
    """Return the findings that no comment ignores, and mark the comments that ignore something."""
    of_check: dict[tuple[str, str], list[Comment]] = {}
    for comment in comments:
        of_check.setdefault((comment.file, comment.check), []).append(comment)
    kept = []
    for finding in findings:
        covering = [comment for comment in of_check.get((finding.file, finding.check), ()) if comment.covers(finding)]
        for comment in covering:
            comment.idle = False
        if not covering:
            kept.append(finding)
    return kept


def _owners(groups: Sequence[Group]) -> dict[int, _Span]:
    """Which rule a line belongs to; the first line of a group belongs to the group, unless a rule begins there too."""
    spans = {(group.line, group.line): _Span(group.line, group.place, range(sys.maxsize)) for group in groups}
    rules = [rule for group in groups for rule in group.rules]
    spans |= {(r.line, r.last): _Span(r.line, r.place, range(r.line, r.last + 1)) for r in rules}
    return {line: span for (first, last), span in spans.items() for line in range(first, last + 1)}


def _below(lines: list[str], owners: dict[int, _Span]) -> list[int]:
    """For each line that it stands above, when it is a comment on a line of its own outside of any rule, or itself."""
    found = list(range(len(lines) + 2))
    for number in range(len(lines), 0, -1):
        owner = owners.get(number)
        if _ALONE.fullmatch(lines[number - 1]) and (owner is None or owner.first == number):
            found[number] = found[number + 1]
    return found


def _understood(comment: Comment, text: str, checks: Collection[str]) -> Comment:
    found = _IGNORE.fullmatch(text)
    if found is None:
        comment.problem, comment.remedy = f"not understood: {text[:60]}", "write: obskit: ignore <check> <reason>"
    elif found[1] not in checks:
        comment.problem, comment.remedy = f"no check is called {found[1][:40]}", nearest(found[1], checks)
    elif not found[2]:
        comment.problem, comment.remedy = f"no reason is given to ignore {found[1]}", "say why, behind the check's name"
    elif not comment.reach:
        comment.problem, comment.remedy = "no rule or group stands here", "put it on the rule, or directly above it"
    else:
        comment.check = found[1]
    comment.idle = not comment.problem
    return comment
