"""Rules with one clause taken out or altered: for each there is a case that fails."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from obskit._render import alerts, cases
from obskit.config.project import Project, Service, ShardSet

pytestmark = pytest.mark.real

PROJECT = Project(
    service=Service(name="cart", namespace="shop"),
    shards=[ShardSet(set="orders", expected=4)],
)
GROUPS = alerts.groups(PROJECT)
CASES = {test["name"]: test for text in cases.files(PROJECT)[0].values() for test in yaml.safe_load(text)["tests"]}
SWAP = "two shards are swapped, the usual shares being known"
#: Alert that stays for a while -> the case that asks for it after its condition has ended.
KEPT = {
    "ObskitDatabaseConnectionWaitSlow": "half of the requests for a connection wait 500 ms, in both processes",
    "ObskitDatabaseConnectionCreateSlow": "every new connection takes 500 ms, at two a second",
    "ObskitDatabaseConnectionTimeouts": "one request for a connection runs into the time limit",
    "ObskitPodRestarting": "a container ends for the second time within two minutes",
    "ObskitPodRestartStorm": "two containers of one owner end within two minutes",
    "ObskitShardMisrouted": "one operation goes to a shard that does not own its key",
    "ObskitShardHot": SWAP,
    "ObskitShardStarved": SWAP,
    "ObskitShardTrafficMoved": SWAP,
    "ObskitShardHotColdStart": "a shard at four times its share, without a baseline",
    "ObskitShardStarvedColdStart": (
        "a shard that takes nothing any more, without a baseline; a restart of the counters is not one"
    ),
}


class Mutant(NamedTuple):
    """A rule with other text in its expression, and the case that must tell."""

    name: str
    rule: str
    old: str
    new: str
    case: str

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of rules with the text replaced."""
        groups = copy.deepcopy(GROUPS)
        rule = rule_of(groups, self.rule)
        assert self.old in rule["expr"]
        rule["expr"] = rule["expr"].replace(self.old, self.new)
        return groups


NEWBORN = "what moves just after the usual shares became known raises nothing"
RESTLESS = "shards that are always restless raise nothing by being so"
FEW = "a few operations are too few to judge by, the usual shares being known"
ZIPF = "a Zipf load without a baseline is uneven, but not by enough"
LITTLE = "a shard that takes a fifth more, and one that takes a quarter less, raise nothing"
FEW_AT_FIRST = "a few operations without a baseline are too few to judge by"
FEW_CONNECTIONS = "one slow request for a connection, and two slow new connections, are too few to judge by"
FEWER = (
    "one process of two has a map of fewer shards, and the alert fires where obskit.yaml says how many there must be"
)
DECLARED = "a map has as many shards as obskit.yaml expects, or the alert fires"
JOB = "two pods of one Job that fail are no storm"
COMPLETED = "a container of a Job that completed its work did not restart"
LIVENESS = "a server that its liveness probe ended with exit code 0 restarted"
UNEVEN_FROM_BIRTH = "a set that is uneven from birth is told of until its shares are known"
STAYS_HOT = "after ten minutes the usual shares are known, and a shard at four times its own is hot, and stays so"
FROZEN_BY = 'alertname=~"ObskitShard(Hot|Starved|TrafficMoved)"'
FROZEN_BY_ALL = 'alertname=~"ObskitShard(Hot|Starved|TrafficMoved|HotColdStart|StarvedColdStart)"'
EXPECTED = 'label_replace(vector(4), "shard_set", "orders", "", "")'

