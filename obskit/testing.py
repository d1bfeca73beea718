"""For tests of a service: everything that obskit would send, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from obskit._runtime import guard
from obskit.config.views import View, checked

if TYPE_CHECKING:
    from obskit._runtime.engine.engine import Engine
    from obskit._runtime.engine.logbook import Entry
    from obskit._runtime.engine.spans import Span

__all__ = ["Recorded", "fault", "hooks", "recording"]


class Recorded:
    """What was recorded so far."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._spans: list[Span] = []
        self._logs: list[Entry] = []

    @property
    def spans(self) -> list[Span]:
        """Spans that ended, oldest first; with ``name``, ``attributes``, ``events`` … as the SDK's."""
        self._take()
        return list(self._spans)

    @property
    def logs(self) -> list[Entry]:
        """Log records; with ``body``, ``attributes``, ``severity_text``, ``trace_id`` and more."""
        self._take()
        return list(self._logs)

    def points(self, name: str) -> dict[tuple[tuple[str, Any], ...], Any]:
        """Return the points of a metric by their attributes, sorted; a histogram's point has ``count`` and ``sum``.

        Args:
            name: OpenTelemetry name (``db.client.connection.wait_time``).
        """
        self._engine.digest()
        self._engine.streams.read()
        streams = [stream for stream in self._engine.streams.all if stream.name == name]
        ours = self._engine.streams.ours.get(name)
        return {
            tuple(sorted(point.attributes.items())): point if stream.kind == "histogram" else point.value
            for stream in sorted(streams, key=lambda found: found is ours)  # last, to stand for those of its name
            for point in stream.points.values()
        }

    def clear(self) -> None:
        """Forget spans and logs; metrics are cumulative."""
        self._take()
        self._spans.clear()
        self._logs.clear()

    def _take(self) -> None:
        self._logs += self._engine.entries()
        while self._engine.spans:
            self._spans.append(self._engine.spans.popleft())


_recorded: Recorded | None = None


def recording(*, views: Iterable[View] = (), **settings: Any) -> Recorded:
    """Start obskit in this process with everything kept in memory; later calls return the same, cleared.

    Args:
        views: As of :func:`obskit.init`.
        **settings: As of :func:`obskit.init`.

    Raises:
        RuntimeError: ``obskit.init()`` ran before, or somebody else's SDK.

    Example:
        >>> from obskit import testing
        >>> recorded = testing.recording(service_name="shop", log_format="off")
        >>> recorded.spans
        []
    """
    global _recorded
    if _recorded is None:
        _recorded = _start(settings, checked(views))
    _recorded.clear()
    return _recorded


def hooks() -> frozenset[str]:
    """Return the names of all hooks of obskit in this process, for :func:`fault`."""
    return guard.hooks()


@contextmanager
def fault(hook: str, error: Exception | None = None, *, late: bool = False) -> Iterator[None]:
    """Make a hook of obskit fail at every call, to prove that the service does not notice.

    Args:
        hook: One of :func:`hooks`.
        error: What it raises.
        late: Whether after it did its work, instead of before.
    """
    guard.inject(hook, error or RuntimeError(f"injected into {hook}"), late=late)
    try:
        yield
    finally:
        guard.inject(hook, None)


def _start(settings: dict[str, Any], views: tuple[View, ...]) -> Recorded:
    from opentelemetry import trace

    from obskit._runtime import start
    from obskit._runtime.engine.engine import Engine, Options
    from obskit._runtime.engine.pipeline import EnginePipeline
    from obskit._runtime.engine.sampling import sampler
    from obskit._runtime.resource import Identity
    from obskit.config import settings as table
    from obskit.config.destinations import destinations

    if start.status()["running"] or not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        raise RuntimeError("obskit, or another SDK, runs in this process already: call recording() first")
    chosen, _ = table.read(settings, {})
    identity = Identity(chosen)
    goals, _ = destinations(chosen, {})
    engine = Engine(Options(goals, chosen.export_interval, views=views), identity)
    start.install(chosen, EnginePipeline(engine, sampler("always_on"), identity.attributes))
    return Recorded(engine)
