"""Signals of database clients: OpenTelemetry semantic conventions for databases.

``db.client.operation.duration`` is stable; the connection metrics are in development there, and nobody else
emits them for SQL.
"""

from __future__ import annotations

from obskit.catalogue._model import Attribute, Metric

POOL_NAME = Attribute(
    "db.client.connection.pool.name",
    "Name of the connection pool: its logging name, or server.address:server.port/db.namespace.",
)
STATE = Attribute("db.client.connection.state", "State of the connection.", values=("idle", "used"))
SYSTEM = Attribute("db.system.name", "Database system (postgresql, mysql, sqlite …).")
NAMESPACE = Attribute("db.namespace", "Name of the database.", required=False)
OPERATION = Attribute("db.operation.name", "First keyword of the statement (SELECT, INSERT …).", required=False)
SERVER_ADDRESS = Attribute("server.address", "Host of the connection that ran the operation.", required=False)
SERVER_PORT = Attribute("server.port", "Port of the connection that ran the operation.", required=False, type="int")
ERROR_TYPE = Attribute("error.type", "Class of the exception that ended the operation.", required=False)
#: On spans only: unbounded, or of no use to a rule.
QUERY_TEXT = Attribute("db.query.text", "The statement, its literals replaced by a question mark.", required=False)
COLLECTION = Attribute("db.collection.name", "The one table that the statement names.", required=False)
BATCH_SIZE = Attribute("db.operation.batch.size", "Sets of parameters of one executemany.", required=False, type="int")

#: Boundaries that the semantic conventions advise for db.client.operation.duration.
OPERATION_BOUNDARIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
#: For connections: finer, with the 0.25 s and 0.5 s on which the alerts decide, and no whole number, since
#: Prometheus 3 stores le="1.0" where 2.x stores le="1".
CONNECTION_BOUNDARIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.5, 2.5, 7.5)

OPERATION_DURATION = Metric(
    name="db.client.operation.duration",
    instrument="histogram",
    unit="s",
    brief="Duration of database client operations.",
    stability="stable",
    attributes=(SYSTEM, NAMESPACE, OPERATION, SERVER_ADDRESS, SERVER_PORT, ERROR_TYPE),
    boundaries=OPERATION_BOUNDARIES,
)
CONNECTION_CREATE_TIME = Metric(
    name="db.client.connection.create_time",
    instrument="histogram",
    unit="s",
    brief="Time it took to create a new connection.",
    stability="development",
    attributes=(POOL_NAME,),
    boundaries=CONNECTION_BOUNDARIES,
)
CONNECTION_WAIT_TIME = Metric(
    name="db.client.connection.wait_time",
    instrument="histogram",
    unit="s",
    brief="Time it took to obtain an open connection from the pool.",
    stability="development",
    attributes=(POOL_NAME,),
    boundaries=CONNECTION_BOUNDARIES,
)
CONNECTION_USE_TIME = Metric(
    name="db.client.connection.use_time",
    instrument="histogram",
    unit="s",
    brief="Time between borrowing a connection and returning it to the pool.",
    stability="development",
    attributes=(POOL_NAME,),
    boundaries=CONNECTION_BOUNDARIES,
)
CONNECTION_COUNT = Metric(
    name="db.client.connection.count",
    instrument="updowncounter",
    unit="{connection}",
    brief="Connections that are currently in the given state.",
    stability="development",
    attributes=(POOL_NAME, STATE),
)
CONNECTION_MAX = Metric(
    name="db.client.connection.max",
    instrument="updowncounter",
    unit="{connection}",
    brief="Most open connections that the pool allows.",
    stability="development",
    attributes=(POOL_NAME,),
)
CONNECTION_PENDING_REQUESTS = Metric(
    name="db.client.connection.pending_requests",
    instrument="updowncounter",
    unit="{request}",
    brief="Requests that wait for an open connection now.",
    stability="development",
    attributes=(POOL_NAME,),
)
CONNECTION_TIMEOUTS = Metric(
    name="db.client.connection.timeouts",
    instrument="counter",
    unit="{timeout}",
    brief="Requests for a connection that ended by the pool's time limit.",
    stability="development",
    attributes=(POOL_NAME,),
)
#: Beside the conventions: an attempt to connect that fails is in the wait and create times like any other.
CONNECTION_ERRORS = Metric(
    name="obskit.db.client.connection.errors",
    instrument="counter",
    unit="{request}",
    brief="Requests for a connection that ended in an error other than the pool's time limit.",
    stability="development",
    attributes=(POOL_NAME,),
)
