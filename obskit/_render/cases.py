"""The promtool cases of a project: obskit's own, with the project's scope, labels and annotations filled in."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from obskit import _installation, catalogue
from obskit._render import alerts, pack, tokens
from obskit._render.text import yaml_text
from obskit.catalogue import telemetry
from obskit.config.project import Intervals, Pack, Project, Slo, duration_seconds
from obskit.promql import translating

#: Overrides after which a case no longer describes the alert.
_TIMING = ("for_", "keep_firing_for", "params")
_RULES = "{}-rules.yaml"
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Knows no hexadecimal numbers: 0x40 are forty-one zeros."""


_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)$")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _INTEGER if tag.endswith(":int") else pattern) for tag, pattern in resolvers]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def files(project: Project) -> tuple[dict[str, str], dict[str, str]]:
    """Return the cases of a project.

    They are of the default intervals, and so are the rules for them: of other intervals they prove what the rules
    decide, and not their windows.

    Args:
        project: The parsed ``obskit.yaml``.

    Returns:
        File name -> promtool's YAML, which reads the :func:`rules` beside it; alert -> why its cases are left out.
    """
    project = _as_in_cases(project)
    maker = _Maker(project)
    result: dict[str, str] = {}
    for path in sorted(_installation.directory("cases").glob("*-test.yaml")):
        tests = [test for test in map(maker.test, document(path, project)["tests"]) if test]
        if tests:
            content = {
                "rule_files": [_RULES.format(family) for family in maker.families(tests)],
                "evaluation_interval": project.intervals.evaluation,
                "tests": tests,
            }
            result[path.name] = yaml_text(content)
    return result, maker.left_out


def document(path: Path, project: Project) -> dict[str, Any]:
    """Return what a file of cases says for a project, as it is written."""
    scope = tokens.of(project, path.name.removesuffix("-test.yaml"))
    read: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    replaced: dict[str, Any] = tokens.replace(read, scope)
    return replaced


def rules(project: Project) -> dict[str, str]:
    """Return the rules that the cases read, a file for each family: promtool evaluates all that it is given."""
    families = alerts.by_family(_as_in_cases(project))
    return {_RULES.format(family): yaml_text({"groups": groups}) for family, groups in families.items()}


def _as_in_cases(project: Project) -> Project:
    """The project as the cases know it: no series in them is scraped seldom, or has labels that a pack matches."""
    packs = {name: Pack(version=pack.version) for name, pack in project.enabled_packs.items()}
    return msgspec.structs.replace(project, intervals=Intervals(), packs={**packs})


