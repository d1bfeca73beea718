"""How long work waits for a thread, and that nothing else of an executor changes."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread
import pytest
from observed import ask, web
from programs import python

from obskit.catalogue import runtime
from obskit.testing import Recorded, fault
from tools.reliability.sink import Sink

NOWHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OBSKIT_EXIT_BUDGET": "0.1"}
HELD_SECONDS = 0.3


class Waited:
    """What was recorded of one executor since this was made."""

    def __init__(self, recorded: Recorded, executor: str) -> None:
        self._point = lambda: recorded.points(runtime.EXECUTOR_WAIT_TIME.name).get(((runtime.EXECUTOR.name, executor),))
        self._before = self._now()

    def _now(self) -> tuple[int, float]:
        point = self._point()
        return (point.count, point.sum) if point else (0, 0.0)

    def __call__(self) -> tuple[int, float]:
        """Return count and seconds."""
        (count, seconds), (earlier, waited) = self._now(), self._before
        return count - earlier, seconds - waited


@pytest.fixture
def pooled(recorded: Recorded) -> Waited:
    return Waited(recorded, runtime.THREAD_POOL)


@pytest.fixture
def of_anyio(recorded: Recorded) -> Waited:
    return Waited(recorded, runtime.ANYIO)


def test_work_that_finds_the_only_thread_taken_waits_as_long_as_it_is(pooled: Waited) -> None:
    begun = threading.Event()

    def hold() -> None:
        begun.set()
        time.sleep(HELD_SECONDS)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        begun.wait()
        assert pool.submit(int, "7").result() == 7
    count, seconds = pooled()
    assert count == 2
    assert seconds > HELD_SECONDS / 2


def test_work_of_asyncio_and_of_a_map_is_timed_once_each(pooled: Waited) -> None:
    async def main() -> list[str]:
        in_pool = asyncio.get_running_loop().run_in_executor(None, str, 2)
        return [await asyncio.to_thread(str, 1), await in_pool]

    assert asyncio.run(main()) == ["1", "2"]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(str, range(3))) == ["0", "1", "2"]
    assert pooled()[0] == 5


def test_work_of_anyio_waits_for_its_limiter_too(of_anyio: Waited) -> None:
    async def main() -> None:
        one = anyio.CapacityLimiter(1)
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(lambda: anyio.to_thread.run_sync(time.sleep, HELD_SECONDS, limiter=one))

    anyio.run(main)
    count, seconds = of_anyio()
    assert count == 2
    assert seconds > HELD_SECONDS / 2


def test_a_synchronous_endpoint_of_fastapi_is_work_of_anyio(of_anyio: Waited, pooled: Waited) -> None:
    assert ask(web(), "/v1/orders/7").status_code == 200
    assert of_anyio()[0] >= 1  # FastAPI may check the answer in a thread as well
    assert pooled()[0] == 0


def test_arguments_results_and_errors_are_those_of_the_work(pooled: Waited) -> None:
    def work(*args: Any, **named: Any) -> Any:
        return args, named

    names = {"self": 1, "fn": 2, "since": 3, "work": 4}
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work, 1, 2, **names).result() == ((1, 2), names)
        with pytest.raises(ValueError, match="invalid literal") as caught:
            pool.submit(int, "x").result()
        assert caught.value.__cause__ is None
        with pytest.raises(TypeError):
            pool.submit()  # type: ignore[call-arg]
    assert pooled()[0] == 2


def test_both_ways_in_look_as_they_did() -> None:
    assert list(inspect.signature(ThreadPoolExecutor.submit).parameters) == ["self", "fn", "args", "kwargs"]
    assert inspect.iscoroutinefunction(anyio.to_thread.run_sync)
    assert "limiter" in inspect.signature(anyio.to_thread.run_sync).parameters


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it"])
def test_a_fault_of_ours_leaves_the_work_as_it_is(recorded: Recorded, late: bool) -> None:
    with fault("executor.wait", late=late), ThreadPoolExecutor(1) as pool:
        assert pool.submit(int, "7").result() == 7
        assert anyio.run(anyio.to_thread.run_sync, int, "7") == 7


def test_a_pool_of_the_service_s_own_kind_is_timed_too(pooled: Waited) -> None:
    class Named(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return super().submit(fn, *args, **kwargs)

    with Named(1) as pool:
        assert pool.submit(int, "7").result() == 7
    assert pooled()[0] == 1


def test_work_that_is_cancelled_before_it_began_waited_for_nothing(pooled: Waited) -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(release.wait)
        assert pool.submit(int, "7").cancel()
        release.set()
    assert pooled()[0] == 1


def test_a_pool_that_is_older_than_init_is_timed_and_one_that_is_not_to_be_is_left_alone() -> None:
    done = python(
        """
        from concurrent.futures import ThreadPoolExecutor
        import anyio.to_thread
        from obskit import testing
        pool, submit, run_sync = ThreadPoolExecutor(1), ThreadPoolExecutor.submit, anyio.to_thread.run_sync
        recorded = testing.recording(service_name="x", log_format="off", disabled_instrumentations="anyio")
        assert pool.submit(int, "7").result() == 7
        assert anyio.to_thread.run_sync is run_sync
        (point,) = recorded.points("obskit.executor.wait_time").values()
        assert point.count == 1
        """
    )
    assert done.returncode == 0, done.stderr


def test_a_service_that_gives_no_work_away_imports_nothing_for_it() -> None:
    done = python(
        """
        import sys, obskit
        obskit.init(service_name="x", exit_budget=0.1)
        assert not {"concurrent.futures.thread", "anyio"} & set(sys.modules)
        assert not [name for name in sys.modules if name.endswith("instrumentations._waits")]
        """,
        **NOWHERE,
    )
    assert done.returncode == 0, done.stderr


def test_the_work_of_a_parent_and_of_its_forked_child_is_timed_once_each() -> None:
    with Sink() as sink:
        done = python(
            """
            import os, sys
            from concurrent.futures import ThreadPoolExecutor
            import obskit
            obskit.init(service_name="x")
            pool = ThreadPoolExecutor(1)
            pool.submit(int, "7").result()
            if not os.fork():
                with ThreadPoolExecutor(1) as own:
                    own.submit(int, "8").result()
                    own.submit(int, "9").result()
                sys.exit()
            assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        )
        assert done.returncode == 0, done.stderr
        assert sink.total(runtime.EXECUTOR_WAIT_TIME.name, executor=runtime.THREAD_POOL) == 3


