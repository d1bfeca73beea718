"""Batches to the collector: one thread, a kept connection, and every batch again until it is taken.

Source: OpenTelemetry protocol specification (OTLP/HTTP): 429, 502, 503 and 504 and connections that fail are retried,
with ``Retry-After`` where it is given; whatever else is refused is not. A refused batch is divided, so that one bad
record does not take the others with it.
"""

from __future__ import annotations

import datetime
import email.utils
import http.client
import random
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from obskit._runtime.engine.batches import REJECTED, TOO_LARGE, Batch, Batches
from obskit._runtime.engine.connections import connection_to, is_readable
from obskit._runtime.engine.waiting import taken
from obskit._runtime.engine.wire import fields, read_varint
from obskit._runtime.guard import THREADS, contained, warn
from obskit.config.destinations import Destination, shown

_RETRIED = frozenset({408, 429, 502, 503, 504})
_DIVIDED = frozenset({400, 413})
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_TOLD = 0.25, 5.0, 300.0
#: Attempts after which nobody waits any more for a sidecar that never was there.
_TRIES = 4
#: At an exit there is no time for long pauses.
_HURRIED_PAUSE = 0.2
_QUIET_SECONDS = 60.0
_MOST_OF_A_RESPONSE = 64 * 1024


class _Route:
    """One signal on its way."""

    def __init__(self, target: Destination) -> None:
        self.target, self.place = target, urlsplit(target.url)
        #: Attempts that failed in a row, and when (monotonic) the next one is due.
        self.failures, self.due = 0, 0.0


class Wait:
    """Somebody who waits until everything that is in the queue now is settled.

    Args:
        reply: Gets True then, and False when nobody listens and nobody ever did.
        until: When (monotonic) nobody waits any more.
    """

    def __init__(self, reply: SimpleQueue[bool], until: float) -> None:
        self.reply, self.until = reply, until
        #: What was in the queue.
        self.batches: list[Batch] = []


