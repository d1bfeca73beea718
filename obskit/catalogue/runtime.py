"""Signals of the Python process: OpenTelemetry's process and cpython conventions, and pauses that it lacks."""

from __future__ import annotations

from obskit.catalogue._model import Attribute, Metric

CPU_MODE = Attribute("cpu.mode", "Mode the CPU ran in.", values=("user", "system"))
GENERATION = Attribute("cpython.gc.generation", "Generation of the garbage collector.", ("0", "1", "2"), type="int")
THREAD_POOL, ANYIO = "thread_pool", "anyio"
EXECUTOR = Attribute(
    "executor",
    "Whose threads: those of concurrent.futures and asyncio, or of anyio, which runs FastAPI's synchronous endpoints.",
    values=(THREAD_POOL, ANYIO),
)

#: Pauses and lags worth telling apart: 0.5 ms is noise, 0.25 s is an outage of one worker.
PAUSE_BOUNDARIES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5)

CPU_TIME = Metric(
    name="process.cpu.time",
    instrument="counter",
    unit="s",
    brief="CPU time of the process.",
    stability="development",
    attributes=(CPU_MODE,),
    presence="always",
)
MEMORY_USAGE = Metric(
    name="process.memory.usage",
    instrument="updowncounter",
    unit="By",
    brief="Physical memory in use by the process.",
    stability="development",
    presence="always",
)
THREAD_COUNT = Metric(
    name="process.thread.count",
    instrument="updowncounter",
    unit="{thread}",
    brief="Threads of the process.",
    stability="development",
    presence="always",
)
GC_COLLECTIONS = Metric(
    name="cpython.gc.collections",
    instrument="counter",
    unit="{collection}",
    brief="Collections of the garbage collector.",
    stability="development",
    attributes=(GENERATION,),
    presence="always",
)
GC_PAUSE = Metric(
    name="obskit.gc.pause",
    instrument="histogram",
    unit="s",
    brief="Time for which the garbage collector stopped the process.",
    stability="development",
    attributes=(GENERATION,),
    boundaries=PAUSE_BOUNDARIES,
)
EVENT_LOOP_LAG = Metric(
    name="obskit.event_loop.lag",
    instrument="histogram",
    unit="s",
    brief="How much later than asked the event loop ran a timer.",
    stability="development",
    boundaries=PAUSE_BOUNDARIES,
    presence="conditional",
    condition="an ASGI server runs the service",
)
EXECUTOR_WAIT_TIME = Metric(
    name="obskit.executor.wait_time",
    instrument="histogram",
    unit="s",
    brief="Time that work waited for a free thread.",
    stability="development",
    attributes=(EXECUTOR,),
    boundaries=PAUSE_BOUNDARIES,
)
