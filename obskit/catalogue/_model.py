"""The records of the catalogue: what a signal is.

A record is data: nothing here touches OpenTelemetry, Prometheus or the disk, so that a service can
import it in microseconds and a renderer can read the very same object.
"""

# Named tuples, and annotations that are not postponed: five data classes are 4 ms of a service's start, and each
# postponed annotation of a named tuple is compiled on its own.

from collections.abc import Mapping
from typing import Literal, NamedTuple

from obskit.catalogue import _naming

Instrument = Literal["counter", "updowncounter", "gauge", "histogram"]
Stability = Literal["stable", "development"]
Presence = Literal["always", "first_event", "conditional"]
SeriesType = Literal["counter", "gauge", "histogram", "info"]

#: Labels that Prometheus itself puts on every series that arrives over OTLP or by a scrape.
TARGET_LABELS = ("job", "instance")
#: No label has a closed set of values.
_OPEN: Mapping[str, tuple[str, ...]] = {}


class Attribute(NamedTuple):
    """One attribute of a metric, span or log record.

    Args:
        name: OpenTelemetry name, dotted (``db.client.connection.pool.name``).
        brief: One sentence.
        values: The closed set of values, or empty when any value may occur.
        required: False when some data points do not carry it.
        type: Type of the value in OpenTelemetry; Prometheus has text only.

    Example:
        >>> Attribute("db.client.connection.state", "State of the connection.", values=("idle", "used")).label
        'db_client_connection_state'
    """

    name: str
    brief: str
    values: tuple[str, ...] = ()
    required: bool = True
    type: Literal["string", "int"] = "string"

    @property
    def label(self) -> str:
        """The Prometheus label that carries this attribute."""
        return _naming.label_name(self.name)


class Series(NamedTuple):
    """One Prometheus series name as a query sees it.

    Args:
        name: Full name, suffix included (``…_bucket``, ``…_total``).
        type: What a query may do with it: ``histogram`` stands for its bucket, count and sum alike.
        labels: Labels beside :data:`TARGET_LABELS`; ``le`` included on buckets.
        boundaries: Bucket boundaries in the unit of the metric (ascending, without +Inf), or empty.
        unit: The UCUM unit of the values, or "" for a plain number.
        values: For labels with a closed set of values: label -> values.
    """

    name: str
    type: SeriesType
    labels: frozenset[str]
    boundaries: tuple[float, ...] = ()
    unit: str = ""
    values: Mapping[str, tuple[str, ...]] = _OPEN


class Metric(NamedTuple):
    """A metric that obskit emits.

    Args:
        name: OpenTelemetry name (``db.client.connection.wait_time``).
        instrument: Kind of instrument.
        unit: UCUM unit (``s``, ``By``, ``{request}``).
        brief: One sentence; it becomes the help text and the panel description.
        stability: ``stable`` or ``development``, as in the semantic conventions.
        attributes: Attributes of its data points.
        boundaries: Explicit bucket boundaries, for histograms.
        presence: ``always`` after ``init()``, at the ``first_event``, or ``conditional``.
        condition: When it exists, for ``conditional``.

    Example:
        >>> from obskit.catalogue import db
        >>> db.CONNECTION_WAIT_TIME.prometheus_name
        'db_client_connection_wait_time_seconds'
    """

    name: str
    instrument: Instrument
    unit: str
    brief: str
    stability: Stability
    attributes: tuple[Attribute, ...] = ()
    boundaries: tuple[float, ...] = ()
    presence: Presence = "first_event"
    condition: str = ""

    @property
    def prometheus_name(self) -> str:
        """The name under Prometheus' default translation strategy, without histogram suffixes."""
        return _naming.metric_name(self.name, self.unit, self.instrument)

    @property
    def series(self) -> tuple[Series, ...]:
        """Every Prometheus series that this metric becomes."""
        labels = frozenset(attribute.label for attribute in self.attributes)
        values = {a.label: a.values for a in self.attributes if a.values}
        name = self.prometheus_name
        if self.instrument == "histogram":
            return (
                Series(f"{name}_bucket", "histogram", labels | {"le"}, self.boundaries, self.unit, values),
                Series(f"{name}_count", "histogram", labels, (), "", values),
                Series(f"{name}_sum", "histogram", labels, (), self.unit, values),
            )
        kind: SeriesType = "counter" if self.instrument == "counter" else "gauge"
        return (Series(name, kind, labels, (), self.unit, values),)


def version_parts(version: str) -> tuple[int, ...]:
    """Return a version of a program as what sorts as it does.

    Example:
        >>> version_parts("2.9") < version_parts("2.10")
        True
    """
    return tuple(int(part) for part in version.split("."))


class ForeignMetric(NamedTuple):
    """A metric that another program emits and that our rules or panels use.

    Args:
        name: Prometheus name as scraped; for histograms without ``_bucket``.
        type: Prometheus type.
        labels: Labels beside :data:`TARGET_LABELS`.
        brief: One sentence.
        emitter: The program (``kube-state-metrics``).
        since: First version that emits it.
        until: First version that no longer does, or "".
        successor: The name that it has from then on, or "".
        source: Where its name and labels are written down: repository and path.
        unit: UCUM unit of the values, or "".
        values: Closed sets of label values.
        presence: As for :class:`Metric`.
        condition: When it exists, for ``conditional``.
        otel: Its OpenTelemetry name, where it arrives over OTLP instead of by a scrape, or "".
        attributes: The attributes that its labels are made of, where it arrives over OTLP.
        boundaries: Bucket boundaries, where they are known.
    """

    name: str
    type: SeriesType
    labels: tuple[str, ...]
    brief: str
    emitter: str
    since: str
    until: str = ""
    unit: str = ""
    values: Mapping[str, tuple[str, ...]] = _OPEN
    presence: Presence = "conditional"
    condition: str = ""
    successor: str = ""
    source: str = ""
    otel: str = ""
    attributes: tuple[Attribute, ...] = ()
    boundaries: tuple[float, ...] = ()

    @property
    def prometheus_name(self) -> str:
        """The name itself: foreign metrics are recorded as they are scraped."""
        return self.name

    def renamed(self, series: str) -> str:
        """Return the name that one of its series has when this one is gone, or ""."""
        return f"{self.successor}{series.removeprefix(self.name)}" if self.successor else ""

    @property
    def series(self) -> tuple[Series, ...]:
        """Every Prometheus series of this metric."""
        labels = frozenset(self.labels)
        if self.type == "histogram":
            return (
                Series(f"{self.name}_bucket", "histogram", labels | {"le"}, self.boundaries, self.unit, self.values),
                Series(f"{self.name}_count", "histogram", labels, (), "", self.values),
                Series(f"{self.name}_sum", "histogram", labels, (), self.unit, self.values),
            )
        return (Series(self.name, self.type, labels, (), self.unit, self.values),)


class LogField(NamedTuple):
    """One field of a log record.

    Args:
        name: Key in the JSON line on stdout and in Loki.
        brief: One sentence.
        kind: ``label`` when Loki indexes it (stream label), ``metadata`` when it is structured metadata.
        required: False when some records do not carry it.
        values: Values that obskit itself gives it, where alerts ask for them.
    """

    name: str
    brief: str
    kind: Literal["label", "metadata", "line"]
    required: bool = True
    values: tuple[str, ...] = ()
