"""The engine's promises: what was accepted arrives, or is booked as lost with its reason; nobody waits for it."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import logging
import os
import signal
import ssl
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from opentelemetry.metrics import Observation
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.trace import SpanKind
from programs import python

from obskit._runtime.engine import wire
from obskit._runtime.engine.batches import Batch, Batches
from obskit._runtime.engine.engine import Engine, Options
from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.logbook import Kept
from obskit._runtime.engine.meters import MeterProvider
from obskit._runtime.engine.sampling import sampler
from obskit._runtime.engine.tracing import TracerProvider
from obskit._runtime.slots import Losses, Slot
from obskit.config.destinations import Destination, destinations
from obskit.config.settings import read
from tools.reliability.sink import Answer, Post, Sink
from tools.stack.process import free_port


class Here:
    """An identity without a place on the disk."""

    def claim(self) -> Losses:
        return {}

    def attributes(self) -> dict[str, Any]:
        return {"service.name": "shop"}

    def note(self, losses: Losses) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


def start(
    url: str, *, compressed: bool = False, timeout: float = 2.0, interval: float = 60.0, **options: Any
) -> Engine:
    goals = {
        name: Destination(f"{url}/v1/{name}", {"api-key": "k"}, timeout, compressed, "", "", "")
        for name in ("traces", "metrics", "logs")
    }
    engine = Engine(Options(goals, interval, **options), Here())  # type: ignore[arg-type]
    engine.start()
    return engine


def spans(engine: Engine, count: int, name: str = "work") -> None:
    provider = TracerProvider(sampler("always_on"), Limits(), engine.ended, lambda: None, engine.flush)
    tracer = provider.get_tracer("test")
    for number in range(count):
        tracer.start_span(name, attributes={"number": number}).end()


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_what_was_accepted_arrives_once_with_its_headers(sink: Sink) -> None:
    engine = start(sink.url)
    spans(engine, 3000)
    assert engine.flush(20)
    numbers = [span.attributes[0].value.int_value for span in sink.spans()]
    assert sorted(numbers) == list(range(3000))
    assert engine.totals()["traces"]["exported"] == 3000
    headers = sink.taken("traces")[0].headers
    assert (headers["api-key"], headers["Content-Type"]) == ("k", "application/x-protobuf")


def test_compressed_requests_arrive_as_well(sink: Sink) -> None:
    engine = start(sink.url, compressed=True)
    spans(engine, 10)
    assert engine.flush(20)
    assert len(sink.spans()) == 10
    assert sink.posts[0].headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_the_collector_cannot_take_now_is_sent_again_until_it_does(sink: Sink, status: int) -> None:
    sink.answer = Answer(status)
    engine = start(sink.url)
    spans(engine, 5)
    assert not engine.flush(0.3)
    sink.answer = Answer()
    assert engine.flush(20)
    assert len(sink.spans()) == 5
    assert sum(engine.totals()["traces"].values()) == 5


def test_a_collector_that_names_a_time_is_left_alone_until_then(sink: Sink) -> None:
    sink.answer = Answer(503, headers={"Retry-After": "2"})
    engine = start(sink.url)
    spans(engine, 1)
    until(lambda: sink.posts)
    sink.answer = Answer()
    until(lambda: sink.spans())
    refused, taken = sink.posts[0], sink.taken("traces")[0]
    assert taken.moment - refused.moment >= 2


def test_pauses_between_attempts_grow(sink: Sink) -> None:
    sink.answer = Answer(503)
    engine = start(sink.url)
    spans(engine, 1)
    until(lambda: len(sink.posts) >= 4)
    moments = [post.moment for post in sink.posts[:4]]
    first, _, third = (later - earlier for earlier, later in itertools.pairwise(moments))
    assert first >= 0.125
    assert third >= 0.5  # four times the first, and half of that at the least


def test_a_sidecar_that_comes_later_gets_everything() -> None:
    port = free_port()
    engine = start(f"http://127.0.0.1:{port}")
    spans(engine, 50)
    time.sleep(1.5)
    with Sink(port=port) as sink:
        until(lambda: len(sink.spans()) == 50)
        until(lambda: engine.totals()["traces"]["exported"] == 50)


def test_a_sidecar_that_restarts_between_two_exports_costs_nothing() -> None:
    with Sink() as first:
        engine = start(first.url)
        spans(engine, 1)
        assert engine.flush(20)
    with Sink(port=first.port) as second:
        spans(engine, 1)
        assert engine.flush(20)
        assert len(second.spans()) == 1


def test_one_bad_record_takes_no_other_with_it() -> None:
    def picky(post: Post) -> Answer:
        """Refuse whatever holds number 7, as a collector with a broken processor would."""
        found = [s for r in post.request.resource_spans for g in r.scope_spans for s in g.spans]
        return Answer(400 if any(span.attributes[0].value.int_value == 7 for span in found) else 200)

    with Sink(picky) as sink:
        engine = start(sink.url)
        spans(engine, 100)
        assert engine.flush(20)
        assert engine.totals()["traces"]["rejected"] == 1
        assert sorted(s.attributes[0].value.int_value for s in sink.spans()) == [n for n in range(100) if n != 7]


def test_a_batch_that_never_fits_drives_no_other_out() -> None:
    queue = Batches(limit=100)
    queue.put(Batch("logs", b"small", 1))
    queue.put(Batch("logs", b"x" * 101, 3))
    assert [batch.body for batch in queue.all()] == [b"small"]
    assert queue.totals()["logs"]["too_large"] == 3


def test_many_flushes_do_not_put_off_the_metrics(sink: Sink) -> None:
    goals = {"metrics": Destination(f"{sink.url}/v1/metrics", {}, 2, False, "", "", "")}
    engine = Engine(Options(goals, 1.0), Here())  # type: ignore[arg-type]
    engine.start()
    counter = MeterProvider(engine.streams, engine.flush).get_meter("x").create_counter("jobs")
    for _ in range(30):
        assert engine.flush(10)
    counter.add(1)
    until(lambda: sink.total("jobs") == 1)  # 30 flushes that put them off would take longer


def test_a_callback_that_never_returns_stops_nothing_but_itself(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    engine = start(sink.url, interval=0.2)
    meter = MeterProvider(engine.streams, engine.flush).get_meter("x")
    over = threading.Event()

    def hangs(_: object) -> list[Observation]:
        over.wait(60)
        return [Observation(7)]

    meter.create_observable_gauge("before", [lambda _: [Observation(1)]])
    meter.create_observable_gauge("hangs", [hangs])
    meter.create_observable_gauge("after", [lambda _: [Observation(2)]])
    counter = meter.create_counter("jobs")
    counter.add(3)
    spans(engine, 5)
    until(lambda: sink.total("before") == 1 and sink.total("after") == 2 and sink.total("jobs") == 3)
    until(lambda: len(sink.spans()) == 5)
    assert sink.total("hangs") == 0
    assert engine.flush(20)
    assert caplog.text.count("a callback of hangs does not return") == 1
    over.set()
    until(lambda: sink.total("hangs") == 7)


def test_a_callback_that_takes_its_time_is_late_and_no_other_is(sink: Sink) -> None:
    engine = start(sink.url)
    meter = MeterProvider(engine.streams, engine.flush).get_meter("x")

    def slow(_: object) -> list[Observation]:
        time.sleep(1.5)
        return [Observation(7)]

    for number in range(5):
        meter.create_observable_gauge(f"before{number}", [lambda _: [Observation(1)]])
    meter.create_observable_gauge("slow", [slow])
    for number in range(5):
        meter.create_observable_gauge(f"after{number}", [lambda _: [Observation(1)]])
    for _ in range(3):
        assert engine.flush(20)
        time.sleep(1)
    exports = [
        {metric.name for r in post.request.resource_metrics for s in r.scope_metrics for metric in s.metrics}
        for post in sink.taken("metrics")
    ]
    fast = {f"{when}{number}" for when in ("before", "after") for number in range(5)}
    assert len(exports) == 3
    assert all(fast <= names for names in exports)
    assert "slow" in exports[1] | exports[2]


def test_a_callback_that_flushes_does_not_wait_for_itself(sink: Sink) -> None:
    engine = start(sink.url)
    meter = MeterProvider(engine.streams, engine.flush).get_meter("x")
    meter.create_observable_gauge("depth", [lambda _: [Observation(int(engine.flush(30)))]])
    began = time.monotonic()
    assert engine.flush(20)
    assert time.monotonic() - began < 10


def test_a_batch_that_is_too_large_is_divided_until_it_is_not(sink: Sink) -> None:
    queue = Batches()
    body = _encoded(64)
    queue.put(Batch("traces", body, 64))
    batch = queue.first("traces")
    assert batch is not None
    halves = batch.halves()
    assert [half.records for half in halves] == [32, 32]
    names = [
        span.name
        for half in halves
        for resource in ExportTraceServiceRequest.FromString(half.body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert len(names) == 64
    assert Batch("traces", _encoded(1), 1).halves() == []


def test_a_compressed_batch_is_divided_as_well() -> None:
    halves = Batch("traces", gzip.compress(_encoded(4)), 4, compressed=True).halves()
    assert [
        len(ExportTraceServiceRequest.FromString(gzip.decompress(half.body)).resource_spans) for half in halves
    ] == [1, 1]


def _encoded(count: int) -> bytes:
    engine = Engine(Options({"traces": Destination("http://x", {}, 1, False, "", "", "")}, 60.0), Here())  # type: ignore[arg-type]
    spans(engine, count)
    engine.turn()
    (batch,) = engine.batches.all()
    return batch.body


def test_a_collector_that_refuses_everything_ends_the_division_soon(sink: Sink) -> None:
    sink.answer = Answer(400)
    engine = start(sink.url)
    spans(engine, 5000)
    assert engine.flush(20)
    assert engine.totals()["traces"]["rejected"] == 5000
    assert len(sink.posts) < 1000  # of one batch or a few, and not one for each span


def test_what_the_collector_says_it_rejected_is_booked(sink: Sink) -> None:
    sink.answer = Answer(200, body=wire.message(wire.tag(1, 2), b"\x08\x03"))
    engine = start(sink.url)
    spans(engine, 10)
    assert engine.flush(20)
    assert (engine.totals()["traces"]["exported"], engine.totals()["traces"]["rejected"]) == (7, 3)


def test_memory_is_bounded_and_the_oldest_give_way() -> None:
    goals = {"traces": Destination("http://x", {}, 1, False, "", "", "")}
    engine = Engine(Options(goals, 60.0, limit=200_000), Here())  # type: ignore[arg-type]
    for number in range(40):
        spans(engine, 200, f"round {number}")
        engine.turn()
    assert engine.batches.bytes <= 200_000
    lost = engine.totals()["traces"]["queue_full"]
    waiting = engine.batches.waiting(since=time.monotonic())["traces"]
    assert lost + waiting == 8000
    newest = ExportTraceServiceRequest.FromString(engine.batches.all()[-1].body)
    assert newest.resource_spans[0].scope_spans[0].spans[0].name == "round 39"


def test_ten_minutes_without_a_sidecar_at_twenty_requests_a_second_fit_into_the_queue() -> None:
    """Each request with three queries and a log line, as of FastAPI; encoded second by second, and metrics each 5 s."""
    goals = {name: Destination("http://x", {}, 1, False, "", "", "") for name in ("traces", "metrics", "logs")}
    engine = Engine(Options(goals, 5.0), Here())  # type: ignore[arg-type]
    provider = TracerProvider(sampler("always_on"), Limits(), engine.ended, lambda: None, engine.flush)
    tracer, logger = provider.get_tracer("obskit", "1.0"), logging.getLogger("shop")
    series = [
        engine.streams.make(engine.scopes.get("obskit"), f"metric.{n}", "s", "Brief.", "histogram", (1, 2, 3))
        for n in range(15)
    ]
    request = {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.route": "/orders/{number}",
        "http.response.status_code": 200,
    }
    query = {
        "db.system.name": "postgresql",
        "db.namespace": "orders",
        "server.address": "db-0.orders.svc",
        "server.port": 5432,
    }
    statement = {"db.operation.name": "SELECT", "db.query.text": "SELECT id, state, total FROM orders WHERE id = ?" * 2}
    for second in range(600):
        for number in range(20):
            agent = {
                "url.path": f"/orders/{second}{number}",
                "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)" * 2,
            }
            with tracer.start_as_current_span(
                "GET /orders/{number}", kind=SpanKind.SERVER, attributes={**request, **agent}
            ):
                for _ in range(3):
                    tracer.start_span("SELECT orders", kind=SpanKind.CLIENT, attributes={**query, **statement}).end()
                engine.log(Kept(logger.makeRecord("shop", logging.INFO, "f", 1, "order %d taken", (number,), None)))
        engine.turn()
        if second % 5 == 0:
            for stream in series:
                for kind in range(10):
                    stream.take(1.0, {"kind": str(kind)})
            engine.collect()
    assert sum(totals["queue_full"] for totals in engine.totals().values()) == 0
    assert engine.batches.waiting(since=time.monotonic())["traces"] == 600 * 20 * 4
    assert engine.batches.bytes < engine.batches.limit == 32 << 20


def test_buffers_are_bounded_when_the_engine_s_thread_cannot_come_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obskit._runtime.engine.engine._MOST_WAITING", 300)
    monkeypatch.setattr("obskit._runtime.engine.engine._MANY", 100)
    engine = Engine(Options({"traces": Destination("http://x", {}, 1, False, "", "", "")}, 60.0), Here())  # type: ignore[arg-type]
    spans(engine, 1050)
    assert 300 <= len(engine.spans) < 400
    engine.turn()
    waiting = sum(batch.records for batch in engine.batches.all())
    assert engine.totals()["traces"]["queue_full"] == 1050 - waiting == 700


@pytest.mark.parametrize("mode", ["refused", "silent", "slow", "503"])
def test_a_flush_never_takes_longer_than_its_budget(mode: str, sink: Sink) -> None:
    sink.answer = {"silent": Answer(0), "slow": Answer(200, delay=3), "503": Answer(503)}.get(mode, Answer())
    url = f"http://127.0.0.1:{free_port()}" if mode == "refused" else sink.url
    engine = start(url, timeout=10)
    spans(engine, 10)
    began = time.monotonic()
    assert not engine.flush(1.0)
    assert time.monotonic() - began < 6  # the budget on a busy machine, and less than an attempt may take


def test_nobody_waits_for_a_sidecar_that_never_was_there() -> None:
    engine = start(f"http://127.0.0.1:{free_port()}")
    spans(engine, 10)
    began = time.monotonic()
    assert not engine.flush(60)
    assert time.monotonic() - began < 30


def test_in_a_pod_an_exit_waits_for_a_sidecar_that_comes_within_the_budget() -> None:
    code = """
        import obskit
        obskit.init(service_name="job", log_format="off", exit_budget=20)
        from opentelemetry import trace
        trace.get_tracer("job").start_span("work").end()
    """
    port = free_port()
    sinks: list[Sink] = []
    later = threading.Timer(4, lambda: sinks.append(Sink(port=port)))
    later.start()
    pod = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert python(code, **pod).returncode == 0
    later.join()
    with sinks[0] as sink:
        assert len(sink.spans("work")) == 1


def test_threads_that_record_at_once_lose_nothing(sink: Sink) -> None:
    engine = start(sink.url)
    stream = engine.streams.make(engine.scopes.get("x"), "jobs", "", "", "counter")

    def work() -> None:
        for _ in range(2000):
            engine.measure((stream, 1, {}, None, 0))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.flush(20)
    assert sink.total("jobs") == 16000


def test_a_record_that_cannot_be_encoded_is_booked_and_takes_no_other_with_it(sink: Sink) -> None:
    engine = start(sink.url)
    spans(engine, 3)
    engine.spans[0]._name = 7  # type: ignore[assignment]
    engine.spans[1]._name, engine.spans[1]._kind = "no kind", None  # type: ignore[assignment]
    assert engine.flush(20)
    assert len(sink.spans()) == 1
    assert engine.totals()["traces"]["invalid"] == 2


def test_what_cannot_be_counted_or_encoded_takes_nothing_else_with_it(sink: Sink) -> None:
    engine = start(sink.url)
    meter = MeterProvider(engine.streams, engine.flush).get_meter("x")
    good, odd = meter.create_counter("good"), meter.create_counter("odd", description=object())  # type: ignore[arg-type]
    odd.add(1, {7: "number as a key", None: 1})  # type: ignore[dict-item]
    odd.add(Decimal("1.5"))  # type: ignore[arg-type]
    odd.add("many")  # type: ignore[arg-type]
    engine.measure((engine.streams.make(engine.scopes.get("x"), "bad", "", "", "counter"), "text", {}, None, 0))  # type: ignore[arg-type]
    broken = engine.streams.make(engine.scopes.get("x"), "broken", "", "", "counter")
    engine.measure((broken, 1, {7: "x"}, None, 0))
    good.add(1)
    spans(engine, 1)
    assert engine.flush(20)
    assert (sink.total("good"), sink.total("odd"), len(sink.spans())) == (1, 2.5, 1)
    assert engine.totals()["metrics"]["invalid"] == 2


@pytest.mark.parametrize("host", ["otel..monitoring", "x" * 70])
def test_an_endpoint_whose_name_is_none_costs_neither_time_nor_the_exit(host: str) -> None:
    engine = start(f"http://{host}:4318")
    spans(engine, 5)
    began, busy = time.monotonic(), time.process_time()
    assert not engine.flush(5)
    time.sleep(1)
    assert time.process_time() - busy < (time.monotonic() - began) / 2, "it spins"


def test_a_full_disk_reaches_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    slot = Slot(lambda: tmp_path, "shop")
    monkeypatch.setattr(os, "pwrite", full)
    slot.write({"killed": {"traces": 5}})


def test_a_fault_of_the_engine_s_threads_is_contained_and_they_go_on() -> None:
    code = """
        import obskit, time
        from obskit._runtime import guard
        obskit.init(service_name="job", log_format="off")
        from opentelemetry import trace
        for hook in ("engine.turn", "delivery.pass"):
            guard.inject(hook, RuntimeError("injected"))
            trace.get_tracer("job").start_span(hook).end()
            until = time.monotonic() + 20
            while not obskit.status()["faults"].get(hook):
                assert time.monotonic() < until
                time.sleep(0.05)
            guard.inject(hook, None)
        assert obskit.shutdown(10)
    """
    with Sink() as sink:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == 0, done.stderr
        assert {span.name for span in sink.spans()} == {"engine.turn", "delivery.pass"}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("hook", ["children.register", "children.finalize", "children.celery"])
def test_a_fault_where_children_are_met_changes_nothing_for_them(hook: str, late: bool) -> None:
    code = f"""
        import obskit, sys, multiprocessing
        from obskit._runtime import children, guard
        guard.inject({hook!r}, RuntimeError("injected"), late={late})
        obskit.init(service_name="job", log_format="off", exit_budget=0.2)
        import celery.signals
        def child(): sys.exit(7)
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start(); process.join()
        print(process.exitcode, sorted(guard.faults()))
    """
    done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    met = [] if hook == "children.finalize" else [hook]  # that one is met in the child
    assert done.stdout.splitlines()[-1] == f"7 {met}", done.stderr
    assert done.returncode == 0


FORKED = """
    import os, sys, time, obskit
    from opentelemetry import metrics, trace
    obskit.init(service_name="job", log_format="off", export_interval=0.5)
    jobs = metrics.get_meter("job").create_counter("jobs")
    tracer = trace.get_tracer("job")
    jobs.add(7)
    def work(count):
        for _ in range(count):
            jobs.add(1)
            tracer.start_span("work").end()
