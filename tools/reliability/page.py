"""docs/reliability.md, from the matrix that the tests run."""

from __future__ import annotations

from tools.reliability.cells import STOPS
from tools.reliability.servers import SERVERS

_HEAD = """# What arrives, and how long a stop takes

Every cell of this table is a test against the real server (`tests/stack/test_reliability.py`, run by `make test`).

- **exactly once**: the server takes 12 orders with 3 workers, and is then stopped as Kubernetes stops it. Each order
  is a span, a log line, one more in a counter and a value in a histogram, and the import of the application counts 7
  more. What arrives adds up exactly: nothing is missing, nothing is there twice, a preloaded count is there once, and
  the exit code is the one that the server has without obskit. **and an outage**: the sidecar answers 503 to
  everything for the first half.
- **stop**: the sidecar is of no use from the start to the end (nobody listens; it accepts and never answers; it
  answers after 20 s; it answers 503). The stop takes no longer than it does without obskit, plus the budget
  (`OBSKIT_EXIT_BUDGET`, 5 s by default), plus 1 s; the exit code is the same and no traceback is printed.

"""
_TAIL = """
## Outages

What is accepted is encoded within a second and waits in a queue of 32 MiB (`OBSKIT_QUEUE_SIZE`, in MiB) until the
sidecar takes it: with pauses that grow from a quarter of a second to 5 s, differ between processes, and last as long
as `Retry-After` says. Ten minutes at 20 requests a second with three queries and a log line each fit. When the queue
is full the oldest batches give way. A batch that the collector refuses (400, 413) is divided until the record that it
cannot take is alone. Every record that is given up is counted in `obskit.telemetry.dropped` by signal and reason:
`queue_full`, `rejected`, `too_large`, `invalid`, `shutdown`, `killed`.

A process that is killed, or that ends while the sidecar is away for longer than its budget, loses what it has in
memory; one that never had an answer gives up after four attempts, in about a second. How much that was stands in a
small file of its place (below `OBSKIT_STATE_DIRECTORY`, else the log directory, else a temporary one), and its
successor reports it with the reason `killed` or `shutdown`. The file has to outlive the container: give it a volume.
What is younger than two seconds when a process is killed is not in the file.

## Identity

`service.instance.id` is pod, container and slot: each process holds the lowest free number while it lives, so the
successor of a worker continues its series. Where no file can be written or locked it is the process id.

## Known limits

- uvicorn with `--lifespan off` leaves no moment for a flush at SIGTERM: what is younger than a second is lost.
- A callback of an observable instrument that never returns stops the telemetry of its process, and nothing else.
- A process that forked and then does nothing but wait sends nothing more until it does something: the master of a
  prefork server has no series of its own. What it measured before it forked is sent once.
- uWSGI runs no Python threads without `--enable-threads`: then nothing is sent before the exit.
- A child that ends by `os._exit` without telling anybody (as in code that calls `os.fork` itself) loses what is
  younger than a second: call `obskit.shutdown()` before.
- The first process of a container that ignores SIGTERM (as PID 1 without a handler does) is flushed at SIGTERM and
  ended by SIGKILL later; what it does in between is lost.
"""


def page() -> str:
    """Return the page."""
    columns = ["server", "exactly once", *(f"stop: {name}" for name in STOPS)]
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for server in SERVERS:
        exact = "yes, and an outage" if server.outage else "yes"
        name = f"{server.name} ({server.note})" if server.note else server.name
        lines.append(f"| {' | '.join([name, exact, *['in time'] * len(STOPS)])} |")
    return _HEAD + "\n".join(lines) + "\n" + _TAIL
