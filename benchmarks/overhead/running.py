"""All rounds: who takes part is installed and tried, then everybody is measured once a round, in random order."""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.overhead import cpu
from benchmarks.overhead.apps import database
from benchmarks.overhead.contestants import BARE, Contestant
from benchmarks.overhead.environments import CannotInstall, Environment, Say, current, prepare
from benchmarks.overhead.measure import FULL, SHORT, TRIAL, Pair, Plan, Stage, measure
from benchmarks.overhead.servers import SERVERS
from tools.stack.postgres import PostgreSQL


class CannotMeasure(RuntimeError):
    """Raised when something is missing without which nothing can be measured."""


@dataclass
class Run:
    """What is measured, and what came of it.

    Args:
        contestants: Who takes part; the bare service is always among them.
        servers: On which servers.
        rounds: How often everybody is measured.
        short: Fewest requests, in the environment of the benchmark.
    """

    contestants: Sequence[Contestant]
    servers: Sequence[str]
    rounds: int
    short: bool
    environments: dict[str, Environment] = field(default_factory=dict)
    #: (contestant, server) -> why there is no result.
    failed: dict[tuple[str, str], str] = field(default_factory=dict)
    #: Server -> why it was not measured at all.
    left_out: dict[str, str] = field(default_factory=dict)
    #: (contestant, server) -> what was measured in each round; of the bare service, beside each of the others.
    measured: dict[tuple[str, str], list[Pair]] = field(default_factory=dict)
    postgresql: str = ""
    pinned: bool = False
    seconds: float = 0

    @property
    def plan(self) -> Plan:
        """How much is asked of a service."""
        return SHORT if self.short else FULL


def execute(run: Run, say: Say) -> None:
    """Carry out a run.

    Raises:
        CannotMeasure: Something needed is missing, or the bare service itself does not work.
    """
    started = time.monotonic()
    with cpu.apart() as core:
        run.pinned = core is not None
        _install(run, say)
        with _stage(run, core, say) as stage:
            if not run.short:
                for server in run.servers:
                    _everybody(run, server, TRIAL, stage, "trial", say)
            for number in range(1, run.rounds + 1):
                for server in run.servers:
                    kept = _everybody(run, server, run.plan, stage, f"round {number} of {run.rounds}", say)
                    for name, pair in kept.items():
                        run.measured.setdefault((name, server), []).append(pair)
                        if name != BARE.name:
                            run.measured.setdefault((BARE.name, server), []).append(Pair(pair.bare, pair.bare))
    run.seconds = time.monotonic() - started


def _install(run: Run, say: Say) -> None:
    if run.short:
        here = current()
        run.environments = {contestant.name: here for contestant in run.contestants}
        for server in run.servers:
            absent = [name for name in SERVERS[server] if name not in here.versions]
            if absent:
                run.left_out[server] = f"{absent[0]} is not installed here"
                say(f"{server} is left out: {run.left_out[server]}")
        run.servers = [server for server in run.servers if server not in run.left_out]
        if not run.servers:
            raise CannotMeasure(f"no server to measure: {'; '.join(run.left_out.values())}")
        return
    try:
        bare = run.environments[BARE.name] = prepare(BARE, None, say)
    except CannotInstall as error:
        raise CannotMeasure(f"the services cannot be installed: {error}") from error
    for contestant in run.contestants:
        try:
            run.environments[contestant.name] = bare if contestant == BARE else prepare(contestant, bare, say)
        except CannotInstall as error:
            _fail(run, contestant, run.servers, f"does not install: {error}", say)


@contextlib.contextmanager
def _stage(run: Run, core: int | None, say: Say) -> Iterator[Stage]:
    """Start PostgreSQL with the table of the services."""
    say("starting PostgreSQL")
    with filled_database() as (url, run.postgresql):
        yield Stage(url, core)


@contextlib.contextmanager
def filled_database() -> Iterator[tuple[str, str]]:
    """Run PostgreSQL with the table of the services; give its URL and its version.

    Raises:
        CannotMeasure: It does not start.
    """
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder, contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(PostgreSQL(Path(folder) / "postgres", ["overhead"]))
            with psycopg.connect(host=server.host, port=server.port, user=server.user, dbname="overhead") as connection:
                version = connection.info.parameter_status("server_version") or ""
            url = f"postgresql+psycopg://{server.user}@/overhead?host={server.host}&port={server.port}"
            database.fill(url)
        except Exception as error:
            raise CannotMeasure(f"PostgreSQL does not start: {error}") from error
        yield url, version


def _everybody(run: Run, server: str, plan: Plan, stage: Stage, what: str, say: Say) -> dict[str, Pair]:
    """Measure all that have not failed on a server, in random order, each beside the bare service.

    Raises:
        CannotMeasure: The bare service does not work where nobody else does.
    """
    kept = {}
    others = [each for each in run.contestants if each != BARE and (each.name, server) not in run.failed]
    bare = BARE, run.environments[BARE.name]
    for contestant in random.sample(others, len(others)):
        say(f"{what}: {server}, {contestant.name}")
        try:
            own = contestant, run.environments[contestant.name]
            kept[contestant.name] = measure(server, bare, own, plan, stage)
        except (RuntimeError, OSError) as error:
            _fail(run, contestant, [server], str(error), say)
    if not kept:
        try:
            kept[BARE.name] = measure(server, bare, bare, plan, stage)
        except (RuntimeError, OSError) as error:
            raise CannotMeasure(f"the {server} service itself does not work: {error}") from error
    return kept


def _fail(run: Run, contestant: Contestant, servers: Sequence[str], reason: str, say: Say) -> None:
    """Note why there is no result: one line, without the paths of this machine."""
    line = re.sub(r"(?:/[\w.+-]+){2,}/", "", " ".join(reason.split()))[:300]
    say(f"{contestant.name} is out: {line}")
    for server in servers:
        run.failed[contestant.name, server] = line
