"""Series of kube-state-metrics 2.2 to 2.20 and of Argo Rollouts that the pack rollout uses, beside the services' own.

``version`` of the pack is that of kube-state-metrics. It has no series that says since when a rollout runs; the rules
take it from the newest ReplicaSet, or from when they saw the first pod of an older one.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_DOCS = "kubernetes/kube-state-metrics: docs/metrics/workload"
_DEPLOYMENT = ("namespace", "deployment")
_STATEFULSET = ("namespace", "statefulset")
_DAEMONSET = ("namespace", "daemonset")


def _gauge(name: str, labels: tuple[str, ...], brief: str, since: str, unit: str = "") -> ForeignMetric:
    page = f"{_DOCS}/{name.split('_')[1]}-metrics.md"
    return ForeignMetric(
        name, "gauge", labels, brief, "kube-state-metrics", since, unit=unit, presence="always", source=page
    )


DEPLOYMENT_REPLICAS = _gauge("kube_deployment_spec_replicas", _DEPLOYMENT, "Pods that a Deployment should have.", "1.0")
DEPLOYMENT_PAUSED = _gauge("kube_deployment_spec_paused", _DEPLOYMENT, "1 while a Deployment is paused.", "1.0")
DEPLOYMENT_PODS = _gauge("kube_deployment_status_replicas", _DEPLOYMENT, "Pods that a Deployment has.", "1.0")
DEPLOYMENT_UPDATED = _gauge(
    "kube_deployment_status_replicas_updated", _DEPLOYMENT, "Pods of the newest template of a Deployment.", "1.0"
)
DEPLOYMENT_AVAILABLE = _gauge(
    "kube_deployment_status_replicas_available", _DEPLOYMENT, "Available pods of a Deployment.", "1.0"
)
DEPLOYMENT_GENERATION = _gauge(
    "kube_deployment_metadata_generation", _DEPLOYMENT, "Generation of a Deployment, one more at each change.", "1.0"
)
DEPLOYMENT_OBSERVED = _gauge(
    "kube_deployment_status_observed_generation", _DEPLOYMENT, "Generation that the controller has seen.", "1.0"
)
DEPLOYMENT_CONDITION = ForeignMetric(
    "kube_deployment_status_condition",
    "gauge",
    (*_DEPLOYMENT, "condition", "status", "reason"),
    "1 for the status that each condition of a Deployment has; with its reason from 2.18 on.",
    "kube-state-metrics",
    "1.9",
    values={
        "condition": ("Available", "Progressing", "ReplicaFailure"),
        "status": ("true", "false", "unknown"),
    },
    condition="the Deployment has the condition",
    source=f"{_DOCS}/deployment-metrics.md",
)
REPLICASET_CREATED = _gauge(
    "kube_replicaset_created", ("namespace", "replicaset"), "When a ReplicaSet was created.", "1.1", "s"
)
REPLICASET_OWNER = ForeignMetric(
    "kube_replicaset_owner",
    "info",
    ("namespace", "replicaset", "owner_kind", "owner_name", "owner_is_controller"),
    "1 for the owner of a ReplicaSet.",
    "kube-state-metrics",
    "1.5",
    presence="always",
    source=f"{_DOCS}/replicaset-metrics.md",
)
STATEFULSET_REPLICAS = _gauge("kube_statefulset_replicas", _STATEFULSET, "Pods that a StatefulSet should have.", "1.0")
STATEFULSET_READY = _gauge(
    "kube_statefulset_status_replicas_ready", _STATEFULSET, "Ready pods of a StatefulSet.", "1.2"
)
STATEFULSET_UPDATED = _gauge(
    "kube_statefulset_status_replicas_updated", _STATEFULSET, "Pods of the newest revision of a StatefulSet.", "1.2"
)
STATEFULSET_CURRENT_REVISION = _gauge(
    "kube_statefulset_status_current_revision",
    (*_STATEFULSET, "revision"),
    "1 for the revision that the pods of a StatefulSet had at its last rollout.",
    "1.5",
)
STATEFULSET_UPDATE_REVISION = _gauge(
    "kube_statefulset_status_update_revision",
    (*_STATEFULSET, "revision"),
    "1 for the revision that the pods of a StatefulSet should have.",
    "1.5",
)
DAEMONSET_DESIRED = _gauge(
    "kube_daemonset_status_desired_number_scheduled", _DAEMONSET, "Nodes that should run a DaemonSet.", "1.0"
)
DAEMONSET_UNAVAILABLE = _gauge(
    "kube_daemonset_status_number_unavailable", _DAEMONSET, "Nodes without an available pod of a DaemonSet.", "1.2"
)
DAEMONSET_UPDATED = _gauge(
    "kube_daemonset_status_updated_number_scheduled", _DAEMONSET, "Nodes with the newest pod of a DaemonSet.", "2.0"
)
OLD_DAEMONSET_UPDATED = DAEMONSET_UPDATED._replace(
    name="kube_daemonset_updated_number_scheduled",
    since="1.2",
    until="2.0",
    successor=DAEMONSET_UPDATED.name,
    source="kubernetes/kube-state-metrics: internal/store/daemonset.go (1.9)",
)
ARGO_INFO = ForeignMetric(
    "rollout_info",
    "info",
    ("namespace", "exported_namespace", "name", "strategy", "traffic_router", "phase"),
    "1 for every Rollout of Argo Rollouts, its phase in a label.",
    "argo-rollouts",
    "1.0",
    values={
        "strategy": ("blueGreen", "canary", "none"),
        "phase": ("Abort", "Completed", "Error", "InvalidSpec", "Paused", "Progressing", "Timeout"),
    },
    condition="Argo Rollouts is installed",
    source="argoproj/argo-rollouts: controller/metrics/rollouts.go",
)
BUDGET = ForeignMetric(
    "obskit_rollout_budget_seconds",
    "gauge",
    _DEPLOYMENT,
    "How long a rollout of a Deployment may take; recorded by whoever declares it.",
    "a recording rule",
    "0.1",
    unit="s",
    condition="somebody declares a budget",
    source="docs/packs/rollout.md",
)
