"""uWSGI loads the application and then forks in C, past Python, whose locks its workers inherit as they are.

A worker that is forked while a thread of ours holds the interpreter waits for it for ever. So uWSGI's master has no
threads of ours; what it recorded is sent by the first of its workers that records something.
"""

from __future__ import annotations

import contextlib
import os
import sys

from obskit._runtime.guard import contained


@contained("uwsgi.master", default=False)
def is_loading() -> bool:
    """Whether this process loads the application and will fork its workers, or be one itself, when that is done."""
    server = sys.modules.get("uwsgi")
    return server is not None and server.worker_id() == 0


class Heritage:
    """What one process leaves to the first of its children that asks: a byte in a pipe, which only one can read."""

    def __init__(self) -> None:
        self._read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.write(write, b"1")
        os.close(write)

    def claim(self) -> bool:
        """Whether it is ours now; somebody else's from then on."""
        with contextlib.suppress(OSError):
            return bool(os.read(self._read, 1))
        return False
