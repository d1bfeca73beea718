"""Every series that a promtool case feeds is one that something emits, with its labels."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from obskit._checks import _cases, _series
from obskit._checks._finding import Finding, nearest
from obskit._checks._rendered import Rendered
from obskit._checks._vector import Vector
from obskit.config.project import Project
from obskit.promql import translating

ID = "unknown-case-series"


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every alert that a case proves with a series or a label that nothing emits."""
    alerts = {alert.name: alert for alert in rendered.alerts()}
    names = translating.names(rendered.project.metrics.translation_strategy)
    every = {**_classic(rendered.project), **rendered.known}
    for case in _cases.every():
        asked = [alerts[name] for name in sorted(case.asked) if name in alerts]
        for fed, given in sorted(case.series, key=lambda fed: (fed[0], sorted(fed[1]))) if asked else ():
            name, labels = names.series.get(fed, fed), {names.labels.get(label, label) for label in given}
            known = every.get(name)
            missing = labels - known.labels if known is not None and known.labels is not None else set()
            for alert in asked:
                proof = f'the case "{case.name}" proves it with'
                if known is None:
                    remedy = nearest(name, every)
                    yield Finding(alert.place, f"{proof} {name}, and no signal is called that", ID, remedy)
                for label in sorted(missing):
                    message = f"{proof} the label {label}, which {name} does not have"
                    yield Finding(alert.place, message, ID, nearest(label, known.labels or ()) if known else "")


def _classic(project: Project) -> dict[str, Vector]:
    """The series of histograms as cases feed them, whatever Prometheus keeps."""
    metrics = msgspec.structs.replace(project.metrics, histograms="classic")
    return _series.of_catalogue(msgspec.structs.replace(project, metrics=metrics))
