"""A view of ours does what the same view does in the SDK; what arrives is compared, decoded by the official classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics import view as sdk
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import View as SdkView
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from programs import python
from test_conformance import RESOURCE, an_engine, bodies, by_name

import obskit
from obskit import View
from obskit._runtime.engine.engine import Engine
from obskit._runtime.engine.metering import Streams
from obskit._runtime.engine.meters import MeterProvider
from obskit.exceptions import InputError
from tools.reliability.sink import Sink

SAMPLED = NonRecordingSpan(SpanContext(0xABC, 0xDEF, False, TraceFlags(1)))
METER = ("scope", "1.2", "https://schema")


@pytest.fixture(autouse=True)
def nowhere() -> Iterator[None]:
    """Begin without a current span."""
    token = context.attach(context.Context())
    yield
    context.detach(token)


def an_engine_with(views: Sequence[View]) -> Engine:
    engine = an_engine()
    engine.streams = Streams(engine.measure, views)
    return engine


def exported(engine: Engine) -> Any:
    found = ExportMetricsServiceRequest()
    for body in bodies(engine, "metrics")[-1:]:
        found.ParseFromString(body)
    return found


def ours(scenario: Callable[[Any], None], views: Sequence[View]) -> Any:
    engine = an_engine_with(views)
    scenario(MeterProvider(engine.streams, engine.flush).get_meter(*METER))
    return exported(engine)


def theirs(scenario: Callable[[Any], None], views: Sequence[SdkView]) -> Any:
    reader = InMemoryMetricReader()
    scenario(SdkMeterProvider([reader], Resource(RESOURCE), views=views).get_meter(*METER))
    return encode_metrics(reader.get_metrics_data())


def told(request: Any) -> Any:
    """What a request says; without the infinities that the SDK gives for a smallest and largest value not recorded."""
    found = by_name(request)
    for resource in found:
        for scope in resource["scopeMetrics"]:
            for metric in scope["metrics"]:
                for point in metric.get("histogram", {}).get("dataPoints", ()):
                    for key in ("min", "max"):
                        if str(point.get(key)).endswith("Infinity"):
                            del point[key]
    return found


def measured(meter: Any) -> None:
    """Every instrument once, with attributes that a view may merge."""
    counter = meter.create_counter("Jobs.Done", "{job}", "Jobs that are done.")
    updown = meter.create_up_down_counter("jobs.open", "{job}", "Jobs that are not.")
    histogram = meter.create_histogram("job.duration", "s", explicit_bucket_boundaries_advisory=[0.1, 1, 10])
    plain = meter.create_histogram("job.size", "By", "How large jobs are.")
    gauge = meter.create_gauge("job.depth", "", "How deep.")
    for number, queue in enumerate("aabb"):
        attributes = {"queue": queue, "user": number, "urgent": number > 2}
        counter.add(number, attributes)
        updown.add(number - 2, attributes)
        histogram.record(number / 2, attributes)
        plain.record(number * 100, attributes)
        gauge.set(number, attributes)

    def read(_: CallbackOptions) -> list[Observation]:
        return [Observation(n * 10, {"queue": queue, "user": n}) for n, queue in enumerate("aab")]

    meter.create_observable_counter("observed.total", [read], "{job}", "Totals.")
    meter.create_observable_up_down_counter("observed.updown", [read], "{job}")
    meter.create_observable_gauge("observed.depth", [read])


def sdk_type(kind: str) -> Any:
    made = getattr(SdkMeterProvider().get_meter("x"), f"create_{kind}")("x")
    return type(made)


def explicit(*arguments: Any) -> sdk.Aggregation:
    return sdk.ExplicitBucketHistogramAggregation(*arguments)


Case = tuple[list[dict[str, Any]], list[dict[str, Any]]]
#: Arguments of our views, and of the SDK's.
CASES: dict[str, Case] = {
    "attributes of everything": ([{"instrument_name": "*", "attribute_keys": {"queue"}}],) * 2,
    "no attributes": ([{"instrument_name": "*", "attribute_keys": ()}],) * 2,
    "attributes that nobody has": ([{"instrument_name": "job*", "attribute_keys": ["other"]}],) * 2,
    "renamed": ([{"instrument_name": "jobs.done", "name": "Work/Done!", "description": "Said anew."}],) * 2,
    "an observed one renamed": ([{"instrument_name": "observed.total", "name": "totals"}],) * 2,
    "a question mark": ([{"instrument_name": "jobs?open", "description": "x"}],) * 2,
    "a star in the middle": ([{"instrument_name": "o*d.*", "description": "x"}],) * 2,
    "unit": ([{"instrument_unit": "{job}", "attribute_keys": {"queue"}}],) * 2,
    "meter": ([{"meter_name": "scope", "attribute_keys": {"queue"}}],) * 2,
    "version": ([{"meter_version": "1.2", "attribute_keys": {"queue"}}],) * 2,
    "schema": ([{"meter_schema_url": "https://schema", "attribute_keys": {"queue"}}],) * 2,
    "two views of one": (
        [
            {"instrument_name": "job.duration", "name": "by.queue", "attribute_keys": {"queue"}},
            {"instrument_name": "job.duration", "name": "by.urgency", "attribute_keys": {"urgent"}},
            {"instrument_name": "observed.total", "name": "observed.by.queue", "attribute_keys": {"queue"}},
            {"instrument_name": "observed.total", "name": "observed.all", "attribute_keys": ()},
        ],
    )
    * 2,
    "buckets": (
        [{"instrument_name": "job.*", "instrument_type": "histogram", "boundaries": [1, 150.5]}],
        [{"instrument_name": "job.[ds][ui]*", "aggregation": explicit([1, 150.5])}],
    ),
    "one bucket": (
        [{"instrument_name": "job.size", "boundaries": []}],
        [{"instrument_name": "job.size", "aggregation": explicit([])}],
    ),
    "buckets of the instrument, without smallest and largest": (
        [{"instrument_name": "job.duration", "record_min_max": False}],
        [{"instrument_name": "job.duration", "aggregation": explicit(None, False)}],
    ),
    "a counter as a histogram": (
        [{"instrument_name": "jobs.done", "boundaries": [1, 2], "attribute_keys": {"queue"}}],
        [{"instrument_name": "jobs.done", "aggregation": explicit([1, 2]), "attribute_keys": {"queue"}}],
    ),
    "dropped": (
        [{"instrument_name": "*", "aggregation": "drop"}, {"instrument_name": "jobs.*"}],
        [{"instrument_name": "*", "aggregation": sdk.DropAggregation()}, {"instrument_name": "jobs.*"}],
    ),
    "last values": (
        [{"instrument_name": "*", "aggregation": "last_value", "attribute_keys": {"queue"}}],
        [{"instrument_name": "*", "aggregation": sdk.LastValueAggregation(), "attribute_keys": {"queue"}}],
    ),
    "sums": (
        [{"instrument_name": name, "aggregation": "sum", "attribute_keys": {"queue"}} for name in ("jobs*", "*depth")],
        [
            {"instrument_name": name, "aggregation": sdk.SumAggregation(), "attribute_keys": {"queue"}}
            for name in ("jobs*", "*depth")
        ],
    ),
}
#: Those that change nothing.
IDLE: dict[str, Case] = {
    "none matches": ([{"instrument_name": "job"}],) * 2,
    "another meter": ([{"meter_name": "other", "attribute_keys": {"queue"}}],) * 2,
    "another version": ([{"meter_version": "1.3", "attribute_keys": {"queue"}}],) * 2,
    "another schema": ([{"meter_schema_url": "https://other", "attribute_keys": {"queue"}}],) * 2,
    "two that fit and one that does not": (
        [{"instrument_name": "*", "instrument_unit": "s", "meter_name": "other", "attribute_keys": {"queue"}}],
    )
    * 2,
    "observed as a histogram, which cannot be": (
        [{"instrument_name": "observed.*", "boundaries": [1]}],
        [{"instrument_name": "observed.*", "aggregation": explicit([1])}],
    ),
}


@pytest.mark.parametrize("case", [*CASES, *IDLE])
def test_metrics_of_a_view_arrive_as_the_sdk_would_have_sent_them(case: str) -> None:
    mine, sdk_s = (CASES | IDLE)[case]
    found = told(ours(measured, [View(**view) for view in mine]))
    assert found == told(theirs(measured, [SdkView(**view) for view in sdk_s]))
    assert (found == told(ours(measured, []))) is (case in IDLE)


@pytest.mark.parametrize(
    "kind",
    [
        "counter",
        "up_down_counter",
        "histogram",
        "gauge",
        "observable_counter",
        "observable_up_down_counter",
        "observable_gauge",
    ],
)
def test_a_view_selects_by_the_type_of_the_instrument(kind: Any) -> None:
    found = told(ours(measured, [View(instrument_type=kind, description="chosen")]))
    assert found == told(theirs(measured, [SdkView(instrument_type=sdk_type(kind), description="chosen")]))
    chosen = [metric for metric in found[0]["scopeMetrics"][0]["metrics"] if metric.get("description") == "chosen"]
    assert len(chosen) == (2 if kind == "histogram" else 1)


def test_the_sum_of_a_histogram_rises_as_the_specification_says_and_the_sdk_does_not() -> None:
    def scenario(meter: Any) -> None:
        meter.create_histogram("size").record(7)
        meter.create_histogram("size").record(5)

    found = told(ours(scenario, [View(instrument_name="size", aggregation="sum")]))
    (metric,) = found[0]["scopeMetrics"][0]["metrics"]
    assert metric["sum"].pop("isMonotonic") is True
    assert found == told(theirs(scenario, [SdkView(instrument_name="size", aggregation=sdk.SumAggregation())]))


def crowded(meter: Any) -> None:
    counter = meter.create_counter("visits")
    for number in (1, 2, 3, 4, 5, 1, 4):
        counter.add(number, {"user": number, "page": 1})

    def read(_: CallbackOptions) -> list[Observation]:
        return [Observation(number, {"user": number}) for number in range(1, 6)]

    meter.create_observable_counter("visitors", [read])


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_sets_of_attributes_beyond_the_limit_of_a_view_share_one_point(limit: int) -> None:
    selected = {"instrument_name": "visit*", "attribute_keys": {"user"}, "aggregation_cardinality_limit": limit}
    found = ours(crowded, [View(**selected)])
    for metric in found.resource_metrics[0].scope_metrics[0].metrics:
        points = {point.attributes[0].key: point.as_int for point in metric.sum.data_points}
        assert len(metric.sum.data_points) == min(limit + 1, 5)
        beyond = {1: {"visits": 18, "visitors": 14}, 3: {"visits": 13, "visitors": 9}, 5: {}}[limit]
        assert points.get("otel.metric.overflow") == beyond.get(metric.name)
    if "aggregation_cardinality_limit" in inspect.signature(SdkView).parameters:  # newer ones
        assert told(found) == told(theirs(crowded, [SdkView(**selected)]))


def test_an_example_tells_the_attributes_that_the_view_leaves_out() -> None:
    def scenario(meter: Any) -> None:
        with trace.use_span(SAMPLED):
            meter.create_counter("jobs").add(2, {"queue": "a", "user": 7, "tags": ("x", "y")})
            meter.create_histogram("size").record(3, {"queue": "a", "urgent": True})
            meter.create_histogram("plain").record(3, {"queue": "a"})

    kept: dict[str, Any] = {"instrument_name": "*", "attribute_keys": {"queue"}}
    found = told(ours(scenario, [View(**kept)]))
    assert found == told(theirs(scenario, [SdkView(**kept)]))
    jobs, plain, size = found[0]["scopeMetrics"][0]["metrics"]
    (example,) = jobs["sum"]["dataPoints"][0]["exemplars"]
    assert [pair["key"] for pair in example["filteredAttributes"]] == ["user", "tags"]
    assert size["histogram"]["dataPoints"][0]["exemplars"][0]["filteredAttributes"][0]["key"] == "urgent"
    assert "filteredAttributes" not in plain["histogram"]["dataPoints"][0]["exemplars"][0]


def test_what_every_view_drops_is_neither_measured_nor_asked_for() -> None:
    asked = []
    engine = an_engine_with([View(instrument_name="lib.*", aggregation="drop")])
    meter = MeterProvider(engine.streams, engine.flush).get_meter("x")
    counter = meter.create_counter("lib.calls", "{call}", "Calls.")
    counter.add(1)
    meter.create_observable_gauge("lib.depth", [lambda _: asked.append(1) or []])
    assert (counter.name, counter.unit, counter.description) == ("lib.calls", "{call}", "Calls.")
    assert list(engine.measurements) == []
    assert exported(engine) == ExportMetricsServiceRequest()
    assert asked == []


def test_streams_of_one_name_are_exported_and_told_of(caplog: pytest.LogCaptureFixture) -> None:
    views = [View(instrument_name="jobs", attribute_keys=()), View(instrument_name="*", description="all")]

    def scenario(meter: Any) -> None:
        meter.create_counter("jobs").add(1, {"queue": "a"})

    found = ours(scenario, views).resource_metrics[0].scope_metrics[0].metrics
    assert [(metric.name, metric.description) for metric in found] == [("jobs", ""), ("jobs", "all")]
    assert caplog.messages == ["obskit: two streams of scope are called jobs; give a view a name"]


def test_a_view_that_cannot_be_applied_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    view = View(instrument_name="depth", boundaries=[1])
    ours(lambda meter: meter.create_observable_gauge("depth", [lambda _: [Observation(1)]]), [view])
    assert caplog.messages == [f"obskit: {view!r} does not apply to depth: what is observed makes no histogram"]


def test_what_obskit_measures_itself_stays_as_it_is_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    named = View(instrument_name="HTTP.duration", name="mine")
    other = View(instrument_name="http.duration", meter_name="contrib", name="theirs")
    engine = an_engine_with([View(instrument_name="*", attribute_keys=()), named, other])
    scope = engine.scopes.get("obskit")
    for _ in range(2):
        stream = engine.streams.make(scope, "http.duration", "s", "", "counter", ours=True)
    stream.take(1, {"route": "/"})
    (metric,) = exported(engine).resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "http.duration"
    assert metric.sum.data_points[0].attributes[0].key == "route"
    assert caplog.messages == [f"obskit: {named!r} does not apply: http.duration is obskit's own, and alerts query it"]


def test_a_view_frees_a_name_that_obskit_has_and_takes_none_of_them() -> None:
    engine = an_engine_with(
        [View(instrument_name="http.duration", name="contrib.duration"), View(instrument_name="x", name="http.size")]
    )
    for name in ("http.duration", "http.size"):
        engine.streams.make(engine.scopes.get("obskit"), name, "", "", "counter", ours=True)
    meter = MeterProvider(engine.streams, engine.flush).get_meter("contrib")
    meter.create_counter("http.duration").add(1)
    meter.create_counter("x").add(1)
    (metric,) = exported(engine).resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "contrib.duration"


def test_a_view_holds_in_a_forked_child_which_begins_at_zero() -> None:
    engine = an_engine_with([View(instrument_name="jobs", attribute_keys=())])
    counter = MeterProvider(engine.streams, engine.flush).get_meter("x").create_counter("jobs")
    counter.add(5, {"queue": "a"})
    engine.digest()
    engine.begin_anew()
    counter.add(1, {"queue": "a"})
    (point,) = exported(engine).resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    assert (point.as_int, list(point.attributes)) == (1, [])


def test_the_views_of_the_documentation_do_what_they_say_and_leave_ours_alone() -> None:
    page = (Path(__file__).parent.parent / "docs/views.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    with Sink() as sink:
        done = python(
            code
            + """
