"""Every rule of a service is of that service alone: nothing that it tells of can be another's."""

from __future__ import annotations

import re
from typing import Any

import promql_parser as parser
import pytest

from obskit import catalogue
from obskit._render import alerts
from obskit.config.project import Project, Service, ShardSet
from obskit.promql import syntax

# The container has a name of its own, as it does where several services share a namespace.
PROJECT = Project(
    service=Service(name="shop", namespace="mall", container="till"), shards=[ShardSet(set="orders", expected=4)]
)
#: Matchers of which one set says whose a series is: what the service pushes, its sidecars, its containers.
OWN = (
    {("job", "mall/shop")},
    {("job", "mall/obskit-shop")},
    {("namespace", "mall"), ("container", "till")},
)
#: On these a series of kube-state-metrics that has no container is joined with one of the service's pods.
POD = {"namespace", "pod"}
RULES = [
    (rule.get("alert") or rule["record"], rule["expr"])
    for groups in alerts.by_family(PROJECT).values()
    for group in groups
    for rule in group["rules"]
]


def is_own(node: Any) -> bool | None:
    """Whether all that an expression gives is of the service; None where it selects nothing.

    Raises:
        LookupError: A selector does not even name the namespace, which nothing mends.
    """
    if isinstance(node, parser.MatrixSelector):
        return is_own(node.vector_selector)
    if isinstance(node, parser.VectorSelector):
        equal = {(m.name, m.value) for m in node.matchers.matchers if m.op == parser.MatchOp.Equal}
        if ("namespace", "mall") not in equal and not any(own <= equal for own in OWN):
            raise LookupError(f"{node.name} is of any service")
        return not node.matchers.or_matchers and any(own <= equal for own in OWN)
    if isinstance(node, parser.BinaryExpr):
        return of_both(node, is_own(node.lhs), is_own(node.rhs))
    if isinstance(node, parser.Call):
        return of_all(node.args)
    if isinstance(node, (parser.NumberLiteral, parser.StringLiteral)):
        return None
    return of_all([node.expr, *([node.param] if getattr(node, "param", None) else [])])


def of_all(nodes: list[Any]) -> bool | None:
    known = [own for own in map(is_own, nodes) if own is not None]
    return all(known) if known else None


def of_both(node: Any, left: bool | None, right: bool | None) -> bool | None:
    """Of a union both sides must be; of a join on pods one, and in a difference the left one."""
    if left is right is None:
        return None
    if False not in (left, right):
        return True
    operator = str(node.op)
    if operator == "or" or True not in (left, right) or (operator == "unless" and not left):
        return False
    matching = node.modifier and node.modifier.matching
    return bool(matching) and matching.type == parser.LabelModifierType.Include and set(matching.labels) >= POD


@pytest.mark.parametrize(("name", "expr"), RULES, ids=[name for name, _ in RULES])
def test_a_rule_tells_of_one_service_alone(name: str, expr: str) -> None:
    assert is_own(syntax.parse(expr)), name


def test_every_group_of_the_families_is_among_them() -> None:
    names = {name for name, _ in RULES}
    assert {"ObskitPodRestartStorm", "obskit:telemetry_processes:count", "obskit:shard_logodds"} <= names
    assert not {alert.family for alert in alerts.pack.load().alerts() if alert.name in names} & set(catalogue.PLATFORM)


@pytest.mark.parametrize(
    ("expr", "own"),
    [
        ('sum(rate(x{job="mall/shop"}[1m])) > 5', True),
        ('x{job="mall/shop"} or y{job="mall/shop"}', True),
        ('x{job="mall/shop"} or vector(0)', True),
        ('x{namespace="mall"}', False),
        ('x{namespace="mall", container="shop"}', False),
        ('x{namespace="mall", container="till"} unless on (namespace, pod) y{namespace="mall"}', True),
        ('x{namespace="mall", container="till"} unless on (pod) y{namespace="mall"}', False),
        ('x{namespace="mall"} unless on (namespace, pod) y{namespace="mall", container="till"}', False),
        ('x{namespace="mall"} and on (namespace, pod) y{namespace="mall", container="till"}', True),
        ('x{namespace="mall"} and on (namespace) y{namespace="mall", container="till"}', False),
        ('x{namespace="mall"} and on () y{namespace="mall", container="till"}', False),
        ('x{namespace="mall"} > 1', False),
        ("vector(1)", None),
    ],
)
def test_a_selector_of_the_namespace_alone_is_of_a_service_by_its_pods(expr: str, own: bool | None) -> None:
    assert is_own(syntax.parse(expr)) is own


@pytest.mark.parametrize(
    "expr",
    [
        'x{job="mall/shop"} / on (job) y',
        'x{job="mall/shop"} or y{job="mall/cart"}',
        'x{job="mall/shop"} unless on (job, instance) max_over_time(y[1h])',
        'x{namespace="mall", container="till"} and on (namespace, pod) y',
        'x{namespace="mall", container="till"} and on (namespace, pod) y{job=~"mall/shop"}',
        'sum(rate(x{job="mall/shop"}[5m])) + scalar(y)',
    ],
)
def test_a_selector_of_any_service_is_seen_however_it_is_joined(expr: str) -> None:
    with pytest.raises(LookupError, match="y is of any service"):
        is_own(syntax.parse(expr))


def test_every_selector_of_log_lines_names_the_service() -> None:
    rules = [rule for group in alerts.log_groups(PROJECT) for rule in group["rules"]]
    assert rules
    for rule in rules:
        streams = re.findall(r"\{([^{}]*)\}", rule["expr"])
        assert streams and all('service_name="shop"' in stream for stream in streams), rule["alert"]


def test_two_services_have_no_selector_in_common() -> None:
    other = Project(service=Service(name="cart", namespace="mall"))
    own = [f'{name}="{value}"' for matchers in OWN for name, value in matchers if name != "namespace"]
    for groups in alerts.by_family(other).values():
        for rule in (rule for group in groups for rule in group["rules"]):
            assert not any(text in rule["expr"] for text in own), rule
