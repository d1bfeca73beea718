"""The alerts on log lines on a real Loki: its ruler takes them, they fire within their budgets and are silent else."""

from __future__ import annotations

import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from obskit._installation import directory
from obskit._render import alerts, pack, routing
from obskit.catalogue import log_fields
from obskit.config.project import Project, Service
from tools.stack.listeners import Webhook
from tools.stack.servers import Alertmanager, Loki, get

pytestmark = pytest.mark.real

PACK = {alert.name: alert for alert in pack.load().alerts() if alert.language == "logql"}
DOCUMENT = yaml.safe_load((directory("cases") / "logs-lines.yaml").read_text())
CASES, MUTANTS = DOCUMENT["tests"], DOCUMENT["mutants"]
#: Of a busy machine, and of Alertmanager's own interval of sending.
GRACE = 15
#: How far apart a case is looked at.
STEP = 15


class Case:
    """A case under way: a service of its own, whose lines are in Loki, also those that are to come."""

    def __init__(self, number: int, case: dict[str, Any]) -> None:
        self.name, self.fires, self.silent = case["name"], case.get("fires", []), case["silent"]
        self.project = Project(service=Service(name=f"case-{number}", namespace="shop"))
        self.fault, self._ago = 0.0, case.get("ago", 0)
        self._groups = case["lines"]

    def expr(self, alert: str) -> str:
        """The expression of an alert of this service."""
        rules = (rule for group in alerts.log_groups(self.project) for rule in group["rules"])
        return next(rule["expr"] for rule in rules if rule["alert"] == alert)

    def begin(self, url: str) -> None:
        """Write the lines, as Fluent Bit does."""
        self.fault = time.time() + 2 - self._ago
        names = {name for name, field in log_fields().items() if field.kind == "metadata"}
        streams: dict[str, list[Any]] = {}
        for group in self._groups:
            fields = {key: value for key, value in group.items() if key not in ("from", "to", "every")}
            assert set(fields) <= names
            for index in range(int((group["to"] - group["from"]) / group["every"]) + 1):
                moment = self.fault + group["from"] + index * group["every"]
                slot = time.strftime("%H", time.gmtime(moment))
                streams.setdefault(slot, []).append([str(int(moment * 1e9)), "a line", fields])
        service = {"service_name": self.project.service.name, "service_namespace": self.project.service.namespace}
        sent = [{"stream": service | {"slot": slot}, "values": sorted(v, key=_moment)} for slot, v in streams.items()]
        body = json.dumps({"streams": sent}).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{url}/loki/api/v1/push", body, headers), timeout=30).close()