"""


def test_counters_add_up_exactly_across_a_fork(tmp_path: Path) -> None:
    code = (
        FORKED
        + """
    children = []
    wait, go = os.pipe()  # a child that ends before the next is forked leaves its place to it
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            os.close(go)
            work(4)
            os.read(wait, 1)
            sys.exit()
        children.append(pid)
    os.close(go)
    for pid in children:
        os.waitpid(pid, 0)
    """
    )
    with Sink() as sink:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, OBSKIT_STATE_DIRECTORY=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert sink.total("jobs") == 19
        assert len({span.span_id for span in sink.spans("work")}) == 12
        assert len(sink.instances()) == 4


def test_a_parent_that_only_waits_tells_what_it_did_once_and_then_nothing() -> None:
    code = (
        FORKED
        + """
    if os.fork() == 0:
        work(1)
        time.sleep(3)
        sys.exit()
    os.wait()
    """
    )
    with Sink() as sink:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == 0, done.stderr
        assert sink.total("jobs") == 8
        by_instance = [post.instance for post in sink.taken("metrics")]
        counts = sorted(by_instance.count(instance) for instance in set(by_instance))
        assert counts[0] == 1
        assert counts[1] >= 2  # several intervals passed meanwhile


def test_whatever_the_parent_does_while_it_forks_no_lock_stays_held_in_the_child(tmp_path: Path) -> None:
    code = (
        FORKED
        + """
    import threading
    stop = threading.Event()
    def busy():
        while not stop.is_set():
            work(1)
            obskit._runtime.start._runtime.pipeline.engine.turn()
    threads = [threading.Thread(target=busy, daemon=True) for _ in range(3)]
    for thread in threads: thread.start()
    ended = []
    for _ in range(25):
        pid = os.fork()
        if pid == 0:
            work(4)
            os._exit(0 if obskit.shutdown(10) else 3)
        ended.append(os.waitpid(pid, 0)[1])
    stop.set()
    assert ended == [0] * 25, ended
    """.replace("obskit._runtime.start", "start").replace(
            "import threading", "import threading\n    from obskit._runtime import start"
        )
    )
    with Sink() as sink:
        done = python(code, timeout=120, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, OBSKIT_STATE_DIRECTORY=str(tmp_path))
        assert done.returncode == 0, done.stderr


def test_threads_of_ours_import_nothing_that_a_child_would_find_locked_for_ever(tmp_path: Path) -> None:
    """They may be anywhere while another thread forks, and what is half imported then stays so in the child."""
    script = tmp_path / "service.py"
    script.write_text(
        textwrap.dedent(
            """
            import logging, sys, threading, time
            imported = []
            class Watch:
                def find_spec(self, name, path=None, target=None):
                    if threading.current_thread().name.startswith("obskit-"):
                        imported.append(name)
            sys.meta_path.insert(0, Watch())
            import obskit
            obskit.init(service_name="job", log_format="json", export_interval=0.2)
            from opentelemetry import metrics, trace
            done = metrics.get_meter("job").create_histogram("done")
            for number in range(3):
                with trace.get_tracer("job").start_as_current_span("work") as span:
                    done.record(2.5)
                    try:
                        int("x" * number)
                    except ValueError as error:
                        span.record_exception(error)
                        logging.getLogger("job").exception("bad %s", number, extra={"at": [1.5, b"x"]})
                time.sleep(0.3)
            assert obskit.shutdown(10)
            assert not imported, imported
            """
        )
    )
    with Sink() as sink:
        code = f"import runpy; runpy.run_path({str(script)!r})"
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, OBSKIT_STATE_DIRECTORY=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert len(sink.logs("bad 2")) == 1


def test_a_fork_that_python_is_not_told_of_is_noticed_at_the_first_record() -> None:
    code = (
        FORKED
        + """
    import ctypes
    pid = ctypes.PyDLL(None).fork()  # which keeps the interpreter's lock, or a child may find it taken
    if pid == 0:
        work(4)
        obskit.shutdown(10)
        os._exit(0)
    os.waitpid(pid, 0)
    """
    )
    with Sink() as sink:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == 0, done.stderr
        assert sink.total("jobs") == 11


def test_a_record_in_the_middle_of_a_fork_does_not_start_threads_too_early() -> None:
    code = """
        import os, threading
        before = []
        os.register_at_fork(after_in_child=lambda: before[0]())  # runs first, as a collection of garbage may
        import obskit
        obskit.init(service_name="job", log_format="off")
        from opentelemetry import metrics
        jobs = metrics.get_meter("job").create_counter("jobs")
        seen = []
        def record():
            jobs.add(1)
            seen.append(threading.active_count())
        before.append(record)
        threads = threading.active_count()
        if os.fork() == 0:
            jobs.add(5)
            os._exit(0 if seen == [1] and threading.active_count() == threads and obskit.shutdown(10) else 3)
        raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
    """
    with Sink() as sink:
        done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == 0, done.stderr
        assert sink.total("jobs") == 5


def test_a_child_that_is_forked_while_we_warn_inherits_no_lock_of_a_handler() -> None:
    code = """
        import logging, os, threading, time, obskit

        class Handler(logging.Handler):
            inner, inside = threading.Lock(), threading.Event()  # as the lock of a stream, which nobody renews

            def emit(self, record):
                with self.inner:
                    self.inside.set()
                    time.sleep(0.4 if threading.current_thread().name.startswith("obskit-") else 0)

        logging.getLogger().addHandler(Handler())
        from obskit._runtime import guard
        guard.MOMENT_SECONDS = 30  # a handler on a busy machine takes its time
        obskit.init(service_name="shop", log_format="off", export_interval=0.2)
        assert Handler.inside.wait(30), "nobody listens, which is warned of"
        child = os.fork()
        if child == 0:
            logging.getLogger("shop").warning("said in the child")
            os._exit(7)
        for _ in range(200):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                break
            time.sleep(0.05)
        else:
            os.kill(child, 9)
        os._exit(os.waitstatus_to_exitcode(status))
    """
    assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}").returncode == 7


@pytest.mark.parametrize("late", [False, True])
def test_a_fault_where_uwsgi_is_looked_for_is_contained_and_all_is_delivered(sink: Sink, late: bool) -> None:
    code = f"""
        import obskit, obskit._runtime.uwsgi
        from obskit._runtime import guard
        guard.inject("uwsgi.master", RuntimeError("injected"), late={late})
        obskit.init(service_name="job", log_format="off")
        from opentelemetry import trace
        trace.get_tracer("job").start_span("work").end()
        assert obskit.status()["faults"] == {{"uwsgi.master": 1}}
    """
    done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    assert done.returncode == 0, done.stderr
    assert len(sink.spans("work")) == 1


def test_what_one_process_leaves_is_taken_once() -> None:
    code = """
        import os
        from obskit._runtime.uwsgi import Heritage
        heritage = Heritage()
        for _ in range(4):
            child = os.fork()
            if child == 0:
                os.write(1, b"taken " if heritage.claim() else b"left ")
                os._exit(0)
            os.waitpid(child, 0)
        assert not heritage.claim()
    """
    assert sorted(python(code).stdout.split()) == ["left", "left", "left", "taken"]


def test_ids_of_siblings_differ_also_where_the_service_seeds_the_random_module() -> None:
    code = """
        import os, random, sys, obskit
        from opentelemetry import trace
        obskit.init(service_name="job", log_format="off")
        for _ in range(2):
            random.seed(1)
            if os.fork() == 0:
                random.seed(1)
                trace.get_tracer("job").start_span("work").end()
                sys.exit()
        os.wait(); os.wait()
    """
    with Sink() as sink:
        assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).returncode == 0
        assert len({span.trace_id for span in sink.spans("work")}) == 2


def test_the_successor_of_a_process_has_its_place(tmp_path: Path) -> None:
    first, second = Slot(lambda: tmp_path, "shop"), Slot(lambda: tmp_path, "shop")
    assert (first.number, second.number) == (0, 1)
    assert Slot(lambda: tmp_path, "other").number == 0
    first.leave()
    assert Slot(lambda: tmp_path, "shop").number == 0


def test_a_folder_that_cannot_be_used_is_told_and_nothing_else_changes(caplog: pytest.LogCaptureFixture) -> None:
    assert Slot(lambda: Path("/proc/nothing"), "shop").number is None
    assert "process id" in caplog.text


def test_what_a_killed_process_had_in_memory_is_told_by_its_successor(tmp_path: Path) -> None:
    killed = """
        import obskit, os, signal, time
        obskit.init(service_name="job", log_format="off", metrics="none")
        from opentelemetry import trace
        for _ in range(25):
            trace.get_tracer("job").start_span("work").end()
        time.sleep(5)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    state = {"OBSKIT_STATE_DIRECTORY": str(tmp_path)}
    done = python(killed, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}", **state)
    assert done.returncode == -signal.SIGKILL
    successor = """
        import obskit, time
        obskit.init(service_name="job", log_format="off", export_interval=0.5)
        time.sleep(1.8)
    """
    with Sink() as sink:
        assert python(successor, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, **state).returncode == 0
        assert sink.total("obskit.telemetry.dropped", signal="traces", reason="killed") == 25
        again = python(successor, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, **state)
        assert again.returncode == 0
        assert sink.total("obskit.telemetry.dropped", signal="traces", reason="killed") == 25, "told once"