@pytest.mark.parametrize("init", ["import obskit; obskit.init(service_name='x')", ""], ids=["observed", "alone"])
def test_a_process_ends_after_the_work_that_waits_at_its_end(init: str) -> None:
    with Sink() as sink:
        done = python(
            f"""
            import time
            from concurrent.futures import ThreadPoolExecutor
            {init}
            pool = ThreadPoolExecutor(1)
            for number in range(3):
                pool.submit(lambda number: (time.sleep(0.1), print(number, flush=True)), number)
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
            timeout=30,
        )
    assert (done.returncode, done.stdout) == (0, "0\n1\n2\n"), done.stderr


@pytest.mark.skipif(sys.version_info < (3, 14), reason="Python 3.14 came with pools of interpreters")
@pytest.mark.parametrize("first", ["init", "import"])
def test_work_of_another_interpreter_is_left_as_it_is(first: str) -> None:
    lines = ["import obskit; obskit.init(service_name='x')", "from concurrent.futures import InterpreterPoolExecutor"]
    code = "\n".join(lines if first == "init" else reversed(lines))
    done = python(f"{code}\nwith InterpreterPoolExecutor(1) as pool: print(pool.submit(int, '7').result())", **NOWHERE)
    assert "7" in done.stdout.splitlines(), done.stderr
    assert "contained" not in done.stdout
