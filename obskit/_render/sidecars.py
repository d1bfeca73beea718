"""The sidecars: configurations and pod pieces, merged from the plain data in ``sidecars/``.

A part is YAML with tokens ``<<name>>``; the Helm chart ships the same parts and replaces the same tokens, so that both
give equal objects. :func:`parts` is independent of the project, :func:`tokens` is what one project puts in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import yaml

from obskit._installation import directory
from obskit._render.text import yaml_text
from obskit._render.tokens import replace
from obskit.catalogue import LogField, telemetry
from obskit.config import yaml_source
from obskit.config.project import Backends, Project, duration_seconds
from obskit.exceptions import InputError

#: Component -> its names by the collector's version, newest first; the old one works on for a while, with a warning.
COMPONENTS: dict[str, tuple[tuple[str, str], ...]] = {"otlp_http": (("0.144.0", "otlp_http"), ("0.0.0", "otlphttp"))}

#: Oldest versions that the configurations work with, and why.
OLDEST = {
    "collector": ("0.130.0", "the first whose disk queue is bounded in bytes"),
    "fluentbit": ("5.0.6", "the first that knows ${NAME:-default}"),
}

_LOG_FIELD = re.compile(r"<<log:([a-z0-9_]+)>>")


def files(project: Project) -> dict[str, str]:
    """Return the files under ``sidecars/``: configurations, pod pieces, and a kustomize Component that joins them.

    Args:
        project: The parsed ``obskit.yaml``.

    Raises:
        InputError: A version in the project is too old for the configuration.
    """
    configs = configurations(project)
    pieces = pod(project, configs)
    return {
        **{f"sidecars/{name}": text for name, text in configs.items()},
        "sidecars/containers.yaml": yaml_text(pieces),
        "sidecars/patch.yaml": yaml_text(_patch(pieces)),
        "sidecars/kustomization.yaml": yaml_text(_component(project, list(configs))),
    }


def configurations(project: Project) -> dict[str, str]:
    """Return the configuration files that the sidecars mount: file name -> text."""
    values = tokens(project)
    names = {"otelcol.yaml": ["otelcol/base", "otelcol/traces", "otelcol/metrics"]}
    if project.logs.via == "fluentbit":
        names["fluent-bit.yaml"] = ["fluentbit/base"]
    else:
        names["otelcol.yaml"].append("otelcol/logs")
    return {file: yaml_text(merge(*(part(name, values) for name in used))) for file, used in names.items()}


#: Of the name of an annotation, after its prefix: Kubernetes refuses the pod otherwise.
_LONGEST_ANNOTATION = 63


def pod(project: Project, configs: dict[str, str]) -> dict[str, Any]:
    """Return what a pod needs: ``initContainers``, ``volumes`` and ``annotations``, and the app's container."""
    values = tokens(project)
    used = (["pod/fluentbit"] if project.logs.via == "fluentbit" else []) + ["pod/collector", "pod/app"]
    loaded = [part(name, values) for name in used]
    joined = {
        key: [item for piece in loaded for item in piece.get(key, [])]
        for key in ("initContainers", "volumes", "env", "volumeMounts")
    }
    container = {"name": project.container, "env": joined["env"]}
    if joined["volumeMounts"]:
        container["volumeMounts"] = joined["volumeMounts"]
    annotations = {"obskit.dev/checksum": hashlib.sha256("".join(configs.values()).encode()).hexdigest()[:16]}
    excluded = f"exclude-{project.container}"
    if project.logs.via == "fluentbit" and len(excluded) <= _LONGEST_ANNOTATION:
        annotations[f"fluentbit.io/{excluded}"] = "true"  # a node agent would ship the app's stdout a second time
    return {
        "annotations": annotations,
        "initContainers": joined["initContainers"],
        "volumes": joined["volumes"],
        "containers": [container],
    }


@cache
def parts() -> dict[str, str]:
    """Return the parts of ``sidecars/`` as text, names of log fields filled in: ``otelcol/base`` -> YAML and tokens."""
    fields = {
        key[4:].lower(): value.name
        for key, value in vars(telemetry).items()
        if key.startswith("LOG_") and isinstance(value, LogField)
    }
    root = directory("sidecars")
    return {
        path.relative_to(root).with_suffix("").as_posix(): _LOG_FIELD.sub(
            lambda token: fields[token[1]], path.read_text(encoding="utf-8")
        )
        for path in sorted(root.glob("*/*.yaml"))
    }


