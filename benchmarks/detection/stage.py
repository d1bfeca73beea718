"""What the benchmark stands on: the simulator, Prometheus of two versions, each with its Alertmanager and webhook."""

from __future__ import annotations

import contextlib
import math
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detection.service import NAMESPACE, SHARDS, Service
from obskit import catalogue
from obskit._render import alerts, routing
from obskit.config.project import Project, ShardSet
from obskit.config.project import Service as Named
from tools.stack import Alertmanager, Prometheus
from tools.stack.listeners import Listener, Webhook

#: Seconds between two samples of the past.
STEP = 5


@dataclass(frozen=True)
class Watched:
    """A Prometheus and where its alerts arrive."""

    version: str
    prometheus: Prometheus
    webhook: Webhook


class Simulator(Listener):
    """The targets of all services: /SERVICE is what its processes expose, /SERVICE/pods what is known of its pods."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.services = {service.name: service for service in services}
        super().__init__(self._page)

    def _page(self, path: str, _body: bytes) -> bytes:
        name, _, what = path.strip("/").partition("/")
        return self.services[name].expose(pods=what == "pods").encode()


def project(service: Service, shards: int = SHARDS, *, packs: bool = False) -> Project:
    """Return the project of a simulated service, with every platform pack or with none."""
    named = Named(name=service.name, namespace=NAMESPACE)
    on = dict.fromkeys(catalogue.PLATFORM, packs)
    return Project(service=named, shards=[ShardSet(set="orders", expected=shards)], packs={**on})


def watched(
    stack: contextlib.ExitStack,
    version: str,
    programs: dict[str, Path],
    folder: Path,
    simulator: Simulator,
    learnt: Sequence[Service],
) -> Watched:
    """Start Prometheus and Alertmanager of one version over all services, and wait until they answer."""
    folder.mkdir(parents=True)
    rules = []
    for service in simulator.services.values():
        path = folder / f"{service.name}.yaml"
        path.write_text(alerts.files(project(service))["alerts/rules.yaml"], encoding="utf-8")
        rules.append(path)
    history(programs["promtool"], folder, [service.job for service in learnt])
    webhook = stack.enter_context(Webhook())
    routes = [route for service in simulator.services.values() for route in routing.routes(project(service))]
    alertmanager = Alertmanager(programs["alertmanager"], folder, webhook=webhook.url, routes=routes)
    prometheus = Prometheus(
        programs["prometheus"],
        folder,
        rules=rules,
        alertmanager=alertmanager.address,
        targets={
            f"{service.name}{suffix}": (simulator.address, f"/{service.name}{suffix}", interval)
            for service in simulator.services.values()
            for suffix, interval in (("", "5s"), ("/pods", "10s"))
        },
        otlp=version.startswith("3"),
    )
    for server in (alertmanager, prometheus):
        stack.callback(server.stop)
        server.start()
    for server in (alertmanager, prometheus):
        server.wait()
    return Watched(version, prometheus, webhook)


def history(promtool: Path, folder: Path, jobs: Sequence[str], count: int = SHARDS, seconds: int = 3600) -> None:
    """Give services a past in which nothing happened: what the rules would have recorded, as blocks of the database.

    Log-odds of even shards, with bursts of 15 % that are remembered for a minute, and Poisson noise.

    Args:
        promtool: The binary.
        folder: Of Prometheus.
        jobs: The label ``job`` of each service.
        count: Shards of each.
        seconds: How long the past is.
    """
    end = time.time() - STEP
    lines = []
    for number, job in enumerate(jobs):
        lines += _learnt(job, count, range(seconds // STEP), end, random.Random(number))
    path = folder / "history.txt"
    path.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", path, folder / "data"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def _learnt(job: str, count: int, steps: range, end: float, source: random.Random) -> list[str]:
    labels = f'job="{job}",shard_set="orders"'
    deviation = math.sqrt(0.15**2 + 1 / 80)
    kept = math.exp(-STEP / 60)
    state = [source.gauss(0, deviation) for _ in range(count)]
    lines = []
    usual = math.log(1 / (count - 1))
    for step in steps:
        when = end - (len(steps) - step) * STEP
        state = [kept * s + math.sqrt(1 - kept**2) * source.gauss(0, deviation) for s in state]
        lines += [
            f'obskit:shard_logodds:healthy{{{labels},shard="{shard}"}} {usual + s:.5f} {when:.3f}'
            for shard, s in enumerate(state)
        ]
        moved = 0.5 * sum(abs(math.exp(s) - 1) for s in state) / count
        lines.append(f"obskit:shard_moved:healthy{{{labels}}} {moved:.5f} {when:.3f}")
    return lines