def test_where_each_signal_goes_is_read_as_the_specification_says() -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318/base/",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,team=shop",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://user:pass%21@logs:1/own",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "team=logs",
        "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "3000",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_TRACES_EXPORTER": "none",
    }
    found, complaints = destinations(read({"service_name": "x"}, environment)[0], environment)
    assert complaints == []
    assert set(found) == {"metrics", "logs"}
    assert (found["metrics"].url, found["metrics"].timeout) == ("https://collector:4318/base/v1/metrics", 10)
    assert found["metrics"].headers == {"api-key": "a b", "team": "shop"}
    assert (found["logs"].url, found["logs"].timeout, found["logs"].compressed) == ("https://logs:1/own", 3, True)
    assert found["logs"].headers == {"team": "logs", "authorization": "Basic dXNlcjpwYXNzIQ=="}
    assert "pass" not in repr(found)


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("http://collector.monitoring:4318", True),
        ("http://10.0.0.7:4318", True),
        ("http://127.0.0.1:4318", False),
        ("http://localhost:4318", False),
        ("http://[::1]:4318", False),
        ("https://collector.monitoring:4318", False),
    ],
)
def test_telemetry_that_leaves_the_machine_in_the_clear_is_told(endpoint: str, told: bool) -> None:
    chosen, _ = read({"endpoint": endpoint}, {})
    _, complaints = destinations(chosen, {})
    assert [complaint.startswith("telemetry goes unencrypted") for complaint in complaints] == [True] * told
    _, quiet = destinations(chosen, {"OTEL_EXPORTER_OTLP_INSECURE": "true"})
    assert quiet == []


