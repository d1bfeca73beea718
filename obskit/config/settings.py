"""Settings of ``obskit.init()``, as one table: argument, then environment, then default."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from obskit.exceptions import InputError

#: What the OpenTelemetry specification calls a service that nobody named.
UNNAMED = "unknown_service:python"
_PROTOCOL = "http/protobuf"
#: Samplers by the names of the OpenTelemetry specification.
SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
#: Standard variables that ask for what the alerts could not be written for, or what obskit does in another way -> the
#: one value that holds, and why.
_FIXED = {
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": (
        "cumulative",
        "Prometheus, and the alerts, need cumulative values",
    ),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": (
        "explicit_bucket_histogram",
        "the alerts need the buckets of the catalogue",
    ),
    "OTEL_METRICS_EXEMPLAR_FILTER": ("trace_based", "examples of a value are the sampled spans"),
    **{
        f"OTEL_{processor}_{setting}": ("", "what waits is bounded in bytes: OBSKIT_QUEUE_SIZE")
        for processor in ("BSP", "BLRP")
        for setting in ("MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE", "SCHEDULE_DELAY", "EXPORT_TIMEOUT")
    },
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _flag(text: str) -> bool:
    """Source: OpenTelemetry specification, "Boolean value": nothing but "true" is true, and the rest is told."""
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise ValueError("true or false")
    return word == "true"


def _seconds(text: str) -> float:
    return _positive(float(text))


def _milliseconds(text: str) -> float:
    seconds = float(text) / 1000
    if not 0 < seconds <= 300:
        raise ValueError("a time above 0 and up to 5 minutes")
    return seconds


def _positive(value: float) -> float:
    if not 0 < value <= 3600:
        raise ValueError("a time above 0 and up to an hour")
    return value


def timeout(text: str) -> float:
    """Seconds, as OpenTelemetry's SDK for Python reads them; from 1000 on milliseconds, as its specification does.

    Raises:
        ValueError: No such time; the message says what is allowed.

    Example:
        >>> timeout("10"), timeout("10000")
        (10.0, 10.0)
    """
    number = float(text)
    return _positive(number / 1000 if number >= 1000 else number)


def headers(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values, ``name=value`` with commas between, percent-encoded where need be.

    Raises:
        ValueError: Something else.

    Example:
        >>> headers("api-key=a%3Db")
        (('api-key', 'a=b'),)
    """
    found = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (part.strip() for part in item.partition("="))
        value = unquote(value)
        if not separator or not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise ValueError("name=value,name=value with values percent-encoded")
        found.append((name, value))
    return tuple(found)


def compression(text: str) -> bool:
    """Whether requests are compressed.

    Raises:
        ValueError: Neither gzip nor none.
    """
    if text not in ("gzip", "none"):
        raise ValueError("gzip or none")
    return text == "gzip"


def _sampler(text: str) -> str:
    if text.lower() not in SAMPLERS:
        raise ValueError(f"one of {', '.join(SAMPLERS)}")
    return text.lower()


def _ratio(text: str) -> float:
    ratio = float(text)
    if not 0 <= ratio <= 1:
        raise ValueError("a ratio from 0 to 1")
    return ratio