class Delivery:
    """Posts batches.

    Args:
        batches: The queue.
        destinations: Signal -> where it goes.
        settled: Called before somebody who waits is told that everything is settled.
        patient: Whether a sidecar that never answered may still come.
    """

    def __init__(
        self,
        batches: Batches,
        destinations: dict[str, Destination],
        settled: Callable[[], None],
        *,
        patient: bool = False,
    ) -> None:
        self._batches, self._settled, self._patient = batches, settled, patient
        self._routes = {signal: _Route(target) for signal, target in destinations.items()}
        self._said: dict[str, float] = {}
        self._random = random.Random()  # noqa: S311 - spreads load
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget the connections: in a forked child they are its parent's."""
        self._random.seed()
        self.thread: threading.Thread | None = None
        self._mail: SimpleQueue[Wait | None] = SimpleQueue()
        self._connections: dict[tuple[str, str, float, str, str], http.client.HTTPConnection] = {}
        self._waits: list[Wait] = []
        self.connected = False
        for route in self._routes.values():
            route.failures, route.due = 0, 0.0

    def start(self) -> None:
        """Start the thread."""
        self.thread = threading.Thread(target=self._work, name=f"{THREADS}delivery", daemon=True)
        self.thread.start()

    def wake(self, wait: Wait | None = None) -> None:
        """Look at the queue now."""
        self._mail.put(wait)

    def _work(self) -> None:
        mail = self._mail
        while mail is self._mail:  # a forked child has another, and another thread
            try:
                pause = self._pause()
                wait = mail.get() if pause is None else taken(mail, pause)
            except Empty:
                wait = None
            self._take(wait)
            if not self._pass():
                time.sleep(_FIRST_PAUSE)  # whatever is wrong with us, it does not get better by haste

    @contained("delivery.pass", default=False, closes="delivery.pass")  # never left out
    def _pass(self) -> bool:
        """Post what is due, the signals in turn, until nothing is; True when that went well."""
        busy = True
        while busy:
            busy = False
            for signal, route in self._routes.items():
                if route.due <= time.monotonic() and (batch := self._batches.first(signal)) is not None:
                    self._attempt(route, batch)
                    busy = busy or not route.failures
            while not self._mail.empty():  # who waits for what is long settled need not wait for the rest
                self._take(self._mail.get())
            self._answer()
        return True

    def _take(self, wait: Wait | None) -> None:
        """Make haste for somebody who waits."""
        if wait is not None:
            self._waits.append(wait)
            for route in self._routes.values():
                route.due = 0.0

    def _pause(self) -> float | None:
        """Seconds until something is due; None while nothing waits."""
        due = [route.due for signal, route in self._routes.items() if self._batches.first(signal) is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _answer(self) -> None:
        """Tell those who wait for what is settled by now."""
        for wait in list(self._waits):
            if not self._batches.any_of(wait.batches):
                self._waits.remove(wait)
                self._settled()
                wait.reply.put(True)
            elif time.monotonic() > wait.until:
                self._waits.remove(wait)
            elif not (self._patient or self.connected) and all(map(self._is_hopeless, self._routes)):
                self._waits.remove(wait)
                wait.reply.put(False)

    def _is_hopeless(self, signal: str) -> bool:
        return self._routes[signal].failures >= _TRIES or self._batches.first(signal) is None

    def _attempt(self, route: _Route, batch: Batch) -> None:
        try:
            status, body, told = self._post(route, batch)
        except Exception as error:  # noqa: BLE001 - a name that is none, a header that cannot be sent: it waits as well
            self._later(route, f"{type(error).__name__}: {error}", None)
            return
        self.connected = True
        if status in _RETRIED:
            self._later(route, f"HTTP {status}", told)
            return
        route.failures = 0
        if 200 <= status < 300:
            rejected = min(batch.records, _rejected(body))
            if rejected:
                self._say("rejected", f"the collector rejected {rejected} of {batch.records} records of {batch.signal}")
            self._batches.settle(batch, {REJECTED: rejected} if rejected else {})
        elif status in _DIVIDED and (halves := batch.halves()):
            self._batches.divide(batch, halves)
        else:
            self._say(batch.signal, f"{shown(route.target.url)} refused {batch.signal} with HTTP {status}")
            self._batches.settle(batch, {TOO_LARGE if status == 413 else REJECTED: batch.records})

    def _post(self, route: _Route, batch: Batch) -> tuple[int, bytes, str | None]:
        """Post a batch; return status, body and ``Retry-After``."""
        target = route.target
        key = (route.place.scheme, route.place.netloc, target.timeout, target.certificate, target.client_certificate)
        connection = self._connections.get(key)
        if connection is not None and connection.sock is not None and is_readable(connection.sock):
            connection.close()  # the other side closed it while nothing was said
            connection = None
        if connection is None:  # with the certificates of now, which may have been renewed
            connection = self._connections[key] = connection_to(route.place, target)
        connection.timeout = route.target.timeout
        headers = {"Content-Type": "application/x-protobuf", "User-Agent": _AGENT, **route.target.headers}
        if batch.compressed:
            headers["Content-Encoding"] = "gzip"
        path = route.place._replace(scheme="", netloc="", fragment="").geturl() or "/"
        try:
            connection.request("POST", path, batch.body, headers)
            response = connection.getresponse()
            body = response.read(_MOST_OF_A_RESPONSE)
            if not response.isclosed() or response.will_close:
                connection.close()
        except BaseException:
            connection.close()
            del self._connections[key]
            raise
        return response.status, body, response.headers.get("Retry-After")

    def _later(self, route: _Route, problem: str, told: str | None) -> None:
        """Put a signal off: twice as long each time, and not all processes of a node at once."""
        route.failures += 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(route.failures - 1, 10)) * self._random.uniform(0.5, 1.0)
        if told is not None:
            pause = max(pause, min(_LONGEST_TOLD, _told_seconds(told)))
        if self._waits:
            pause = min(pause, _HURRIED_PAUSE)
        route.due = time.monotonic() + pause
        self._say("away", f"{shown(route.target.url)} does not take telemetry ({problem}); it waits and is sent again")

    def _say(self, kind: str, problem: str) -> None:
        """Warn, of one kind of trouble once a minute."""
        now = time.monotonic()
        if now >= self._said.get(kind, 0.0):
            self._said[kind] = now + _QUIET_SECONDS
            warn("obskit: %s", problem)


_AGENT = "obskit"


def _told_seconds(text: str) -> float:
    """Seconds of a ``Retry-After``: a number, or a date."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, moment.timestamp() - datetime.datetime.now(datetime.timezone.utc).timestamp())


def _rejected(body: bytes) -> int:
    """Records that the collector rejected of a batch that it took: ``partial_success`` of its response."""
    try:
        partial = next((part for number, part in fields(body) if number == 1), b"")
        return read_varint(partial, 1)[0] if partial[:1] == b"\x08" else 0
    except ValueError:
        return 0
