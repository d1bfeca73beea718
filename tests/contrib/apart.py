"""Tests in processes of their own: instrumentations are global, and so are their settings."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opentelemetry.trace import SpanKind

from obskit import testing
from obskit.testing import Recorded

TESTS = Path(__file__).parents[1]
#: The names of today; without it instrumentations use those of before.
STABLE = {"OTEL_SEMCONV_STABILITY_OPT_IN": "http,database"}
INTERNAL, SERVER, CLIENT = SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT


def apart(
    environment: dict[str, str] | None = None, before: Callable[[], object] | None = None, **settings: Any
) -> Callable[..., Any]:
    """Decorate a test that gets a process of its own, and what obskit records in it.

    Args:
        environment: Variables of the process.
        before: Called before obskit starts.
        **settings: As of ``obskit.init``.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        def inside(arguments: list[str]) -> None:
            if before is not None:
                before()
            test(testing.recording(**{"service_name": "shop", "log_format": "off", **settings}), *arguments)

        def outside(*arguments: Any, **named: Any) -> None:
            code = f"import sys, {test.__module__} as tests; tests.{test.__name__}.inside(sys.argv[1:])"
            alone(code, *map(str, (*arguments, *named.values())), environment=environment)

        outside.__name__, outside.__module__ = test.__name__, test.__module__
        outside.inside = inside  # type: ignore[attr-defined]
        # Without the first, which the test gets from inside: pytest gives the others.
        signature = inspect.signature(test)
        asked = list(signature.parameters.values())[1:]
        outside.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]
        return outside

    return decorate


def alone(code: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run code, with the tests to import from, in a process of its own."""
    path = os.pathsep.join((str(TESTS.parent), str(TESTS), str(TESTS / "contrib")))
    variables = {**os.environ, "PYTHONPATH": path, "OBSKIT_STRICT": "1", **(environment or {})}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    assert done.returncode == 0, done.stdout + done.stderr


def told(recorded: Recorded) -> list[tuple[str, str, SpanKind]]:
    """Scope, name and kind of every span, oldest first."""
    return [(scope_of(span), span.name, span.kind) for span in recorded.spans]


def scope_of(span: Any) -> str:
    """Who made a span or a stream, in short."""
    made = getattr(span, "instrumentation_scope", None) or span.scope
    return str(made.name).removeprefix("opentelemetry.instrumentation.")


def measured(recorded: Recorded, name: str) -> list[tuple[str, float]]:
    """Who measured how often, or how much, under a name; one entry for each stream with points."""
    recorded.points(name)
    streams = [stream for stream in recorded._engine.streams.all if stream.name == name and stream.points]
    return [
        (
            scope_of(stream),
            sum(point.count if stream.kind == "histogram" else point.value for point in stream.points.values()),
        )
        for stream in streams
    ]
