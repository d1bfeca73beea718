"""Series of stackdriver_exporter 0.19 about Cloud SQL for PostgreSQL, named as Google names them.

A name is ``stackdriver_`` with the monitored resource and the metric; the labels are those of both, and the unit.
Google samples every 60 s and shows a sample up to 165 s later.
"""

from __future__ import annotations

from typing import Any

from obskit.catalogue._model import ForeignMetric, SeriesType

_PREFIX = "stackdriver_cloudsql_database_cloudsql_googleapis_com_database_"
_RESOURCE = ("project_id", "database_id", "region", "unit")
#: What a ServiceMonitor puts on everything that it scrapes; here that is the exporter, and no database.
_TARGET = ("namespace", "pod")


def _metric(
    name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, since: str = "0.6", **more: Any
) -> ForeignMetric:
    labels = (*_TARGET, *_RESOURCE, *labels)
    source = "cloud.google.com/sql/docs/postgres/admin-api/metrics"
    return ForeignMetric(f"{_PREFIX}{name}", kind, labels, brief, "stackdriver_exporter", since, source=source, **more)


def _delta(name: str, labels: tuple[str, ...], brief: str) -> ForeignMetric:
    """What Google tells as differences is a counter if the exporter adds them up, and else a gauge of no use."""
    return _metric(name, "counter", labels, brief, "0.13", condition="--monitoring.aggregate-deltas")


UP = _metric("up", "gauge", (), "1 while the instance is up.")
NUM_BACKENDS = _metric("postgresql_num_backends", "gauge", ("database",), "Connections to the database.")
REPLICA_LAG = _metric(
    "replication_replica_lag",
    "gauge",
    (),
    "How far a read replica is behind; below 0 when replication does not run.",
    unit="s",
)
OLDEST_TRANSACTION_AGE = _metric(
    "postgresql_vacuum_oldest_transaction_age",
    "gauge",
    ("oldest_transaction_type",),
    "How many transactions have happened since the oldest one that holds up vacuum.",
    values={"oldest_transaction_type": ("running", "prepared", "replication_slot", "replica")},
)
TRANSACTION_ID_UTILIZATION = _metric(
    "postgresql_transaction_id_utilization",
    "gauge",
    (),
    "Share of the transaction numbers that are used up.",
)
DEADLOCKS = _delta("postgresql_deadlock_count", ("database",), "Deadlocks in the database.")
ARCHIVED = _delta("replication_log_archive_success_count", (), "WAL files that were archived.")
ARCHIVE_FAILED = _delta("replication_log_archive_failure_count", (), "Attempts to archive a WAL file that failed.")
BACKENDS_BY_STATE = _metric(
    "postgresql_num_backends_by_state", "gauge", ("database", "state"), "Connections in this state."
)
LAST_SCRAPE_ERROR = ForeignMetric(
    "stackdriver_monitoring_last_scrape_error",
    "gauge",
    (*_TARGET, "project_id"),
    "1 when the exporter could not read from Cloud Monitoring.",
    "stackdriver_exporter",
    "0.6",
    source="prometheus-community/stackdriver_exporter: README.md",
)
