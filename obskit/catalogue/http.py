"""Signals of HTTP servers: OpenTelemetry semantic conventions for HTTP, stable since 1.23."""

from __future__ import annotations

from obskit.catalogue._model import Attribute, Metric

METHOD = Attribute(
    "http.request.method",
    "Request method, or _OTHER for one that RFC 9110 and RFC 5789 do not name.",
    values=("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "_OTHER"),
)
STATUS_CODE = Attribute("http.response.status_code", "Response status code.", required=False, type="int")
ROUTE = Attribute("http.route", "Route template that matched, never the raw path.", required=False)
SCHEME = Attribute("url.scheme", "Scheme of the request.", values=("http", "https"))
ERROR_TYPE = Attribute("error.type", "Status code of a 5xx answer, or the exception's class.", required=False)
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