from opentelemetry import metrics
hits = metrics.get_meter("shop").create_counter("cache.hits")
for user in range(3):
    hits.add(1, {"cache": "prices", "user": user})
metrics.get_meter("chatty.library").create_counter("chatter").add(1)
metrics.get_meter("shop").create_histogram("job.duration").record(5)
assert obskit.shutdown(10)
""",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
            OTEL_SERVICE_NAME="shop",
        )
        assert done.returncode == 0, done.stderr
        assert sink.total("cache.hits", cache="prices") == 3
        arrived = {
            metric.name: metric
            for post in sink.taken("metrics")
            for scope in post.request.resource_metrics[0].scope_metrics
            for metric in scope.metrics
        }
    assert len(arrived["cache.hits"].sum.data_points) == 1
    assert list(arrived["job.seconds"].histogram.data_points[0].explicit_bounds) == [0.1, 1, 10, 60]
    assert not {"chatter", "job.duration"} & set(arrived)
    assert any(name.startswith("obskit.") for name in arrived)


def test_instruments_made_before_init_have_its_views() -> None:
    done = python(
        """
        from opentelemetry import metrics
        meter = metrics.get_meter("lib")
        early = meter.create_counter("early")
        meter.create_observable_gauge("depth", [lambda _: [metrics.Observation(3, {"queue": "a"})]])
        from obskit import View, testing
        views = [View(instrument_name="early", name="renamed"), View(meter_name="lib", attribute_keys=())]
        recorded = testing.recording(service_name="shop", log_format="off", views=views)
        early.add(2, {"queue": "a"})
        assert recorded.points("renamed") == {(("queue", "a"),): 2}, recorded.points("renamed")
        assert recorded.points("early") == {(): 2}, recorded.points("early")
        assert recorded.points("depth") == {(): 3}, recorded.points("depth")
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_provider_that_was_there_first_keeps_its_own_views_and_init_says_so() -> None:
    done = python(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        metrics.set_meter_provider(MeterProvider())
        import obskit
        obskit.init(service_name="shop", log_format="off", exit_budget=0.1, views=[obskit.View(meter_name="x")])
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert done.returncode == 0, done.stderr
    assert "the views of init() do not apply: give them to the MeterProvider that was set before it" in done.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "View() selects no instrument; give one of instrument_name, instrument_type"),
        ({"name": "x"}, "View(name='x') selects no instrument"),
        ({"instrument_name": "a*", "name": "x"}, "name='x' with instrument_name='a*' could name several"),
        ({"instrument_name": "a?", "name": "x"}, "give the whole instrument_name of one, and a view for each"),
        ({"meter_name": "a", "name": "x"}, "name='x' with instrument_name=None could name several"),
        ({"instrument_name": "a", "name": ""}, "name='' is no name; leave it out to keep the instrument's"),
        ({"instrument_name": 1}, "instrument_name=1 is no text; give text, or leave it out"),
        ({"instrument_name": "a", "description": 1}, "description=1 is no text"),
        ({"instrument_type": "count"}, "instrument_type='count' is not known; one of counter, up_down_counter"),
        ({"instrument_type": int}, "instrument_type=<class 'int'> is no text; one of counter"),
        ({"meter_name": "a", "aggregation": "base2_exponential_bucket_histogram"}, "others need a MeterProvider"),
        ({"meter_name": "a", "aggregation": sdk.DropAggregation()}, "is not known; one of default, drop, sum"),
        ({"meter_name": "a", "attribute_keys": "queue"}, "attribute_keys='queue' is no list of texts"),
        ({"meter_name": "a", "attribute_keys": [1]}, "give the attributes to keep, as ['route']"),
        ({"meter_name": "a", "boundaries": [1, 1]}, "boundaries=[1, 1] are no numbers that rise; give each once"),
        ({"meter_name": "a", "boundaries": [1, float("inf")]}, "are no numbers that rise"),
        ({"meter_name": "a", "boundaries": ["x"]}, "boundaries=['x'] are no numbers that rise"),
        ({"meter_name": "a", "boundaries": [float("nan")]}, "boundaries=[nan] are no numbers that rise"),
        ({"meter_name": "a", "aggregation": "sum", "boundaries": [1]}, "aggregation='sum' has neither boundaries"),
        ({"meter_name": "a", "aggregation": "drop", "record_min_max": False}, "or take explicit_bucket_histogram"),
        ({"meter_name": "a", "aggregation_cardinality_limit": 0}, "aggregation_cardinality_limit=0 is no whole"),
        ({"meter_name": "a", "aggregation_cardinality_limit": True}, "aggregation_cardinality_limit=True is no whole"),
    ],
)
def test_a_view_that_cannot_work_is_an_error_with_a_remedy(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as error:
        View(**given)
    assert str(error.value).startswith("obskit.View(): ")
    assert told in str(error.value)


@pytest.mark.parametrize("views", [[SdkView(instrument_name="a")], SdkView(instrument_name="a"), ["a"]])
def test_what_is_no_view_of_ours_is_an_error(views: Any) -> None:
    with pytest.raises(InputError, match=r"obskit\.init\(\): views holds .*; give a list of obskit\.View"):
        obskit.init(service_name="shop", disabled=True, views=views)
