"""The pack's expressions under other names, and over native histograms.

The pack is written with the names that Prometheus' OTLP receiver gives by default, and with classic histograms. Under
another ``translation_strategy`` the same series have other names, and names with dots must be quoted
(https://prometheus.io/docs/guides/utf8/). Native histograms are one series where classic ones are many; with
``convert_histograms_to_nhcb`` the receiver makes them of the explicit buckets that obskit sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from obskit import catalogue
from obskit.catalogue import _naming
from obskit.config.project import Metrics

#: A text in any of PromQL's quotes: what looks like a name or a brace in it is none.
_STRING = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""
_TOKEN = re.compile(rf"<<[^>]*>>|{_STRING}|#[^\n]*|[A-Za-z_:][A-Za-z0-9_:]*|\d[\w.]*|\s+|.", re.DOTALL)
_OF_LABELS = re.compile(r"\$labels\.([A-Za-z_]\w*)")
_LEGEND = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_PART = rf"(?<![\w:])(\w+)_(bucket|count|sum)(?![\w:])(\{{(?:[^}}\"'`]|{_STRING})*\}})?"
_PARTS = re.compile(
    rf"{_STRING}|#[^\n]*|\b(rate|increase)\({_PART}(\[[^\]]*\](?: offset \w+)?)\)|{_PART}(?![\[{{])( offset \w+)?",
    re.DOTALL,
)
_LE = re.compile(r',?\s*\ble=~?"([\d.]+)[^"]*"')
_BY_LE = re.compile(r"\bby \(le(?:, )?")


class Names(NamedTuple):
    """What series and labels are called instead: only those whose names differ."""

    series: Mapping[str, str]
    labels: Mapping[str, str]


class Translator:
    """Translates the texts of a project.

    Args:
        metrics: How the project's Prometheus names and keeps metrics.

    Example:
        >>> Translator(Metrics(translation_strategy="NoTranslation")).expr('sum(db_client_connection_max{job="a"})')
        'sum({"db.client.connection.max", job="a"})'
        >>> Translator(Metrics(histograms="native")).expr('rate(http_server_request_duration_seconds_count{a="b"}[1m])')
        'histogram_count(rate(http_server_request_duration_seconds{a="b"}[1m]))'
        >>> Translator(Metrics(histograms="native")).expr('http_server_request_duration_seconds_count{} offset 10s')
        'histogram_count(http_server_request_duration_seconds{} offset 10s)'
        >>> Translator(Metrics(histograms="native")).expr('db_client_connection_wait_time_seconds_sum{pod=~"a{5}"}')
        'histogram_sum(db_client_connection_wait_time_seconds{pod=~"a{5}"})'
        >>> Translator(Metrics(histograms="native")).expr('rate(db_client_connection_wait_time_seconds_count[5m])')
        'histogram_count(rate(db_client_connection_wait_time_seconds[5m]))'
    """

    def __init__(self, metrics: Metrics) -> None:
        self.names = names(metrics.translation_strategy)
        self.native = metrics.histograms == "native"

    def expr(self, text: str) -> str:
        """Return a PromQL expression under the project's names."""
        if self.native:
            text = _BY_LE.sub("by (", _PARTS.sub(_native, text))
        return "".join(self._renamed(text)) if self.names.series or self.names.labels else text

    def template(self, text: str) -> str:
        """Return a template of an annotation under the project's names."""
        return _OF_LABELS.sub(lambda found: self._field(found[1]), text)

    def legend(self, text: str) -> str:
        """Return a legend of Grafana under the project's names."""
        return _LEGEND.sub(lambda found: f"{{{{{self.names.labels.get(found[1], found[1])}}}}}", text)

    def label(self, name: str) -> str:
        """Return the name of a label."""
        return self.names.labels.get(name, name)

    def _field(self, label: str) -> str:
        name = self.label(label)
        return f'(index $labels "{name}")' if name != label and "." in name else f"$labels.{name}"

    def _renamed(self, text: str) -> Iterator[str]:
        tokens = _TOKEN.findall(text)
        skip = 0
        for place, token in enumerate(tokens):
            if skip:
                skip -= 1
            elif token in self.names.series:
                following = tokens[place + 1 : place + 3]
                name = self.names.series[token]
                if "." not in name:
                    yield name
                elif following[:1] != ["{"]:
                    yield f'{{"{name}"}}'
                else:
                    yield f'{{"{name}"' + ("" if following[1:] == ["}"] else ", ")
                    skip = 1
            else:
                name = self.names.labels.get(token, token)
                yield f'"{name}"' if "." in name and name != token else name


def _native(found: re.Match[str]) -> str:
    """One call on a series of a classic histogram, or the series as it is, as one on the native histogram.

    How many observations were below a boundary is the fraction times the count; the fraction of none is not a number,
    and then it is as many as there are: none. Histograms that are scraped stay as they are.
    """
    function, *ranged, window = found.groups()[:5]
    *plain, offset = found.groups()[5:]
    name, part, matchers = ranged if function else plain
    if name not in pushed():  # a text or a comment as well
        return found[0]
    boundary = _LE.search(matchers or "")
    selector = name + (f"{{{_LE.sub('', matchers[1:-1]).lstrip(', ')}}}" if matchers else "")
    whole = f"{function}({selector}{window})" if function else f"{selector}{offset or ''}"
    if part != "bucket":
        return f"histogram_{part}({whole})"
    if boundary is None:  # of all buckets, for a quantile
        return whole
    count = f"histogram_count({whole})"
    return f"(histogram_fraction(0, {boundary[1]}, {whole}) * {count} >= 0 or {count})"


@cache
def names(strategy: str) -> Names:
    """Return what changes under a translation strategy.

    Args:
        strategy: As Prometheus calls it.
    """
    series: dict[str, str] = {}
    labels: dict[str, str] = {}
    for record, name, instrument in _over_otlp():
        base, usual = _naming.metric_name(name, record.unit, instrument, strategy), record.prometheus_name
        for suffix in ("_bucket", "_count", "_sum", "") if instrument == "histogram" else ("",):
            series[f"{usual}{suffix}"] = f"{base}{suffix}"
        labels |= {a.label: _naming.label_name(a.name, strategy) for a in record.attributes}
    if not strategy.startswith("Underscore"):
        labels |= {label: label.replace("_", ".") for label in catalogue.telemetry.TARGET_INFO.labels}
    return Names(
        {old: new for old, new in series.items() if old != new},
        {old: new for old, new in labels.items() if old != new},
    )


def _over_otlp() -> Iterator[tuple[catalogue.Metric | catalogue.ForeignMetric, str, str]]:
    """Yield every record whose series Prometheus itself names, with its OpenTelemetry name and instrument."""
    for _, _, record in catalogue.metrics():
        if isinstance(record, catalogue.Metric):
            yield record, record.name, record.instrument
        elif record.otel:
            yield record, record.otel, record.type


@cache
def pushed() -> frozenset[str]:
    """Return the histograms that Prometheus itself names, by their names under the default strategy."""
    return frozenset(r.prometheus_name for r, _, instrument in _over_otlp() if instrument == "histogram")
