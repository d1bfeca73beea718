"""Scenes: the firing cases that promtool runs, played in real time, so that real servers scrape what the cases say.

Each scene is a service of its own, in a namespace of its own; a platform pack is on in it for the series of the scene
alone. What a case says of its past is history: blocks of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from obskit import _installation, catalogue
from obskit._render import alerts as rendered
from obskit._render import cases, pack
from obskit._render.text import yaml_text
from obskit.catalogue import Metric
from obskit.config.project import Pack, Project, Service, duration_seconds

#: Label of the series of a pack, by which the rules of a scene know their own.
SCENE = "scene"
#: What these know is recorded by rules, for which a past of samples is no past: their scenes are played from the first
#: sample on.
_LEARN = frozenset(
    {
        "ObskitAutoscalerFlapping",
        "ObskitIstioAccessDenied",
        "ObskitServiceDependencySilent",
        "ObskitServiceDependencySlow",
        "ObskitServiceTrafficGone",
        "ObskitShardHotLowTraffic",
        "ObskitShardStarvedLowTraffic",
    }
)
#: What these know is recorded over more than an hour: promtool records it from the past of their scenes.
_RECORDED = frozenset({"ObskitIstioMtlsDowngraded"})
#: What a service pushes: series -> its metric.
PUSHED = {
    series.name: record
    for topic in catalogue.TOPICS
    for *_, record in catalogue.metrics(topic)
    if isinstance(record, Metric)
    for series in record.series
}
#: Values that are moments: promtool's begin at 0.
_MOMENT = re.compile(r"(_timestamp(_seconds)?|_(start|end|expire)_time_seconds|_cert_expiry|_created)$")
#: Of these, 0 says that there is no such moment.
_OR_NONE = re.compile(r"^certmanager_")
_NUMBER = r"[\d.]+(?:e[-+]?\d+)?"
_STEPS = re.compile(rf"(?P<first>_|[-+]?{_NUMBER})(?P<step>[-+]{_NUMBER})?x(?P<times>\d+)")


@dataclass(frozen=True)
class Series:
    """One series of a scene.

    Args:
        name: As a scrape sees it: the name and its labels.
        values: One for each interval, None where there is none.
        moment: Whether the values are moments, in seconds after the beginning.
        pushed: Whether it comes over OTLP: then it ends without a word, where a scrape tells that it is gone.
    """

    name: str
    values: Sequence[float | None]
    moment: bool
    pushed: bool

    def value(self, index: int, began: float) -> float | None:
        """Return the value at an interval of a scene that began then."""
        value = self.values[index] if 0 <= index < len(self.values) else None
        is_moment = self.moment and (value != 0 or not _OR_NONE.search(self.name))
        return value + began if value is not None and is_moment else value

    def line(self, value: float, now: float) -> str:
        """Return a sample as a scrape sees it; Prometheus waits for those with a time to come again."""
        return f"{self.name} {value}{f' {now * 1000:.0f}' if self.pushed else ''}\n"


@dataclass(frozen=True)
class Scene:
    """A firing case.

    Args:
        name: Of its service.
        project: What its rules are rendered for.
        alerts: Those that must fire.
        fault: Seconds until the last good sample.
        interval: Seconds between two samples.
        series: What there is to see.
    """

    name: str
    project: Project
    alerts: tuple[str, ...]
    fault: int
    interval: int
    series: tuple[Series, ...]

    @property
    def learns(self) -> bool:
        """Whether it has to be played from its beginning."""
        return not _LEARN.isdisjoint(self.alerts)

    @property
    def recorded(self) -> bool:
        """Whether its rules have to record its past."""
        return not _RECORDED.isdisjoint(self.alerts)

    @property
    def rules(self) -> list[str]:
        """Files of the rules of its alerts."""
        families = {alert.family for alert in pack.load().alerts() if alert.name in self.alerts}
        groups = rendered.by_family(self.project)
        return [yaml_text({"groups": groups[family]}) for family in sorted(families)]

    @property
    def broken(self) -> int:
        """Seconds until the first sample of the fault."""
        return self.fault + self.interval

    def page(self, now: float, began: float) -> str:
        """Return what a scrape gets, of a scene that began then."""
        index = int((now - began) // self.interval)
        values = ((series, series.value(index, began)) for series in self.series)
        return "".join(series.line(value, now) for series, value in values if value is not None)

    def past(self, now: float, began: float) -> Iterator[str]:
        """Yield the samples of the time before now, as OpenMetrics."""
        for index in range(max(0, int((now - began) // self.interval))):
            for series in self.series:
                if (value := series.value(index, began)) is not None:
                    yield f"{series.name} {value} {began + index * self.interval:.3f}"


def scenes(wanted: dict[str, float], longest: float, copy: str = "") -> list[Scene]:
    """Return the scenes in which one of the wanted alerts fires.

    Args:
        wanted: Alert -> its budget in seconds.
        longest: The longest budget to wait for.
        copy: What the names of the services end with, for those who play a case several times.
    """
    found: list[Scene] = []
    for path in sorted(_installation.directory("cases").glob("*-test.yaml")):
        family = path.name.removesuffix("-test.yaml")
        for number, test in enumerate(cases.document(path, _project(family, family))["tests"]):
            alerts = dict.fromkeys(fired["alert"] for fired in test.get("fires", ()))
            measured = tuple(a for a in alerts if wanted.get(a, longest + 1) <= longest)
            if measured:
                project = _project(f"{family}{number:02}{copy}", family)
                found.append(_scene(project, family, measured, cases.document(path, project)["tests"][number]))
    return found


def _project(name: str, family: str) -> Project:
    packs = {family: Pack(match={SCENE: name})} if family in catalogue.PLATFORM else {}
    return Project(service=Service(name=name, namespace=name), packs={**packs})


def _scene(project: Project, family: str, alerts: tuple[str, ...], test: dict[str, object]) -> Scene:
    name = project.service.name
    target = {"job": name, "instance": "replay"}  # which a scrape would add, and the past has not
    extra = target | ({SCENE: name} if family in catalogue.PLATFORM else {})
    shown = tuple(series(one["series"], str(one["values"]), extra) for one in test["input_series"])  # type: ignore[attr-defined]
    interval = duration_seconds(str(test.get("interval", "5s")))
    return Scene(name, project, alerts, duration_seconds(str(test["fault"])), interval, shown)


def series(text: str, values: str, extra: Mapping[str, str] = MappingProxyType({})) -> Series:
    """Return a series of a case.

    Args:
        text: Its name and its labels.
        values: Its values, in promtool's notation.
        extra: Labels that it gets where it has none of that name.
    """
    name = text.partition("{")[0].strip()
    return Series(_exposed(text, extra), samples(values), bool(_MOMENT.search(name)), name in PUSHED)


def _exposed(series: str, extra: Mapping[str, str]) -> str:
    name, _, labels = series.partition("{")
    own = labels.rstrip("}").strip().replace('", ', '",')  # OpenMetrics knows no spaces
    more = [f'{label}="{value}"' for label, value in extra.items() if not re.search(rf'(^|,){label}="', own)]
    text = ",".join([*([own] if own else []), *more])
    return f"{name.strip()}{{{text}}}"


def samples(text: str) -> list[float | None]:
    """Return the values that promtool's notation stands for; None is no sample, or the end of the series.

    Example:
        >>> samples("1x2 _ 0+5x2 stale")
        [1.0, 1.0, 1.0, None, 0.0, 5.0, 10.0, None]
    """
    result: list[float | None] = []
    for part in text.split():
        steps = _STEPS.fullmatch(part)
        if steps is None:
            result.append(None if part in ("_", "stale") else float(part))
        elif steps["first"] == "_":
            result += [None] * int(steps["times"])
        else:
            first, step = float(steps["first"]), float(steps["step"] or 0)
            result += [first + step * number for number in range(int(steps["times"]) + 1)]
    return result