def _moment(line: list[Any]) -> str:
    return str(line[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ruler")


@pytest.fixture(scope="module")
def running(program: Callable[[str], Path], folder: Path) -> Iterator[tuple[Loki, Webhook, list[Case]]]:
    """Loki with the rules of every case, and Alertmanager with their routes."""
    cases = [Case(number, case) for number, case in enumerate(CASES)]
    rules = folder / "rules/fake"  # the tenant of a Loki that has none
    rules.mkdir(parents=True)
    for case in cases:
        (rules / f"{case.project.service.name}.yaml").write_text(alerts.files(case.project)["alerts/loki.yaml"])
    routes = [route for case in cases for route in routing.routes(case.project)]
    with (
        Webhook() as webhook,
        Alertmanager(program("alertmanager"), folder, webhook=webhook.url, routes=routes) as alertmanager,
        Loki(program("loki"), folder, rules=folder / "rules", alertmanager=alertmanager.url) as loki,
    ):
        for case in cases:
            case.begin(loki.url)
        yield loki, webhook, cases


def holds(loki: Loki, expr: str, moment: float) -> list[dict[str, str]]:
    """The labels for which an expression holds at a time."""
    found = get(f"{loki.url}/loki/api/v1/query", query=expr, time=str(int(moment * 1e9)))["data"]["result"]
    return [series["metric"] for series in found]


def at_times(loki: Loki, case: Case, expr: str) -> list[int]:
    """Seconds after the fault at which an expression holds."""
    seconds = range(0, int(time.time() - case.fault), STEP)
    return [second for second in seconds if holds(loki, expr, case.fault + second)]


def test_every_alert_on_log_lines_is_taken_and_does_what_its_cases_say(
    running: tuple[Loki, Webhook, list[Case]],
) -> None:
    loki, webhook, cases = running
    groups = get(f"{loki.url}/prometheus/api/v1/rules")["data"]["groups"]
    loaded = {(group["name"], rule["name"]) for group in groups for rule in group["rules"]}
    assert len(loaded) == len(PACK) * len(cases)
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    for case in cases:
        for expected in case.fires:
            assert_fires(case, expected, loki, webhook)
    time.sleep(max(0.0, max(case.fault for case in cases) + 60 - time.time()))
    for case in cases:
        for name in case.silent:
            assert at_times(loki, case, case.expr(name)) == [], f"{case.name}: {name} fires"
            assert (case.project.service.name, name) not in webhook.alerts
    proven = {expected["alert"] for case in cases for expected in case.fires}
    assert proven == set(PACK) == {name for case in cases for name in case.silent}


def assert_fires(case: Case, expected: dict[str, Any], loki: Loki, webhook: Webhook) -> None:
    """Not before the fault, within the budget, with these labels and this description."""
    name, service = expected["alert"], case.project.service.name
    assert holds(loki, case.expr(name), case.fault - 1) == [], f"{case.name}: {name} fires before the fault"
    budget = alerts.budget(case.project, PACK[name])
    while (service, name) not in webhook.alerts:
        assert time.time() < case.fault + budget.seconds + GRACE, f"{case.name}: {name} is late"
        time.sleep(0.5)
    alert = webhook.alerts[service, name]
    rule = next(r for g in alerts.log_groups(case.project) for r in g["rules"] if r["alert"] == name)
    assert alert["labels"] == {"alertname": name, **rule["labels"], **expected.get("labels", {})}
    assert alert["annotations"].keys() == rule["annotations"].keys()
    assert re.fullmatch(expected["description"], alert["annotations"]["description"])


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant["name"] for mutant in MUTANTS])
def test_a_case_fails_without_a_clause(mutant: dict[str, str], running: tuple[Loki, Webhook, list[Case]]) -> None:
    loki, _, cases = running
    case = next(case for case in cases if case.name == mutant["case"])
    name, expr = mutant["rule"], case.expr(mutant["rule"])
    assert mutant["old"] in expr
    changed = expr.replace(mutant["old"], mutant["new"])
    if name in case.silent:
        assert at_times(loki, case, changed) != []
        return
    due = case.fault + alerts.budget(case.project, PACK[name]).rule
    time.sleep(max(0.0, due - time.time()))
    assert holds(loki, expr, due)
    assert not holds(loki, changed, due)


def test_loki_keeps_no_alert_firing(running: tuple[Loki, Webhook, list[Case]], folder: Path) -> None:
    """Which is why an override of keep_firing_for is refused."""
    loki, _, _ = running
    group = {
        "name": "kept",
        "rules": [{"alert": "Kept", "expr": 'sum(rate({a="b"}[1m])) > 0', "keep_firing_for": "1h"}],
    }
    path = folder / "rules/fake/kept.yaml"
    path.write_text(yaml.safe_dump({"groups": [group]}))
    try:
        deadline = time.time() + 90
        found: list[dict[str, Any]] = []
        while not found and time.time() < deadline:
            groups = get(f"{loki.url}/prometheus/api/v1/rules")["data"]["groups"]
            found = [rule for group in groups for rule in group["rules"] if rule["name"] == "Kept"]
            time.sleep(1)
        assert found and not found[0].get("keepFiringFor")
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
