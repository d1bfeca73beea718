"""``ShardedSession``: which engine is which shard."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy.ext.horizontal_shard import ShardedSession

from obskit._runtime import shards
from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Pipeline
from obskit.config.settings import Settings


def install(_pipeline: Pipeline, _settings: Settings) -> None:
    """Learn the shard of every engine that a session binds; its queries are then counted by shard."""
    original = ShardedSession.bind_shard

    @functools.wraps(original)
    def bind_shard(self: ShardedSession, shard_id: Any, bind: Any) -> None:
        original(self, shard_id, bind)
        _learn(bind, str(shard_id))

    ShardedSession.bind_shard = bind_shard  # type: ignore[method-assign]


@contained("shards.bind")
def _learn(bind: Any, shard: str) -> None:
    shards.learn(bind.engine, shard)
