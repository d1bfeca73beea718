"""What the lint reports, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass

#: Levels, the gravest first: Prometheus refuses it; it does not do what it says; it could be better.
ERROR, WARNING, NOTE = LEVELS = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a rule.

    Args:
        file: The file.
        line: First line of what is wrong, from 1.
        last: Last line.
        place: Group and rule (``group g: alert ShardHot``).
        message: What is wrong.
        check: The check that says so; ``docs/checks/<check>.md`` explains it.
        level: ``error``, ``warning`` or ``note``.
        remedy: What to do, or "".
    """

    file: str
    line: int
    last: int
    place: str
    message: str
    check: str
    level: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """Return the finding as plain data."""
        return asdict(self)
