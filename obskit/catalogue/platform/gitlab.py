"""Series of GitLab Runner up to 19.3 (9252) and gitlab-ci-pipelines-exporter up to 0.6 that the pack gitlab uses.

``packs.gitlab.version`` is the runner's. The exporter tells of the last pipeline of a branch, tag or merge request, and
again for each source (push, schedule …) of one. Its status is a label: only that of now is there, or with
``output_sparse_status_metrics: false`` every one of them with 1 or 0; rules take both.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EXPORTER = "gitlab-ci-pipelines-exporter"
_RUNNER = "gitlab-runner"
_COLLECTORS = "mvisonneau/gitlab-ci-pipelines-exporter: pkg/controller/collectors.go"
_BUILDS = "gitlabhq/gitlab-runner: commands/builds_helper.go"
_PIPELINE = ("namespace", "project", "topics", "kind", "ref", "source", "variables")
_KINDS = {"kind": ("branch", "tag", "merge-request")}
_STATUSES = (
    "created",
    "waiting_for_resource",
    "preparing",
    "pending",
    "running",
    "success",
    "failed",
    "canceled",
    "skipped",
    "manual",
    "scheduled",
    "error",
    "success_with_warnings",
)
_ONE = ("namespace", "runner", "runner_name", "system_id")

PIPELINE_STATUS = ForeignMetric(
    "gitlab_ci_pipeline_status",
    "gauge",
    (*_PIPELINE, "status"),
    "1 for the status of the last pipeline.",
    _EXPORTER,
    "0.5",
    values={**_KINDS, "status": _STATUSES},
    source=_COLLECTORS,
)
PIPELINE_ID = ForeignMetric(
    "gitlab_ci_pipeline_id",
    "gauge",
    _PIPELINE,
    "Id of the last pipeline: the greater, the younger.",
    _EXPORTER,
    "0.5",
    values=_KINDS,
    source=_COLLECTORS,
)
PIPELINE_TIMESTAMP = ForeignMetric(
    "gitlab_ci_pipeline_timestamp",
    "gauge",
    _PIPELINE,
    "When the last pipeline changed.",
    _EXPORTER,
    "0.5",
    unit="s",
    values=_KINDS,
    source=_COLLECTORS,
)
PIPELINE_DURATION = ForeignMetric(
    "gitlab_ci_pipeline_duration_seconds",
    "gauge",
    _PIPELINE,
    "How long the last pipeline ran; 0 until it ends.",
    _EXPORTER,
    "0.5",
    unit="s",
    values=_KINDS,
    source=_COLLECTORS,
)
PIPELINE_QUEUED_DURATION = ForeignMetric(
    "gitlab_ci_pipeline_queued_duration_seconds",
    "gauge",
    _PIPELINE,
    "How long the last pipeline waited before it ran.",
    _EXPORTER,
    "0.5",
    unit="s",
    values=_KINDS,
    source=_COLLECTORS,
)
RUNNER_JOBS = ForeignMetric(
    "gitlab_runner_jobs",
    "gauge",
    (*_ONE, "state", "stage", "executor_stage"),
    "Jobs that run, by state and stage; the state idle is always there with 0.",
    _RUNNER,
    "16.0",
    presence="always",
    source=_BUILDS,
)
RUNNER_CONCURRENT = ForeignMetric(
    "gitlab_runner_concurrent",
    "gauge",
    ("namespace",),
    "How many jobs one process of the runner runs at most.",
    _RUNNER,
    "13.0",
    presence="always",
    source="gitlabhq/gitlab-runner: commands/multi.go",
)
RUNNER_LIMIT = ForeignMetric(
    "gitlab_runner_limit",
    "gauge",
    _ONE,
    "How many jobs one runner of a process runs at most; 0 is no limit.",
    _RUNNER,
    "16.0",
    presence="always",
    source="gitlabhq/gitlab-runner: commands/multi.go",
)
RUNNER_JOBS_TOTAL = ForeignMetric(
    "gitlab_runner_jobs_total",
    "counter",
    _ONE,
    "Jobs that were taken.",
    _RUNNER,
    "16.0",
    presence="always",
    source=_BUILDS,
)
RUNNER_FAILED_JOBS = ForeignMetric(
    "gitlab_runner_failed_jobs_total",
    "counter",
    ("namespace", "runner", "runner_name", "failure_reason", "mode"),
    "Jobs that failed, by reason; the first one makes its series.",
    _RUNNER,
    "13.0",
    values={
        "failure_reason": (
            "script_failure",
            "runner_system_failure",
            "job_execution_timeout",
            "image_pull_failure",
            "unknown_failure",
            "runner_configuration_error",
            "runner_external_dependency_failure",
            "runner_interrupted",
            "job_canceled",
        )
    },
    presence="first_event",
    source="gitlabhq/gitlab-runner: helpers/prometheus/failures_collector.go",
)
RUNNER_JOB_QUEUE_DURATION = ForeignMetric(
    "gitlab_runner_job_queue_duration_seconds",
    "histogram",
    (*_ONE, "project_jobs_running"),
    "How long jobs waited in GitLab until the runner took them; buckets at 1, 3, 10, 30, 60, 120, 300, 900 s too.",
    _RUNNER,
    "16.4",
    unit="s",
    presence="first_event",
    source=_BUILDS,
)
RUNNER_API_REQUESTS = ForeignMetric(
    "gitlab_runner_api_request_statuses_total",
    "counter",
    ("namespace", "runner", "system_id", "endpoint", "status", "method"),
    "Requests to GitLab that were answered, by status; those without an answer are not counted.",
    _RUNNER,
    "16.0",
    values={"endpoint": ("reset_token", "request_job", "update_job", "patch_trace", "discovery")},
    presence="first_event",
    source="gitlabhq/gitlab-runner: network/api_requests_collector.go",
)