def part(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return one part as data, its tokens replaced.

    Raises:
        KeyError: No such part.
        RenderError: It has a token without a value.
    """
    data: dict[str, Any] = replace(yaml.load(parts()[name], Loader=yaml_source.LOADER), values)  # noqa: S506 - a safe one
    return data


def tokens(project: Project) -> dict[str, Any]:
    """Return what replaces the tokens of the parts for one project."""
    _refuse_old("collector", project.collector.version)
    _refuse_old("fluentbit", project.fluentbit.version)
    hold = duration_seconds(project.intervals.collector_batch)
    return {
        "service": project.service.name,
        "namespace": project.service.namespace,
        "container": project.container,
        "config_map": f"obskit-{project.service.name}",
        "export_milliseconds": str(duration_seconds(project.intervals.export) * 1000),
        "logs_exporter": "none" if project.logs.via == "fluentbit" else "otlp",
        **{component: component_name(component, project.collector.version) for component in COMPONENTS},
        **_endpoints(project.backends),
        **_sizes(project),
        "metric_flush": f"{hold}s" if hold else "1ms",
    }


def component_name(component: str, version: str) -> str:
    """Return how a component is called in one version of the collector.

    Example:
        >>> component_name("otlp_http", "0.143.0")
        'otlphttp'
    """
    return next(name for since, name in COMPONENTS[component] if _numbers(version) >= _numbers(since))


def merge(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return one mapping: maps join, anything else is replaced by the later layer."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            earlier = result.get(key)
            result[key] = merge(earlier, value) if isinstance(earlier, dict) and isinstance(value, dict) else value
    return result


def _endpoints(backends: Backends) -> dict[str, Any]:
    loki = urlsplit(backends.loki.rstrip("/"))
    return {
        "prometheus": backends.prometheus.rstrip("/"),
        "jaeger_otlp": backends.jaeger_otlp.rstrip("/"),
        "loki": backends.loki.rstrip("/"),
        "loki_host": loki.hostname or "",
        "loki_port": str(loki.port or (443 if loki.scheme == "https" else 80)),
        "loki_path": loki.path,
        "loki_tls": loki.scheme == "https",
    }


def _sizes(project: Project) -> dict[str, Any]:
    """Memory in MiB, queues in bytes, volumes in MiB: see docs/sidecars.md for the factors."""
    collector, fluentbit = project.collector, project.fluentbit
    queue = collector.queue * 1024 * 1024
    return {
        "collector_image": f"{collector.image}:{collector.version}",
        "collector_memory": collector.memory,
        "collector_gomemlimit": collector.memory * 80 // 100,
        "memory_limit": collector.memory * 70 // 100,
        "memory_spike": collector.memory * 15 // 100,
        "queue_traces": queue,
        "queue_metrics": queue // 4,
        "queue_logs": queue // 4,
        "collector_disk": collector.queue * 6,
        "fluentbit_image": f"{fluentbit.image}:{fluentbit.version}",
        "fluentbit_memory": fluentbit.memory,
        "buffer": fluentbit.buffer,
        "fluentbit_disk": fluentbit.buffer + 64,
    }


def _patch(pieces: dict[str, Any]) -> dict[str, Any]:
    spec = {key: pieces[key] for key in ("initContainers", "containers", "volumes")}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "any"},
        "spec": {"template": {"metadata": {"annotations": pieces["annotations"]}, "spec": spec}},
    }


def _component(project: Project, configs: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "configMapGenerator": [{"name": f"obskit-{project.service.name}", "files": configs}],
        "patches": [
            {
                "path": "patch.yaml",
                "target": {
                    "kind": "Deployment|StatefulSet|DaemonSet|Job",
                    "labelSelector": f"app.kubernetes.io/name={project.service.name}",
                },
            }
        ],
    }


def _refuse_old(program: str, version: str) -> None:
    oldest, why = OLDEST[program]
    if _numbers(version) < _numbers(oldest):
        raise InputError(
            f"{program}.version {version} is older than {oldest}, {why}", remedy=f"use {oldest} or a later one"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
