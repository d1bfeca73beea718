"""The model of ``obskit.yaml``: one file beside the service's code, every key optional but the service's name.

The types are the schema: ``msgspec`` derives the exported JSON Schema from them. ``load`` in
:mod:`obskit.config.loading` reads the file and says what is wrong with it.

Example:
    >>> Project(service=Service(name="shop")).job
    'default/shop'
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

#: A share of less than 1e-9 is none that one can write, or that requests could keep to.
_HIGHEST_OBJECTIVE = 99.9999999
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def duration_seconds(text: str) -> int:
    """Return the seconds of a Prometheus duration such as ``90s`` or ``1h30m``.

    Raises:
        ValueError: Not a duration.

    Example:
        >>> duration_seconds("1m30s")
        90
    """
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a duration such as 5s, 90s or 1h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


#: How the pattern of a duration ends: by it messages know one.
DURATION_END = "s)?$"

# Types. Everything that reaches PromQL, YAML or a template is narrow: no quotes, no braces, no line breaks.
Duration = Annotated[str, Meta(pattern=r"^([0-9]{1,5}d)?([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", min_length=2)]
Interval = Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,3}m)?([1-9][0-9]{0,3}s)?$", min_length=2)]
Dns = Annotated[str, Meta(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][-._A-Za-z0-9]{0,127}$")]
LabelName = Annotated[str, Meta(pattern=r"^[a-zA-Z][a-zA-Z0-9_]{0,127}$")]
LabelValue = Annotated[str, Meta(pattern=r"^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$")]
Url = Annotated[
    str,
    Meta(pattern=r"^https?://([A-Za-z0-9][-._A-Za-z0-9]*|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[-._~%/A-Za-z0-9]*)?$"),
]
Version = Annotated[str, Meta(pattern=r"^[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}$")]
Image = Annotated[str, Meta(pattern=r"^[a-z0-9][-a-z0-9._/:]*$")]
Mebibytes = Annotated[int, Meta(le=1 << 20)]
Severity = Literal["critical", "warning", "info"]
#: Beside the letters of names it may hold what makes a regular expression of a list: ``prod-.*|staging``.
Matcher = Annotated[str, Meta(pattern=r"^[-._/:A-Za-z0-9|*+]{1,253}$")]
System = Literal["postgresql", "mysql", "mariadb", "sqlite", "oracle.db", "microsoft.sql_server", "other_sql"]


class _Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Service(_Model, frozen=True):
    """The service that this file describes."""

    name: Annotated[Dns, Meta(description="OpenTelemetry service.name.")]
    namespace: Annotated[Dns, Meta(description="Kubernetes namespace, and OpenTelemetry service.namespace.")] = (
        "default"
    )
    team: Annotated[LabelValue, Meta(description="Goes on every alert as the label team, to route by.")] = ""
    container: Annotated[
        Dns | UnsetType, Meta(description="Name of the app's container in its pods; the service's name if unset.")
    ] = UNSET


class Database(_Model, frozen=True):
    """A database that the service connects to."""

    name: Annotated[Name, Meta(description="Name to show.")]
    system: Annotated[System, Meta(description="OpenTelemetry db.system.name.")] = "postgresql"


class ShardSet(_Model, frozen=True):
    """A set of shards that the service uses."""

    set: Annotated[Name, Meta(description="Name of the set, as the service declares it.")]
    expected: Annotated[int, Meta(ge=1, le=4096, description="How many shards the map must have.")]


class Backends(_Model, frozen=True):
    """Where telemetry goes, and where people look at it."""

    prometheus: Annotated[Url, Meta(description="Prometheus, with its OTLP receiver on.")] = (
        "http://prometheus.monitoring:9090"
    )
    loki: Annotated[Url, Meta(description="Loki.")] = "http://loki.monitoring:3100"
    jaeger: Annotated[Url, Meta(description="Jaeger's query server.")] = "http://jaeger.monitoring:16686"
    jaeger_otlp: Annotated[Url, Meta(description="Jaeger's OTLP/HTTP endpoint.")] = "http://jaeger.monitoring:4318"
    grafana: Annotated[Url | UnsetType, Meta(description="Grafana, for links from alerts to dashboards.")] = UNSET
    runbooks: Annotated[Url, Meta(description="Where the runbooks are served: runbook_url is this + /<Alert>.")] = (
        "https://obskit-k8s.readthedocs.io/runbooks"
    )


class AlertOverride(_Model, frozen=True):
    """What one alert does differently from the pack."""

    enabled: Annotated[bool, Meta(description="False leaves the alert out.")] = True
    for_: Annotated[Duration | UnsetType, Meta(description="How long the condition must hold.")] = field(
        default=UNSET, name="for"
    )
    keep_firing_for: Annotated[
        Duration | UnsetType, Meta(description="How long it keeps firing after the condition ended.")
    ] = UNSET
    severity: Annotated[Severity | UnsetType, Meta(description="critical, warning or info.")] = UNSET
    labels: Annotated[dict[LabelName, LabelValue], Meta(description="Labels to add.")] = {}
    annotations: Annotated[dict[LabelName, str], Meta(description="Annotations to add or replace.")] = {}
    params: Annotated[dict[str, float], Meta(description="Thresholds: see obskit explain ALERT.")] = {}


class Intervals(_Model, frozen=True):
    """The intervals of the pipeline, from which every detection budget is computed."""

    export: Annotated[Interval, Meta(description="How often a process exports its metrics.")] = "5s"
    scrape: Annotated[
        Interval, Meta(description="How often Prometheus scrapes kube-state-metrics and the sidecars.")
    ] = "10s"
    evaluation: Annotated[Interval, Meta(description="Evaluation interval of the rule groups.")] = "5s"
    group_wait: Annotated[Duration, Meta(description="group_wait of the route for fast alerts.")] = "0s"
    collector_batch: Annotated[Duration, Meta(description="Longest time that the sidecar holds a metric.")] = "1s"
    logs: Annotated[Interval, Meta(description="How often Loki evaluates the alerts on log lines.")] = "30s"


class Budgets(_Model, frozen=True):
    """How long alerts may take here, where that is longer than the pack promises; ``obskit check`` holds them to it."""

    fast: Annotated[Duration | UnsetType, Meta(description="The fast ones, which otherwise may take 21s.")] = UNSET
    normal: Annotated[
        Duration | UnsetType, Meta(description="Each normal one that otherwise may take less, as its runbook says.")
    ] = UNSET
    slow: Annotated[
        Duration | UnsetType, Meta(description="Each slow one that otherwise may take less, as its runbook says.")
    ] = UNSET


class LatencyObjective(_Model, frozen=True):
    """How many requests must be answered how fast."""

    threshold: Annotated[
        float, Meta(gt=0, description="Seconds: one of the bucket boundaries of http.server.request.duration.")
    ] = 0.5
    objective: Annotated[
        float, Meta(ge=50, le=_HIGHEST_OBJECTIVE, description="Per cent of the requests that are that fast.")
    ] = 99.0


class Slo(_Model, frozen=True):
    """The service level objective of the service's requests, over 30 days."""

    availability: Annotated[
        float,
        Meta(ge=50, le=_HIGHEST_OBJECTIVE, description="Per cent of the requests that do not end in a server error."),
    ] = 99.9
    latency: Annotated[LatencyObjective, Meta(description="How many requests must be answered how fast.")] = (
        LatencyObjective()
    )


