"""Who speaks: the resource of this process."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from urllib.parse import unquote

from obskit._version import __version__
from obskit.config.settings import Settings

#: What the rendered pod says of itself.
_POD = {
    "OBSKIT_POD_NAMESPACE": "k8s.namespace.name",
    "OBSKIT_POD_NAME": "k8s.pod.name",
    "OBSKIT_POD_UID": "k8s.pod.uid",
    "OBSKIT_NODE_NAME": "k8s.node.name",
    "OBSKIT_CONTAINER_NAME": "k8s.container.name",
}


def attributes(settings: Settings, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the attributes that identify this process; ``OTEL_RESOURCE_ATTRIBUTES`` adds the service's own.

    ``service.instance.id`` is pod (or host), container and process, so that the series of a restarted worker continue
    instead of beginning anew, and two workers of one pod never share one.

    Example:
        >>> from obskit.config.settings import read
        >>> attributes(read({"service_name": "shop"}, {})[0], {})["service.name"]
        'shop'
    """
    pairs = (item.partition("=") for item in environment.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","))
    given = {key.strip(): unquote(value.strip()) for key, separator, value in pairs if separator}
    given = {**{name: environment[key] for key, name in _POD.items() if environment.get(key)}, **given}
    place = given.get("service.instance.id") or given.get("k8s.pod.name") or socket.gethostname()
    container = given.get("k8s.container.name")
    instance = "/".join(part for part in (place, container, str(os.getpid())) if part)
    return {
        **given,
        "service.name": settings.service_name,
        "service.namespace": settings.service_namespace,
        "service.instance.id": instance,
        "telemetry.distro.name": "obskit",
        "telemetry.distro.version": __version__,
    }
