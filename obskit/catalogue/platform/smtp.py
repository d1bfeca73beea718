"""Series of blackbox_exporter 0.28 about mail servers that it talks SMTP to.

Names, labels and types were read off 0.23.0 and 0.28.0, of a server with STARTTLS.
"""

from __future__ import annotations

from obskit.catalogue._model import ForeignMetric

#: A probe is scraped for its target, and has no pod. `instance` is the target, as a Probe of the operator sets it.
_TARGET = ("namespace",)


def _metric(
    name: str, brief: str, since: str, *, unit: str = "", condition: str = "", labels: tuple[str, ...] = ()
) -> ForeignMetric:
    source = "prometheus/blackbox_exporter: prober/handler.go, prober/tcp.go"
    labels = (*_TARGET, *labels)
    return ForeignMetric(
        name, "gauge", labels, brief, "blackbox_exporter", since, unit=unit, condition=condition, source=source
    )


SUCCESS = _metric("probe_success", "1 when the server answered as the module expects.", "0.2")
DURATION = _metric("probe_duration_seconds", "How long the whole conversation took.", "0.2", unit="s")
DNS_LOOKUP_TIME = _metric(
    "probe_dns_lookup_time_seconds", "How long it took to find the server's address.", "0.5", unit="s"
)
FAILED_DUE_TO_REGEX = _metric(
    "probe_failed_due_to_regex",
    "1 when the server said something else than the module expects.",
    "0.7",
    condition="a connection was made; before 0.28 always",
)
CERTIFICATE_EXPIRY = _metric(
    "probe_ssl_earliest_cert_expiry",
    "When the first certificate of the chain expires.",
    "0.2",
    unit="s",
    condition="starttls: true, after a handshake that succeeded",
)
TLS_VERSION = _metric(
    "probe_tls_version_info",
    "1 for the version of TLS that was agreed on.",
    "0.16",
    condition="starttls: true, after a handshake that succeeded",
    labels=("version",),
)
