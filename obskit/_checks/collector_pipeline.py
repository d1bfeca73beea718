"""Every pipeline of the collector uses components that exist, none is idle, and memory_limiter comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from obskit._checks._finding import Finding, nearest
from obskit._checks._rendered import Rendered

ID = "collector-pipeline"

_KINDS = ("receivers", "processors", "exporters")


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every broken reference, idle component and unlimited pipeline."""
    for path, config in rendered.collectors.items():
        pipelines: dict[str, Any] = config["service"]["pipelines"] or {}
        for name, pipeline in pipelines.items():
            yield from _pipeline(f"{path}: pipeline {name}", pipeline or {}, config)
        yield from _idle(path, config, pipelines)
        extensions = config.get("extensions") or {}
        for name in config["service"].get("extensions") or ():
            if name not in extensions:
                message = f"service.extensions names {name}, which is not defined"
                yield Finding(path, message, ID, nearest(name, extensions))


def _pipeline(place: str, pipeline: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Finding]:
    for kind in _KINDS:
        defined = {*(config.get(kind) or {}), *((config.get("connectors") or {}) if kind != "processors" else {})}
        for name in pipeline.get(kind) or ():
            if name not in defined:
                yield Finding(place, f"{kind} names {name}, which is not defined", ID, nearest(name, defined))
    for kind in ("receivers", "exporters"):
        if not pipeline.get(kind):
            yield Finding(place, f"no {kind}", ID)
    first = next(iter(pipeline.get("processors") or ()), "")
    if first.partition("/")[0] != "memory_limiter":
        remedy = "put memory_limiter first: what comes before it is not limited"
        yield Finding(place, f"the first processor is {first or 'missing'}", ID, remedy)


def _idle(path: str, config: Mapping[str, Any], pipelines: Mapping[str, Any]) -> Iterator[Finding]:
    used = {name for pipeline in pipelines.values() for kind in _KINDS for name in (pipeline or {}).get(kind) or ()}
    used |= {*(config["service"].get("extensions") or ())}
    for kind in (*_KINDS, "connectors", "extensions"):
        for name in config.get(kind) or {}:
            if name not in used:
                place = "service.extensions" if kind == "extensions" else "any pipeline"
                yield Finding(path, f"{kind}: {name} is defined and not in {place}", ID, "use it or leave it out")
