"""Who speaks: the resource of this process."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from obskit._runtime.slots import Losses, Slot, folder
from obskit._version import __version__
from obskit.config.settings import Settings, resource_attributes

#: What the rendered pod says of itself.
_POD = {
    "OBSKIT_POD_NAMESPACE": "k8s.namespace.name",
    "OBSKIT_POD_NAME": "k8s.pod.name",
    "OBSKIT_POD_UID": "k8s.pod.uid",
    "OBSKIT_NODE_NAME": "k8s.node.name",
    "OBSKIT_CONTAINER_NAME": "k8s.container.name",
}


class Identity:
    """Who this process is, and the place that it holds while it lives.

    Args:
        settings: Settings in force.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slot: Slot | None = None

    def claim(self) -> Losses:
        """Take a place, anew in a forked child; return what its last holder took with it."""
        if self._slot is not None:
            self._slot.leave()
        settings = self._settings
        self._slot = Slot(
            lambda: folder(settings.state_directory, settings.log_directory),
            f"{settings.service_namespace}/{settings.service_name}",
        )
        return self._slot.left

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the resource."""
        number = None if self._slot is None else self._slot.number
        return attributes(self._settings, slot=os.getpid() if number is None else number)

    def note(self, losses: Losses) -> None:
        """Note what would be missed if this process were no more."""
        if self._slot is not None:
            self._slot.write(losses)


def attributes(settings: Settings, environment: Mapping[str, str] = os.environ, slot: int = 0) -> dict[str, Any]:
    """Return the attributes that identify this process; ``OTEL_RESOURCE_ATTRIBUTES`` adds the service's own.

    ``service.instance.id`` is pod (or host), container and slot, so that the series of a restarted worker continue
    instead of beginning anew, and two workers of one pod never share one.

    Example:
        >>> from obskit.config.settings import read
        >>> attributes(read({"service_name": "shop"}, {})[0], {})["service.name"]
        'shop'
    """
    given = resource_attributes(environment)
    given = {**{name: environment[key] for key, name in _POD.items() if environment.get(key)}, **given}
    place = given.get("service.instance.id") or given.get("k8s.pod.name") or socket.gethostname()
    container = given.get("k8s.container.name")
    instance = "/".join(part for part in (place, container, str(slot)) if part)
    return {
        # What is no SDK of OpenTelemetry's own has to say so: specification, "Telemetry SDK".
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "obskit",
        "telemetry.sdk.version": __version__,
        **given,
        "service.name": settings.service_name,
        "service.namespace": settings.service_namespace,
        "service.instance.id": instance,
        "telemetry.distro.name": "obskit",
        "telemetry.distro.version": __version__,
    }
