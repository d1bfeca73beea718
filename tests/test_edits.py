"""Edits of rendered files that break a budget: windows of what is recorded, and the waits of Alertmanager's routes."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from obskit import _checks
from obskit._checks import _routes
from obskit._render import pipeline
from obskit.config.project import Intervals, Notify, Project, SecretKey, Service

SHOP = Project(
    service=Service(name="shop", namespace="shop"),
    packs={"redis": True},
    notify=Notify(kind="webhook", secret=SecretKey(name="hook", key="url")),
)
FILES = pipeline.render(SHOP)
RULES, MANAGER, OPERATOR = (f"alerts/{name}.yaml" for name in ("rules", "alertmanager", "alertmanagerconfig"))
FAST = 'route latency_class="fast"'


def found(files: dict[str, str], project: Project = SHOP) -> dict[str, str]:
    """Alert or route -> what the check of budgets says of it."""
    result: dict[str, list[str]] = {}
    for finding in _checks.run(files, project):
        if finding.check == "detection-budget":
            result.setdefault(finding.place.rpartition("alert ")[2], []).append(finding.message)
    return {place: "\n".join(messages) for place, messages in result.items()}


def recorded_over(series: str, window: str) -> dict[str, str]:
    """The rules alone, with another window over a series in everything that is recorded from it."""
    document = yaml.safe_load(FILES[RULES])
    changed = 0
    for group in document["groups"]:
        for rule in group["rules"]:
            if "record" in rule and series in rule["expr"] and "[15s]" in rule["expr"]:
                rule["expr"] = rule["expr"].replace("[15s]", f"[{window}]")
                changed += 1
    assert changed
    return {"rules.yaml": yaml.safe_dump(document)}


@pytest.mark.parametrize(
    ("series", "window", "alert", "seconds"),
    [
        ("http_server_request_duration_seconds", "5m", "ObskitServiceErrors", 164),
        ("obskit_shard_operations_total", "60s", "ObskitShardHot", 55),
        ("http_server_request_duration_seconds", "10s", "ObskitServiceErrors", 19),
    ],
)
def test_another_window_of_what_is_recorded_is_another_budget_of_the_alerts_on_it(
    series: str, window: str, alert: str, seconds: int
) -> None:
    message = found(recorded_over(series, window))[alert]
    assert message.partition(", in: ")[0].endswith(f"for, window and intervals make it {seconds}s")


def test_the_rules_alone_keep_their_budgets() -> None:
    assert found({"rules.yaml": FILES[RULES]}) == {}


def routes(document: Any) -> Iterator[dict[str, Any]]:
    """Every route in a document."""
    if isinstance(document, dict):
        if "matchers" in document:
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for inner in document:
            yield from routes(inner)


def with_wait(path: str, matcher: object, wait: str | None) -> dict[str, str]:
    """The rendered files, with another group_wait in the routes that have a matcher; None leaves it out."""
    document = yaml.safe_load(FILES[path])
    changed = [route for route in routes(document) if matcher in route["matchers"]]
    assert changed
    for route in changed:
        key = "groupWait" if path == OPERATOR else "group_wait"
        del route[key]
        if wait is not None:
            route[key] = wait
    return {**FILES, path: yaml.safe_dump(document)}


OWN = 'route namespace="shop", service="shop"'
PACK = 'route pack=~"redis", service="shop"'


@pytest.mark.parametrize(
    ("path", "matcher", "wait", "of", "seconds"),
    [
        (MANAGER, 'latency_class="fast"', "5m", FAST, (300, 0)),
        (MANAGER, 'latency_class="fast"', None, FAST, (30, 0)),
        (MANAGER, 'namespace="shop"', "45s", "", (45, 30)),
        (
            OPERATOR,
            {"name": "latency_class", "matchType": "=", "value": "fast"},
            "1m30s",
            FAST,
            (90, 0),
        ),
    ],
    ids=["longer", "left out", "of what is not fast", "of the operator"],
)
def test_a_route_that_waits_longer_than_the_budgets_count_is_named(
    path: str, matcher: object, wait: str | None, of: str, seconds: tuple[int, int]
) -> None:
    messages = found(with_wait(path, matcher, wait))
    above = f'{path}: route service="shop": ' if path == OPERATOR else f"{path}: "
    expected = [f"{above}{OWN}{of and f': {of}'}"] + ([f"{above}{PACK}: {of}"] if of else [])
    assert sorted(messages) == sorted(expected)
    for message in messages.values():
        assert message.startswith(f"group_wait is {seconds[0]} s; the budget of Obskit")
        assert message.endswith(f" counts {seconds[1]} s of it")


@pytest.mark.parametrize(
    ("matcher", "key", "value", "of", "seconds"),
    [
        ('namespace="shop"', "group_interval", "5m", "", (300, 30)),
        ('latency_class="fast"', "group_by", ["alertname"], FAST, (60, 0)),
    ],
    ids=["longer", "a fast alert that is no group of its own"],
)
def test_a_route_in_which_an_alert_that_joins_a_group_waits_longer_than_the_budgets_count_is_named(
    matcher: str, key: str, value: object, of: str, seconds: tuple[int, int]
) -> None:
    document = yaml.safe_load(FILES[MANAGER])
    for route in routes(document):
        if matcher in route["matchers"]:
            route[key] = value
    message = found({**FILES, MANAGER: yaml.safe_dump(document)})[f"{MANAGER}: {OWN}{of and f': {of}'}"]
    assert message.startswith(f"group_interval is {seconds[0]} s for one that joins its group; the budget of Obskit")
    assert message.endswith(f" counts {seconds[1]} s of it")


def test_a_route_that_waits_less_is_no_finding() -> None:
    assert found(with_wait(MANAGER, 'namespace="shop"', "1s")) == {}


def test_a_wait_that_the_project_declares_is_in_the_budgets() -> None:
    slower = Project(service=SHOP.service, intervals=Intervals(group_wait="2s"))
    files = pipeline.render(slower)
    assert not any("group_wait" in message for message in found(files, slower).values())
    later = {**files, MANAGER: files[MANAGER].replace("group_wait: 2s", "group_wait: 3s")}
    assert f"{MANAGER}: {OWN}: {FAST}" in found(later, slower)


ALERT = """
groups:
- name: g
  interval: 5s
  rules:
  - alert: A
    expr: sum by (pod) (up) == 0
    labels: {service: shop, latency_class: fast, team: '{{ $labels.pod }}s'}
