"""Signals of HTTP servers and clients: OpenTelemetry semantic conventions for HTTP, stable since 1.23."""

from __future__ import annotations

from obskit.catalogue._model import Attribute, ForeignMetric, Metric

METHOD = Attribute(
    "http.request.method",
    "Request method, or _OTHER for one that RFC 9110 and RFC 5789 do not name.",
    values=("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "_OTHER"),
)
STATUS_CODE = Attribute("http.response.status_code", "Response status code.", required=False, type="int")
ROUTE = Attribute("http.route", "Route template that matched, never the raw path.", required=False)
SCHEME = Attribute("url.scheme", "Scheme of the request.", values=("http", "https"))
ERROR_TYPE = Attribute("error.type", "Status code of a 5xx answer, or the exception's class.", required=False)
SERVER_ADDRESS = Attribute("server.address", "Host that was called.")
SERVER_PORT = Attribute("server.port", "Port that was called.", required=False, type="int")
PROTOCOL_VERSION = Attribute("network.protocol.version", "Version of HTTP that was spoken.", required=False)
#: On spans only: unbounded.
METHOD_ORIGINAL = Attribute("http.request.method_original", "Request method where it is _OTHER.", required=False)
PATH = Attribute("url.path", "Path of the request.", required=False)
QUERY = Attribute("url.query", "Names of the query's parameters, their values redacted.", required=False)
USER_AGENT = Attribute("user_agent.original", "User agent of the client.", required=False)

#: Boundaries that the semantic conventions advise for http.server.request.duration.
DURATION_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

SERVER_REQUEST_DURATION = Metric(
    name="http.server.request.duration",
    instrument="histogram",
    unit="s",
    brief="Duration of HTTP server requests.",
    stability="stable",
    attributes=(METHOD, STATUS_CODE, ROUTE, SCHEME, ERROR_TYPE),
    boundaries=DURATION_BOUNDARIES,
)
SERVER_ACTIVE_REQUESTS = Metric(
    name="http.server.active_requests",
    instrument="updowncounter",
    unit="{request}",
    brief="Requests that are being served now.",
    stability="development",
    attributes=(METHOD, SCHEME),
)

_CALL = (METHOD, STATUS_CODE, ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT, PROTOCOL_VERSION)
#: obskit does not observe calls; the service adds what does.
CLIENT_REQUEST_DURATION = ForeignMetric(
    name="http_client_request_duration_seconds",
    type="histogram",
    labels=tuple(attribute.label for attribute in _CALL),
    brief="Duration of calls to other HTTP servers.",
    emitter="opentelemetry-python-contrib",
    since="0.60",
    unit="s",
    values={METHOD.label: METHOD.values},
    condition="the service adds the instrumentation of its HTTP client, with OTEL_SEMCONV_STABILITY_OPT_IN=http",
    source="open-telemetry/opentelemetry-python-contrib: instrumentation/ of requests, httpx, urllib3, aiohttp-client",
    otel="http.client.request.duration",
    attributes=_CALL,
    boundaries=DURATION_BOUNDARIES,
)