def _mebibytes(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1024:
        raise ValueError("a whole number of MiB from 1 to 1024")
    return number << 20


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def url(text: str) -> str:
    """The URL of a collector.

    Raises:
        ValueError: It is none; the message says what is allowed.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("a URL that begins with http:// or https://")
    _ = parts.port  # raises where it is no number
    return text.rstrip("/")


def _logs(text: str) -> str:
    if text not in ("json", "off"):
        raise ValueError("json or off")
    return text


def _exporter(text: str) -> bool:
    if text not in ("otlp", "none"):
        raise ValueError("otlp or none")
    return text == "otlp"


@dataclass(frozen=True)
class Setting:
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
    Setting("disabled", "OTEL_SDK_DISABLED", "false", _flag, "Do nothing at all."),
    Setting(
        "endpoint",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:4318",
        url,
        "Where the sidecar listens (OTLP/HTTP).",
    ),
    Setting(
        "headers",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "",
        headers,
        "Headers of every export, such as a token: name=value,name=value.",
    ),
    Setting(
        "timeout",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "10",
        timeout,
        "Seconds that one export may take; it is sent again, whatever became of it.",
    ),
    Setting("compression", "OTEL_EXPORTER_OTLP_COMPRESSION", "none", compression, "gzip, or none."),
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
        _mebibytes,
        "MiB that may wait for the sidecar in an outage; then the oldest give way.",
    ),
    Setting(
        "sampler",
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        _sampler,
        f"Which traces are kept: {', '.join(SAMPLERS)}.",
    ),
    Setting("sampler_ratio", "OTEL_TRACES_SAMPLER_ARG", "1.0", _ratio, "Share of traces that a traceidratio keeps."),
    Setting(
        "export_interval",
        "OTEL_METRIC_EXPORT_INTERVAL",
        "5000",
        _milliseconds,
        "Time between two exports, up to 5 minutes: seconds as an argument, milliseconds in the variable.",
    ),
    Setting("traces", "OTEL_TRACES_EXPORTER", "otlp", _exporter, "otlp, or none to send no spans."),
    Setting("metrics", "OTEL_METRICS_EXPORTER", "otlp", _exporter, "otlp, or none to send no metrics."),
    Setting("logs", "OTEL_LOGS_EXPORTER", "otlp", _exporter, "otlp, or none where Fluent Bit ships stdout."),
    Setting(
        "log_format",
        "OBSKIT_LOG_FORMAT",
        "json",
        _logs,
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
        _seconds,
        "Seconds that all signals together may take to flush at exit.",
    ),
    Setting(
        "excluded_paths",
        "OBSKIT_EXCLUDED_PATHS",
        "/health,/healthz,/livez,/ready,/readyz,/metrics",
        _words,
        "Paths of requests that are neither traced nor measured.",
    ),
    Setting(
        "disabled_instrumentations",
        "OBSKIT_DISABLED_INSTRUMENTATIONS",
        "",
        _words,
        "Libraries to leave alone, such as sqlalchemy,flask.",
    ),
)


#: Parsers of what may hold a secret.
_SECRET = (headers, url)


@dataclass(frozen=True)
class Settings:
    """The values in force; fields are the names of :data:`TABLE`."""

    service_name: str
    service_namespace: str
    disabled: bool
    endpoint: str = field(repr=False)
    #: Not shown: they may be secrets.
    headers: tuple[tuple[str, str], ...] = field(repr=False)
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
    values, complaints = {}, _not_followed(environment)
    for setting in TABLE:
        given = arguments.get(setting.name)
        if given is not None:
            values[setting.name] = _argument(setting, given)
            continue
        text = environment.get(setting.env, "").strip() or resource.get(setting.name, "")
        try:
            values[setting.name] = setting.parse(text or setting.default)
        except ValueError as error:
            told = "…" if setting.parse in _SECRET else repr(text)
            complaints.append(
                f"{setting.env}={told} is not {_allowed(setting, error)}; using {setting.default or 'none'}"
            )
            values[setting.name] = setting.parse(setting.default)
    assert set(values) == {known.name for known in fields(Settings)}  # noqa: S101 - the two tables are one
    return Settings(**values), complaints


def _not_followed(environment: Mapping[str, str]) -> list[str]:
    """Standard variables that ask for what init() does not do: better said than silently ignored."""
    complaints = []
    for signal in ("", "TRACES_", "METRICS_", "LOGS_"):
        name = f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL"
        if environment.get(name, _PROTOCOL) not in ("", _PROTOCOL):
            complaints.append(
                f"{name}={environment[name]!r} is not {_PROTOCOL}, and obskit uses that, usually on port 4318"
            )
    for name, (followed, why) in _FIXED.items():
        if environment.get(name, "").strip().lower() not in ("", followed):
            complaints.append(f"{name}={environment[name]!r} is not followed: {why}")
    return complaints


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
    if isinstance(given, bool) and setting.parse is _exporter:
        return given
    try:
        if setting.parse is _milliseconds:
            return _milliseconds(str(float(given) * 1000))
        if isinstance(given, Mapping):
            given = [f"{key}={quote(str(value))}" for key, value in given.items()]
        text = ",".join(map(str, given)) if isinstance(given, (list, tuple)) else str(given)
        return setting.parse(text)
    except (TypeError, ValueError) as error:
        told = "…" if setting.parse in _SECRET else repr(given)
        problem = f"{setting.name}={told} is not {_allowed(setting, error)}"
        raise InputError(problem, place="obskit.init()", remedy=setting.brief) from None


def _allowed(setting: Setting, error: Exception) -> str:
    if setting.parse is url:  # and nothing of the text, also where the error quotes it
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