@pytest.fixture
def authority(tmp_path: Path) -> Any:
    trustme = pytest.importorskip("trustme")
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    return made


@pytest.mark.parametrize("mutual", [False, True])
def test_an_encrypted_endpoint_gets_what_it_trusts_and_its_headers(
    authority: Any, mutual: bool, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    if mutual:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with Sink(tls=context) as sink:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url.replace("127.0.0.1", "localhost"),
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20t",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "ca.pem"),
            **({"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(tmp_path / "client.pem")} if mutual else {}),
        }
        chosen, complaints = read({"service_name": "x"}, environment)
        goals, more = destinations(chosen, environment)
        assert complaints + more == []
        engine = Engine(Options(goals, 60.0), Here())  # type: ignore[arg-type]
        engine.start()
        spans(engine, 3)
        assert engine.flush(20)
        assert len(sink.spans()) == 3
        assert sink.posts[0].headers["authorization"] == "Bearer t"


def test_an_endpoint_that_nobody_vouches_for_gets_nothing(authority: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Sink(tls=context) as sink:
        url = f"{sink.url.replace('127.0.0.1', 'localhost')}/v1/traces"
        goals = {"traces": Destination(url, {"api-key": "secret"}, 2.0, False, "", "", "")}
        engine = Engine(Options(goals, 60.0), Here())  # type: ignore[arg-type]
        engine.start()
        spans(engine, 3)
        assert not engine.flush(2)
        assert sink.posts == []


@pytest.mark.parametrize(
    ("ending", "code", "told"),
    [
        ("sys.exit(3)", 3, ""),
        ("raise SystemExit('no')", 1, "no"),
        ("raise ValueError('no')", 1, "ValueError: no"),
        ("threading.Thread(target=sys.exit, args=(4,)).start()", 0, ""),
        ("threading.Thread(target=int, args=('x',)).start()", 0, "ValueError: invalid literal"),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -signal.SIGTERM, ""),
        (  # a shell that starts something in the background has it ignore this signal
            "signal.signal(signal.SIGINT, signal.default_int_handler); os.kill(os.getpid(), signal.SIGINT)",
            -signal.SIGINT,
            "KeyboardInterrupt",
        ),
    ],
)
def test_however_a_process_ends_everything_arrives_and_its_exit_is_its_own(ending: str, code: int, told: str) -> None:
    plain = f"import os, signal, sys, threading, time\n{ending}"
    ours = (
        "import obskit; obskit.init(service_name='job', log_format='off')\n"
        "from opentelemetry import metrics, trace\n"
        "trace.get_tracer('job').start_span('work').end()\n"
        f"metrics.get_meter('job').create_counter('jobs').add(1)\n{plain}"
    )
    with Sink() as sink:
        bare, done = python(plain), python(ours, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == bare.returncode == code
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == len(bare.stderr.splitlines())
        assert (len(sink.spans("work")), sink.total("jobs")) == (1, 1)


@pytest.mark.parametrize("text", ["no-separator", "bad name=x", "a=%0d%0aX: y"])
def test_headers_that_are_none_are_told_without_their_text(text: str) -> None:
    _, complaints = read({}, {"OTEL_EXPORTER_OTLP_HEADERS": text})
    assert len(complaints) == 1
    assert text.strip() not in complaints[0]


def test_a_slot_says_what_waits_only_while_it_does(tmp_path: Path) -> None:
    slot = Slot(lambda: tmp_path, "shop")
    slot.write({"killed": {"traces": 5, "logs": 0}, "shutdown": {"traces": 0}})
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text()) == {"killed": {"traces": 5}}
    slot.write({"killed": {"traces": 0}})
    slot.leave()
    assert Slot(lambda: tmp_path, "shop").left == {}


def test_a_process_that_was_killed_before_it_told_of_its_predecessor_leaves_that_to_its_successor(
    tmp_path: Path,
) -> None:
    first = Slot(lambda: tmp_path, "default/job")
    first.write({"killed": {"traces": 5}, "shutdown": {"logs": 2}})
    first.leave()
    brief = """
        import obskit, os, signal, time
        obskit.init(service_name="job", log_format="off", export_interval={interval})
        time.sleep(1.8)
        if {interval} > 1:
            os.kill(os.getpid(), signal.SIGKILL)
    """
    with Sink() as sink:
        state = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "OBSKIT_STATE_DIRECTORY": str(tmp_path)}
        assert python(brief.format(interval=60), **state).returncode == -signal.SIGKILL
        assert python(brief.format(interval=0.5), **state).returncode == 0
        assert sink.total("obskit.telemetry.dropped", signal="traces", reason="killed") == 5
        assert sink.total("obskit.telemetry.dropped", signal="logs", reason="shutdown") == 2


def test_what_a_flush_delivered_is_not_missed_by_a_successor(tmp_path: Path) -> None:
    code = """
        import obskit, os, time
        obskit.init(service_name="job", log_format="off", metrics="none")
        from opentelemetry import trace
        trace.get_tracer("job").start_span("work").end()
        time.sleep(3.5)  # it waits for so long that it stands in the file
        open({answer!r}, "w").close()
        assert trace.get_tracer_provider().force_flush(20_000)
        os._exit(0)
    """
    answer = tmp_path / "answer"
    state = tmp_path / "state"
    with Sink(lambda _: Answer(200 if answer.exists() else 503)) as sink:
        place = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "OBSKIT_STATE_DIRECTORY": str(state)}
        assert python(code.format(answer=str(answer)), **place).returncode == 0
        assert len(sink.spans("work")) == 1
    (file,) = state.glob("*.slot")
    assert json.loads(file.read_text()) == {}


