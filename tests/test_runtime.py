"""``init()`` in processes of their own: it starts, observes, and ends within its budget."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import python

from obskit._runtime import resource
from obskit._runtime.engine.batches import Batches
from obskit._runtime.engine.limits import Limits
from obskit._runtime.engine.logbook import Kept
from obskit._runtime.engine.scopes import Scopes
from obskit._runtime.jsonlines import JsonFormatter
from obskit._runtime.logfiles import LineFiles
from obskit.catalogue import telemetry
from obskit.config import settings
from obskit.exceptions import InputError
from tools.stack.listeners import Sink

NOWHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OBSKIT_EXIT_BUDGET": "0.5"}


def test_importing_obskit_imports_neither_opentelemetry_nor_the_renderer() -> None:
    done = python(
        """
        import sys, obskit
        heavy = {"opentelemetry", "jsonnet", "rjsonnet", "yaml", "click", "msgspec", "wrapt"}
        assert not heavy & {name.partition(".")[0] for name in sys.modules}
        """
    )
    assert done.returncode == 0, done.stderr


def test_a_collector_that_is_not_there_neither_fails_the_service_nor_holds_its_exit() -> None:
    done = python(
        """
        import logging, time, obskit
        obskit.init(service_name="shop")
        logging.getLogger("shop").warning("hello")
        print("served")
        started = time.monotonic()
        assert not obskit.shutdown()
        print(time.monotonic() - started)
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr
    assert "served" in done.stdout
    assert float(done.stdout.split()[-1]) < 20  # it does not hang; the budget has tests of its own


