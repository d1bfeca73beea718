"""Series of postgres_exporter 0.20 about PostgreSQL, and the names that they had before.

Names, labels and types were read off 0.11.1 and 0.19.1 in front of PostgreSQL 18, those of 0.20 from its source.
"""

from __future__ import annotations

from typing import Any

from obskit.catalogue._model import ForeignMetric, SeriesType

#: What a ServiceMonitor or PodMonitor puts on everything that it scrapes.
_TARGET = ("namespace", "pod")
_ACTIVITY = ("datname", "state", "usename", "application_name", "backend_type", "wait_event_type", "wait_event")
_STATES = (
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
    "disabled",
)
_DATABASE = ("datid", "datname")


def _metric(
    name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, since: str, source: str, **more: Any
) -> ForeignMetric:
    where = f"prometheus-community/postgres_exporter: {source}"
    return ForeignMetric(name, kind, (*_TARGET, *labels), brief, "postgres_exporter", since, source=where, **more)


def _renamed(
    old: str, new: str, until: str, kind: SeriesType, labels: tuple[str, ...], brief: str, since: str, **more: Any
) -> tuple[ForeignMetric, ForeignMetric]:
    """What rules of others still ask for, and what it is called now."""
    before = _metric(old, kind, labels, brief, since, "CHANGELOG.md", until=until, successor=new, **more)
    return before, _metric(new, kind, labels, brief, until, "CHANGELOG.md", **more)


def _slot(name: str, brief: str, since: str, **more: Any) -> tuple[ForeignMetric, ForeignMetric]:
    old, new = f"pg_replication_slot_{name}", f"pg_replication_slots_{name}"
    return _renamed(old, new, "0.20", "gauge", ("slot_name", "slot_type"), brief, since, **more)


