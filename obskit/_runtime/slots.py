"""The place of this process among those of its service on this machine, and what a process that was killed left behind.

Each process holds the lock of the lowest numbered file that nobody holds, so that the successor of a worker has its
number, and its series go on. The kernel releases the lock with the process, however that ends. In the file stands how
many records wait to be delivered: whoever takes the number next finds what its predecessor took with it, and keeps it
there until it was told.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from obskit._runtime.descriptors import Descriptor
from obskit._runtime.guard import warn

_MOST = 512
_LONGEST = 1024
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
#: A file that is another user's, as after a change of ``runAsUser``, or no file at all.
_TAKEN = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR})


#: Why (as in the metric of what was dropped) -> signal -> records.
Losses = Mapping[str, Mapping[str, int]]


class Slot:
    """A number, and the file that stands for it.

    Args:
        folder: Returns where the files are; they are private to the user.
        service: Name of the service.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     first, second = (Slot(lambda: Path(folder), "shop") for _ in range(2))
        >>> first.number, second.number
        (0, 1)
    """

    def __init__(self, folder: Callable[[], Path], service: str) -> None:
        self._file: Descriptor | None = None
        self._written = ""
        self.number: int | None = None
        #: What its predecessor took with it.
        self.left: Losses = {}
        try:
            self._claim(folder(), hashlib.sha256(service.encode()).hexdigest()[:12])
        except OSError as error:
            warn(
                "obskit: no folder for the state of this process (%s); its instance is called by its process id", error
            )

    def write(self, losses: Losses) -> None:
        """Note what would be missed if this process were no more."""
        counts = {why: {signal: count for signal, count in of.items() if count} for why, of in losses.items()}
        text = json.dumps({why: of for why, of in counts.items() if of})
        if self._file is None or text == self._written or len(text) > _LONGEST or not self._file.is_ours():
            return
        with contextlib.suppress(OSError):  # a volume that is full: then nobody learns of it
            os.pwrite(self._file.number, text.ljust(_LONGEST).encode(), 0)  # at once, whatever stood there
            self._written = text

    def leave(self) -> None:
        """Close the file: in a forked child, whose parent's number it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _claim(self, folder: Path, stem: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        refused: OSError | None = None
        for number in range(_MOST):
            try:
                file = os.open(folder / f"{stem}-{number}.slot", _FLAGS, 0o600)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
                refused = error
                continue
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                continue
            self._file, self.number = Descriptor(file), number
            self.left = _read(os.pread(file, _LONGEST, 0))
            return
        if refused is not None:
            raise refused


def folder(configured: str, logs: str) -> Path:
    """Return the folder of the files: as configured, that of the log lines, or the user's own among the temporary ones.

    Raises:
        OSError: Somebody else owns the temporary one.
    """
    if configured or logs:
        return Path(configured or logs)
    path = Path(tempfile.gettempdir()) / f"obskit-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.getuid():
        raise PermissionError(f"{path} is somebody else's")
    return path


def _read(written: bytes) -> Losses:
    try:
        return {
            str(why): {str(signal): max(0, int(count)) for signal, count in counts.items()}
            for why, counts in json.loads(written).items()
        }
    except (ValueError, TypeError, AttributeError, OverflowError):  # empty, cut off, or somebody else's
        return {}
