"""Log lines in files, for a Fluent Bit sidecar that shares a volume with the service.

A file is only appended to: never renamed, never truncated, since a reader that follows it by inode would lose or repeat
lines. A full one is left, the next gets another name, and the one before the last is deleted; so are the oldest files
of processes that are gone, once all together are too much.
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
#: Of all processes together, half the limit of the volume: workers come and go, and what they leave adds up.
FOLDER_BYTES = 128 * 1024 * 1024


class LineFiles(logging.Handler):
    """Appends formatted records to numbered files.

    Args:
        folder: Where; it must exist.
        file_bytes: When the next file begins.
        folder_bytes: When the oldest files of all processes go.
    """

    def __init__(self, folder: Path, file_bytes: int = FILE_BYTES, folder_bytes: int = FOLDER_BYTES) -> None:
        super().__init__()
        self._folder, self._limit, self._folder_limit = folder, file_bytes, folder_bytes
        self._born = int(time.time())  # a process id comes back after a restart of the container
        self._number = 0
        self._pid = 0
        self._file: io.TextIOWrapper | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record."""
        self._append(record)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()

    @contained("logs.file")
    def _append(self, record: logging.LogRecord) -> None:
        if self._file is None or self._pid != os.getpid() or self._file.tell() >= self._limit or self._deleted():
            self._next()
        assert self._file is not None  # noqa: S101 - _next opened it
        self._file.write(self.format(record) + "\n")
        self._file.flush()

    def _deleted(self) -> bool:
        """Whether another process tidied the file away, while this one had nothing to say."""
        return self._file is not None and os.fstat(self._file.fileno()).st_nlink == 0

    def _next(self) -> None:
        if self._file is not None and self._pid == os.getpid():
            self._file.close()
        self._pid, self._number = os.getpid(), self._number + 1
        self._file = self._path(self._number).open("a", encoding="utf-8")
        self._path(self._number - 2).unlink(missing_ok=True)
        self._tidy()

    def _tidy(self) -> None:
        """Delete the files that were written to longest ago until the rest, and a full file of ours, fit."""
        others = [path for path in self._folder.glob("*.jsonl") if path != self._path(self._number)]
        sizes = {path: path.stat() for path in others if path.exists()}
        room = self._folder_limit - self._limit
        for path, size in sorted(sizes.items(), key=lambda item: -item[1].st_mtime):
            room -= size.st_size
            if room < 0:
                path.unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._born}-{os.getpid()}-{number}.jsonl"
