"""What the benchmark stands on: the simulator, Prometheus of two versions, each with its Alertmanager and webhook."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detection.replay import Scene
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
    """The targets: /SERVICE is what its processes expose, /SERVICE/pods what is known of its pods, /SCENE a scene.

    Args:
        services: Simulated services.
        scenes: Scenes, and when each begins.
    """

    def __init__(self, services: Sequence[Service], scenes: Sequence[tuple[Scene, float]] = ()) -> None:
        self.services = {service.name: service for service in services}
        self.scenes = {scene.name: (scene, begins) for scene, begins in scenes}
        super().__init__(self._page)

    @property
    def targets(self) -> dict[str, tuple[str, str, str]]:
        """What Prometheus scrapes: job -> address, path, interval."""
        pages = [(name, suffix, i) for name in self.services for suffix, i in (("", "5s"), ("/pods", "10s"))]
        pages += [(name, "", f"{scene.interval}s") for name, (scene, _) in self.scenes.items()]
        return {f"{name}{suffix}": (self.address, f"/{name}{suffix}", interval) for name, suffix, interval in pages}

    def _page(self, path: str, _body: bytes) -> bytes:
        name, _, what = path.strip("/").partition("/")
        if name in self.scenes:
            scene, begins = self.scenes[name]
            return scene.page(time.time(), begins).encode()
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
    projects = [project(service) for service in simulator.services.values()]
    projects += [scene.project for scene, _ in simulator.scenes.values()]
    now = time.time()
    past = [line for scene, begins in simulator.scenes.values() for line in scene.past(now, begins)]
    history(programs["promtool"], folder, [service.job for service in learnt], more=past)
    _record(programs, folder, [(s, begins) for s, begins in simulator.scenes.values() if s.recorded])
    webhook = stack.enter_context(Webhook())
    routes = [route for one in projects for route in routing.routes(one)]
    alertmanager = Alertmanager(programs["alertmanager"], folder, webhook=webhook.url, routes=routes)
    prometheus = Prometheus(
        programs["prometheus"],
        folder,
        rules=_rules(folder, simulator),
        alertmanager=alertmanager.address,
        targets=simulator.targets,
        otlp=version.startswith("3"),
    )
    for server in (alertmanager, prometheus):
        stack.callback(server.stop)
        server.start()
    for server in (alertmanager, prometheus):
        server.wait()
    return Watched(version, prometheus, webhook)


def _rules(folder: Path, simulator: Simulator) -> list[Path]:
    """Write the rules of every service, and of every scene those of its alerts."""
    texts = [alerts.files(project(service))["alerts/rules.yaml"] for service in simulator.services.values()]
    texts += [text for scene, _ in simulator.scenes.values() for text in scene.rules]
    paths = [folder / f"rules-{number:03}.yaml" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def _record(programs: dict[str, Path], folder: Path, scenes: Sequence[tuple[Scene, float]]) -> None:
    """Let promtool evaluate the rules of scenes over their past, as is done for a rule that is new: blocks again."""
    if not scenes:
        return
    with Prometheus(programs["prometheus"], folder, otlp=False) as prometheus:
        for scene, begins in scenes:
            rules = folder / f"recorded-{scene.name}.yaml"
            rules.write_text("".join(scene.rules), encoding="utf-8")
            command = [programs["promtool"], "tsdb", "create-blocks-from", "rules", f"--url={prometheus.url}"]
            command += [f"--start={begins:.0f}", f"--end={time.time():.0f}", f"--output-dir={folder / 'data'}", rules]
            subprocess.run([str(part) for part in command], check=True, capture_output=True)


def history(
    promtool: Path,
    folder: Path,
    jobs: Sequence[str],
    count: int = SHARDS,
    seconds: int = 3600,
    more: Iterable[str] = (),
) -> None:
    """Give services a past in which nothing happened: what the rules would have recorded, as blocks of the database.

    Log-odds of even shards, with bursts of 15 % that are remembered for a minute, and Poisson noise.

    Args:
        promtool: The binary.
        folder: Of Prometheus.
        jobs: The label ``job`` of each service.
        count: Shards of each.
        seconds: How long the past is.
        more: Samples of the past of others.
    """
    end = time.time() - STEP
    lines = []
    for number, job in enumerate(jobs):
        lines += _learnt(job, count, range(seconds // STEP), end, random.Random(number))
    path = folder / "history.txt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in itertools.chain(lines, more, ["# EOF"]))
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
