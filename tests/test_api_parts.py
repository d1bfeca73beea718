"""The parts of the OpenTelemetry API that few services use come with their first import, and work as ever."""

from __future__ import annotations

from textwrap import dedent

import pytest
from programs import python

from tools.reliability.sink import Sink

#: Makes the import of a module slow, as one from a cold disk is, and says when it is under way.
SLOW = """
import importlib.abc, importlib.machinery, sys, threading, time
importing = threading.Event()
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "{name}":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module
        def exec_module(module):
            importing.set()
            time.sleep(0.5)
            run(module)
        spec.loader.exec_module = exec_module
        return spec
sys.meta_path.insert(0, Slow())
"""
NOWHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


def test_parts_that_a_service_does_not_use_are_not_imported_and_work_when_they_are() -> None:
    with Sink() as sink:
        done = python(
            """
            import sys
            import obskit; obskit.init(service_name="shop", log_format="off")
            parts = "metrics", "_logs", "propagate", "baggage"
            assert not [name for name in parts if f"opentelemetry.{name}" in sys.modules]
            from opentelemetry import metrics
            from opentelemetry._logs import LogRecord, get_logger
            metrics.get_meter("shop").create_counter("sold").add(3)
            get_logger("shop").emit(LogRecord(body="hello"))
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert (sink.total("sold"), len(sink.logs("hello"))) == (3, 1)


def test_a_provider_that_the_environment_names_is_adopted_although_nobody_imported_the_api_yet() -> None:
    with Sink() as sink:
        done = python(
            """
            import sys
            import obskit; obskit.init(service_name="shop", log_format="off")
            assert "opentelemetry.sdk.metrics" in sys.modules
            """,
            OTEL_PYTHON_METER_PROVIDER="sdk_meter_provider",
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert not sink.taken("metrics")


def test_a_part_that_a_thread_of_the_service_imports_while_obskit_starts_is_waited_for() -> None:
    code = """
        counters = []
        def make():
            from opentelemetry import metrics
            counters.append(metrics.get_meter("shop").create_counter("sold"))
        thread = threading.Thread(target=make)
        thread.start()
        importing.wait()
        import obskit; obskit.init(service_name="shop", log_format="off")
        thread.join()
        counters[0].add(3)
    """
    with Sink() as sink:
        done = python(
            SLOW.replace("{name}", "opentelemetry.metrics._internal") + dedent(code),
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert sink.total("sold") == 3


def test_a_propagator_that_the_service_chooses_after_the_start_is_asked() -> None:
    done = python(
        """
        import sys
        import obskit; obskit.init(service_name="shop", log_format="off", exit_budget=0.1)
        from obskit._runtime.inbound import Inbound
        inbound = Inbound()
        assert "opentelemetry.propagate" not in sys.modules and inbound.is_usual
        from opentelemetry import propagate
        from opentelemetry.baggage.propagation import W3CBaggagePropagator
        assert inbound.is_usual
        propagate.set_global_textmap(W3CBaggagePropagator())
        assert not inbound.is_usual and not Inbound().is_usual
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_propagators_that_are_not_installed_are_told_and_the_w3c_headers_are_read() -> None:
    done = python(
        """
        import obskit; obskit.init(service_name="shop", exit_budget=0.1)
        from obskit._runtime.inbound import Inbound
        assert Inbound().is_usual
        """,
        OTEL_PROPAGATORS="carrier-pigeon",
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr
    assert "OTEL_PROPAGATORS cannot be used (Propagator carrier-pigeon not found" in done.stdout


@pytest.mark.parametrize("slow", ["opentelemetry.baggage", "opentelemetry.metrics._internal"])
def test_a_fork_does_not_come_in_the_middle_of_an_import(slow: str) -> None:
    code = """
        import importlib, os
        import obskit; obskit.init(service_name="shop", log_format="off", exit_budget=0.1)
        from obskit._runtime import imports
        from obskit._runtime.inbound import Inbound
        imports.MOMENT_SECONDS = 30  # an import on a busy machine takes its time
        inbound = Inbound()
        def ask():
            inbound.context({"baggage": "user=7"}.get)
            importlib.import_module("opentelemetry.metrics")
        threading.Thread(target=ask).start()
        importing.wait()
        if not os.fork():
            threading.Timer(20, os._exit, [1]).start()
            ask()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
    """
    done = python(SLOW.replace("{name}", slow) + dedent(code), **NOWHERE)
    assert done.stdout.strip() == "0", done.stderr
