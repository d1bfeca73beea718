"""Series of redis_exporter 1.88 about Redis and Valkey, and the names that they had before 1.0.

Names, labels and types were read off 1.45.0 and 1.86.0 in front of Redis 7.0.
"""

from __future__ import annotations

from typing import Any

from obskit.catalogue._model import ForeignMetric, SeriesType

#: What a ServiceMonitor or PodMonitor puts on everything that it scrapes.
_TARGET = ("namespace", "pod")
_MASTER = ("master_host", "master_port")


def _metric(name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, since: str, **more: Any) -> ForeignMetric:
    source = "oliver006/redis_exporter: exporter/exporter.go"
    return ForeignMetric(name, kind, (*_TARGET, *labels), brief, "redis_exporter", since, source=source, **more)


UP = _metric("redis_up", "gauge", (), "1 when the exporter could ask the server.", "0.11")
LAST_SCRAPE_ERROR = _metric(
    "redis_exporter_last_scrape_error", "gauge", ("err",), "1 when the last scrape failed, with its error.", "0.11"
)
INSTANCE_INFO = _metric(
    "redis_instance_info",
    "info",
    (
        "role",
        "redis_version",
        "redis_build_id",
        "redis_mode",
        "os",
        "maxmemory_policy",
        "tcp_port",
        "run_id",
        "process_id",
        "master_replid",
    ),
    "1 for the server; maxmemory_policy from 1.16 on.",
    "0.12",
    values={"role": ("master", "slave", "sentinel")},
)
MEMORY_USED = _metric("redis_memory_used_bytes", "gauge", (), "Memory that the data take.", "0.9", unit="By")
MEMORY_MAX = _metric("redis_memory_max_bytes", "gauge", (), "maxmemory; 0 is no limit.", "0.9", unit="By")
DB_KEYS = _metric("redis_db_keys", "gauge", ("db",), "Keys in the database.", "0.4")
EVICTED_KEYS = _metric("redis_evicted_keys_total", "counter", (), "Keys that were evicted to free memory.", "0.9")
REJECTED_CONNECTIONS = _metric(
    "redis_rejected_connections_total", "counter", (), "Connections refused because of maxclients.", "0.9"
)
CONNECTED_CLIENTS = _metric("redis_connected_clients", "gauge", (), "Clients that are connected.", "0.4")
MAX_CLIENTS = _metric("redis_max_clients", "gauge", (), "maxclients.", "1.68", condition="Redis 7.0 or later")
CONNECTED_SLAVES = _metric("redis_connected_slaves", "gauge", (), "Replicas that are connected.", "0.4")
MASTER_LINK_UP = _metric(
    "redis_master_link_up",
    "gauge",
    _MASTER,
    "On a replica: 1 while it is connected to its master and in step; labels from 1.0 on.",
    "0.13",
)
MASTER_SYNC = _metric(
    "redis_master_sync_in_progress", "gauge", _MASTER, "On a replica: 1 while it copies all data.", "1.4"
)
RDB_STATUS = _metric("redis_rdb_last_bgsave_status", "gauge", (), "1 when the last snapshot succeeded.", "0.22")
RDB_LAST_SAVE = _metric(
    "redis_rdb_last_save_timestamp_seconds", "gauge", (), "When the last snapshot succeeded.", "0.22", unit="s"
)
RDB_CHANGES = _metric("redis_rdb_changes_since_last_save", "gauge", (), "Changes that are in no snapshot yet.", "0.22")
AOF_WRITE_STATUS = _metric(
    "redis_aof_last_write_status",
    "gauge",
    (),
    "1 when the last write to the append-only file succeeded, or there is none.",
    "0.22",
)
AOF_REWRITE_STATUS = _metric(
    "redis_aof_last_bgrewrite_status",
    "gauge",
    (),
    "1 when the append-only file was last rewritten with success, or never.",
    "0.22",
)
ERRORS = _metric(
    "redis_errors_total",
    "counter",
    ("err",),
    "Errors that the server answered, by their first word: OOM, MISCONF, NOREPLICAS.",
    "1.34",
    condition="Redis 6.2 or later, after the first error of the kind",
)

# What was renamed: rules of others still ask for it.
OLD_CPU_SYS = _metric(
    "redis_used_cpu_sys",
    "gauge",
    (),
    "CPU time in the kernel.",
    "0.4",
    until="1.0",
    successor="redis_cpu_sys_seconds_total",
    unit="s",
)
CPU_SYS = _metric("redis_cpu_sys_seconds_total", "counter", (), "CPU time in the kernel.", "1.0", unit="s")
OLD_CPU_USER = _metric(
    "redis_used_cpu_user",
    "gauge",
    (),
    "CPU time outside of the kernel.",
    "0.4",
    until="1.0",
    successor="redis_cpu_user_seconds_total",
    unit="s",
)
CPU_USER = _metric("redis_cpu_user_seconds_total", "counter", (), "CPU time outside of the kernel.", "1.0", unit="s")
OLD_SLAVE_OFFSET = _metric(
    "redis_connected_slave_offset",
    "gauge",
    ("slave_ip", "slave_port", "slave_state"),
    "How far the replica has read.",
    "0.14",
    until="1.0",
    successor="redis_connected_slave_offset_bytes",
    unit="By",
)
SLAVE_OFFSET = _metric(
    "redis_connected_slave_offset_bytes",
    "gauge",
    ("slave_ip", "slave_port", "slave_state"),
    "How far the replica has read.",
    "1.0",
    unit="By",
)
SLAVE_LAG = _metric(
    "redis_connected_slave_lag_seconds",
    "gauge",
    ("slave_ip", "slave_port", "slave_state"),
    "How long ago the replica last told how far it is.",
    "0.14",
    unit="s",
)
