"""What is raised for a text that is no LogQL."""

from __future__ import annotations

_LONGEST = 200


class LogQLError(ValueError):
    r"""Raised for a text that Loki would refuse; says why and where.

    Args:
        message: Why; cut where it quotes too much.
        query: The whole text.
        offset: Where, in characters from its start.

    Example:
        >>> error = LogQLError("unexpected }", "sum(\n})", 5)
        >>> str(error), error.line, error.column
        ('unexpected } at line 2, column 1', 2, 1)
    """

    def __init__(self, message: str, query: str = "", offset: int = 0) -> None:
        super().__init__(message, query, offset)
        self.message = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"
        self.offset = offset
        self.line = query.count("\n", 0, offset) + 1
        self.column = offset - query.rfind("\n", 0, offset)

    def __str__(self) -> str:
        return f"{self.message} at line {self.line}, column {self.column}"
