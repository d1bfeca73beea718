"""Every series of another program is one that it emits in the version there is, under the name that it has there."""

from __future__ import annotations

from collections.abc import Iterator

from obskit import catalogue
from obskit._checks._finding import Finding, one_line
from obskit._checks._rendered import Rendered
from obskit.catalogue._model import version_parts
from obskit.config.project import Project

ID = "foreign-version"

_Version = tuple[int, ...]
#: Series -> its topic and its record.
_Foreign = dict[str, tuple[str, catalogue.ForeignMetric]]


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every series that is gone or not there yet, unless its other name is asked for as well."""
    foreign = {
        series.name: (topic, record)
        for topic, _, record in catalogue.metrics()
        if isinstance(record, catalogue.ForeignMetric)
        for series in record.series
    }
    for query in rendered.queries:
        names = dict.fromkeys(s.name for s in query.analysis.selectors) if query.analysis else {}
        for name in names:
            topic, record = foreign.get(name, ("", None))
            successor = _successor(foreign, name)
            version = _version(rendered.project, topic)
            problem = _problem(name, record, version) if record else ""
            if problem and successor not in names and name not in {_successor(foreign, other) for other in names}:
                remedy = f"its name is {successor} now" if successor else _at_its_time(name, version, foreign)
                remedy = remedy or f"packs.{topic}.version says which there is"
                yield Finding(query.place, f"{problem}, in: {one_line(query.written)}", ID, remedy)


def _successor(foreign: _Foreign, name: str) -> str:
    return foreign[name][1].renamed(name) if name in foreign else ""


def _at_its_time(name: str, version: _Version, foreign: _Foreign) -> str:
    """The name that a series has in a version that does not have it under this one yet."""
    for older, (_, record) in foreign.items():
        if version and record.renamed(older) == name and not _problem(older, record, version):
            return f"its name is {older} in {_spell(version)}"
    return ""


def _problem(name: str, record: catalogue.ForeignMetric, version: _Version) -> str:
    if record.until and (not version or version >= version_parts(record.until)):
        return f"{record.emitter} no longer emits {name} from {record.until} on"
    if version and version < version_parts(record.since)[: len(version)]:
        return f"{record.emitter} emits {name} from {record.since} on, and not yet in {_spell(version)}"
    return ""


def _version(project: Project, topic: str) -> _Version:
    pack = project.enabled_packs.get(topic)
    return version_parts(pack.version) if pack and pack.version else ()


def _spell(version: _Version) -> str:
    return ".".join(map(str, version))