UP = _metric(
    "pg_up", "gauge", (), "1 when the exporter could connect to the server.", "0.4", "exporter/postgres_exporter.go"
)
COLLECTOR_SUCCESS = _metric(
    "pg_scrape_collector_success",
    "gauge",
    ("collector",),
    "1 when the collector could read what it reads.",
    "0.11",
    "collector/collector.go",
)
NUMBACKENDS = _metric(
    "pg_stat_database_numbackends",
    "gauge",
    _DATABASE,
    "Processes that are connected to the database, those of autovacuum and of parallel queries included.",
    "0.1",
    "collector/pg_stat_database.go",
)
DEADLOCKS = _metric(
    "pg_stat_database_deadlocks",
    "counter",
    _DATABASE,
    "Deadlocks that were found in the database.",
    "0.1",
    "collector/pg_stat_database.go",
)
MAX_CONNECTIONS = _metric(
    "pg_settings_max_connections", "gauge", (), "The setting max_connections.", "0.2", "collector/pg_setting.go"
)
SUPERUSER_RESERVED = _metric(
    "pg_settings_superuser_reserved_connections",
    "gauge",
    (),
    "The setting superuser_reserved_connections.",
    "0.2",
    "collector/pg_setting.go",
)
RESERVED_CONNECTIONS = _metric(
    "pg_settings_reserved_connections",
    "gauge",
    (),
    "The setting reserved_connections.",
    "0.2",
    "collector/pg_setting.go",
    condition="PostgreSQL 16 or later",
)
ACTIVITY_COUNT = _metric(
    "pg_stat_activity_count",
    "gauge",
    _ACTIVITY,
    "Sessions in this state; usename and application_name from 0.12 on, backend_type and wait_event from 0.17 on.",
    "0.1",
    "collector/pg_stat_activity.go",
    values={"state": _STATES},
)
MAX_TX_DURATION = _metric(
    "pg_stat_activity_max_tx_duration",
    "gauge",
    _ACTIVITY,
    "Age of the oldest transaction in this state; labels as for pg_stat_activity_count.",
    "0.1",
    "collector/pg_stat_activity.go",
    unit="s",
    values={"state": _STATES},
)
REPLICATION_LAG = _metric(
    "pg_replication_lag_seconds",
    "gauge",
    (),
    "How old the last replayed transaction of a standby is; 0 when all that it received is replayed, and on a primary.",
    "0.13",
    "collector/pg_replication.go",
    unit="s",
)
OLD_REPLICATION_LAG = _metric(
    "pg_replication_lag",
    "gauge",
    (),
    "How old the last replayed transaction of a standby is.",
    "0.1",
    "queries.yaml",
    until="0.13",
    successor="pg_replication_lag_seconds",
    unit="s",
    condition="--extend.query-path with the queries.yaml that came with it",
)
IS_REPLICA = _metric(
    "pg_replication_is_replica",
    "gauge",
    (),
    "1 on a standby, 0 on a primary.",
    "0.13",
    "collector/pg_replication.go",
)
REPLICATION_DIFF = _metric(
    "pg_stat_replication_pg_wal_lsn_diff",
    "gauge",
    ("application_name", "client_addr", "state", "slot_name"),
    "On the primary: WAL that a standby has not replayed yet; none for pg_receivewal.",
    "0.3",
    "collector/pg_stat_replication.go",
    unit="By",
    values={"state": ("startup", "catchup", "streaming", "backup", "stopping")},
)
SLOT_DIFF = _metric(
    "pg_replication_slots_pg_wal_lsn_diff",
    "gauge",
    ("slot_name", "database"),
    "WAL that is kept for the slot.",
    "0.9",
    "collector/pg_replication_slots.go",
    unit="By",
)
SLOT_ACTIVE = _metric(
    "pg_replication_slots_active",
    "gauge",
    ("slot_name", "database"),
    "1 when somebody reads from the slot.",
    "0.9",
    "collector/pg_replication_slots.go",
)
ARCHIVED = _metric(
    "pg_stat_archiver_archived_count",
    "counter",
    (),
    "WAL files that were archived.",
    "0.8",
    "collector/pg_stat_archiver.go",
)
ARCHIVE_FAILED = _metric(
    "pg_stat_archiver_failed_count",
    "counter",
    (),
    "Attempts to archive a WAL file that failed.",
    "0.8",
    "collector/pg_stat_archiver.go",
)
LAST_ARCHIVE_AGE = _metric(
    "pg_stat_archiver_last_archive_age",
    "gauge",
    (),
    "How long ago a WAL file was archived; until the first one NaN, from 0.20 on nothing.",
    "0.8",
    "collector/pg_stat_archiver.go",
    unit="s",
)
WAL_SIZE = _metric(
    "pg_wal_size_bytes", "gauge", (), "Size of the WAL on the server's disk.", "0.14", "collector/pg_wal.go", unit="By"
)
XID_AGE = _metric(
    "pg_database_wraparound_age_datfrozenxid_seconds",
    "gauge",
    ("datname",),
    "Transactions since the oldest one that is not frozen; no seconds, whatever it is called.",
    "0.14",
    "collector/pg_database_wraparound.go",
    condition="--collector.database_wraparound",
)
MULTIXACT_AGE = _metric(
    "pg_database_wraparound_age_datminmxid_seconds",
    "gauge",
    ("datname",),
    "Multixacts since the oldest one that is not frozen; no seconds, whatever it is called.",
    "0.14",
    "collector/pg_database_wraparound.go",
    condition="--collector.database_wraparound",
)

OLD_SLOT_IS_ACTIVE, SLOT_IS_ACTIVE = _slot("slot_is_active", "1 when somebody reads from the slot.", "0.13")
OLD_SLOT_CURRENT_WAL, SLOT_CURRENT_WAL = _slot("slot_current_wal_lsn", "Position of the server's WAL.", "0.13")
OLD_SLOT_CONFIRMED_FLUSH, SLOT_CONFIRMED_FLUSH = _slot(
    "slot_confirmed_flush_lsn", "Position up to which the reader of the slot has confirmed.", "0.13"
)
OLD_SLOT_SAFE_WAL, SLOT_SAFE_WAL = _slot(
    "safe_wal_size_bytes",
    "WAL that can still be written before the slot is lost.",
    "0.16",
    unit="By",
    condition="max_slot_wal_keep_size is set",
)
OLD_CHECKPOINTS_TIMED, CHECKPOINTS_TIMED = _renamed(
    "pg_stat_bgwriter_checkpoints_timed",
    "pg_stat_bgwriter_checkpoints_timed_total",
    "0.11",
    "counter",
    (),
    "Checkpoints that were due.",
    "0.1",
    condition="PostgreSQL 16 or older",
)
CHECKPOINTER_TIMED = _metric(
    "pg_stat_checkpointer_num_timed_total",
    "counter",
    (),
    "Checkpoints that were due, in PostgreSQL 17 or later.",
    "0.17",
    "collector/pg_stat_checkpointer.go",
    condition="--collector.stat_checkpointer",
)