MUTANTS = [
    Mutant("moved before that is settled", "obskit:shard_moved:stddev", ">= 24", ">= 1", NEWBORN),
    Mutant("hot within the usual deviation", "ObskitShardHot", "> 5.5 *", "> 0 *", RESTLESS),
    Mutant("starved within the usual deviation", "ObskitShardStarved", "< -6 *", "< 0 *", RESTLESS),
    Mutant("moved within the usual deviation", "ObskitShardTrafficMoved", "+ 7 *", "+ 0 *", RESTLESS),
    Mutant("hot by little", "ObskitShardHot", "> 1.6", "> 0", LITTLE),
    Mutant("starved by little", "ObskitShardStarved", "< 0.5", "< 99", LITTLE),
    Mutant("moved by little", "ObskitShardTrafficMoved", "> 0.08", "> 0", LITTLE),
    Mutant("hot by little at first", "ObskitShardHotColdStart", "> 2.5", "> 0", ZIPF),
    Mutant("starved by little at first", "ObskitShardStarvedColdStart", "< 0.35", "< 99", ZIPF),
    Mutant("hot by chance", "ObskitShardHot", '"} > 5', '"} > -99', FEW),
    Mutant("starved by chance", "ObskitShardStarved", "< -5", "< 99", FEW),
    Mutant("hot by chance at first", "ObskitShardHotColdStart", "> 5", "> -99", FEW_AT_FIRST),
    Mutant("starved by chance at first", "ObskitShardStarvedColdStart", "< -5", "< 99", FEW_AT_FIRST),
    Mutant("moved by a few", "obskit:shard_moved:ratio", ">= 30", ">= 0", FEW),
    Mutant(
        "learnt from nothing",
        "obskit:shard_logodds",
        ">= 10",
        ">= 0",
        "traffic that begins after ten idle minutes meets no baseline",
    ),
    Mutant("learnt while hot", "obskit:shard_logodds:healthy", FROZEN_BY, 'alertname="none"', STAYS_HOT),
    Mutant("frozen at first", "obskit:shard_logodds:healthy", FROZEN_BY, FROZEN_BY_ALL, UNEVEN_FROM_BIRTH),
    Mutant(
        "silent at next to nothing",
        "ObskitShardSilent",
        "> 10",
        "> -1",
        "the series of a shard that took next to nothing end",
    ),
    Mutant("another number expected", "ObskitShardCountMismatch", "vector(4)", "vector(99)", DECLARED),
    Mutant("a number of no set expected", "ObskitShardCountMismatch", EXPECTED, "vector(99)", DECLARED),
    Mutant("the most shards of a map alone", "ObskitShardCountMismatch", "min by", "max by", FEWER),
    Mutant("no number expected", "ObskitShardCountMismatch", "vector(4)", "(vector(4) < 0)", DECLARED),
    Mutant("one slow wait", "ObskitDatabaseConnectionWaitSlow", ">= 3", ">= 0", FEW_CONNECTIONS),
    Mutant("two slow connections", "ObskitDatabaseConnectionCreateSlow", ">= 3", ">= 0", FEW_CONNECTIONS),
    Mutant("a storm of a Job", "ObskitPodRestartStorm", ', created_by_kind!="Job"', "", JOB),
    Mutant("a restart of what completed", "ObskitPodRestarted", 'reason="Completed"', 'reason="none"', COMPLETED),
    Mutant("exit code 0 as an excuse", "ObskitPodRestarted", 'created_by_kind="Job"', 'created_by_kind!=""', LIVENESS),
    Mutant(
        "not ready when ended",
        "ObskitPodNotReady",
        'phase=~"Succeeded|Failed"',
        'phase="none"',
        "pods that have ended need not be ready",
    ),
]


def rule_of(groups: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(rule for group in groups for rule in group["rules"] if name in (rule.get("alert"), rule.get("record")))


def assert_case_fails(groups: list[dict[str, Any]], case: str, promtool: Path, directory: Path) -> None:
    (directory / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    content = {"rule_files": ["rules.yaml"], "evaluation_interval": "5s", "tests": [CASES[case]]}
    (directory / "case.yaml").write_text(yaml.safe_dump(content))
    command = [str(promtool), "test", "rules", "case.yaml"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 1, "the case passes"
    assert "got:" in done.stdout + done.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_case_fails_without_a_clause(mutant: Mutant, program: Callable[[str], Path], tmp_path: Path) -> None:
    assert_case_fails(mutant.groups(), mutant.case, program("promtool"), tmp_path)


@pytest.mark.parametrize("alert", KEPT)
def test_a_case_fails_when_an_alert_ends_at_once(alert: str, program: Callable[[str], Path], tmp_path: Path) -> None:
    groups = copy.deepcopy(GROUPS)
    del rule_of(groups, alert)["keep_firing_for"]
    assert_case_fails(groups, KEPT[alert], program("promtool"), tmp_path)


def test_every_alert_that_stays_has_a_case_of_staying() -> None:
    rules = [rule for group in GROUPS for rule in group["rules"]]
    assert set(KEPT) == {rule["alert"] for rule in rules if "keep_firing_for" in rule}
