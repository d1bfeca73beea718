"""Series of what lets requests into the cluster: ingress-nginx 1.15, Envoy Gateway 1.9, Gateway API and cert-manager.

Names, labels and types are from their sources; ingress-nginx ended with 1.15.1 in March 2026.
"""

from __future__ import annotations

from typing import Any

from obskit.catalogue._model import ForeignMetric, SeriesType

#: What a ServiceMonitor or PodMonitor puts on everything that it scrapes.
_TARGET = ("namespace", "pod")
#: The namespace of an object is `exported_namespace` where that of the target wins (honorLabels: false, as usual).
_CONTROLLER = ("controller_namespace", "controller_class", "controller_pod")
_REQUEST = (*_CONTROLLER, "exported_namespace", "ingress", "service", "exported_service", "host", "path", "method")
_CERTIFICATE = ("exported_namespace", "name", "issuer_name", "issuer_kind", "issuer_group")
_CLASSES = ("1", "2", "3", "4", "5")


def _nginx(
    name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, since: str = "0.34", **more: Any
) -> ForeignMetric:
    source = "kubernetes/ingress-nginx: internal/ingress/metric/collectors"
    labels = (*_TARGET, *labels)
    return ForeignMetric(
        f"nginx_ingress_controller_{name}", kind, labels, brief, "ingress-nginx", since, source=source, **more
    )


NGINX_REQUESTS = _nginx(
    "requests",
    "counter",
    (*_REQUEST, "status", "canary"),
    "Requests; host with --metrics-per-host, as usual; status is 5xx instead of 503 with --report-status-classes.",
)
NGINX_HEADER_DURATION = _nginx(
    "header_duration_seconds",
    "histogram",
    (*_REQUEST, "status", "canary"),
    "Time until the first byte came from the service.",
    "1.4",
    unit="s",
)
NGINX_RELOAD_SUCCESSFUL = _nginx(
    "config_last_reload_successful",
    "gauge",
    _CONTROLLER,
    "1 when nginx took the last configuration; 0 until the first one.",
)
NGINX_RELOAD_TIMESTAMP = _nginx(
    "config_last_reload_successful_timestamp_seconds",
    "gauge",
    _CONTROLLER,
    "When nginx last took a configuration.",
    unit="s",
)
NGINX_CERTIFICATE_EXPIRY = _nginx(
    "ssl_expire_time_seconds",
    "gauge",
    ("exported_namespace", "class", "host", "secret_name", "identifier"),
    "When the certificate that is presented for the host expires.",
    unit="s",
)
OLD_NGINX_LATENCY = _nginx(
    "ingress_upstream_latency_seconds",
    "gauge",
    ("exported_namespace", "ingress", "service", "exported_service", "canary", "quantile"),
    "Latency of the services, as quantiles.",
    until="1.12",
    successor="nginx_ingress_controller_header_duration_seconds",
    unit="s",
)


def _envoy(name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, **more: Any) -> ForeignMetric:
    labels, source = (
        (*_TARGET, *labels),
        "envoyproxy/gateway: charts/gateway-addons-helm/dashboards/envoy-clusters.json",
    )
    return ForeignMetric(name, kind, labels, brief, "envoy-gateway", "1.0", source=source, **more)


ENVOY_REQUESTS = _envoy(
    "envoy_cluster_upstream_rq_xx",
    "counter",
    ("envoy_cluster_name", "envoy_response_code_class"),
    "Answers of the services behind a rule; Envoy Gateway names the cluster httproute/NAMESPACE/NAME/rule/NUMBER.",
    values={"envoy_response_code_class": _CLASSES},
)
ENVOY_REQUEST_TIME = _envoy(
    "envoy_cluster_upstream_rq_time",
    "histogram",
    ("envoy_cluster_name",),
    "Time that the services behind a rule took, in milliseconds.",
    unit="ms",
)
ENVOY_MEMBERS = _envoy(
    "envoy_cluster_membership_total",
    "gauge",
    ("envoy_cluster_name",),
    "Endpoints of the services behind a rule, requests or not.",
)
ENVOY_NACKS = ForeignMetric(
    "xds_nack_total",
    "counter",
    (*_TARGET, "nodeID", "typeURL"),
    "Configurations that a proxy of Envoy Gateway rejected.",
    "envoy-gateway",
    "1.9",
    source="envoyproxy/gateway: internal/xds/cache/metrics.go",
)


def _state(name: str, kind: SeriesType, labels: tuple[str, ...], brief: str, **more: Any) -> ForeignMetric:
    """Of kube-state-metrics, when it is configured for the Gateway API."""
    labels = ("namespace", "name", "customresource_group", "customresource_kind", "customresource_version", *labels)
    source = "Kuadrant/gateway-api-state-metrics: config/default/custom-resource-state.yaml"
    return ForeignMetric(
        f"gatewayapi_{name}", kind, labels, brief, "gateway-api-state-metrics", "0.2", source=source, **more
    )


GATEWAY_INFO = _state("gateway_info", "info", ("gatewayclass_name",), "1 for every Gateway.")
GATEWAY_STATUS = _state(
    "gateway_status", "gauge", ("type",), "1 when the condition of the Gateway is true, 0 when it is false."
)
_PARENT = (
    "parent_group",
    "parent_kind",
    "parent_name",
    "parent_namespace",
    "parent_section_name",
    "parent_port",
)
HTTPROUTE_PARENT = _state(
    "httproute_parent_info", "info", _PARENT, "1 for every parent that an HTTPRoute wants to be attached to."
)
HTTPROUTE_STATUS_PARENT = _state(
    "httproute_status_parent_info",
    "info",
    ("controller_name", *_PARENT),
    "1 for every parent whose controller has looked at the HTTPRoute.",
)


def _certificate(name: str, brief: str, since: str) -> ForeignMetric:
    source = "cert-manager/cert-manager: internal/collectors/certificate_collector.go"
    labels = (*_TARGET, *_CERTIFICATE)
    return ForeignMetric(
        f"certmanager_certificate_{name}", "gauge", labels, brief, "cert-manager", since, unit="s", source=source
    )


CERTIFICATE_RENEWAL = _certificate(
    "renewal_timestamp_seconds", "When the certificate is to be renewed; 0 when that is not known.", "1.6"
)
CERTIFICATE_EXPIRATION = _certificate(
    "expiration_timestamp_seconds", "When the certificate expires; 0 when that is not known.", "1.0"
)
