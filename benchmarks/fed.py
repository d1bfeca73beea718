"""What the rules of a service read, in the numbers of a large cluster: what cases say before their fault, many times.

The series are those of the firing cases that promtool runs. What is the service's own is there for each of its pods;
what a platform pack watches is there in as many namespaces. Each goes on as it did before the fault of its case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import promql_parser as parser

from benchmarks.detection import replay
from benchmarks.detection.service import NAMESPACE, Service, Stream
from benchmarks.false_positives import rules
from obskit import _installation
from obskit._render import alerts, cases
from obskit.config.project import Project, duration_seconds

#: Versions of the service: nine of ten pods are of the first.
VERSIONS = ("6b7f8d9c5", "7c9d5f6b8")
#: Boundaries of histograms of others, in seconds: those of most clients of Prometheus.
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Labels that say in which part of a cluster, or of a cloud, something is: another one is another thing.
_PLACE = re.compile(r"namespace$|^project_id$")
_POD = ("pod", "uid", "id", "hostname", "k8s_pod_name")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
#: Seconds for which everything has been as it is.
PAST = 3600
#: Seconds whose events tell the rate of a stream.
_LONG = 1e6


@dataclass(frozen=True)
class Fed:
    """A series.

    Args:
        name: Of the metric.
        labels: Its labels, as they are written.
        value: At the beginning.
        slope: What is added each second.
        moment: Whether the value is a moment, in seconds from now.
    """

    name: str
    labels: Mapping[str, str]
    value: float
    slope: float = 0
    moment: bool = False

    @property
    def text(self) -> str:
        """The series as a scrape sees it."""
        labels = ",".join(f'{label}="{value}"' for label, value in self.labels.items())
        return f"{self.name}{{{labels}}}"


class Page:
    """What one target exposes: made once, but for what goes up.

    Args:
        series: Its series; of those with the same labels the first counts.
        now: When it begins; what goes up has gone up for :data:`PAST` seconds.
    """

    def __init__(self, series: Iterable[Fed], now: float) -> None:
        self._began = now - PAST
        self._now = now
        self._series: dict[str, Fed] = {}
        for one in series:
            self._series.setdefault(one.text, one)
        self._rising = [(one.value, one.slope) for one in self._series.values() if one.slope]
        self._text = "".join(
            f"{text.replace('%', '%%')} {'%s' if one.slope else self._constant(one)}\n"
            for text, one in self._series.items()
        )

    def at(self, when: float) -> str:
        """Return the page at a time."""
        seconds = when - self._began
        return self._text % tuple(int(value + slope * seconds) for value, slope in self._rising)

    def past(self, names: set[str], step: int) -> Iterator[str]:
        """Yield what scrapes have seen before of the series with these names, as OpenMetrics."""
        for text, one in self._series.items():
            if one.name in names:
                constant = self._constant(one)
                for seconds in range(0, PAST, step):
                    value = int(one.value + one.slope * seconds) if one.slope else constant
                    yield f"{text} {value} {self._began + seconds:.3f}"

    def _constant(self, one: Fed) -> float:
        return one.value + (self._now if one.moment else 0)


def selected(project: Project) -> dict[str, set[str]]:
    """Return which series each group of a project reads that no rule records: group -> names."""
    recorded = {rule["record"] for group in alerts.groups(project) for rule in group["rules"] if "record" in rule}
    return {
        group["name"]: {selector.name for selector, _ in _selectors(group)} - recorded
        for group in alerts.groups(project)
    }


def remembered(project: Project, seconds: float) -> set[str]:
    """Return the names of what any rule of a project reads of more than some seconds ago."""
    found = (one for group in alerts.groups(project) for one in _selectors(group))
    return {selector.name for selector, back in found if back > seconds}


def _selectors(group: Mapping[str, Any]) -> Iterator[tuple[Any, float]]:
    """Yield every selector of a group, and how many seconds it looks back."""
    for rule in group["rules"]:
        for selector, window in rules.selectors(parser.parse(rule["expr"])):
            yield selector, window + (selector.offset.total_seconds() if selector.offset else 0)


def pod(service: str, number: int) -> str:
    """Return the name of a pod of a Deployment.

    Example:
        >>> pod("shop", 7)
        'shop-6b7f8d9c5-00007'
    """
    return f"{service}-{VERSIONS[number % 10 == 9]}-{number:05}"


def of_streams(streams: Iterable[Stream]) -> Iterator[Fed]:
    """Yield the series of a simulated service, with the events that they have on average."""
    for stream in streams:
        events = int(stream.rate * _LONG)
        if stream.mixture:
            shares = [0.5**n for n in range(1, len(stream.buckets))]
            stream.buckets = [int(events * share) for share in (*shares, shares[-1])]
            stream.total = events * sum(duration * share for duration, share in stream.mixture)
        elif stream.rate:
            stream.value = events
        for line in stream.lines():
            text, _, value = line.rpartition(" ")
            fed = Fed(text.partition("{")[0], dict(_LABEL.findall(text)), float(value))
            yield replace(fed, value=0, slope=fed.value / _LONG) if stream.rate else fed


def of_cases(project: Project, names: set[str]) -> list[Fed]:
    """Return every series of the firing cases that has one of these names and is there before the fault.

    Where that is none, one that comes with the fault is 0, and then one of the other cases is as it begins there.
    """
    files = sorted(_installation.directory("cases").glob("*-test.yaml"))
    tests = [test for path in files for test in cases.document(path, project)["tests"]]
    firing, others = [t for t in tests if t.get("fires")], [t for t in tests if not t.get("fires")]
    found: dict[str, Fed] = {}
    for some, healthy in ((firing, True), (firing, False), (others, False)):
        wanted = names - {one.name for one in found.values()}
        for test in some:
            for one in _of_case(test, wanted, healthy=healthy):
                found.setdefault(one.text, one)
    return list(found.values())


def _of_case(test: Mapping[str, Any], names: set[str], *, healthy: bool) -> Iterator[Fed]:
    interval = duration_seconds(str(test.get("interval", "5s")))
    last = duration_seconds(str(test.get("fault", "0s"))) // interval
    for given in test["input_series"]:
        series = replay.series(given["series"], str(given["values"]))
        name = series.name.partition("{")[0]
        before, value = series.value(last - 1, 0), series.value(last, 0)
        if name in names and (value is not None or not healthy):
            slope = max(0.0, (value - before) / interval) if value is not None and before is not None else 0.0
            fed = Fed(name, dict(_LABEL.findall(series.name)), value or 0.0, slope, series.moment and bool(value))
            yield from _with_every_bucket(fed)


def _with_every_bucket(fed: Fed) -> Iterator[Fed]:
    """Yield a series, or all of its histogram; its events are in the first bucket."""
    if "le" not in fed.labels:
        yield fed
        return
    factor = 1000 if "milliseconds" in fed.name else 1
    record = replay.PUSHED.get(fed.name)
    bounds = record.boundaries if record else tuple(bound * factor for bound in _BOUNDARIES)
    for edge in dict.fromkeys((*(repr(float(bound)) for bound in bounds), "+Inf", fed.labels["le"])):
        yield replace(fed, labels={**fed.labels, "le": edge})


class Copies:
    """Series, as often as there are pods.

    Args:
        series: As one process and the cases have them.
        service: The service that pushes some of them.
        pods: How many pods it has, and of each series of the cluster there are as many.
    """

    def __init__(self, series: Sequence[Fed], service: Service, pods: int) -> None:
        self._series, self._service = series, service
        sets: dict[str, set[tuple[tuple[str, str], ...]]] = {}
        for one in series:
            if one.labels.get("namespace") != NAMESPACE:
                sets.setdefault(one.name, set()).add(tuple(item for item in one.labels.items() if item[0] != "le"))
        self._times = {name: -(-pods // len(found)) for name, found in sets.items()}

    def pushed(self, number: int) -> Iterator[Fed]:
        """Yield what the process in a pod pushes."""
        name = pod(self._service.name, number)
        for one in self._series:
            if one.labels.get("job") == self._service.job:
                own = {label: name for label in _POD if label in one.labels}
                yield replace(one, labels={**one.labels, **own, "instance": f"{name}/{self._service.name}/0"})

    def scraped(self, number: int) -> Iterator[Fed]:
        """Yield what is scraped of a pod, or is the service's alone, and what there is in a namespace."""
        for one in self._series:
            own = one.labels.get("namespace") == NAMESPACE
            there = number == 0 or "pod" in one.labels if own else number < self._times[one.name]
            if there and one.labels.get("job") != self._service.job:
                yield replace(one, labels=dict(_copied(one.labels, self._service, number)))


def _copied(labels: Mapping[str, str], service: Service, number: int) -> Iterator[tuple[str, str]]:
    own = labels.get("namespace") == NAMESPACE
    for name, value in ({"job": "cluster", "instance": "exporter"} | labels).items():
        if own and name in _POD:
            yield name, pod(service.name, number)
        elif own and name == "instance" and "job" in labels:
            yield name, f"10.0.{number // 256}.{number % 256}:{value.rpartition(':')[2]}"
        elif own and name == "replicaset":
            yield name, f"{service.name}-{VERSIONS[value.endswith('new')]}"
        else:
            yield name, f"{value}-{number}" if not own and _PLACE.search(name) else value
