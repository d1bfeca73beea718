"""Series of kube-state-metrics 2.0 to 2.20 about HorizontalPodAutoscalers that the pack autoscaling uses.

Reasons of a condition are not among the labels: ``ScalingLimited`` is true at the minimum, at the maximum and while a
policy slows a change down, so the rules tell these apart by the numbers of replicas.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_EMITTER = "kube-state-metrics"
_SOURCE = "kubernetes/kube-state-metrics: docs/metrics/workload/horizontalpodautoscaler-metrics.md"
_OLD = "kubernetes/kube-state-metrics: internal/store/hpa.go (1.9)"
_HPA = ("namespace", "horizontalpodautoscaler")
_TARGET = (*_HPA, "metric_name", "metric_target_type", "container")
_VALUES = {
    "condition": ("AbleToScale", "ScalingActive", "ScalingLimited"),
    "status": ("true", "false", "unknown"),
}
_TYPES = {"metric_target_type": ("value", "utilization", "average")}

MAX_REPLICAS = ForeignMetric(
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "gauge",
    _HPA,
    "The most replicas that the autoscaler may want.",
    _EMITTER,
    "2.0",
    presence="always",
    source=_SOURCE,
)
MIN_REPLICAS = ForeignMetric(
    "kube_horizontalpodautoscaler_spec_min_replicas",
    "gauge",
    _HPA,
    "The fewest replicas that the autoscaler may want.",
    _EMITTER,
    "2.0",
    presence="always",
    source=_SOURCE,
)
CURRENT_REPLICAS = ForeignMetric(
    "kube_horizontalpodautoscaler_status_current_replicas",
    "gauge",
    _HPA,
    "Replicas that the target has.",
    _EMITTER,
    "2.0",
    presence="always",
    source=_SOURCE,
)
DESIRED_REPLICAS = ForeignMetric(
    "kube_horizontalpodautoscaler_status_desired_replicas",
    "gauge",
    _HPA,
    "Replicas that the autoscaler wants, within its bounds.",
    _EMITTER,
    "2.0",
    presence="always",
    source=_SOURCE,
)
CONDITION = ForeignMetric(
    "kube_horizontalpodautoscaler_status_condition",
    "gauge",
    (*_HPA, "condition", "status"),
    "1 for the status that each condition of the autoscaler has.",
    _EMITTER,
    "2.0",
    values=_VALUES,
    condition="the autoscaler was looked at once",
    source=_SOURCE,
)
SPEC_METRIC = ForeignMetric(
    "kube_horizontalpodautoscaler_spec_target_metric",
    "gauge",
    _TARGET,
    "What each metric of the autoscaler should be.",
    _EMITTER,
    "2.0",
    values=_TYPES,
    presence="always",
    source=_SOURCE,
)
STATUS_METRIC = ForeignMetric(
    "kube_horizontalpodautoscaler_status_target_metric",
    "gauge",
    _TARGET,
    "What each metric of the autoscaler is; of one that cannot be had there is no series.",
    _EMITTER,
    "2.6",
    values=_TYPES,
    condition="the metric can be had",
    source=_SOURCE,
)

OLD_MAX_REPLICAS = MAX_REPLICAS._replace(
    name="kube_hpa_spec_max_replicas",
    labels=("namespace", "hpa"),
    since="1.2",
    until="2.0",
    successor=MAX_REPLICAS.name,
    source=_OLD,
)
OLD_MIN_REPLICAS = OLD_MAX_REPLICAS._replace(
    name="kube_hpa_spec_min_replicas", brief=MIN_REPLICAS.brief, successor=MIN_REPLICAS.name
)
OLD_CURRENT_REPLICAS = OLD_MAX_REPLICAS._replace(
    name="kube_hpa_status_current_replicas", brief=CURRENT_REPLICAS.brief, successor=CURRENT_REPLICAS.name
)
OLD_DESIRED_REPLICAS = OLD_MAX_REPLICAS._replace(
    name="kube_hpa_status_desired_replicas", brief=DESIRED_REPLICAS.brief, successor=DESIRED_REPLICAS.name
)
OLD_CONDITION = CONDITION._replace(
    name="kube_hpa_status_condition",
    labels=("namespace", "hpa", "condition", "status"),
    since="1.4",
    until="2.0",
    successor=CONDITION.name,
    source=_OLD,
)
