"""What happens in a simulated service, and around it: requests, what they wait for, what they call."""

from __future__ import annotations

from benchmarks.false_positives.sources import (
    Durations,
    Gauge,
    Source,
    of_container,
    of_replica_set,
    of_shards,
    one,
    pushed,
    scraped,
)
from obskit.catalogue import db, http, kubernetes, runtime, shards
from obskit.catalogue.platform import argocd, gitlab, ingress, istio, rollout, tekton

_POOL = (db.POOL_NAME, "orders")
_BORROWED = Durations(0.012, tail=0)
_FAILED = {db.ERROR_TYPE.label: "OperationalError"}
_ANSWERED = ((http.METHOD, "GET"), (http.STATUS_CODE, "200"))

_OWN = (
    Source(
        "shard", (shards.OPERATIONS, shards.OPERATION_DURATION), of_shards, failing=0.001, errors=_FAILED, declared=True
    ),
    Source("wait", (db.CONNECTION_WAIT_TIME,), one(_POOL), failing=0.001, failures=db.CONNECTION_ERRORS),
    Source("create", (db.CONNECTION_CREATE_TIME,), one(_POOL), each=0.05, durations=Durations(0.01, spread=0.5)),
    Source("use", (db.CONNECTION_USE_TIME,), one(_POOL), durations=_BORROWED),
    Source(
        "operation",
        (db.OPERATION_DURATION,),
        one((db.SYSTEM, "postgresql"), (db.NAMESPACE, "orders"), (db.OPERATION, "SELECT")),
        failing=0.001,
        errors=_FAILED,
    ),
    Source(
        "request",
        (http.SERVER_REQUEST_DURATION,),
        one(*_ANSWERED, (http.ROUTE, "/orders"), (http.SCHEME, "http")),
        durations=Durations(0.02, tail=0.002, seconds=0.8),
        failing=0.0002,
        errors={http.STATUS_CODE.label: "500", http.ERROR_TYPE.label: "500"},
    ),
    Source(
        "call",
        (http.CLIENT_REQUEST_DURATION,),
        one(*_ANSWERED, (http.SERVER_ADDRESS, "payments"), (http.SERVER_PORT, "443")),
        durations=Durations(0.03, seconds=0.8),
        failing=0.001,
        errors={http.STATUS_CODE.label: "503", http.ERROR_TYPE.label: "503"},
    ),
    Source(
        "lag",
        (runtime.EVENT_LOOP_LAG,),
        one(),
        each=0,
        second=2,
        durations=Durations(0.001, tail=0.001, seconds=0.2),
        regular=True,
    ),
    Source(
        "executor",
        (runtime.EXECUTOR_WAIT_TIME,),
        one((runtime.EXECUTOR, runtime.THREAD_POOL)),
        durations=Durations(0.0002, seconds=0.2),
    ),
    Source(
        "pause",
        (runtime.GC_PAUSE,),
        one((runtime.GENERATION, "0")),
        each=0,
        second=1,
        durations=Durations(0.002, tail=0),
    ),
)
_MESH = {"destination_service_namespace": "shop", "destination_service_name": "shop", "destination_workload": "shop"}
_SERVER = {"destination_workload_namespace": "shop", "destination_canonical_service": "shop"}
#: Runs of a pipeline, and of one of which every fifth run does much more.
BUILDS = Durations(300, spread=0.7, tail=0)
_SOME_OR_ALL = Durations(300, spread=0.5, tail=0.2, seconds=1500)
_RUNNER = {"runner": "r1", "runner_name": "builds"}
#: What an exporter is scraped for, every 10 s; two jobs and two runs of all pipelines come for every 6000 requests,
#: and five runs of each pipeline an hour for every 100 a second.
_SCRAPED = (
    Source(
        "mesh",
        (istio.REQUESTS, istio.REQUEST_DURATION),
        one(reporter="source", response_code="200", **_MESH),
        scraped(),
        durations=Durations(20, tail=0.002, seconds=1500),
        failing=0.001,
        errors={"response_code": "503"},
        every=2,
    ),
    Source(
        "access",
        (istio.REQUESTS,),
        one(reporter="destination", response_code="200", connection_security_policy="mutual_tls", **_SERVER),
        scraped(),
        failing=0.001,
        errors={"response_code": "403"},
        every=2,
    ),
    Source(
        "ingress",
        (ingress.NGINX_REQUESTS, ingress.NGINX_HEADER_DURATION),
        one(exported_namespace="shop", ingress="shop", status="200"),
        scraped(),
        durations=Durations(0.02, tail=0.002, seconds=1.5),
        failing=0.001,
        errors={"status": "503"},
        every=2,
    ),
    Source(
        "gateway",
        (ingress.ENVOY_REQUESTS, ingress.ENVOY_REQUEST_TIME),
        one(envoy_cluster_name="httproute/shop/shop/rule/0", envoy_response_code_class="2"),
        scraped(),
        durations=Durations(20, tail=0.002, seconds=1500),
        failing=0.001,
        errors={"envoy_response_code_class": "5"},
        every=2,
    ),
    Source(
        "job",
        (gitlab.RUNNER_JOBS_TOTAL,),
        one(**_RUNNER),
        scraped(),
        each=1 / 3000,
        failing=0.01,
        errors={"failure_reason": "runner_system_failure"},
        failures=gitlab.RUNNER_FAILED_JOBS,
        every=2,
    ),
    Source(
        "queue",
        (gitlab.RUNNER_JOB_QUEUE_DURATION,),
        one(**_RUNNER),
        scraped(),
        each=1 / 3000,
        durations=Durations(10, seconds=600),
        every=2,
    ),
    Source(
        "ask",
        (gitlab.RUNNER_API_REQUESTS,),
        one(runner="r1", endpoint="request_job", status="204"),
        scraped(),
        each=0,
        second=1 / 3,
        failing=0.01,
        errors={"status": "500"},
        every=2,
    ),
    Source(
        "run",
        (tekton.PIPELINERUN_TOTAL,),
        one(status="success"),
        scraped(),
        each=1 / 3000,
        failing=0.05,
        errors={"status": "failed"},
        every=2,
    ),
    *(
        Source(
            kind,
            (tekton.PIPELINERUN_DURATION,),
            one(pipeline=kind, status="success"),
            scraped(),
            each=1 / 72000,
            durations=durations,
            every=2,
            few=True,
        )
        for kind, durations in (("pipeline", BUILDS), ("pipeline of some or all", _SOME_OR_ALL))
    ),
    Source(
        "read",
        (argocd.KUBECTL_REQUESTS,),
        one(host="https://cluster", code="200"),
        scraped(),
        each=0.01,
        failing=0.01,
        errors={"code": "<error>"},
        every=2,
    ),
)
SOURCES = _OWN + _SCRAPED
GAUGES = (
    Gauge(
        "used",
        db.CONNECTION_COUNT,
        pushed(**{db.POOL_NAME.label: "orders", db.STATE.label: "used"}),
        holder="use",
    ),
    Gauge("active", http.SERVER_ACTIVE_REQUESTS, pushed(**{http.METHOD.label: "GET"}), holder="request"),
    Gauge("memory", runtime.MEMORY_USAGE, pushed(), constant=1e8),
    Gauge("created", rollout.REPLICASET_CREATED, of_replica_set, every=2, of_version=True),
    Gauge("ready", kubernetes.CONTAINER_READY, of_container, constant=1, every=2),
)
