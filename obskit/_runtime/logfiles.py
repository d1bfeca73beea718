"""Log lines in files, for a Fluent Bit sidecar that shares a volume with the service.

A file is only appended to: never renamed, never truncated, since a reader that follows it by inode would lose or repeat
lines. A full one is left, the next gets another name, and the one before the last is deleted.
"""

from __future__ import annotations

import io
import logging
import os
import time
from pathlib import Path

from obskit._runtime.guard import contained

#: Two files of a process: what the sidecar has not read by then is given up.
FILE_BYTES = 8 * 1024 * 1024


class LineFiles(logging.Handler):
    """Appends formatted records to numbered files.

    Args:
        folder: Where; it must exist.
        file_bytes: When the next file begins.
    """

    def __init__(self, folder: Path, file_bytes: int = FILE_BYTES) -> None:
        super().__init__()
        self._folder, self._limit = folder, file_bytes
        self._born = int(time.time())  # a process id comes back after a restart of the container
        self._number = 0
        self._pid = 0
        self._file: io.TextIOWrapper | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record."""
        self._append(record)

    @contained("logs.file")
    def _append(self, record: logging.LogRecord) -> None:
        if self._file is None or self._pid != os.getpid() or self._file.tell() >= self._limit:
            self._next()
        assert self._file is not None  # noqa: S101 - _next opened it
        self._file.write(self.format(record) + "\n")
        self._file.flush()

    def _next(self) -> None:
        if self._file is not None and self._pid == os.getpid():
            self._file.close()
        self._pid, self._number = os.getpid(), self._number + 1
        self._file = self._path(self._number).open("a", encoding="utf-8")
        self._path(self._number - 2).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._born}-{os.getpid()}-{number}.jsonl"
