"""Series of the controller of Tekton Pipelines up to 1.15 (port 9090) that the pack tekton uses, and their older names.

From 1.10 on OpenTelemetry makes them: a series of which there is nothing to tell is gone instead of 0. Runs are
counted by status alone; whose they are is on the durations, which have ``_count`` and ``_sum`` unless
``config-observability`` makes gauges of them. A run's own ``namespace`` becomes ``exported_namespace`` where the
scrape does not honour labels; rules keep both.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EMITTER = "tekton"
_PIPELINE_RUNS = "tektoncd/pipeline: pkg/pipelinerunmetrics/metrics.go"
_TASK_RUNS = "tektoncd/pipeline: pkg/taskrunmetrics/metrics.go"
_MIGRATION = "tektoncd/pipeline: docs/metrics-migration-otel.md"
_STATUS = {"status": ("success", "failed", "cancelled")}
_NAMESPACE = ("namespace", "exported_namespace")

PIPELINERUN_DURATION = ForeignMetric(
    "tekton_pipelines_controller_pipelinerun_duration_seconds",
    "histogram",
    (*_NAMESPACE, "pipeline", "status", "reason"),
    "How long runs took; the first run of a pipeline with a status makes its series.",
    _EMITTER,
    "0.44",
    unit="s",
    values=_STATUS,
    presence="first_event",
    condition="metrics.pipelinerun.duration-type is histogram",
    source=_PIPELINE_RUNS,
)
PIPELINERUN_TOTAL = ForeignMetric(
    "tekton_pipelines_controller_pipelinerun_total",
    "counter",
    ("namespace", "status"),
    "Runs of all pipelines that ended.",
    _EMITTER,
    "0.59",
    values=_STATUS,
    presence="first_event",
    source=_PIPELINE_RUNS,
)
PIPELINERUN_COUNT = ForeignMetric(
    "tekton_pipelines_controller_pipelinerun_count",
    "counter",
    ("namespace", "status"),
    "Runs of all pipelines that ended.",
    _EMITTER,
    "0.44",
    "1.3",
    values=_STATUS,
    successor=PIPELINERUN_TOTAL.name,
    source=_PIPELINE_RUNS,
)
RUNNING_PIPELINERUNS = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns",
    "gauge",
    (*_NAMESPACE, "pipeline"),
    "Runs that have begun and not ended; the series without a pipeline is of all.",
    _EMITTER,
    "0.59",
    presence="always",
    source=_PIPELINE_RUNS,
)
RUNNING_PIPELINERUNS_COUNT = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns_count",
    "gauge",
    ("namespace",),
    "Runs that have begun and not ended.",
    _EMITTER,
    "0.44",
    "1.3",
    successor=RUNNING_PIPELINERUNS.name,
    source=_PIPELINE_RUNS,
)
WAITING_ON_PIPELINE = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns_waiting_on_pipeline_resolution",
    "gauge",
    ("namespace",),
    "Runs whose pipeline is still being fetched.",
    _EMITTER,
    "0.59",
    presence="always",
    source=_PIPELINE_RUNS,
)
WAITING_ON_PIPELINE_COUNT = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns_waiting_on_pipeline_resolution_count",
    "gauge",
    ("namespace",),
    "Runs whose pipeline is still being fetched.",
    _EMITTER,
    "0.52",
    "1.3",
    successor=WAITING_ON_PIPELINE.name,
    source=_PIPELINE_RUNS,
)
WAITING_ON_TASK = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns_waiting_on_task_resolution",
    "gauge",
    ("namespace",),
    "Runs of which a task is still being fetched.",
    _EMITTER,
    "0.59",
    presence="always",
    source=_PIPELINE_RUNS,
)
WAITING_ON_TASK_COUNT = ForeignMetric(
    "tekton_pipelines_controller_running_pipelineruns_waiting_on_task_resolution_count",
    "gauge",
    ("namespace",),
    "Runs of which a task is still being fetched.",
    _EMITTER,
    "0.52",
    "1.3",
    successor=WAITING_ON_TASK.name,
    source=_PIPELINE_RUNS,
)
THROTTLED_BY_QUOTA = ForeignMetric(
    "tekton_pipelines_controller_running_taskruns_throttled_by_quota",
    "gauge",
    _NAMESPACE,
    "Task runs whose pod the quota of their namespace does not allow.",
    _EMITTER,
    "0.59",
    condition="there are such task runs, from 1.10 on",
    source=_TASK_RUNS,
)
THROTTLED_BY_QUOTA_COUNT = ForeignMetric(
    "tekton_pipelines_controller_running_taskruns_throttled_by_quota_count",
    "gauge",
    ("namespace",),
    "Task runs whose pod the quota of their namespace does not allow.",
    _EMITTER,
    "0.49",
    "1.3",
    successor=THROTTLED_BY_QUOTA.name,
    source=_TASK_RUNS,
)
THROTTLED_BY_NODE = ForeignMetric(
    "tekton_pipelines_controller_running_taskruns_throttled_by_node",
    "gauge",
    _NAMESPACE,
    "Task runs whose pod fits no node.",
    _EMITTER,
    "0.59",
    condition="there are such task runs, from 1.10 on",
    source=_TASK_RUNS,
)
THROTTLED_BY_NODE_COUNT = ForeignMetric(
    "tekton_pipelines_controller_running_taskruns_throttled_by_node_count",
    "gauge",
    ("namespace",),
    "Task runs whose pod fits no node.",
    _EMITTER,
    "0.49",
    "1.3",
    successor=THROTTLED_BY_NODE.name,
    source=_TASK_RUNS,
)
WORKQUEUE_DEPTH = ForeignMetric(
    "kn_workqueue_depth",
    "gauge",
    ("namespace", "name"),
    "Objects that wait for the controller to look at them.",
    _EMITTER,
    "1.10",
    source=_MIGRATION,
)
WORKQUEUE_DEPTH_OLD = ForeignMetric(
    "tekton_pipelines_controller_workqueue_depth",
    "gauge",
    ("namespace", "name"),
    "Objects that wait for the controller to look at them.",
    _EMITTER,
    "0.44",
    "1.10",
    successor=WORKQUEUE_DEPTH.name,
    source=_MIGRATION,
)
