"""The collector's receivers listen on localhost only: nobody outside the pod may send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from obskit._checks._finding import Finding
from obskit._checks._rendered import Rendered

ID = "collector-exposed"

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_DEFAULT = re.compile(r"\$\{env:\w+:-([^}]*)\}")


def check(rendered: Rendered) -> Iterator[Finding]:
    """Yield a finding for every receiver that others can reach."""
    for path, config in rendered.collectors.items():
        for name, receiver in (config.get("receivers") or {}).items():
            for endpoint in _endpoints(receiver):
                if _host(endpoint) not in _LOCAL and not endpoint.startswith(("unix:", "/")):
                    message = f"receiver {name} listens on {endpoint}"
                    yield Finding(path, message, ID, "bind it to 127.0.0.1; the app is in the same pod")


def _endpoints(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "endpoint" and isinstance(inner, str):
                yield inner
            else:
                yield from _endpoints(inner)


def _host(endpoint: str) -> str:
    """The host, after ${env:NAME:-default} became its default."""
    return _DEFAULT.sub(r"\1", endpoint).rpartition(":")[0].strip("[]")
