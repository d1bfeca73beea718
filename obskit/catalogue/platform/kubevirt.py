"""Series of KubeVirt up to 1.9 (virt-controller and virt-handler) that the pack kubevirt uses.

The ServiceMonitor that KubeVirt makes honours labels: ``namespace`` and ``name`` are the machine's. Names such as
``kubevirt_vmi_phase_count`` and ``kubevirt_number_of_vms`` are recording rules of KubeVirt's own PrometheusRule, most
of them deprecated, and not used here.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EMITTER = "kubevirt"
_CONTROLLER = "kubevirt/kubevirt: pkg/monitoring/metrics/virt-controller"
_MEMORY = "kubevirt/kubevirt: pkg/monitoring/metrics/virt-handler/domainstats/memory_metrics.go"

VM_INFO = ForeignMetric(
    "kubevirt_vm_info",
    "info",
    (
        "namespace",
        "name",
        "os",
        "workload",
        "flavor",
        "machine_type",
        "instance_type",
        "preference",
        "status",
        "status_group",
    ),
    "1 for every virtual machine, its state in labels.",
    _EMITTER,
    "1.4",
    values={
        "status": (
            "stopped",
            "provisioning",
            "starting",
            "running",
            "paused",
            "stopping",
            "terminating",
            "crashloopbackoff",
            "migrating",
            "unknown",
            "errorunschedulable",
            "errimagepull",
            "imagepullbackoff",
            "errorpvcnotfound",
            "datavolumeerror",
            "waitingforvolumebinding",
            "waitingforreceiver",
        )
    },
    condition="there are virtual machines",
    source=f"{_CONTROLLER}/vmstats_collector.go",
)
MIGRATION_FAILED = ForeignMetric(
    "kubevirt_vmi_migration_failed",
    "gauge",
    ("namespace", "vmi", "vmim"),
    "1 for every migration that failed and whose object is still there.",
    _EMITTER,
    "1.3",
    condition="a migration failed",
    source=f"{_CONTROLLER}/migrationstats_collector.go",
)
MIGRATION_SUCCEEDED = ForeignMetric(
    "kubevirt_vmi_migration_succeeded",
    "gauge",
    ("namespace", "vmi", "vmim"),
    "1 for every migration that succeeded and whose object is still there.",
    _EMITTER,
    "1.3",
    condition="a migration succeeded",
    source=f"{_CONTROLLER}/migrationstats_collector.go",
)
MIGRATION_START_TIME = ForeignMetric(
    "kubevirt_vmi_migration_start_time_seconds",
    "gauge",
    ("namespace", "name", "node", "migration_name"),
    "When the last migration of the machine began.",
    _EMITTER,
    "1.5",
    unit="s",
    condition="the machine was migrated",
    source=f"{_CONTROLLER}/vmistats_collector.go",
)
MIGRATION_END_TIME = ForeignMetric(
    "kubevirt_vmi_migration_end_time_seconds",
    "gauge",
    ("namespace", "name", "node", "migration_name", "status"),
    "When the last migration of the machine ended, well or not.",
    _EMITTER,
    "1.5",
    unit="s",
    values={"status": ("", "failed", "succeeded")},
    condition="the migration has ended",
    source=f"{_CONTROLLER}/vmistats_collector.go",
)
GUEST_OS_PANIC = ForeignMetric(
    "kubevirt_vmi_guest_os_panic_total",
    "counter",
    ("namespace", "name", "type", "bugcheck_code"),
    "Panics of the guest's kernel; the first one makes its series.",
    _EMITTER,
    "1.9",
    presence="first_event",
    condition="the machine has a panic device",
    source="kubevirt/kubevirt: pkg/monitoring/metrics/virt-handler/guest_metrics.go",
)
MEMORY_USABLE = ForeignMetric(
    "kubevirt_vmi_memory_usable_bytes",
    "gauge",
    ("namespace", "name", "node"),
    "What the guest could still use without swapping: MemAvailable of Linux.",
    _EMITTER,
    "0.50",
    unit="By",
    condition="the guest has a balloon driver",
    source=_MEMORY,
)
MEMORY_AVAILABLE = ForeignMetric(
    "kubevirt_vmi_memory_available_bytes",
    "gauge",
    ("namespace", "name", "node"),
    "All memory that the guest sees: MemTotal of Linux.",
    _EMITTER,
    "0.50",
    unit="By",
    condition="the guest has a balloon driver",
    source=_MEMORY,
)