def test_a_collector_that_is_not_there_does_not_fill_the_log() -> None:
    done = python(
        """
        import logging, obskit, sys, time
        obskit.init(service_name="shop", log_format="json", export_interval=1)
        from opentelemetry import trace
        for number in range(12):
            with trace.get_tracer("shop").start_as_current_span("work"):
                logging.getLogger("shop").warning("own %d", number)
            time.sleep(0.5)
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    lines = done.stdout.splitlines()
    assert len([line for line in lines if '"own ' in line]) == 12
    complaints = [line for line in lines if '"own ' not in line]
    assert complaints, "a sidecar that is not there must be said"
    assert len(complaints) <= 3, done.stdout  # once for each kind: away, given up, lost at the end
    assert "Traceback" not in done.stdout


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_stops_with_a_collector_that_never_answers_spends_its_budget_once(silent: str) -> None:
    code = """
        import fastapi, obskit, time, uvicorn
        obskit.init(service_name="shop")
        started = []
        app = fastapi.FastAPI()
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        @app.get("/")
        def home() -> None:
            started.append(time.monotonic())
            server.should_exit = True
        async def main():
            import asyncio, httpx
            serving = asyncio.create_task(server.serve())
            while not server.started: await asyncio.sleep(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            async with httpx.AsyncClient() as client: await client.get(f"http://127.0.0.1:{port}/")
            await serving
        import asyncio; asyncio.run(main())
        obskit.shutdown()
        print(time.monotonic() - started[0])
    """
    done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=silent, OBSKIT_EXIT_BUDGET="6")
    assert done.returncode == 0, done.stderr
    assert 5 < float(done.stdout.split()[-1]) < 11  # the budget and the server's own second, not twice the budget


def test_spans_and_logs_of_a_process_that_ends_at_once_arrive() -> None:
    with Sink() as sink:
        done = python(
            """
            import logging, obskit
            from opentelemetry import trace
            obskit.init(service_name="job")
            with trace.get_tracer("job").start_as_current_span("work"):
                logging.getLogger("job").warning("done")
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert (sink.spans["job"], sink.logs["job"]) == (1, 1)


def test_sigterm_flushes_and_then_ends_the_process_as_it_always_did() -> None:
    code = """
        import sys, time, obskit
        from opentelemetry import trace
        obskit.init(service_name="job")
        trace.get_tracer("job").start_span("work").end()
        print("ready", flush=True)
        time.sleep(60)
    """
    with Sink() as sink:
        environment = {"PATH": os.environ["PATH"], "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url}
        command = [sys.executable, "-c", textwrap.dedent(code)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == -signal.SIGTERM
        assert sink.spans["job"] == 1


def test_a_signal_in_the_middle_of_a_record_neither_hangs_nor_loses_what_was_recorded_before() -> None:
    code = """
        import os, signal, obskit
        from opentelemetry import metrics, trace
        obskit.init(service_name="job")
        counter = metrics.get_meter("job").create_counter("jobs")
        class Late(dict):  # as if the signal came while the record was made
            def items(self):
                os.kill(os.getpid(), signal.SIGTERM)
                return super().items()
        trace.get_tracer("job").start_span("work").end()
        counter.add(1, Late(a="b"))
    """
    with Sink() as sink:
        done = python(code, timeout=30, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
        assert done.returncode == -signal.SIGTERM, done.stderr
        assert sink.spans["job"] == 1


def test_a_forked_child_that_exits_delivers_what_it_did_and_nothing_is_patched_twice() -> None:
    with Sink() as sink:
        done = python(
            """
            import os, sys, obskit, sqlalchemy
            obskit.init(service_name="parent")
            engine = sqlalchemy.create_engine("sqlite://")
            if os.fork() == 0:
                obskit.init(service_name="child")
                with engine.connect() as connection:
                    connection.execute(sqlalchemy.text("select 1"))
                sys.exit()
            os.wait()
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert dict(sink.spans) == {"parent": 1}


def test_a_handler_of_the_service_for_sigterm_is_left_alone() -> None:
    done = python(
        """
        import signal, obskit
        def mine(*_): print("mine")
        signal.signal(signal.SIGTERM, mine)
        obskit.init()
        assert signal.getsignal(signal.SIGTERM) is mine
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_a_second_init_does_nothing() -> None:
    done = python(
        """
        import threading, obskit
        from opentelemetry import trace
        obskit.init(service_name="a")
        provider, threads = trace.get_tracer_provider(), threading.active_count()
        obskit.init(service_name="b")
        assert trace.get_tracer_provider() is provider
        assert threading.active_count() == threads
        assert obskit.status()["service"] == "a"
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_a_provider_that_somebody_installed_first_is_adopted_and_nothing_is_sent_twice() -> None:
    done = python(
        """
        import obskit
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        exporter = InMemorySpanExporter()
        theirs = TracerProvider()
        theirs.add_span_processor(SimpleSpanProcessor(exporter))
        trace.set_tracer_provider(theirs)
        obskit.init(service_name="shop")
        assert trace.get_tracer_provider() is theirs
        import sqlalchemy
        with sqlalchemy.create_engine("sqlite://").connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
        assert [span.name for span in exporter.get_finished_spans()] == ["SELECT"]
        assert obskit.status()["records"]["traces"]["exported"] == 0
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_started_leaves_the_service_running_and_says_so() -> None:
    done = python(
        """
        import sys
        sys.modules["http.client"] = None
        import obskit
        obskit.init(service_name="shop")
        assert obskit.status() == {"running": False}
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr
    assert "the service runs unobserved" in done.stderr


def test_a_wrong_variable_is_told_and_its_default_used() -> None:
    values, complaints = settings.read({}, {"OTEL_METRIC_EXPORT_INTERVAL": "soon"})
    assert values.export_interval == 5
    assert complaints == ["OTEL_METRIC_EXPORT_INTERVAL='soon' is not a number; using 5000"]


def test_the_time_between_exports_is_seconds_as_an_argument_and_milliseconds_in_the_variable() -> None:
    assert settings.read({"export_interval": 2}, {})[0].export_interval == 2
    assert settings.read({}, {"OTEL_METRIC_EXPORT_INTERVAL": "2000"})[0].export_interval == 2
    with pytest.raises(InputError, match="export_interval=5000 is not a time above 0 and up to 5 minutes"):
        settings.read({"export_interval": 5000}, {})


def test_fastapi_is_left_alone_when_it_is_to_be_and_a_library_that_is_none_is_told() -> None:
    done = python(
        """
        import asyncio, fastapi, httpx, logging
        from obskit import testing
        logging.basicConfig()
        from starlette.applications import Starlette
        recorded = testing.recording(
            service_name="shop", log_format="off", disabled_instrumentations="fastapi,fastpai"
        )
        class Own(fastapi.FastAPI):
            pass
        async def ask(app):
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop") as client:
                await client.get("/")
        def ours():
            return [span for span in recorded.spans if span.instrumentation_scope.name == "obskit"]
        for app in (fastapi.FastAPI(), Own()):
            asyncio.run(ask(app))
        assert ours() == []
        asyncio.run(ask(Starlette()))
        assert len(ours()) == 1
        """
    )
    assert done.returncode == 0, done.stderr
    assert (
        "no instrumentation is called 'fastpai'; known: anyio, fastapi, flask, futures, sqlalchemy, starlette"
        in done.stderr
    )


def test_the_first_process_of_a_container_lives_on_after_sigterm_and_so_do_we() -> None:
    done = python(
        """
        import os, signal, obskit
        os.getpid = lambda: 1
        os.kill = lambda *_: None  # as the kernel does with a signal to the first process that has no handler
        obskit.init(service_name="shop")
        signal.raise_signal(signal.SIGTERM)
        assert obskit.status()["running"]
        signal.raise_signal(signal.SIGTERM)
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_a_standard_variable_that_is_not_followed_is_told() -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
        "OTEL_METRICS_EXEMPLAR_FILTER": "trace_based",
        "OTEL_BSP_MAX_QUEUE_SIZE": "4096",
    }
    assert settings.read({}, environment)[1] == [
        "OTEL_EXPORTER_OTLP_PROTOCOL='grpc' is not http/protobuf, and obskit uses that, usually on port 4318",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE='delta' is not followed: "
        "Prometheus, and the alerts, need cumulative values",
        "OTEL_BSP_MAX_QUEUE_SIZE='4096' is not followed: what waits is bounded in bytes: OBSKIT_QUEUE_SIZE",
    ]


@pytest.mark.parametrize(
    ("value", "disabled", "complaints"),
    [("true", True, 0), (" TRUE ", True, 0), ("false", False, 0), ("", False, 0), ("1", False, 1), ("yes", False, 1)],
)
def test_only_the_word_true_turns_the_sdk_off_as_the_specification_says(
    value: str, disabled: bool, complaints: int
) -> None:
    chosen, told = settings.read({}, {"OTEL_SDK_DISABLED": value})
    assert (chosen.disabled, len(told)) == (disabled, complaints)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"servce_name": "x"}, "init.. has no argument servce_name; known: .*service_name"),
        ({"export_interval": -1}, "export_interval=-1 is not a time above 0"),
        ({"endpoint": "collector:4318"}, "is not a URL"),
        ({"traces": "console"}, "is not otlp or none"),
    ],
)
def test_a_wrong_argument_is_one_clear_error(arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        settings.read(arguments, {})


def test_argument_wins_over_environment_over_default() -> None:
    environment = {"OTEL_SERVICE_NAME": "env", "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=shop,service.name=attr"}
    assert settings.read({}, environment)[0].service_name == "env"
    assert settings.read({"service_name": "arg"}, environment)[0].service_name == "arg"
    assert settings.read({}, environment)[0].service_namespace == "shop"
    assert settings.read({}, {})[0].service_namespace == "default"


def test_log_lines_are_json_with_the_ids_of_the_trace_and_the_exception(tmp_path: Path) -> None:
    done = python(
        """
        import logging, obskit
        from opentelemetry import trace
        obskit.init(service_name="shop")
        logger = logging.getLogger("shop.orders")
        with trace.get_tracer("x").start_as_current_span("work") as span:
            print(format(span.get_span_context().trace_id, "032x"))
            try:
                {}["missing"]
            except KeyError:
                logger.exception("order %s", 7, extra={"customer": 3})
        logger.info("outside")
        """,
        OBSKIT_LOG_DIRECTORY=str(tmp_path),
        **NOWHERE,
    )
    trace_id, *lines = done.stdout.splitlines()
    first, second = (json.loads(line) for line in lines[:2])
    assert first["trace_id"] == trace_id
    assert len(first["span_id"]) == 16
    assert (first["message"], first["level"], first["logger"]) == ("order 7", "ERROR", "shop.orders")
    assert (first["exception_type"], first["customer"], first["service_name"]) == ("KeyError", 3, "shop")
    assert first["exception_stacktrace"].startswith("Traceback")
    assert (second["message"], "trace_id" in second) == ("outside", False)
    (file,) = tmp_path.glob("*.jsonl")
    assert file.read_text().splitlines()[:2] == lines[:2]


@pytest.mark.parametrize("when", ["before", "after"])
def test_logging_that_the_service_configures_is_as_it_would_be_without_us(when: str, tmp_path: Path) -> None:
    steps = ["obskit.init(service_name='shop')", "logging.basicConfig(filename='app.log', level=logging.DEBUG)"]
    code = "import logging, obskit\n" + "\n".join(steps if when == "after" else reversed(steps))
    with Sink() as sink:
        done = python(
            f"import os; os.chdir({str(tmp_path)!r})\n{code}\nlogging.getLogger('shop').debug('hello %d', 7)",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert "DEBUG:shop:hello 7" in (tmp_path / "app.log").read_text()
        assert sink.logs["shop"] >= 1
        assert "hello" not in done.stdout


def test_a_dictionary_of_logging_that_comes_later_keeps_json_and_the_pipeline() -> None:
    with Sink() as sink:
        done = python(
            """
            import logging, obskit
            obskit.init(service_name="shop")
            import logging.config
            console = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}
            root = {"handlers": ["c"], "level": "INFO"}
            logging.config.dictConfig({"version": 1, "handlers": {"c": console}, "root": root})
            logging.getLogger("shop").info("hello")
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert json.loads(done.stdout)["message"] == "hello"
        assert sink.logs["shop"] == 1


def test_loggers_that_keep_their_records_to_themselves_are_heard_once() -> None:
    with Sink() as sink:
        done = python(
            """
            import logging, logging.config, obskit
            quiet = logging.getLogger("early")
            quiet.propagate = False
            obskit.init(service_name="shop")
            console = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}
            kept = {"handlers": ["c"], "propagate": False, "level": "INFO"}
            logging.config.dictConfig({
                "version": 1, "disable_existing_loggers": False, "handlers": {"c": console},
                "root": {"handlers": ["c"], "level": "INFO"}, "loggers": {"shop": kept, "shop.orders": kept},
            })
            for name in ("shop", "shop.orders", "shop.orders.late", "early", "other"):
                logging.getLogger(name).warning("from %s", name)
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        lines = [json.loads(line)["message"] for line in done.stdout.splitlines()]
        assert lines == ["from shop", "from shop.orders", "from shop.orders.late", "from other"]
        assert sink.logs["shop"] == 5


def test_an_access_log_that_is_turned_off_stays_off() -> None:
    done = python(
        """
        import logging, obskit, uvicorn
        uvicorn.Config("shop:app", access_log=False)  # before it imports the application
        obskit.init(service_name="shop")
        assert not logging.getLogger("uvicorn.access").hasHandlers()
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_a_console_that_is_left_alone_keeps_no_line_from_the_sidecar(tmp_path: Path) -> None:
    done = python(
        """
        import logging, sys, obskit
        logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
        obskit.init(service_name="shop", log_format="off")
        logging.getLogger("shop").info("hello")
        """,
        OBSKIT_LOG_DIRECTORY=str(tmp_path),
        **NOWHERE,
    )
    assert done.stdout.startswith("hello\n")
    lines = [json.loads(line) for path in tmp_path.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert (lines[0]["message"], lines[0]["service_name"]) == ("hello", "shop")


def test_a_service_without_a_name_is_told_so() -> None:
    done = python("import logging, obskit; logging.basicConfig(); obskit.init(log_format='off')", **NOWHERE)
    assert "the service has no name" in done.stderr


def test_the_pod_is_in_the_resource_and_what_the_service_says_itself_stays() -> None:
    environment = {
        "OBSKIT_POD_NAME": "shop-1",
        "OBSKIT_CONTAINER_NAME": "web",
        "OBSKIT_NODE_NAME": "",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=prod,k8s.container.name=own",
    }
    found = resource.attributes(settings.read({}, environment)[0], environment)
    assert found["deployment.environment.name"] == "prod"
    assert (found["k8s.pod.name"], found["k8s.container.name"]) == ("shop-1", "own")
    assert "k8s.node.name" not in found
    assert found["service.instance.id"] == "shop-1/own/0"


def test_a_record_of_a_class_of_the_service_s_own_says_what_it_says() -> None:
    class Braces(logging.LogRecord):
        def getMessage(self) -> str:  # noqa: N802 - as the standard library calls it
            return str(self.msg).format(*self.args or ())

    record = Braces("shop", logging.INFO, "f", 1, "order {}", (7,), None)
    assert json.loads(JsonFormatter("shop").format(record))["message"] == "order 7"
    assert Kept(record).entry(Scopes(), Limits()).body == "order 7"


def test_no_password_of_an_endpoint_is_shown() -> None:
    done = python(
        """
        import obskit
        obskit.init(service_name="shop", endpoint="http://user:hidden@127.0.0.1:9", exit_budget=0.1)
        print(obskit.status()["endpoint"])
        """,
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT="http://user:hidden@host:port",
    )
    assert "http://127.0.0.1:9" in done.stdout
    assert "hidden" not in done.stdout + done.stderr


def test_a_log_call_whose_arguments_do_not_fit_loses_nothing_and_changes_no_later_line() -> None:
    with Sink() as sink:
        done = python(
            """
            import logging, obskit
            obskit.init(service_name="shop")
            log = logging.getLogger("shop")
            for _ in range(30):
                log.warning("order %d", "x")
            log.error("payment %s failed", "p1")
            assert obskit.status()["faults"] == {}
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line)["message"] for line in done.stdout.splitlines()]
        assert lines == ["order %d ('x',)"] * 30 + ["payment p1 failed"]
        assert sink.logs["shop"] == 31


def test_an_exception_that_nobody_catches_is_a_record_and_python_prints_it_as_always(tmp_path: Path) -> None:
    with Sink() as sink:
        done = python(
            """
            import threading, obskit
            obskit.init(service_name="shop")
            def work(): raise KeyError("in a thread")
            thread = threading.Thread(target=work); thread.start(); thread.join()
            raise ValueError("at the end")
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
            OBSKIT_LOG_DIRECTORY=str(tmp_path),
        )
        assert done.returncode == 1
        assert "KeyError: 'in a thread'" in done.stderr
        assert done.stderr.endswith("ValueError: at the end\n")
        (file,) = tmp_path.glob("*.jsonl")
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [line["exception_type"] for line in lines] == ["KeyError", "ValueError"]
        assert sink.logs["shop"] == 2


def test_log_files_of_processes_that_are_gone_do_not_add_up(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}-1-1.jsonl").write_text("x" * 1000)
        os.utime(tmp_path / f"{number}-1-1.jsonl", (number, number))
    (tmp_path / "other.txt").write_text("x" * 9000)
    files = LineFiles(tmp_path, file_bytes=1000, folder_bytes=5000)
    record = logging.makeLogRecord({"msg": "x" * 400})
    for _ in range(12):
        files.handle(record)
    files.close()
    kept = sorted(path.name for path in tmp_path.glob("?-1-1.jsonl"))
    assert kept == ["8-1-1.jsonl", "9-1-1.jsonl"]
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 5000 + 400
    assert (tmp_path / "other.txt").exists()


def test_a_quiet_process_whose_file_was_tidied_away_begins_another(tmp_path: Path) -> None:
    files = LineFiles(tmp_path)
    files.handle(logging.makeLogRecord({"msg": "before"}))
    next(tmp_path.glob("*.jsonl")).unlink()
    files.handle(logging.makeLogRecord({"msg": "after"}))
    files.close()
    assert [path.read_text() for path in tmp_path.glob("*.jsonl")] == ["after\n"]


def test_a_handler_of_the_service_that_fails_on_our_warning_does_not_reach_it_through_us() -> None:
    done = python(
        """
        import logging, obskit
        from obskit._runtime import guard
        class Strict(logging.Filter):
            def filter(self, record): return record.request_id
        logging.getLogger("obskit").addFilter(Strict())
        @guard.contained("x")
        def hook(): raise ValueError
        hook()
        print("served")
        """
    )
    assert done.stdout == "served\n", done.stderr


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it"])
@pytest.mark.parametrize(
    "part", ["flask", "opentelemetry.metrics", "opentelemetry._logs", "opentelemetry.propagate", "all"]
)
def test_a_hook_that_fails_never_stops_an_import_or_a_fork(part: str, late: bool) -> None:
    done = python(
        f"""
        import os
        import obskit
        from obskit._runtime import guard
        obskit.init(service_name="shop", exit_budget=0.1)
        guard.inject("import.{part}", RuntimeError("x"), late={late})
        import flask, sqlalchemy
        assert flask.Flask("shop").test_client().get("/").status_code == 404
        if not os.fork():
            os._exit(0)
        assert os.wait()[1] == 0
        from opentelemetry import _logs, metrics, propagate
        metrics.get_meter("shop").create_counter("sold").add(1)
        _logs.get_logger("shop").emit(_logs.LogRecord(body="hello"))
        propagate.inject({{}})
        states = {{name: entry["state"] for name, entry in obskit.status()["instrumentations"].items()}}
        assert states["sqlalchemy"] == "instrumented", states
        assert obskit.status()["faults"] == {{"import.{part}": 1}}
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_text_that_is_no_unicode_is_still_one_line_of_json_and_one_record() -> None:
    with Sink() as sink:
        done = python(
            """
            import logging, obskit
            obskit.init(service_name="shop")
            logging.getLogger("shop").warning("read %s", "caf\\u00e9-\\udce9", extra={"file": b"\\xe9"})
            """,
            PYTHONIOENCODING="utf-8",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        line = json.loads(done.stdout)
        assert (line["message"], line["file"]) == ("read caf\u00e9-\udce9", "b'\\xe9'")
        assert sink.logs["shop"] == 1


def test_every_reason_of_a_drop_is_one_that_the_catalogue_names() -> None:
    assert set(Batches().totals()["traces"]) - {"exported"} == set(telemetry.REASON.values)


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_line_is_json_whatever_the_service_adds_to_its_record() -> None:
    cycle: dict[str, object] = {}
    cycle["self"] = cycle
    odd = {"nan": float("nan"), "inner": [float("inf")], "keys": {(1, 2): 3}, "cycle": cycle, "own": Unspeakable()}
    formatter = JsonFormatter("shop")
    for key, value in odd.items():
        for _ in range(12):  # more often than a hook may fail
            line = formatter.format(logging.makeLogRecord({"msg": "order taken", key: value, "order": 7}))
            parsed = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
            assert (parsed["message"], parsed["order"], key in parsed, "ts" in parsed) == ("order taken", 7, True, True)
    assert json.loads(formatter.format(logging.makeLogRecord({"msg": "", "nan": float("nan")})))["nan"] == "nan"