class Pack(_Model, frozen=True):
    """A platform pack: alerts on what the service stands on."""

    version: Annotated[
        str,
        Meta(
            pattern=r"^([0-9]{1,5}(\.[0-9]{1,5}){0,2})?$",
            description="Version of what it watches; the newest if unset.",
        ),
    ] = ""
    scrape: Annotated[
        Interval | UnsetType, Meta(description="How often Prometheus scrapes it; intervals.scrape if unset.")
    ] = UNSET
    match: Annotated[
        dict[LabelName, Matcher],
        Meta(description="Label: regular expression that it must match whole, for every series of the pack."),
    ] = {}


class Metrics(_Model, frozen=True):
    """How Prometheus names and keeps the metrics that it receives over OTLP."""

    translation_strategy: Annotated[
        Literal[
            "UnderscoreEscapingWithSuffixes",
            "UnderscoreEscapingWithoutSuffixes",
            "NoUTF8EscapingWithSuffixes",
            "NoTranslation",
        ],
        Meta(description="otlp.translation_strategy of Prometheus; the last two need Prometheus 3."),
    ] = "UnderscoreEscapingWithSuffixes"
    histograms: Annotated[
        Literal["classic", "native"],
        Meta(description="native: with otlp.convert_histograms_to_nhcb, from Prometheus 3.4 on."),
    ] = "classic"


class SecretKey(_Model, frozen=True):
    """A key of a Kubernetes Secret in the service's namespace."""

    name: Annotated[Dns, Meta(description="Name of the Secret.")]
    key: Annotated[Name, Meta(description="Key in it.")]


