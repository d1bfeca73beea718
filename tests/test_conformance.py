"""What the OpenTelemetry API promises its users holds with obskit.

The same scenario goes once through the SDK and once through us; what is compared is the protobuf that arrives, decoded
by the official classes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry import baggage, context, propagate, trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.metrics import Observation
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk._logs import LoggerProvider as SdkLoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import sampling as sdk_sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from obskit._runtime.engine.engine import Engine, Options
from obskit._runtime.engine.limits import Limits, read
from obskit._runtime.engine.logbook import Kept
from obskit._runtime.engine.loggers import LoggerProvider
from obskit._runtime.engine.meters import MeterProvider
from obskit._runtime.engine.sampling import Sampler, sampler
from obskit._runtime.engine.scopes import Scopes
from obskit._runtime.engine.tracing import TracerProvider
from obskit._runtime.slots import Losses
from obskit.config.destinations import Destination

REMOTE = SpanContext(0xABC, 0xDEF, True, TraceFlags(1), TraceState([("vendor", "1")]))
NOT_SAMPLED = SpanContext(0xABC, 0xDEF, True, TraceFlags(0))
RESOURCE = {"service.name": "shop", "numbers": (1, 2), "share": 0.5}


@pytest.fixture(autouse=True)
def nowhere() -> Iterator[None]:
    """Begin without a current span: tests that break our hooks may leave one behind."""
    token = context.attach(context.Context())
    yield
    context.detach(token)


class Here:
    """An identity without a place on the disk."""

    def claim(self) -> Losses:
        return {}

    def attributes(self) -> dict[str, Any]:
        return RESOURCE

    def note(self, left: Losses) -> None:
        pass


def an_engine() -> Engine:
    goals = {
        signal: Destination(f"http://127.0.0.1:9/v1/{signal}", {}, 1.0, False, "", "", "")
        for signal in ("traces", "metrics", "logs")
    }
    return Engine(Options(goals, 5.0), Here())  # type: ignore[arg-type]


def bodies(engine: Engine, signal: str) -> list[bytes]:
    engine.turn()
    if signal == "metrics":
        engine.collect()
    return [batch.body for batch in engine.batches.all() if batch.signal == signal]


def ours(scenario: Callable[[trace.Tracer], None], sample: Sampler | None = None, limits: Limits | None = None) -> Any:
    engine = an_engine()
    provider = TracerProvider(
        sample or sampler("parentbased_always_on"), limits or Limits(), engine.ended, lambda: None, engine.flush
    )
    scenario(provider.get_tracer("scope", "1.2", "https://schema", {"scope": True}))
    found = ExportTraceServiceRequest()
    for body in bodies(engine, "traces"):
        found.MergeFromString(body)
    return found


def theirs(
    scenario: Callable[[trace.Tracer], None],
    sample: sdk_sampling.Sampler | None = None,
    limits: sdk.SpanLimits | None = None,
) -> Any:
    memory = InMemorySpanExporter()
    provider = sdk.TracerProvider(sampler=sample, span_limits=limits, resource=Resource(RESOURCE))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    scenario(provider.get_tracer("scope", "1.2", "https://schema", {"scope": True}))
    return encode_spans(memory.get_finished_spans())


def comparable(request: Any) -> Any:
    """A request without what differs from run to run: ids become their order, times only whether they are there."""
    seen: dict[str, str] = {}

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            # Older versions of the SDK leave out a body that is nothing.
            return {name: walk(item, name) for name, item in value.items() if (name, item) != ("body", {})}
        if isinstance(value, list):
            items = [walk(item, key) for item in value]
            return sorted(items, key=json.dumps) if key in ("attributes", "values", "spans") else items
        if key.endswith("UnixNano"):
            return value if value.startswith(("16000", "17000")) or len(value) < 19 else "time"  # those that were given
        if key in ("traceId", "spanId", "parentSpanId"):
            return seen.setdefault(value, f"id {len(seen)}")
        if key == "stringValue" and "Traceback" in value:
            return value.strip().splitlines()[-1]
        return value

    return walk(MessageToDict(request))


def nested(tracer: trace.Tracer) -> None:
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes={"http.route": "/a"}) as outer:
        outer.set_attributes({"text": "t", "yes": True, "number": 7, "share": 0.25, "huge": 2**40, "negative": -5})
        with tracer.start_as_current_span("inner", kind=SpanKind.CLIENT):
            assert trace.get_current_span().get_span_context().trace_id == outer.get_span_context().trace_id
        assert trace.get_current_span() is outer
    assert not trace.get_current_span().get_span_context().is_valid


def values(tracer: trace.Tracer) -> None:
    mine = ["a", "b"]
    span = tracer.start_span("values", attributes={"list": mine, "tuple": (1, 2), "mixed": [True, 1.5]})
    mine.append("later")
    span.set_attribute("empty", "")
    span.set_attribute("umlaut", "größe")
    span.set_attribute("", "no key")
    span.set_attribute("replaced", 1)
    span.set_attribute("replaced", "2")
    span.end()
    span.set_attribute("late", 1)
    span.end()


def events(tracer: trace.Tracer) -> None:
    with tracer.start_as_current_span("events", links=[Link(REMOTE, {"why": "batch"})]) as span:
        span.add_event("plain")
        span.add_event("full", {"size": 3, "tags": ["x"]}, timestamp=1_700_000_000_000_000_000)
        span.add_link(REMOTE, {"again": True})
        span.add_link(trace.INVALID_SPAN_CONTEXT)
        span.update_name("renamed")


def errors(tracer: trace.Tracer) -> None:
    with contextlib.suppress(ValueError), tracer.start_as_current_span("raised"):
        raise ValueError("no")
    with contextlib.suppress(KeyError), tracer.start_as_current_span("quiet", record_exception=False):
        raise KeyError("no")
    with contextlib.suppress(KeyError), tracer.start_as_current_span("unset", set_status_on_exception=False):
        raise KeyError("no")
    with contextlib.suppress(ValueError), tracer.start_span("as a block"):
        raise ValueError("no")
    with contextlib.suppress(SystemExit), tracer.start_as_current_span("no error"):
        raise SystemExit
    with tracer.start_as_current_span("by hand") as span:
        span.record_exception(ValueError("x"), {"more": 1}, escaped=True)
        span.set_status(StatusCode.ERROR, "said")
        span.set_status(StatusCode.UNSET)
    with tracer.start_as_current_span("ok is final") as span:
        span.set_status(Status(StatusCode.OK))
        span.set_status(Status(StatusCode.ERROR, "too late"))


def parents(tracer: trace.Tracer) -> None:
    remote = trace.set_span_in_context(trace.NonRecordingSpan(REMOTE))
    with tracer.start_as_current_span("child of remote", context=remote) as span:
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        assert carrier["tracestate"] == "vendor=1"
        assert carrier["traceparent"].split("-")[1:3] == [
            trace.format_trace_id(0xABC),
            trace.format_span_id(span.get_span_context().span_id),
        ]
    with tracer.start_as_current_span(
        "not sampled", context=trace.set_span_in_context(trace.NonRecordingSpan(NOT_SAMPLED))
    ) as span:
        assert not span.is_recording()
        assert span.get_span_context().trace_id == 0xABC
        tracer.start_span("nor its child").end()
    tracer.start_span("a root of its own", context=context.Context()).end()


def crossing(tracer: trace.Tracer) -> None:
    # One thread: of two, spans that end at once would be numbered in any order.
    with ThreadPoolExecutor(1) as pool, tracer.start_as_current_span("here"):
        here = context.get_current()

        def there(number: int) -> None:
            token = context.attach(here)
            with tracer.start_as_current_span("there", attributes={"number": number}):
                pass
            context.detach(token)

        list(pool.map(there, range(3)))

    async def task(number: int) -> None:
        with tracer.start_as_current_span(f"task {number}"):
            await asyncio.sleep(0.01)
            tracer.start_span(f"in task {number}").end()

    async def main() -> None:
        with tracer.start_as_current_span("main"):
            await asyncio.gather(task(1), task(2))

    asyncio.run(main())


def decorating(tracer: trace.Tracer) -> None:
    @tracer.start_as_current_span("function")
    def function(depth: int) -> int:
        return depth if depth == 0 else function(depth - 1)

    @tracer.start_as_current_span("coroutine")
    async def coroutine() -> str:
        return trace.get_current_span().name  # type: ignore[attr-defined,no-any-return]

    assert function(2) == 0
    assert asyncio.run(coroutine()) == "coroutine"


def times(tracer: trace.Tracer) -> None:
    span = tracer.start_span("times", start_time=1_600_000_000_000_000_000)
    span.end(1_600_000_001_000_000_000)
    first = tracer.start_span("the first second", start_time=0)
    first.end(0)
    assert not first.is_recording()


def carrying(tracer: trace.Tracer) -> None:
    token = context.attach(baggage.set_baggage("tenant", "a b"))
    with tracer.start_as_current_span("with baggage"):
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        assert carrier["baggage"] == "tenant=a+b"
    context.detach(token)


SCENARIOS = [nested, values, events, errors, parents, crossing, decorating, times, carrying]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_spans_arrive_as_the_sdk_would_have_sent_them(scenario: Callable[[trace.Tracer], None]) -> None:
    assert comparable(ours(scenario)) == comparable(theirs(scenario))


def crowded(tracer: trace.Tracer) -> None:
    span = tracer.start_span("crowded", attributes={f"first {n}": n for n in range(5)})
    for number in range(5):
        span.set_attribute(f"later {number}", "long text" * number)
        span.add_event(f"event {number}", {f"k{n}": "long text" for n in range(4)})
        span.add_link(REMOTE, {f"k{n}": n for n in range(4)})
    span.end()


LIMITS = {
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "4",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "6",
    "OTEL_SPAN_EVENT_COUNT_LIMIT": "3",
    "OTEL_SPAN_LINK_COUNT_LIMIT": "2",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "2",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "1",
}


@pytest.mark.parametrize("only", [*LIMITS, "all", "OTEL_ATTRIBUTE_COUNT_LIMIT"])
def test_limits_of_the_environment_are_those_of_the_sdk(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = LIMITS if only == "all" else {only: LIMITS.get(only, "3")}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    limits, complaints = read(os.environ)
    assert complaints == []
    assert comparable(ours(crowded, limits=limits)) == comparable(theirs(crowded, limits=sdk.SpanLimits()))


def test_limits_hold_for_what_our_own_hooks_give_a_span() -> None:
    engine = an_engine()
    limits = Limits(span_attributes=2, span_attribute_length=5)
    provider = TracerProvider(sampler("always_on"), limits, engine.ended, lambda: None, engine.flush)
    provider.get_tracer("x").begin("query", SpanKind.CLIENT, {"a": 1, "b": 2, "db.query.text": "SELECT 1"}).end()
    assert dict(engine.spans[0].attributes) == {"b": 2, "db.query.text": "SELEC"}


def test_a_limit_that_is_no_number_is_told_and_the_default_used() -> None:
    assert read({"OTEL_SPAN_LINK_COUNT_LIMIT": "many"}) == (
        Limits(),
        ["OTEL_SPAN_LINK_COUNT_LIMIT='many' is not a whole number; using 128"],
    )


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("always_on", 1.0),
        ("always_off", 1.0),
        ("traceidratio", 0.3),
        ("parentbased_always_on", 1.0),
        ("parentbased_always_off", 1.0),
        ("parentbased_traceidratio", 0.3),
    ],
)
def test_samplers_decide_as_those_of_the_sdk(name: str, ratio: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", name)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", str(ratio))
    expected, decide = sdk.TracerProvider().sampler, sampler(name, ratio)
    for number in range(300):
        trace_id = (number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << 128) or 1
        for flags in (None, 0, 1):
            parent = None if flags is None else SpanContext(trace_id, 1, True, TraceFlags(flags))
            around = None if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(parent))
            wanted = expected.should_sample(around or context.Context(), trace_id, "x").decision.is_sampled()
            assert decide(parent, trace_id) == wanted, (hex(trace_id), flags)


def by_name(request: Any) -> Any:
    """A request of metrics, comparable and in order."""
    told = comparable(request)["resourceMetrics"]
    for resource in told:
        for scope in resource["scopeMetrics"]:
            scope["metrics"].sort(key=lambda metric: metric["name"])
            for metric in scope["metrics"]:
                for data in metric.values():
                    if isinstance(data, dict):
                        data["dataPoints"].sort(key=json.dumps)
                        for point in data["dataPoints"]:
                            point.pop("startTimeUnixNano", None)  # gauges have none in some versions of the SDK
    return told


def measured(meter: Any) -> None:
    counter = meter.create_counter("Jobs.Done", "{job}", "Jobs that are done.")
    counter.add(3, {"queue": "a"})
    counter.add(4, {"queue": "a"})
    counter.add(0.5, {"queue": "b", "tags": ("x", "y")})
    counter.add(1)
    counter.add(-1)
    updown = meter.create_up_down_counter("jobs.open", "{job}")
    updown.add(5)
    updown.add(-2)
    histogram = meter.create_histogram("job.duration", "s", explicit_bucket_boundaries_advisory=[0.1, 1, 10])
    for value in (0.05, 0.1, 0.5, 100):
        histogram.record(value, {"queue": "a"})
    meter.create_histogram("job.size", "By").record(7)
    meter.create_gauge("job.depth").set(3, {"queue": "a"})
    meter.create_observable_gauge("observed.depth", [lambda _: [Observation(2, {"queue": "b"})]])
    meter.create_observable_counter("observed.total", [lambda _: iter([Observation(9)])])

    def generator() -> Iterator[Any]:
        yield []
        while True:
            yield [Observation(4.5)]

    meter.create_observable_up_down_counter("observed.updown", [generator()])
    assert meter.create_counter("Jobs.Done", "{job}", "Jobs that are done.") is counter
    with pytest.raises(Exception, match="1st"):
        meter.create_counter("1st")


def test_metrics_arrive_as_the_sdk_would_have_sent_them() -> None:
    engine = an_engine()
    measured(MeterProvider(engine.streams, engine.flush).get_meter("scope", "1.2", "https://schema"))
    found = ExportMetricsServiceRequest()
    found.ParseFromString(bodies(engine, "metrics")[-1])
    reader = InMemoryMetricReader()
    measured(SdkMeterProvider([reader], Resource(RESOURCE)).get_meter("scope", "1.2", "https://schema"))
    assert by_name(found) == by_name(encode_metrics(reader.get_metrics_data()))


def test_an_example_of_a_value_is_the_span_in_which_it_was_recorded() -> None:
    engine = an_engine()
    tracer = TracerProvider(sampler("always_on"), Limits(), engine.ended, lambda: None, engine.flush).get_tracer("x")
    histogram = MeterProvider(engine.streams, engine.flush).get_meter("x").create_histogram("size")
    with tracer.start_as_current_span("work") as span:
        histogram.record(7)
    found = ExportMetricsServiceRequest()
    found.ParseFromString(bodies(engine, "metrics")[-1])
    exemplar = found.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points[0].exemplars[0]
    assert exemplar.trace_id == span.get_span_context().trace_id.to_bytes(16, "big")
    assert exemplar.span_id == span.get_span_context().span_id.to_bytes(8, "big")
    assert (exemplar.as_double or exemplar.as_int) == 7
    assert exemplar.time_unix_nano > 0


def test_sets_of_attributes_without_end_share_one_point() -> None:
    engine = an_engine()
    counter = MeterProvider(engine.streams, engine.flush).get_meter("x").create_counter("visits")
    for number in range(3000):
        counter.add(1, {"user": number})
    found = ExportMetricsServiceRequest()
    found.ParseFromString(bodies(engine, "metrics")[-1])
    points = found.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    assert len(points) == 2001
    assert sum(point.as_int for point in points) == 3000
    (shared,) = [point for point in points if point.attributes[0].key == "otel.metric.overflow"]
    assert (shared.attributes[0].value.bool_value, shared.as_int) == (True, 1000)


def logged(logger: Any) -> None:
    logger.emit(
        timestamp=1_600_000_000_000_000_000,
        observed_timestamp=1_600_000_000_000_000_001,
        severity_number=SeverityNumber.WARN,
        severity_text="WARN",
        body="text",
        attributes={"order": 7, "tags": ["a", "b"]},
        event_name="order.taken",
        context=trace.set_span_in_context(trace.NonRecordingSpan(REMOTE)),
    )
    logger.emit(body={"nested": {"list": [1, "two", None]}}, observed_timestamp=1)
    logger.emit(observed_timestamp=1)


def both_logged(log: Callable[[Any], None], limits: Limits) -> tuple[Any, Any]:
    engine = an_engine()
    log(LoggerProvider(limits, engine.log, engine.flush).get_logger("scope", "1.2", "https://schema"))
    found = ExportLogsServiceRequest()
    for body in bodies(engine, "logs"):
        found.MergeFromString(body)
    memory = InMemoryLogRecordExporter()
    provider = SdkLoggerProvider(Resource(RESOURCE))
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    log(provider.get_logger("scope", "1.2", "https://schema"))
    return comparable(found), comparable(encode_logs(memory.get_finished_logs()))


def test_log_records_arrive_as_the_sdk_would_have_sent_them() -> None:
    ours, theirs = both_logged(logged, Limits())
    assert ours == theirs


LOG_LIMITS = {"OTEL_ATTRIBUTE_COUNT_LIMIT": "2", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "3"}


@pytest.mark.filterwarnings("ignore:Log record attributes were dropped")  # so does the SDK say it
@pytest.mark.parametrize("only", [*LOG_LIMITS, "all"])
def test_limits_of_log_records_are_those_of_the_sdk(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LOG_LIMITS.items() if only == "all" else [(only, LOG_LIMITS[only])]:
        monkeypatch.setenv(name, value)

    def crowded(logger: Any) -> None:
        logger.emit(body="full", attributes={f"k{n}": "long text" for n in range(5)}, observed_timestamp=1)

    ours, theirs = both_logged(crowded, read(os.environ)[0])
    assert ours == theirs


def test_limits_of_log_records_hold_for_the_standard_library_s() -> None:
    limits, complaints = read(
        {"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "2", "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": "3"}
    )
    assert complaints == []
    record = logging.makeLogRecord(
        {"msg": "taken", "a": 1, "b": "long", "c": "longer", "levelno": 20, "levelname": "INFO"}
    )
    entry = Kept(record).entry(Scopes(), limits)
    assert dict(entry.attributes) == {"b": "lon", "c": "lon"}
    assert entry.attributes.dropped == 1


def test_a_processor_that_the_service_adds_sees_every_span_as_the_sdk_s() -> None:
    class Adding(sdk.SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            span.set_attribute("tenant", str(baggage.get_baggage("tenant", parent_context)))

    engine, memory = an_engine(), InMemorySpanExporter()
    provider = TracerProvider(sampler("always_on"), Limits(), engine.ended, lambda: Resource(RESOURCE), engine.flush)
    provider.add_span_processor(Adding())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    around = baggage.set_baggage("tenant", "a")
    with provider.get_tracer("x").start_as_current_span("work", context=around, attributes={"early": 1}):
        pass
    (span,) = memory.get_finished_spans()
    assert (span.name, dict(span.attributes or {}), span.resource.attributes["service.name"]) == (
        "work",
        {"early": 1, "tenant": "a"},
        "shop",
    )
    assert json.loads(span.to_json())["name"] == "work"
    assert len(engine.spans) == 1, "the pipeline gets it as well"


@pytest.mark.parametrize("variable", ["OTEL_SDK_DISABLED=true", "OTEL_PROPAGATORS=none", "OTEL_PROPAGATORS=baggage"])
def test_what_the_environment_turns_off_is_off(variable: str) -> None:
    name, _, value = variable.partition("=")
    code = """
        import obskit; obskit.init(service_name="shop", log_format="off", exit_budget=0.1)
        import asyncio, fastapi, httpx
        from opentelemetry import baggage, trace
        app, seen = fastapi.FastAPI(), []
        @app.get("/")
        def home():
            context = trace.get_current_span().get_span_context()
            seen.append((context.is_valid, f"{context.trace_id:032x}" == "a" * 32, baggage.get_baggage("tenant")))
        async def ask():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
                headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "baggage": "tenant=t"}
                await client.get("/", headers=headers)
        asyncio.run(ask())
        print(seen[0])
    """
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in code.splitlines())],
        env={"PATH": os.environ["PATH"], name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = {
        "OTEL_SDK_DISABLED=true": (False, False, None),
        "OTEL_PROPAGATORS=none": (True, False, None),
        "OTEL_PROPAGATORS=baggage": (True, False, "t"),
    }
    assert done.stdout.strip() == str(expected[variable]), done.stderr