"""


@pytest.mark.parametrize(
    ("before", "waits"),
    [
        ("{matchers: ['service=\"till\"'], group_wait: 1m}", False),
        ("{matchers: ['service!=\"shop\"'], group_wait: 1m}", False),
        ("{matchers: ['service!~\"sh.*\"'], group_wait: 1m}", False),
        ("{matchers: ['service=~\"ho\"'], group_wait: 1m}", False),
        ("{matchers: ['zone=east'], group_wait: 1m}", False),
        ("{match: {service: till}, group_wait: 1m}", False),
        ("{matchers: [service = shop, latency_class=~fast|normal], group_wait: 1m}", True),
        ("{matchers: [alertname=A], group_wait: 1m}", True),
        ("{matchers: ['zone=\"\"'], group_wait: 1m}", True),
        ("{matchers: ['zone!=\"east\"'], group_wait: 1m}", True),
        ("{match_re: {service: s.*}, group_wait: 1m}", True),
        ("{group_wait: 1m}", True),
        ("{group_wait: 1m, routes: [{matchers: [service=shop], group_wait: 0s}]}", False),
        ("{group_wait: 1m, continue: true, routes: [{matchers: [service=shop], group_wait: 0s}]}", False),
        ("{group_wait: 0s, routes: [{matchers: [pod=a], group_wait: 1m}]}", True),
        ("{matchers: [pod=a], group_wait: 1m}", True),
        ("{matchers: [team=web], group_wait: 1m}", True),
        ("{matchers: ['service=~\"(\"'], group_wait: 1m}", True),
        ("{matchers: ['{service=shop}'], group_wait: 1m}", True),
        ("{matchers: [service=shop], group_wait: 0s}, {group_wait: 1m}", False),
        ("{matchers: [service=shop], group_wait: 0s, continue: true}, {group_wait: 1m}", True),
    ],
)
def test_an_alert_waits_in_the_routes_that_alertmanager_would_send_it_through(before: str, waits: bool) -> None:
    rest = "{matchers: [service=shop], group_wait: 0s}"
    manager = f"{{route: {{receiver: r, routes: [{before}, {rest}]}}, receivers: []}}"
    messages = found({"r.yaml": ALERT, "alertmanager.yaml": manager})
    assert any("group_wait is 60 s" in message for message in messages.values()) == waits


def test_an_alert_without_a_route_waits_as_alertmanager_does_unless_another_file_routes_it() -> None:
    other = "{routes: [{matchers: [service=till], group_wait: 1m}], inhibit_rules: []}"
    assert found({"r.yaml": ALERT, "a.yaml": other})["a.yaml"].startswith(
        "group_wait is 30 s; the budget of A counts 0 s"
    )
    own = "{routes: [{matchers: [service=shop], group_wait: 0s, group_by: ['...']}], inhibit_rules: []}"
    assert set(found({"r.yaml": ALERT, "a.yaml": other, "b.yaml": own})) == {"A"}, "its missing annotation alone"


TREE = """
route:
  receiver: "0"
  group_wait: 1s
  routes:
  - {receiver: "2", group_wait: 2s, matchers: ['service="shop"', 'latency_class!="slow"'], continue: true}
  - receiver: "3"
    group_wait: 3s
    matchers: [service=~"shop|till"]
    routes:
    - {receiver: "4", group_wait: 4s, matchers: ['latency_class = fast', 'zone=""']}
    - {receiver: "5", group_wait: 5s, match: {latency_class: fast}, continue: true}
    - {receiver: "6", group_wait: 6s, match_re: {alertname: "A|B"}}
  - {receiver: "7", group_wait: 7s, matchers: ['service!~"sh.+"', 'zone=~"ea"']}
  - {receiver: "8", matchers: ['"zone"="east"']}
