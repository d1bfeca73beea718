"""Series of Istio up to 1.30 that the pack istio uses: of its proxies (sidecars, waypoints, gateways) and istiod.

A request between two proxies is reported by both, so a query names one: ``source|waypoint`` is what clients see,
``destination|waypoint`` what servers know, and only servers know ``connection_security_policy``. A proxy of the
ambient mode that looks at connections alone (ztunnel) has the series of connections, none of requests.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

_ENVOY = "envoyproxy/envoy: contrib/istio/filters/http/istio_stats/source/istio_stats.cc"
_ZTUNNEL = "istio/ztunnel: src/proxy/metrics.rs"
_PEER = ("workload", "workload_namespace", "principal", "app", "version", "canonical_service", "canonical_revision")
_TRAFFIC = (
    "namespace",
    "pod",
    "reporter",
    *(f"source_{part}" for part in (*_PEER, "cluster")),
    *(f"destination_{part}" for part in (*_PEER, "cluster", "service", "service_name", "service_namespace")),
    "request_protocol",
    "response_flags",
    "connection_security_policy",
)
_REQUEST = (*_TRAFFIC, "response_code", "grpc_response_status")
_VALUES = {
    "reporter": ("source", "destination", "waypoint"),
    "connection_security_policy": ("mutual_tls", "none", "unknown"),
}

REQUESTS = ForeignMetric(
    "istio_requests_total",
    "counter",
    _REQUEST,
    "Requests that a proxy handled.",
    "istio",
    "1.5",
    values=_VALUES,
    presence="first_event",
    source=_ENVOY,
)
REQUEST_DURATION = ForeignMetric(
    "istio_request_duration_milliseconds",
    "histogram",
    _REQUEST,
    "Duration of requests, in milliseconds.",
    "istio",
    "1.5",
    unit="ms",
    values=_VALUES,
    presence="first_event",
    source=_ENVOY,
)
REQUEST_DURATION_SECONDS = ForeignMetric(
    "istio_request_duration_seconds",
    "histogram",
    _REQUEST,
    "Duration of requests, in seconds, as Mixer told it.",
    "istio",
    "1.0",
    until="1.5",
    successor="istio_request_duration_milliseconds",
    unit="s",
    presence="first_event",
    source="istio/istio.io: content/en/docs/reference/config/metrics/index.md",
)
CONNECTIONS_OPENED = ForeignMetric(
    "istio_tcp_connections_opened_total",
    "counter",
    _TRAFFIC,
    "Connections opened; those of HTTP as well where ztunnel reports.",
    "istio",
    "1.5",
    values=_VALUES,
    presence="first_event",
    source=_ZTUNNEL,
)
CONNECTIONS_CLOSED = ForeignMetric(
    "istio_tcp_connections_closed_total",
    "counter",
    _TRAFFIC,
    "Connections closed; with the flag DENY where an authorization policy did so in ztunnel.",
    "istio",
    "1.5",
    values=_VALUES,
    presence="first_event",
    source=_ZTUNNEL,
)
XDS_REJECTS = ForeignMetric(
    "pilot_total_xds_rejects",
    "counter",
    ("namespace", "pod", "type"),
    "Configurations of istiod that a proxy refused.",
    "istio",
    "1.1",
    presence="first_event",
    source="istio/istio: pkg/xds/monitoring.go",
)
VALIDATION_FAILED = ForeignMetric(
    "galley_validation_failed",
    "counter",
    ("namespace", "pod", "group", "version", "resource", "reason"),
    "Objects that istiod's admission webhook refused.",
    "istio",
    "1.13",
    values={
        "reason": (
            "unsupported_operation",
            "yaml_decode_error",
            "unknown_type",
            "crd_conversion_error",
            "invalid_resource",
        )
    },
    presence="first_event",
    source="istio/istio: pkg/webhooks/validation/server/monitoring.go",
)
ROOT_CERT_EXPIRY = ForeignMetric(
    "citadel_server_root_cert_expiry_timestamp",
    "gauge",
    ("namespace", "pod"),
    "When the root certificate expires; citadel_server_root_cert_expiry_seconds (from 1.23 on) is what remains.",
    "istio",
    "1.4",
    unit="s",
    source="istio/istio: security/pkg/server/ca/monitoring.go",
)
CERT_CHAIN_EXPIRY = ForeignMetric(
    "citadel_server_cert_chain_expiry_timestamp",
    "gauge",
    ("namespace", "pod"),
    "When the certificate expires with which istiod signs, an intermediate one where a CA was plugged in.",
    "istio",
    "1.7",
    unit="s",
    source="istio/istio: security/pkg/server/ca/monitoring.go",
)
