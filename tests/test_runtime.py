"""``init()`` in processes of their own: it starts, observes, and ends within its budget."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from obskit._runtime.exits import Crew
from obskit.catalogue import telemetry
from obskit.config import settings
from obskit.exceptions import InputError
from tools.stack.listeners import Sink

NOWHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OBSKIT_EXIT_BUDGET": "0.5"}


def python(code: str, *, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


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
    started = time.monotonic()
    done = python(
        """
        import logging, obskit
        obskit.init(service_name="shop")
        logging.getLogger("shop").warning("hello")
        print("served")
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr
    assert "served" in done.stdout
    assert time.monotonic() - started < 30  # the SDK alone takes longer than that


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


def test_a_signal_in_the_middle_of_a_record_neither_hangs_nor_takes_longer_than_the_budget() -> None:
    done = python(
        """
        import os, signal, threading, time, obskit
        from obskit._runtime import deferred
        obskit.init()
        held = threading.Lock()
        deferred.later(lambda value, attributes: held.acquire())(1, {})
        with held:  # as an instrument holds its lock while it records
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        """,
        timeout=30,
        **NOWHERE,
    )
    assert done.returncode == -signal.SIGTERM, done.stderr


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
        sys.modules["opentelemetry.exporter.otlp.proto.http.trace_exporter"] = None
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


def test_a_crew_waits_for_all_jobs_but_never_longer_than_its_budget() -> None:
    crew, done = Crew(2), []
    assert crew.run([lambda: done.append(1), lambda: done.append(2)], 10)
    assert sorted(done) == [1, 2]
    assert not crew.run([lambda: time.sleep(5)], 0.1)


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
    from obskit._runtime.counting import Account

    assert set(Account(1).totals()) - {"exported"} == set(telemetry.REASON.values)
