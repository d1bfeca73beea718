"""One cell of the matrix: a server, what becomes of its sidecar, and what arrived."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from obskit.catalogue import telemetry
from tools.reliability.names import IMPORTED, LINE, ORDERS, SIZES, SPAN
from tools.reliability.promise import Outcome, does_hang, is_late
from tools.reliability.running import Exit, Running, start, stop, until, work
from tools.reliability.servers import BARE, EXACT, KILLED, REQUESTS, STOPS, WORKERS, Server
from tools.reliability.sink import Answer, Sink
from tools.stack.process import free_port

#: Seconds of 503, refused connections and 503 again that a server lives through.
OUTAGE = (2.0, 3.0, 3.0)
_ANSWERS = {"refused": None, "silent": Answer(0), "slow": Answer(200, delay=20.0), "503": Answer(503)}
#: Seconds until a successor has surely told.
_PATIENCE = 30.0
#: A stop that takes too long or hangs is tried again, alone: what obskit makes long is long each time, what others do
#: is not.
TRIES = 5
_alone = threading.Lock()
#: Seconds that an exit may take where only what arrives is looked at.
AMPLE = 20.0
#: Seconds between the work and a stop: workers that still begin do not hear of one.
_SETTLED = 1.5
_TRACEBACK = re.compile(r"^Traceback", re.MULTILINE)


def run(server: Server, names: list[str], folder: Path, bare: Outcome | str = "") -> dict[str, Outcome | str]:
    """Run cells of a server at once, each in a folder of its own.

    Args:
        server: Which one.
        names: Which cells.
        folder: Where; it is empty.
        bare: What the server does without obskit, which the time of a stop is compared with.

    Returns:
        Cell -> what it came to; why, where it did not come to anything.
    """
    with ThreadPoolExecutor(len(names)) as pool:
        found = pool.map(lambda name: _patiently(server, name, folder / name, bare), names)
        return dict(zip(names, found, strict=True))


def _patiently(server: Server, name: str, folder: Path, bare: Outcome | str) -> Outcome | str:
    number, found = 1, _cell(server, name, folder / "1")
    while number < TRIES and (does_hang(found) or (name in STOPS and is_late(found, bare))):
        number += 1
        with _alone:
            found = _cell(server, name, folder / str(number))
    return (
        found if number == 1 or isinstance(found, str) else replace(found, figures={**found.figures, "tries": number})
    )


def _cell(server: Server, name: str, folder: Path) -> Outcome | str:
    cells = {BARE: _bare, EXACT: _exact, KILLED: _killed}
    try:
        return cells[name](server, folder) if name in cells else _stopping(server, _ANSWERS[name], folder)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return str(error) or type(error).__name__


def _bare(server: Server, folder: Path) -> Outcome:
    """Let a server do its work without obskit."""
    with start(server, "http://127.0.0.1:9", folder, OTEL_SDK_DISABLED="true") as running:
        work(server, running, folder, REQUESTS)
        time.sleep(0 if server.kind == "program" else _SETTLED)
        return _outcome(stop(server, running))


def _exact(server: Server, folder: Path) -> Outcome:
    """Let a server do its work, half of it while the sidecar is away, stop it, and count what arrived."""
    with Sink(Answer(503 if server.outage else 200)) as sink, start(server, sink.url, folder, AMPLE) as running:
        if server.outage:
            _outage(server, running, folder, sink)
            work(server, running, folder, REQUESTS - REQUESTS // 2)
        else:
            work(server, running, folder, REQUESTS)
        ended = stop(server, running)
    figures = {
        "imports": ended.output.count(IMPORTED),
        "spans": len(sink.spans(SPAN)),
        "distinct": len({span.span_id for span in sink.spans(SPAN)}),
        "logs": len(sink.logs(LINE)),
        "counter": int(sink.total(ORDERS)),
        "histogram": int(sink.total(SIZES)),
    }
    if server.imports == 1 and len(sink.instances()) > 1:  # it was imported before it forked
        figures["parent"] = _sent_by_parent(sink)
    return _outcome(ended, figures)


def _sent_by_parent(sink: Sink) -> int:
    """How often the first process, whose place is the first, sent metrics of a moment after it had forked."""
    posts = sink.taken("metrics")
    parent = [post for post in posts if post.instance.endswith("/0")]
    forked = min(start for post in posts if post not in parent for start, _ in post.moments())
    return sum(any(moment > forked for _, moment in post.moments()) for post in parent)


def _outage(server: Server, running: Running, folder: Path, sink: Sink) -> None:
    """Let half the orders come while the sidecar answers 503, is gone, and answers 503 again."""
    before, gone, after = OUTAGE
    work(server, running, folder, REQUESTS // 4)
    time.sleep(before)
    sink.leave()
    work(server, running, folder, REQUESTS // 4)
    time.sleep(gone)
    sink.listen()
    time.sleep(after)
    sink.answer = Answer()


def _stopping(server: Server, answer: Answer | None, folder: Path) -> Outcome:
    """Let a server do its work and stop it, with a sidecar that is of no use all the time."""
    with contextlib.ExitStack() as stack:
        url = f"http://127.0.0.1:{free_port()}" if answer is None else stack.enter_context(Sink(answer)).url
        running = stack.enter_context(start(server, url, folder))
        work(server, running, folder, REQUESTS)
        time.sleep(0 if server.kind == "program" else _SETTLED)
        return _outcome(stop(server, running))


def _killed(server: Server, folder: Path) -> Outcome:
    """Kill a server in an outage, start it again, and count what its successor tells of the loss."""
    early, each = 0 if server.kind == "waits" else REQUESTS // 2, 1  # that one takes its orders at once
    with Sink() as sink:
        if not early:
            sink.leave()
        with start(server, sink.url, folder, AMPLE) as running:
            if early:
                work(server, running, folder, early)
                until(lambda: len(sink.spans(SPAN)) >= early, running)
                time.sleep(_SETTLED)  # spans around them
                each = _spans_of_orders(sink) // early
                sink.leave()
            work(server, running, folder, REQUESTS - early)
            lost = each * (REQUESTS - early)
            until(lambda: _noted(folder) >= lost, running)
            running.kill()
        sink.listen()
        with start(server, sink.url, folder, AMPLE) as again:
            later = _until_told(server, again, folder, sink, lost)
            ended = stop(server, again)
    figures = {"sent": early + later, "arrived": len(sink.spans(SPAN)), "lost": lost, "told": _told(sink)}
    return _outcome(ended, figures)


def _noted(folder: Path) -> int:
    """How many spans the processes noted as lost if they were killed now."""
    count = 0
    for slot in (folder / "state").glob("*.slot"):
        with contextlib.suppress(ValueError):  # it is written just now, or empty
            count += json.loads(slot.read_bytes()).get("killed", {}).get("traces", 0)
    return count


def _until_told(server: Server, running: Running, folder: Path, sink: Sink, lost: int) -> int:
    """Give a successor work until it tells of a loss; return the orders that it took.

    A worker that nobody tells of its fork, as uWSGI's, is no process of ours until it has something to do.
    """
    orders, deadline = 0, time.monotonic() + _PATIENCE
    while _told(sink) < lost and time.monotonic() < deadline:
        work(server, running, folder, WORKERS)
        orders += WORKERS
        time.sleep(1.0)
    return REQUESTS if server.kind == "waits" else orders


def _spans_of_orders(sink: Sink) -> int:
    traces = {span.trace_id for span in sink.spans(SPAN)}
    return sum(span.trace_id in traces for span in sink.spans())


def _told(sink: Sink) -> int:
    return int(sink.total(telemetry.DROPPED.name, signal="traces", reason="killed"))


def _outcome(ended: Exit, figures: dict[str, int] | None = None) -> Outcome:
    tracebacks = len(_TRACEBACK.findall(ended.output))
    return Outcome(ended.code, round(ended.seconds, 2), tracebacks, figures or {}, ended.output)
