"""Every error that obskit raises on purpose.

ObskitError
 ├── InputError     bad input: a file, an option, a setting (the command line answers with exit code 2)
 ├── RenderError    the alert or dashboard sources do not evaluate (a fault of the sources)
 └── ToolMissing    a program that the work needs is not there; says how to install it
"""

from __future__ import annotations

__all__ = ["InputError", "ObskitError", "RenderError", "ToolMissing"]


class ObskitError(Exception):
    """Base of all errors below."""


class InputError(ObskitError):
    """Raised when input cannot be used; one message with place, value and remedy.

    Args:
        problem: What is wrong, with the offending value.
        place: File, and line when known (``obskit.yaml:12``).
        remedy: What to do about it.

    Example:
        >>> str(InputError("expected must be 1 or more, not -8", place="obskit.yaml:7", remedy="count the shards"))
        'obskit.yaml:7: expected must be 1 or more, not -8; count the shards'
    """

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem, self.place, self.remedy = problem, place, remedy
        super().__init__((f"{place}: " if place else "") + problem + (f"; {remedy}" if remedy else ""))


class RenderError(ObskitError):
    """Raised when the jsonnet sources do not evaluate; carries the engine's file and line."""


class ToolMissing(ObskitError):
    """Raised when a program is not installed; the message says how to get it."""
