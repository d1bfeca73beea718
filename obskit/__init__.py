"""One line makes a Python service on Kubernetes observable, and one command proves it.

Example:
    >>> import obskit
    >>> obskit.init(service_name="shop", disabled=True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from obskit._version import __version__
from obskit.config.views import View

if TYPE_CHECKING:
    from obskit._runtime.shards import ShardMap

__all__ = ["View", "__version__", "init", "shards", "shutdown", "status"]


def init(*, views: Iterable[View] = (), **settings: Any) -> None:
    """Make this process observable: traces, metrics and logs to the sidecar on localhost.

    Call it once, as early as you like; a second call does nothing. Nothing is patched that the service does not import,
    and no fault of obskit reaches the service.

    Args:
        views: What becomes of the metrics of your own and of other libraries' instruments; see :class:`View`.
        **settings: Any setting by its name, over the environment: ``service_name``, ``endpoint``, ``export_interval``
            (seconds), ``exit_budget`` (seconds) … ``obskit explain`` lists them.

    Raises:
        InputError: An argument that does not exist, or a value that it does not take. A wrong environment variable is
            only logged: it must not keep a pod from starting.

    Example:
        >>> init(service_name="shop", disabled=True)
    """
    from obskit._runtime import start

    start.init(settings, views)


def shutdown(budget: float | None = None) -> bool:
    """Deliver what was accepted and stop; runs by itself when the process ends.

    Args:
        budget: Seconds that all signals together may take; the setting ``exit_budget`` if None.

    Returns:
        Whether everything was delivered in time.

    Example:
        >>> shutdown(budget=1)
        True
    """
    from obskit._runtime import start

    return start.shutdown(budget)


def status() -> dict[str, Any]:
    """Return what runs: records sent and given up, instrumentations and why not, contained faults.

    Example:
        >>> status()["running"]
        False
    """
    from obskit._runtime import start

    return start.status()


def shards(
    name: str,
    shards: Mapping[str, object] | Iterable[str],
    *,
    version: str = "",
    owner: Callable[[Any], object] | None = None,
) -> ShardMap:
    """Declare a set of shards and where they are, so that a wrong map and a skewed load raise alerts.

    With SQLAlchemy's ``ShardedSession`` operations are then counted by shard; elsewhere call ``operation`` or
    ``record`` of the result.
    Shards of a session that no declaration names are counted as the set ``default``, whose map nobody can check.

    Args:
        name: Name of the set.
        shards: Name of each shard -> its engine, URL or address, in the order of the map; or the names alone. Users and
            passwords are not looked at.
        version: Version of the map; two maps of one version are a misconfiguration, of two versions a rollout.
        owner: Key -> name of the shard that owns it, to find misrouted operations.

    Raises:
        InputError: No shards, too many, or one named twice.

    Example:
        >>> shards("orders", {"0": "postgresql://db0/orders", "1": "postgresql://db1/orders"}).hash
        '4a524ae682c1'
    """
    from obskit._runtime.shards import declare

    return declare(name, shards, version=version, owner=owner)
