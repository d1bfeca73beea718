"""Every series of another program is one that it emits in the version there is, under the name that it has there."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import catalogue
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered
from obskit.config.project import Project

ID = "foreign-version"

_Version = tuple[int, ...]
_Known = tuple[str, catalogue.ForeignMetric, str]


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every series that is gone or not there yet, unless its other name is asked for as well."""
    foreign = {
        series.name: (topic, record, series.name.removeprefix(record.name))
        for topic, _, record in catalogue.metrics()
        if isinstance(record, catalogue.ForeignMetric)
        for series in record.series
    }
    for query in rendered.queries:
        names = dict.fromkeys(s.name for s in query.analysis.selectors) if query.analysis else {}
        for name in names:
            topic, record, _ = foreign.get(name, ("", None, ""))
            successor = _successor(foreign.get(name))
            version = _version(rendered.project, topic)
            problem = _problem(name, record, version) if record else ""
            if problem and successor not in names and name not in {_successor(foreign.get(other)) for other in names}:
                remedy = f"its name is {successor} now" if successor else _at_its_time(name, version, foreign)
                remedy = remedy or f"packs.{topic}.version says which there is"
                yield Finding(query.place, f"{problem}, in: {one_line(query.written)}", ID, remedy)


def _successor(known: _Known | None) -> str:
    return f"{known[1].successor}{known[2]}" if known and known[1].successor else ""


def _at_its_time(name: str, version: _Version, foreign: dict[str, _Known]) -> str:
    """The name that a series has in a version that does not have it under this one yet."""
    for older, known in foreign.items():
        if version and _successor(known) == name and not _problem(older, known[1], version):
            return f"its name is {older} in {_spell(version)}"
    return ""


def _problem(name: str, record: catalogue.ForeignMetric, version: _Version) -> str:
    if record.until and (not version or version >= _parsed(record.until)):
        return f"{record.emitter} no longer emits {name} from {record.until} on"
    if version and version < _parsed(record.since)[: len(version)]:
        return f"{record.emitter} emits {name} from {record.since} on, and not yet in {_spell(version)}"
    return ""


def _version(project: Project, topic: str) -> _Version:
    pack = project.enabled_packs.get(topic)
    return _parsed(pack.version) if pack and pack.version else ()


def _spell(version: _Version) -> str:
    return ".".join(map(str, version))


def _parsed(version: str) -> _Version:
    return tuple(int(part) for part in version.split("."))
