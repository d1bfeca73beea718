"""Series of kube-state-metrics, as of 2.20, and of the kubelet's cAdvisor that rules and panels use.

Source of names and labels: kubernetes/kube-state-metrics, docs/metrics/workload/pod-metrics.md, unless said otherwise.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EMITTER = "kube-state-metrics"
_POD = ("namespace", "pod", "uid")
_CONTAINER = (*_POD, "container")
_REASONS = ("OOMKilled", "Completed", "Error", "ContainerCannotRun", "DeadlineExceeded", "Evicted")

POD_INFO = ForeignMetric(
    "kube_pod_info",
    "info",
    (*_POD, "host_ip", "pod_ip", "node", "created_by_kind", "created_by_name", "priority_class", "host_network"),
    "1 for every pod.",
    _EMITTER,
    "1.0",
)
POD_CREATED = ForeignMetric("kube_pod_created", "gauge", _POD, "When the pod was created.", _EMITTER, "1.0", unit="s")
POD_DELETION_TIMESTAMP = ForeignMetric(
    "kube_pod_deletion_timestamp",
    "gauge",
    _POD,
    "When the pod must be gone; only while it is being deleted.",
    _EMITTER,
    "1.0",
    unit="s",
)
POD_STATUS_READY = ForeignMetric(
    "kube_pod_status_ready",
    "gauge",
    (*_POD, "condition"),
    "1 for the value that the pod's Ready condition has.",
    _EMITTER,
    "1.0",
    values={"condition": ("true", "false", "unknown")},
)
POD_STATUS_PHASE = ForeignMetric(
    "kube_pod_status_phase",
    "gauge",
    (*_POD, "phase"),
    "1 for the phase that the pod is in.",
    _EMITTER,
    "1.0",
    values={"phase": ("Pending", "Running", "Succeeded", "Failed", "Unknown")},
)
POD_STATUS_DISRUPTION_REASON = ForeignMetric(
    "kube_pod_status_disruption_reason",
    "gauge",
    (*_POD, "reason"),
    "1 for the reason for which the pod is being evicted.",
    _EMITTER,
    "2.20",
    source="kubernetes/kube-state-metrics: internal/store/pod.go, of the condition DisruptionTarget",
)
CONTAINER_INFO = ForeignMetric(
    "kube_pod_container_info",
    "info",
    (*_CONTAINER, "image", "image_id", "image_spec", "container_id"),
    "1 for every container of a pod.",
    _EMITTER,
    "1.0",
)
CONTAINER_RESTARTS = ForeignMetric(
    "kube_pod_container_status_restarts_total",
    "counter",
    _CONTAINER,
    "Restarts of the container.",
    _EMITTER,
    "1.0",
)
CONTAINER_LAST_TERMINATED_REASON = ForeignMetric(
    "kube_pod_container_status_last_terminated_reason",
    "gauge",
    (*_CONTAINER, "reason"),
    "1 for the reason of the container's last termination.",
    _EMITTER,
    "1.0",
    values={"reason": _REASONS},
)
CONTAINER_LAST_TERMINATED_TIMESTAMP = ForeignMetric(
    "kube_pod_container_status_last_terminated_timestamp",
    "gauge",
    _CONTAINER,
    "When the container was last terminated.",
    _EMITTER,
    "2.12",
    unit="s",
)
CONTAINER_WAITING_REASON = ForeignMetric(
    "kube_pod_container_status_waiting_reason",
    "gauge",
    (*_CONTAINER, "reason"),
    "1 for the reason for which the container waits.",
    _EMITTER,
    "1.0",
)
CONTAINER_READY = ForeignMetric(
    "kube_pod_container_status_ready",
    "gauge",
    _CONTAINER,
    "1 when the container's readiness check succeeds.",
    _EMITTER,
    "1.0",
)
CONTAINER_RUNNING = ForeignMetric(
    "kube_pod_container_status_running",
    "gauge",
    _CONTAINER,
    "1 when the container runs.",
    _EMITTER,
    "1.0",
)

# Init containers, and sidecars that are init containers which stay, have a family of their own.
INIT_CONTAINER_RESTARTS = ForeignMetric(
    "kube_pod_init_container_status_restarts_total",
    "counter",
    _CONTAINER,
    "Restarts of the init container.",
    _EMITTER,
    "1.7",
)
INIT_CONTAINER_LAST_TERMINATED_REASON = ForeignMetric(
    "kube_pod_init_container_status_last_terminated_reason",
    "gauge",
    (*_CONTAINER, "reason"),
    "1 for the reason of the init container's last termination.",
    _EMITTER,
    "2.0",
    values={"reason": _REASONS},
)
INIT_CONTAINER_WAITING_REASON = ForeignMetric(
    "kube_pod_init_container_status_waiting_reason",
    "gauge",
    (*_CONTAINER, "reason"),
    "1 for the reason for which the init container waits.",
    _EMITTER,
    "1.7",
)
INIT_CONTAINER_RUNNING = ForeignMetric(
    "kube_pod_init_container_status_running",
    "gauge",
    _CONTAINER,
    "1 when the init container runs.",
    _EMITTER,
    "1.7",
)