def test_losses_of_a_predecessor_outlast_another_outage(tmp_path: Path) -> None:
    first = Slot(lambda: tmp_path, "default/job")
    first.write({"killed": {"traces": 500}})
    first.leave()
    code = """
        import obskit, time
        obskit.init(service_name="job", log_format="off", export_interval=0.3, exit_budget=0.5)
        time.sleep(2)
    """
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "OBSKIT_STATE_DIRECTORY": str(tmp_path)}
    assert python(code, **away).returncode == 0
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["killed"] == {"traces": 500}


def test_a_file_that_the_service_opens_in_the_place_of_ours_is_left_alone(tmp_path: Path) -> None:
    code = """
        import obskit, os, time
        obskit.init(service_name="job", log_format="off")
        from opentelemetry import trace
        os.closerange(3, 256)  # as a program that becomes a daemon
        files = [open(f"file{number}", "wb+") for number in range(8)]
        for file in files:
            file.write(b"precious")
            file.flush()
        trace.get_tracer("job").start_span("work").end()
        time.sleep(4)
        assert all(os.pread(file.fileno(), 100, 0) == b"precious" for file in files)
        os._exit(0)
    """
    done = python(
        f"import os; os.chdir({str(tmp_path)!r})\n" + textwrap.dedent(code),
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        OBSKIT_STATE_DIRECTORY=str(tmp_path / "state"),
    )
    assert done.returncode == 0, done.stderr


