"""Signals of sharded data: which shard is asked, by whom it should have been, and with which map.

No semantic convention names a shard, so these are obskit's own. Every shard's counters start at 0 when the map
is declared: an ``increase()`` sees the first operation, and a shard that nobody asks is a series, not a gap. So do the
histograms, without those of errors, whose classes nobody knows before.
"""

from __future__ import annotations

from obskit.catalogue._model import Attribute, Metric
from obskit.catalogue.db import CONNECTION_BOUNDARIES, ERROR_TYPE

SHARD_SET = Attribute("shard_set", "Name of the set of shards, as declared.")
SHARD = Attribute("shard", "Name of the shard within its set.")
HASH = Attribute("hash", "First 12 hexadecimal digits of the SHA-256 of the shard map.")
VERSION = Attribute("version", "Version of the shard map, as declared, or empty.", required=False)
#: On the spans of queries, so that a slow request can be followed to its shard.
SPAN_SHARD_SET = Attribute("obskit.shard.set", "Name of the set of shards.", required=False)
SPAN_SHARD = Attribute("obskit.shard.name", "Name of the shard that ran the query.", required=False)

#: Value of the label ``shard`` for every operation on a shard that the map does not name: one series, however many.
UNDECLARED = "__undeclared__"

OPERATIONS = Metric(
    name="obskit.shard.operations",
    instrument="counter",
    unit="{operation}",
    brief="Operations sent to a shard.",
    stability="development",
    attributes=(SHARD_SET, SHARD),
    presence="conditional",
    condition="a shard map is declared",
)
OPERATION_DURATION = Metric(
    name="obskit.shard.operation.duration",
    instrument="histogram",
    unit="s",
    brief="Duration of operations sent to a shard.",
    stability="development",
    attributes=(SHARD_SET, SHARD, ERROR_TYPE),
    boundaries=CONNECTION_BOUNDARIES,
    presence="conditional",
    condition="a shard map is declared",
)
MISROUTED = Metric(
    name="obskit.shard.misrouted",
    instrument="counter",
    unit="{operation}",
    brief="Operations sent to a shard that does not own their key by the declared map.",
    stability="development",
    attributes=(SHARD_SET, SHARD),
    presence="conditional",
    condition="a shard map is declared",
)
MAP_INFO = Metric(
    name="obskit.shard.map.info",
    instrument="gauge",
    unit="{map}",
    brief="1 for the shard map that this process uses.",
    stability="development",
    attributes=(SHARD_SET, HASH, VERSION),
    presence="conditional",
    condition="a shard map is declared",
)
MAP_SHARDS = Metric(
    name="obskit.shard.map.shards",
    instrument="gauge",
    unit="{shard}",
    brief="Shards in the map that this process uses.",
    stability="development",
    attributes=(SHARD_SET,),
    presence="conditional",
    condition="a shard map is declared",
)
