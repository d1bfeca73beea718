"""The streams of one process: what is measured, by obskit and by the service, and what reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from obskit._runtime.engine.callbacks import LONGEST, Callbacks, Values
from obskit._runtime.engine.scopes import Scope
from obskit._runtime.engine.streams import Kind, Stream
from obskit._runtime.engine.twinning import beside
from obskit._runtime.engine.views import Views
from obskit.config.views import View

#: Takes (stream, value, attributes, span, nanoseconds since the epoch) from any thread, also of a signal's handler.
Measure = Callable[[tuple[Any, float, Any, Any, int]], None]


class Streams:
    """The streams of one process, and where their measurements go.

    Args:
        measure: Takes a measurement.
        views: What becomes of the instruments of the service.
    """

    def __init__(self, measure: Measure, views: Sequence[View] = ()) -> None:
        self.measure, self.views = measure, Views(views)
        self.all: list[Stream] = []
        #: What obskit observes, and what reads it at each export.
        self.readers: list[tuple[Stream, Callable[[], Values]]] = []
        #: What the service observes.
        self.callbacks = Callbacks()
        #: What obskit measures itself, by name: another library that does so too would count everything twice.
        self.ours: dict[str, Stream] = {}
        #: Held while an instrument is made.
        self.lock = threading.Lock()

    def begin_anew(self) -> None:
        """Begin at zero in a forked child, where a thread of the parent may hold the lock for ever."""
        self.lock = threading.Lock()
        self.callbacks.begin_anew()
        for stream in self.all:
            stream.begin_anew()

    def make(
        self,
        scope: Scope,
        name: str,
        unit: str,
        brief: str,
        kind: Kind,
        boundaries: Sequence[float] = (),
        *,
        observed: bool = False,
        background: bool = False,
        ours: bool = False,
    ) -> Stream:
        """Return a new stream; one of a name that is ours, and of another scope, is not exported as such."""
        bounds = tuple(float(bound) for bound in boundaries)
        stream = Stream(scope, name, unit, brief, kind, bounds, observed, background)
        if ours:
            self.ours[name] = stream
            self.all = [
                other for other in self.all if other.name != name or other.scope is scope or beside(other, stream)
            ]
            self.views.spare(stream)
            self.all.append(stream)
            return stream
        viewed = self.views.applied(stream, self.all) if self.views else None
        self.all += [each for each in (viewed.streams if viewed else [stream]) if self._is_apart(each)]
        return viewed or stream

    def _is_apart(self, stream: Stream) -> bool:
        ours = self.ours.get(stream.name)
        return ours is None or beside(stream, ours)

    def forget(self) -> None:
        """Forget what was observed."""
        for stream in self.all:
            if stream.observed:
                stream.points.clear()

    def read(self, patience: float = LONGEST) -> None:
        """Read what is observed now.

        Args:
            patience: Seconds for the callbacks of the service.
        """
        self.forget()
        for stream, read in list(self.readers):
            stream.take_all(read() or ())
        for stream, values in self.callbacks.read(patience):
            stream.take_all(values)