def test_a_gevent_program_that_sigterm_ends_delivers_before(sink: Sink) -> None:
    code = """
        from gevent import monkey; monkey.patch_all()
        import gevent, obskit, os, signal
        obskit.init(service_name="shop", log_format="off")
        from opentelemetry import metrics, trace

        def work():
            metrics.get_meter("m").create_counter("jobs").add(5)
            trace.get_tracer("t").start_span("work").end()
            os.kill(os.getpid(), signal.SIGTERM)

        gevent.spawn_later(0.3, work)
        gevent.sleep(30)
    """
    assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).returncode == -signal.SIGTERM
    assert len(sink.spans("work")) == 1
    assert sink.total("jobs") == 5


def test_a_place_that_another_user_holds_is_passed_over(tmp_path: Path) -> None:
    first = Slot(lambda: tmp_path, "shop")
    (file,) = tmp_path.iterdir()
    first.leave()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")  # refused like a file without permission, also to root
    assert Slot(lambda: tmp_path, "shop").number == 1


def test_a_folder_of_log_lines_stays_readable_for_the_sidecar(tmp_path: Path) -> None:
    Slot(lambda: tmp_path / "logs", "shop")
    assert (tmp_path / "logs").stat().st_mode & 0o055 == 0o055
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "logs").iterdir())


