"""Signals of the Python process: CPU, memory, threads, garbage collection."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from obskit._runtime.guard import contained
from obskit._runtime.pipeline import Attributes, Pipeline, Recorder
from obskit.catalogue import runtime

_PAGE = os.sysconf("SC_PAGE_SIZE")
_GENERATIONS = len(gc.get_stats())
_STATM = Path("/proc/self/statm")


def install(pipeline: Pipeline) -> None:
    """Observe this process."""
    pipeline.observe(runtime.CPU_TIME, contained("process.cpu", ())(_cpu))
    pipeline.observe(runtime.MEMORY_USAGE, contained("process.memory", ())(_memory))
    pipeline.observe(runtime.THREAD_COUNT, contained("process.threads", ())(_threads))
    pipeline.observe(runtime.GC_COLLECTIONS, contained("process.collections", ())(_collections))
    gc.callbacks.append(_Pauses(pipeline.instrument(runtime.GC_PAUSE)))


def _cpu() -> Iterable[tuple[float, Attributes]]:
    times = os.times()
    return [(times.user, {runtime.CPU_MODE.name: "user"}), (times.system, {runtime.CPU_MODE.name: "system"})]


def _memory() -> Iterable[tuple[float, Attributes]]:
    return [(int(_STATM.read_bytes().split()[1]) * _PAGE, {})] if _STATM.exists() else []


def _threads() -> Iterable[tuple[float, Attributes]]:
    return [(threading.active_count(), {})]


def _collections() -> Iterable[tuple[float, Attributes]]:
    return [
        (stats["collections"], {runtime.GENERATION.name: generation}) for generation, stats in enumerate(gc.get_stats())
    ]


class _Pauses:
    """A callback of the collector; only pauses of half a millisecond and more are worth a record."""

    def __init__(self, record: Recorder) -> None:
        self._record = [record.bind({runtime.GENERATION.name: generation}) for generation in range(_GENERATIONS)]
        self._started = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._started = time.perf_counter()
        else:
            self._stop(time.perf_counter() - self._started, info)

    @contained("process.gc")
    def _stop(self, elapsed: float, info: dict[str, int]) -> None:
        if elapsed >= runtime.GC_PAUSE.boundaries[0]:
            self._record[info["generation"]](elapsed, None)
