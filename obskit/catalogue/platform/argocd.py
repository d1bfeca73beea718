"""Series of Argo CD up to 3.6 that the pack argocd uses: application controller (8082), repository server (8084).

An application's own ``namespace`` becomes ``exported_namespace`` where the scrape does not honour labels; rules keep
both. ``argocd_git_fetch_fail_total`` and ``argocd_git_lsremote_fail_total`` name the copy on the repository server's
disk and no URL: they say that requests fail, and ``argocd_app_info`` says whose.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EMITTER = "argocd"
_CONTROLLER = "argoproj/argo-cd: controller/metrics/metrics.go"
_REPO_SERVER = "argoproj/argo-cd: reposerver/metrics/metrics.go"
_APP = ("namespace", "exported_namespace", "name", "project")

APP_INFO = ForeignMetric(
    "argocd_app_info",
    "info",
    (
        *_APP,
        "autosync_enabled",
        "repo",
        "dest_server",
        "dest_namespace",
        "sync_status",
        "health_status",
        "operation",
    ),
    "1 for every application, its state in labels.",
    _EMITTER,
    "2.9",
    values={
        "autosync_enabled": ("true", "false"),
        "sync_status": ("Synced", "OutOfSync", "Unknown"),
        "health_status": ("Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"),
        "operation": ("", "sync", "delete"),
    },
    source=_CONTROLLER,
)
APP_SYNC = ForeignMetric(
    "argocd_app_sync_total",
    "counter",
    (*_APP, "dest_server", "phase", "dry_run"),
    "Syncs that ended, retries of one sync counted once; the first one of an application makes its series.",
    _EMITTER,
    "1.5",
    values={"phase": ("Succeeded", "Failed", "Error"), "dry_run": ("true", "false")},
    presence="first_event",
    source=_CONTROLLER,
)
CLUSTER_CONNECTION_STATUS = ForeignMetric(
    "argocd_cluster_connection_status",
    "gauge",
    ("namespace", "server", "k8s_version"),
    "0 when the last attempt to read all of a cluster failed.",
    _EMITTER,
    "2.2",
    condition="a cluster has applications",
    source="argoproj/argo-cd: controller/metrics/clustercollector.go",
)
KUBECTL_REQUESTS = ForeignMetric(
    "argocd_kubectl_requests_total",
    "counter",
    ("namespace", "host", "method", "code"),
    "Requests to the API of a cluster by status; <error> when there was no answer.",
    _EMITTER,
    "3.0",
    presence="first_event",
    source="argoproj/argo-cd: util/metrics/kubectl/kubectl_metrics.go",
)
GIT_FETCH_FAIL = ForeignMetric(
    "argocd_git_fetch_fail_total",
    "counter",
    ("namespace", "repo", "revision"),
    "Failed fetches and checkouts of a revision.",
    _EMITTER,
    "2.11",
    presence="first_event",
    source=_REPO_SERVER,
)
GIT_LSREMOTE_FAIL = ForeignMetric(
    "argocd_git_lsremote_fail_total",
    "counter",
    ("namespace", "repo", "revision"),
    "Failed requests for the commit of a revision.",
    _EMITTER,
    "2.12",
    presence="first_event",
    source=_REPO_SERVER,
)