class _Maker:
    """Turns cases into promtool's tests; ``fault``, ``fires`` and ``silent`` are short for questions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.rules = {
            rule["alert"]: rule for group in alerts.groups(project) for rule in group["rules"] if "alert" in rule
        }
        self.pack = pack.load().by_name
        self.left_out: dict[str, str] = {}
        self.grouped = "".join(f', {label}="{label}"' for label in project.group_labels)
        self.by_objective = {
            group.family for group in pack.load().groups for rule in group.rules if "<<slo_" in rule.expr
        }
        self.translator = translating.Translator(project.metrics)

    def test(self, test: dict[str, Any]) -> dict[str, Any] | None:
        short = {key: test[key] for key in ("fault", "fires", "silent") if key in test}
        test = {"interval": "5s", **{key: value for key, value in test.items() if key not in short}}
        questions = [*(self._question(q) for q in test.get("alert_rule_test", ()) if self._is_known(q["alertname"]))]
        names = {q["alertname"] for q in test.get("alert_rule_test", ())}
        names |= {*short.get("silent", ()), *_by_alert(short.get("fires", ()))}
        # What is asked of alerts together is of all of them.
        whole = all(map(self._is_known, names))
        expressions = [
            self._asked(e) for e in test.pop("promql_expr_test", ()) if whole or telemetry.ALERTS.name not in e["expr"]
        ]
        for name, times in short.get("silent", {}).items():
            if self._is_known(name):
                questions += [_silent(name, time) for time in (times if isinstance(times, list) else [times])]
        for name, expected in _by_alert(short.get("fires", ())).items():
            if self._is_known(name):
                asked, queries = self._fires(name, expected, short["fault"], duration_seconds(test["interval"]))
                questions += asked
                expressions += queries
        if not questions:
            return None
        test |= {"input_series": [self._fed(series) for series in test["input_series"]]}
        return {**test, "alert_rule_test": questions} | ({"promql_expr_test": expressions} if expressions else {})

    def families(self, tests: list[dict[str, Any]]) -> list[str]:
        """Return the families of the alerts that tests ask for."""
        return sorted({self.pack[question["alertname"]].family for t in tests for question in t["alert_rule_test"]})

    def _fed(self, series: dict[str, Any]) -> dict[str, Any]:
        return series | {"series": self._grouped(self.translator.expr(series["series"]))}

    def _grouped(self, series: str) -> str:
        """Every series of a project with group labels has them, and so has what comes of it."""
        name, brace, labels = series.partition("{")
        if not self.grouped:
            return series
        return f"{name}{{{labels[:-1]}{self.grouped}}}" if brace else f"{name}{{{self.grouped[2:]}}}"

    def _asked(self, expression: dict[str, Any]) -> dict[str, Any]:
        samples = expression.get("exp_samples", ())
        grouped = [s | {"labels": self._grouped(s["labels"])} if "labels" in s else s for s in samples]
        return expression | {"exp_samples": grouped}

    def _is_known(self, name: str) -> bool:
        reason = self._reason(name)
        if reason and name in self.pack and (reason != "disabled" or self._is_wanted(name)):
            self.left_out[name] = reason
        return not reason

    def _is_wanted(self, name: str) -> bool:
        """A pack that is off is no alert left out."""
        family = self.pack[name].family
        return family in self.project.enabled_packs or family not in catalogue.PLATFORM

    def _question(self, question: dict[str, Any]) -> dict[str, Any]:
        name = question["alertname"]
        return {**question, "exp_alerts": [self._expected(name, alert) for alert in question.get("exp_alerts", ())]}

    def _expected(self, name: str, alert: dict[str, Any]) -> dict[str, Any]:
        return {
            "exp_labels": {
                **{self.translator.label(label): value for label, value in alert["exp_labels"].items()},
                **{label: label for label in self.project.group_labels},
                **self.rules[name]["labels"],
            },
            "exp_annotations": {**self.rules[name]["annotations"], "description": alert["description"]},
        }

    def _fires(
        self, name: str, expected: list[dict[str, Any]], fault: str, sample: int
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Not an evaluation before it can, within its budget, with exactly these labels and annotations."""
        spent = alerts.budget(self.project, self.pack[name])
        evaluation = duration_seconds(self.project.intervals.evaluation)
        hold = math.ceil(duration_seconds(self.rules[name].get("for", "0s")) / evaluation) * evaluation
        begins = duration_seconds(fault)
        first = math.ceil((begins + sample) / evaluation) * evaluation + hold
        given = expected[0]
        due = f"{min(begins + spent.rule, duration_seconds(given.get('by', f'{begins + spent.rule}s')))}s"
        questions = [_silent(name, f"{first - evaluation}s")]
        made = [
            self._expected(name, {"exp_labels": alert.get("labels", {}), "description": alert["description"]})
            for alert in expected
        ]
        questions.append({"eval_time": given.get("at", due), "alertname": name, "exp_alerts": made})
        questions += [_silent(name, given["ends"])] if "ends" in given else []
        series = telemetry.ALERTS.name
        own = {"alertname": name, "alertstate": "firing"}
        samples = [{"labels": f"{series}{_matchers({**own, **alert['exp_labels']})}", "value": 1} for alert in made]
        times = [due, *([given["stays"]] if "stays" in given else [])]
        return questions, [{"expr": f"{series}{_matchers(own)}", "eval_time": t, "exp_samples": samples} for t in times]

    def _reason(self, name: str) -> str:
        if name not in self.rules:
            return "disabled"
        if self.project.metrics.histograms == "native":
            return "the project has native histograms"
        if self.project.slo != Slo() and self.pack[name].family in self.by_objective:
            return "the project's objectives differ from the defaults"
        override = self.project.alerts.get(name)
        if override is not None and any(getattr(override, field) for field in _TIMING):
            return "the project overrides its timing or its parameters"
        if override is not None and "description" in override.annotations:
            return "the project overrides its description"
        return ""


def _silent(name: str, time: str) -> dict[str, Any]:
    return {"eval_time": time, "alertname": name, "exp_alerts": []}


def _by_alert(fires: Any) -> dict[str, list[dict[str, Any]]]:
    result: dict[str, list[dict[str, Any]]] = {}
    for alert in fires:
        result.setdefault(alert["alert"], []).append(alert)
    return result


def _matchers(labels: dict[str, str]) -> str:
    named = ((name if name.isidentifier() else json.dumps(name), value) for name, value in labels.items())
    return "{" + ", ".join(f"{name}={json.dumps(str(value))}" for name, value in named) + "}"
