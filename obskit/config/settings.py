"""Settings of ``obskit.init()``, as one table: argument, then environment, then default."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from obskit.config import unfollowed, values
from obskit.exceptions import InputError

#: What the OpenTelemetry specification calls a service that nobody named.
UNNAMED = "unknown_service:python"


class Setting(NamedTuple):
    """One setting.

    Args:
        name: Argument of ``init()``.
        env: Environment variable.
        default: As one would write it in the environment.
        parse: Text to value; raises ValueError with what is allowed.
        brief: One sentence.
    """

    name: str
    env: str
    default: str
    parse: Callable[[str], Any]
    brief: str


TABLE: tuple[Setting, ...] = (
    Setting("service_name", "OTEL_SERVICE_NAME", UNNAMED, str, "Name of the service; alerts and dashboards ask by it."),
    Setting(
        "service_namespace",
        "OBSKIT_SERVICE_NAMESPACE",
        "default",
        str,
        "Namespace of the service: half of its job label.",
    ),
    Setting("disabled", "OTEL_SDK_DISABLED", "false", values.flag, "Do nothing at all."),
    Setting(
        "endpoint",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:4318",
        values.url,
        "Where the sidecar listens (OTLP/HTTP).",
    ),
    Setting(
        "headers",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "",
        values.headers,
        "Headers of every export, such as a token: name=value,name=value.",
    ),
    Setting(
        "timeout",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "10",
        values.timeout,
        "Seconds that one export may take; it is sent again, whatever became of it.",
    ),
    Setting("compression", "OTEL_EXPORTER_OTLP_COMPRESSION", "none", values.compression, "gzip, or none."),
    Setting(
        "certificate",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "",
        str,
        "File with the certificates that an https:// endpoint is trusted by; the system's when empty.",
    ),
    Setting(
        "client_certificate",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "",
        str,
        "File with the certificate that we show to the endpoint (mTLS).",
    ),
    Setting("client_key", "OTEL_EXPORTER_OTLP_CLIENT_KEY", "", str, "File with the key of the client certificate."),
    Setting(
        "queue_size",
        "OBSKIT_QUEUE_SIZE",
        "32",
        values.mebibytes,
        "MiB that may wait for the sidecar in an outage; then the oldest give way.",
    ),
    Setting(
        "sampler",
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        values.sampler,
        f"Which traces are kept: {', '.join(values.SAMPLERS)}.",
    ),
    Setting(
        "sampler_ratio", "OTEL_TRACES_SAMPLER_ARG", "1.0", values.ratio, "Share of traces that a traceidratio keeps."
    ),
    Setting(
        "export_interval",
        "OTEL_METRIC_EXPORT_INTERVAL",
        "5000",
        values.milliseconds,
        "Time between two exports, up to 5 minutes: seconds as an argument, milliseconds in the variable.",
    ),
    Setting("traces", "OTEL_TRACES_EXPORTER", "otlp", values.exporter, "otlp, or none to send no spans."),
    Setting("metrics", "OTEL_METRICS_EXPORTER", "otlp", values.exporter, "otlp, or none to send no metrics."),
    Setting("logs", "OTEL_LOGS_EXPORTER", "otlp", values.exporter, "otlp, or none where Fluent Bit ships stdout."),
    Setting(
        "log_format",
        "OBSKIT_LOG_FORMAT",
        "json",
        values.log_format,
        "json: log lines on stdout become JSON; off: leave logging alone.",
    ),
    Setting(
        "log_directory",
        "OBSKIT_LOG_DIRECTORY",
        "",
        str,
        "Folder that log lines are written to as well, for a Fluent Bit sidecar; at most 16 MiB a process.",
    ),
    Setting(
        "state_directory",
        "OBSKIT_STATE_DIRECTORY",
        "",
        str,
        "Folder that outlives a restart, to tell what was lost by a kill; log_directory or a temporary one if empty.",
    ),
    Setting(
        "exit_budget",
        "OBSKIT_EXIT_BUDGET",
        "5",
        values.seconds,
        "Seconds that all signals together may take to flush at exit.",
    ),
    Setting(
        "excluded_paths",
        "OBSKIT_EXCLUDED_PATHS",
        "/health,/healthz,/livez,/ready,/readyz,/metrics",
        values.words,
        "Paths of requests that are neither traced nor measured.",
    ),
    Setting(
        "disabled_instrumentations",
        "OBSKIT_DISABLED_INSTRUMENTATIONS",
        "",
        values.words,
        "Libraries to leave alone, such as sqlalchemy,flask; futures is concurrent.futures.",
    ),
)


#: Parsers of what may hold a secret.
_SECRET = (values.headers, values.url)


class Settings:
    """The values in force; their names are those of :data:`TABLE`.

    No tuple or data class, whose fields an error tracker would show: some are secrets.
    """

    service_name: str
    service_namespace: str
    disabled: bool
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    timeout: float
    compression: bool
    certificate: str
    client_certificate: str
    client_key: str
    queue_size: int
    sampler: str
    sampler_ratio: float
    export_interval: float
    traces: bool
    metrics: bool
    logs: bool
    log_format: str
    log_directory: str
    state_directory: str
    exit_budget: float
    excluded_paths: tuple[str, ...]
    disabled_instrumentations: tuple[str, ...]

    def __init__(self, **found: Any) -> None:
        vars(self).update(found)

    def __repr__(self) -> str:
        """Show all but what may be a secret."""
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if name not in ("endpoint", "headers"))
        return f"Settings({', '.join(shown)})"


def read(arguments: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> tuple[Settings, list[str]]:
    """Return the settings in force, and a complaint for each value of the environment that cannot be used.

    A wrong argument is the programmer's error and raises; a wrong variable must not keep a pod from starting: its
    default is used.

    Args:
        arguments: Arguments of ``init()``; None means not given.
        environment: Environment variables.

    Raises:
        InputError: Unknown argument, or a value that it does not take.

    Example:
        >>> read({"service_name": "shop"}, {})[0].export_interval
        5.0
    """
    known = {setting.name for setting in TABLE}
    for name in arguments:
        if name not in known:
            raise InputError(
                f"init() has no argument {name}", place="obskit.init()", remedy=f"known: {', '.join(sorted(known))}"
            )
    resource = _named(environment)
    found, complaints = {}, unfollowed.complaints(environment)
    for setting in TABLE:
        given = arguments.get(setting.name)
        if given is not None:
            found[setting.name] = _argument(setting, given)
            continue
        text = environment.get(setting.env, "").strip() or resource.get(setting.name, "")
        try:
            found[setting.name] = setting.parse(text or setting.default)
        except ValueError as error:
            told = "…" if setting.parse in _SECRET else repr(text)
            complaints.append(
                f"{setting.env}={told} is not {_allowed(setting, error)}; using {setting.default or 'none'}"
            )
            found[setting.name] = setting.parse(setting.default)
    assert set(found) == set(Settings.__annotations__)  # noqa: S101 - the two tables are one
    return Settings(**found), complaints


def names() -> list[str]:
    """Return the names of all settings."""
    return [setting.name for setting in TABLE]


def explain(name: str) -> dict[str, str] | None:
    """Return what ``obskit explain`` tells of a setting, by its name or its variable, or None.

    Example:
        >>> explain("exit_budget")["environment"]
        'OBSKIT_EXIT_BUDGET'
    """
    for setting in TABLE:
        if name in (setting.name, setting.env):
            return {
                "setting": setting.name,
                "meaning": setting.brief,
                "environment": setting.env,
                "default": setting.default,
                "argument": f"obskit.init({setting.name}=…)",
            }
    return None


def _argument(setting: Setting, given: Any) -> Any:
    """Arguments come as Python values; durations in seconds, the rest as the environment would say it."""
    if isinstance(given, bool) and setting.parse is values.exporter:
        return given
    try:
        if setting.parse is values.milliseconds:
            return values.milliseconds(str(float(given) * 1000))
        if isinstance(given, Mapping):
            given = [f"{key}={quote(str(value))}" for key, value in given.items()]
        text = ",".join(map(str, given)) if isinstance(given, (list, tuple)) else str(given)
        return setting.parse(text)
    except (TypeError, ValueError) as error:
        told = "…" if setting.parse in _SECRET else repr(given)
        problem = f"{setting.name}={told} is not {_allowed(setting, error)}"
        raise InputError(problem, place="obskit.init()", remedy=setting.brief) from None


def _allowed(setting: Setting, error: Exception) -> str:
    if setting.parse is values.url:  # and nothing of the text, also where the error quotes it
        return "a URL that begins with http:// or https://"
    return "a number" if "could not convert" in str(error) or isinstance(error, TypeError) else str(error)


def resource_attributes(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what ``OTEL_RESOURCE_ATTRIBUTES`` says: ``key=value`` pairs with commas between, values percent-encoded.

    Example:
        >>> resource_attributes({"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop,team=a%20b"})
        {'service.name': 'shop', 'team': 'a b'}
    """
    pairs = (item.partition("=") for item in environment.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","))
    return {key.strip(): unquote(value.strip()) for key, separator, value in pairs if separator}


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """``OTEL_RESOURCE_ATTRIBUTES`` may name the service as well."""
    attributes = resource_attributes(environment)
    return {
        "service_name": attributes.get("service.name", ""),
        "service_namespace": attributes.get("service.namespace", "") or attributes.get("k8s.namespace.name", ""),
    }