receivers: [{name: "0"}, {name: "2"}, {name: "3"}, {name: "4"}, {name: "5"}, {name: "6"}, {name: "7"}, {name: "8"}]
"""
VALUES = {
    "alertname": ("A", "C"),
    "service": ("shop", "till", "bank"),
    "latency_class": ("fast", "slow"),
    "zone": ("", "east", "ea"),
}


@pytest.mark.real
def test_alertmanager_sends_an_alert_through_the_same_routes(program: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yaml").write_text(TREE)
    first = _routes.read("alertmanager.yaml", yaml.safe_load(TREE))
    assert first is not None
    seen = set()
    for values in itertools.product(*VALUES.values()):
        labels = {label: value for label, value in zip(VALUES, values, strict=True) if value}
        command = [program("amtool"), "config", "routes", "test", "--config.file=alertmanager.yaml"]
        given = [f"{label}={value}" for label, value in labels.items()]
        done = subprocess.run([*command, *given], cwd=tmp_path, capture_output=True, text=True, check=True)
        receivers = done.stdout.strip().split(",")
        waits = {"0": 1, "8": 1}  # one has what stands above it
        expected = [waits.get(receiver, int(receiver)) for receiver in receivers]
        assert [route.holds.wait for route in first.taken(lambda label, of=labels: of.get(label, ""))] == expected, (
            labels
        )
        seen |= {*receivers}
    assert seen == {"0", "2", "3", "4", "5", "6", "7", "8"}
