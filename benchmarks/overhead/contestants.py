"""Who takes part: what each needs installed, how its service is started, what it promises to deliver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: The newest of what every service stands on; the others get the versions that ``bare`` has.
STACK = ("fastapi", "uvicorn", "uvloop", "httptools", "flask", "gunicorn", "sqlalchemy", "psycopg[binary]")
#: Distributions whose versions must be the same for all, or a ratio would compare services and not observers.
SAME = (
    *("fastapi", "starlette", "pydantic", "anyio", "uvicorn", "uvloop", "httptools"),
    *("flask", "werkzeug", "gunicorn", "sqlalchemy", "psycopg", "psycopg-binary"),
)
#: What can be delivered of a request: a server span, its log line, a count in a histogram of durations.
SIGNALS = ("span", "log", "count")

#: What the log line of a request begins with; its path follows.
LINE = "answered "


def _nothing(_sink: str) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Contestant:
    """One way to observe a service.

    Args:
        name: As one says it to ``--contestant``.
        brief: What it does, for the page.
        requirements: What is installed beside the stack.
        checkout: Whether the dependencies of this project are installed too; its code runs from the checkout.
        wrapper: Program of its environment that starts the service.
        environment: URL of the sink -> environment variables.
        delivers: Signals that a request must have left at the sink.
        scraped: Whether it is asked for its metrics over HTTP, as Prometheus does.
    """

    name: str
    brief: str
    requirements: tuple[str, ...] = ()
    checkout: bool = False
    wrapper: str = ""
    environment: Callable[[str], Mapping[str, str]] = _nothing
    delivers: tuple[str, ...] = SIGNALS
    scraped: bool = False


def _opentelemetry(sink: str) -> dict[str, str]:
    return {
        "OTEL_SERVICE_NAME": "overhead",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http,database",
    }


def _logfire(sink: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": sink, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}


def _ddtrace(sink: str) -> dict[str, str]:
    return {"DD_TRACE_AGENT_URL": sink, "DD_SERVICE": "overhead"}


#: What ``opentelemetry-bootstrap -a requirements`` asks for where the stack is installed. It pins each to its own
#: version, even where there is no such release; without pins the resolver finds the newest that exist together.
_INSTRUMENTATIONS = (
    *("asyncio", "click", "dbapi", "exceptions", "fastapi", "flask", "jinja2", "logging", "psycopg", "requests"),
    *("sqlalchemy", "sqlite3", "starlette", "threading", "tortoiseorm", "urllib", "urllib3", "wsgi"),
)

CONTESTANTS = (
    Contestant("bare", "the service alone; it prints its log lines, as all do", delivers=()),
    Contestant(
        "obskit",
        "`import obskit; obskit.init()`: traces, metrics and logs, all settings at their defaults",
        checkout=True,
    ),
    Contestant(
        "opentelemetry-distro",
        "`opentelemetry-instrument` with OTLP over HTTP, all three signals, stable names, and the "
        "instrumentations that `opentelemetry-bootstrap` asks for",
        requirements=(
            "opentelemetry-distro",
            "opentelemetry-exporter-otlp-proto-http",
            *(f"opentelemetry-instrumentation-{name}" for name in _INSTRUMENTATIONS),
        ),
        wrapper="opentelemetry-instrument",
        environment=_opentelemetry,
    ),
    Contestant(
        "logfire",
        "`logfire.configure()` and its integrations of the framework, psycopg and logging; nothing goes to its cloud",
        requirements=("logfire[fastapi,flask,psycopg]",),
        environment=_logfire,
    ),
    Contestant(
        "ddtrace",
        "`ddtrace-run` with its defaults: traces",
        requirements=("ddtrace",),
        wrapper="ddtrace-run",
        environment=_ddtrace,
        delivers=("span",),
    ),
    Contestant(
        "prometheus",
        "one histogram by hand with prometheus-client, scraped after each phase: no traces, no logs",
        requirements=("prometheus-client",),
        delivers=("count",),
        scraped=True,
    ),
)
BY_NAME = {contestant.name: contestant for contestant in CONTESTANTS}
BARE = BY_NAME["bare"]
