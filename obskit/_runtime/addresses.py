"""Where a database is, by its URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def server(host: object, port: object, query: Mapping[str, Any]) -> tuple[object, object]:
    """Return host and port; drivers of PostgreSQL take them from the query as well.

    Args:
        host: The URL's own, if any.
        port: The URL's own, if any.
        query: Name -> value, or several values, of the URL's query.

    Example:
        >>> server("db0", 5432, {}), server(None, None, {"host": ("a", "b"), "port": "5433"})
        (('db0', 5432), ('a,b', '5433'))
    """

    def of_query(name: str) -> str:
        found = query.get(name, "")
        return found if isinstance(found, str) else ",".join(found)

    return host or of_query("host"), port or of_query("port")