class Notify(_Model, frozen=True):
    """Whom the Prometheus operator's AlertmanagerConfig notifies."""

    kind: Annotated[Literal["slack", "pagerduty", "webhook"], Meta(description="What receives the notifications.")]
    secret: Annotated[SecretKey, Meta(description="Where its URL or its routing key is kept.")]
    channel: Annotated[
        str, Meta(pattern=r"^(#?[-a-z0-9_]{1,80})?$", description="Channel, where the kind is slack.")
    ] = ""
    heartbeat: Annotated[
        SecretKey | UnsetType,
        Meta(description="Where the URL of a dead man's switch is kept; nobody gets ObskitHeartbeat if unset."),
    ] = UNSET


class Logs(_Model, frozen=True):
    """How log records reach Loki."""

    via: Annotated[
        Literal["fluentbit", "collector"],
        Meta(description="fluentbit: JSON lines on disk; collector: OTLP, where Fluent Bit is not wanted."),
    ] = "fluentbit"


class Collector(_Model, frozen=True):
    """The OpenTelemetry Collector sidecar."""

    version: Annotated[Version, Meta(description="Version of the image.")] = "0.159.0"
    image: Annotated[Image, Meta(description="Image without its tag.")] = "otel/opentelemetry-collector-k8s"
    memory: Annotated[Mebibytes, Meta(ge=64, description="Memory limit of the container in MiB.")] = 160
    queue: Annotated[
        Mebibytes, Meta(ge=4, description="Disk queue for traces in MiB; metrics and logs get a quarter each.")
    ] = 64


class FluentBit(_Model, frozen=True):
    """The Fluent Bit sidecar."""

    version: Annotated[Version, Meta(description="Version of the image.")] = "5.1.1"
    image: Annotated[Image, Meta(description="Image without its tag.")] = "fluent/fluent-bit"
    memory: Annotated[Mebibytes, Meta(ge=32, description="Memory limit of the container in MiB.")] = 96
    buffer: Annotated[
        Mebibytes,
        Meta(ge=32, description="MiB of disk for records that Loki has not taken; reading waits before it is full."),
    ] = 128


class Project(_Model, frozen=True):
    """The whole of ``obskit.yaml``."""

    service: Annotated[Service, Meta(description="The service that this file describes.")]
    databases: Annotated[
        list[Database], Meta(description="Databases that the service connects to; the dashboard names them.")
    ] = []
    shards: Annotated[list[ShardSet], Meta(description="Sets of shards that the service uses.")] = []
    backends: Annotated[Backends, Meta(description="Where telemetry goes, and where people look at it.")] = Backends()
    alerts: Annotated[dict[str, AlertOverride], Meta(description="Overrides by the alert's name.")] = {}
    slo: Annotated[Slo, Meta(description="The service level objective of the service's requests, over 30 days.")] = (
        Slo()
    )
    packs: Annotated[
        dict[str, bool | Pack],
        Meta(description="Platform packs by name, off by default: true, or a mapping. For one release of a cluster."),
    ] = {}
    metrics: Annotated[Metrics, Meta(description="How Prometheus names and keeps the metrics.")] = Metrics()
    notify: Annotated[
        Notify | UnsetType,
        Meta(description="Whom to notify: makes an AlertmanagerConfig for the Prometheus operator."),
    ] = UNSET
    thresholds: Annotated[
        Literal["fixed", "series"],
        Meta(description="series: a namespace may set parameters by recording obskit_threshold; fixed: it cannot."),
    ] = "fixed"
    group_labels: Annotated[list[LabelName], Meta(description="Labels added to every by and on, such as cluster.")] = []
    intervals: Annotated[Intervals, Meta(description="Intervals that the budgets are computed from.")] = Intervals()
    budgets: Annotated[Budgets, Meta(description="Longer budgets than the pack promises.")] = Budgets()
    logs: Annotated[Logs, Meta(description="How log records reach Loki.")] = Logs()
    collector: Annotated[Collector, Meta(description="The OpenTelemetry Collector sidecar.")] = Collector()
    fluentbit: Annotated[FluentBit, Meta(description="The Fluent Bit sidecar.")] = FluentBit()

    @property
    def job(self) -> str:
        """The label ``job`` of the service's series: ``service.namespace/service.name``."""
        return f"{self.service.namespace}/{self.service.name}"

    @property
    def enabled_packs(self) -> dict[str, Pack]:
        """The platform packs that are on, by name."""
        return {name: pack if isinstance(pack, Pack) else Pack() for name, pack in sorted(self.packs.items()) if pack}

    @property
    def container(self) -> str:
        """The name of the app's container."""
        return self.service.container or self.service.name
