"""uWSGI loads the application and then forks in C, past Python, whose locks its workers inherit as they are.

A worker that is forked while a thread of ours holds the interpreter waits for it for ever. So uWSGI's master has no
threads of ours; what it recorded is sent by the first of its workers that records something.
"""

from __future__ import annotations

import contextlib
import os
import sys

from obskit._runtime.descriptors import Descriptor
from obskit._runtime.guard import contained


@contained("uwsgi.master", default=False)
def is_loading() -> bool:
    """Whether this process loads the application and will fork its workers, or be one itself, when that is done."""
    server = sys.modules.get("uwsgi")
    if server is None or server.worker_id():
        return False
    return not server.mule_id() and not server.i_am_the_spooler()  # these serve as well, in their way


class Heritage:
    """What one process leaves to the first of its children that asks: a byte in a pipe, which only one can read."""

    def __init__(self) -> None:
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.write(write, b"1")
        os.close(write)
        self._pipe = Descriptor(read)

    def claim(self) -> bool:
        """Whether it is ours now; somebody else's from then on."""
        with contextlib.suppress(OSError):
            return self._pipe.is_ours() and bool(os.read(self._pipe.number, 1))
        return False