def test_what_an_exit_could_not_deliver_is_told_by_the_successor(tmp_path: Path) -> None:
    code = """
        import obskit, time
        obskit.init(service_name="job", log_format="off", export_interval=0.5)
        from opentelemetry import trace
        for _ in range({count}):
            trace.get_tracer("job").start_span("work").end()
        time.sleep({seconds})
    """
    state = {"OBSKIT_STATE_DIRECTORY": str(tmp_path), "OBSKIT_EXIT_BUDGET": "0.5"}
    away = python(
        code.format(count=9, seconds=0), OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}", **state
    )
    assert away.returncode == 0
    with Sink() as sink:
        assert python(code.format(count=0, seconds=1.8), OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, **state).returncode == 0
        assert sink.total("obskit.telemetry.dropped", signal="traces", reason="shutdown") == 9


values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | some.floats(allow_nan=False)
    | some.text()
    | some.binary(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_every_value_is_encoded_as_the_official_classes_read_it(value: Any) -> None:
    read_back = AnyValue.FromString(wire.any_value(value))
    assert _value(read_back) == _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def _value(read_back: AnyValue) -> Any:
    kind = read_back.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in read_back.array_value.values]
    if kind == "kvlist_value":
        return {item.key: _value(item.value) for item in read_back.kvlist_value.values}
    return getattr(read_back, kind)


@given(some.binary(max_size=200))
def test_no_answer_of_a_collector_makes_the_reader_of_its_fields_fail_otherwise_than_by_saying_so(noise: bytes) -> None:
    with contextlib.suppress(ValueError):
        list(wire.fields(noise))
