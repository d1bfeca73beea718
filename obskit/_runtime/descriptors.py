"""Open files that the service may close behind our back, as programs do that become daemons."""

from __future__ import annotations

import os


class Descriptor:
    """An open file of ours.

    Args:
        number: What the system calls it; the service's next file has the number when the service closes it.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._is = _identity(number)

    def is_ours(self) -> bool:
        """Whether it is still the file that was opened."""
        try:
            return _identity(self.number) == self._is
        except OSError:  # closed
            return False

    def close(self) -> None:
        """Close it, unless it is somebody else's by now."""
        if self.is_ours():
            os.close(self.number)


def _identity(number: int) -> tuple[int, int]:
    found = os.fstat(number)
    return found.st_dev, found.st_ino
