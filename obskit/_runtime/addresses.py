"""Where a database is, by its URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from obskit.exceptions import InputError


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


def place_of(value: Any) -> str:
    """Return where a shard is: one text for one place, without user and password.

    Drivers take the host from the query as well; nothing else of the query says where the data is.

    Args:
        value: An engine, a URL or plain text.

    Raises:
        InputError: A URL that is none.

    Example:
        >>> place_of("postgresql://me:secret@/orders?host=db0&port=5432"), place_of("me@db0/orders")
        ('db0:5432/orders', 'db0/orders')
    """
    url = getattr(value, "url", value)
    if hasattr(url, "host") and hasattr(url, "database"):
        return _place(url.host, url.port, url.database, dict(getattr(url, "query", {})))
    text = str(url)
    if "://" not in text:
        return text.rpartition("@")[2]
    try:
        parts = urlsplit(text)
        return _place(parts.hostname, parts.port, parts.path[1:], parse_qs(parts.query))
    except ValueError:  # and nothing of the text in the message: it may hold a password
        problem = "the address of a shard is no URL"
        raise InputError(problem, place="obskit.shards()", remedy="write scheme://host:port/database") from None


def _place(host: object, port: object, database: object, query: Mapping[str, Any]) -> str:
    host, port = server(host, port, query)
    return f"{host or ''}{f':{port}' if port else ''}/{database or ''}"
