"""A comment that ignores a finding names a check, gives a reason, and ignores something."""

from __future__ import annotations

from collections.abc import Iterator

from obskit._lint._finding import NOTE, WARNING, Finding
from obskit._lint._pack import Pack

ID = "ignore-comment"


def check(pack: Pack) -> Iterator[Finding]:
    """Yield a finding for every ``# obskit:`` that has no effect, or not the one that was meant; runs last."""
    for comment in pack.comments:
        level = NOTE if comment.idle else WARNING
        problem = comment.problem or (f"{comment.check} finds nothing here" if comment.idle else "")
        if problem:
            at = comment.line
            remedy = comment.remedy or "remove the comment"
            yield Finding(comment.file, at, at, comment.place, problem, ID, level, remedy)
