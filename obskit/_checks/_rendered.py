"""Rendered files as checks read them: rules, queries, dashboards, collector configurations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from obskit._checks import _documents, _grafana, _logql, _promql, _routes, _series
from obskit._checks._vector import Vector
from obskit.config.project import Project
from obskit.promql import syntax

_OF_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LABEL = re.compile(r'(?:\$labels|\.Labels)\.([A-Za-z_]\w*)|index\s+\$labels\s+"([^"]+)"')
_LEGEND = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


@dataclass(frozen=True)
class Rule:
    """A rule and where it stands."""

    place: str
    group: str
    interval: str
    name: str
    expr: str
    alert: bool
    for_: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    language: str = "promql"

    def templates(self) -> tuple[tuple[str, str], ...]:
        """Return (where, label) for every label that its texts name."""
        texts = [("annotation", self.annotations), ("label", self.labels)] if self.alert else []
        return tuple(
            (f"{kind} {key}", a or b)
            for kind, values in texts
            for key, text in values.items()
            for template in _OF_TEMPLATE.findall(text)
            for a, b in _LABEL.findall(template)
        )


@dataclass(frozen=True)
class Query:
    """PromQL, wherever it stands.

    Args:
        place: Where.
        written: As written, for messages.
        problem: Why it does not parse, or "".
        analysis: What it selects and gives; None when it does not parse.
        templates: (where, label) for every label that a text beside it names.
        unit: Unit of the panel that shows it, or "".
    """

    place: str
    written: str
    problem: str
    analysis: _promql.Analysis | None
    templates: tuple[tuple[str, str], ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Rendered:
    """Everything that checks read.

    Args:
        project: The project.
        rules: Every rule, once, those of Loki as well.
        disagreeing: (file, group) of groups that another file has differently.
        dashboards: Dashboards by path.
        texts: Every query of the dashboards, in any language, and the expressions of Loki's rules.
        collectors: Configurations of the OpenTelemetry Collector by path.
        known: Every series that a query may use.
        queries: Every PromQL query.
        made_of: Recorded series -> the series in its expression.
        routes: The first route of every configuration of Alertmanager.
    """

    project: Project
    rules: tuple[Rule, ...]
    disagreeing: tuple[tuple[str, str], ...]
    dashboards: Mapping[str, dict[str, Any]]
    texts: tuple[_grafana.Text, ...]
    collectors: Mapping[str, dict[str, Any]]
    known: Mapping[str, Vector]
    queries: tuple[Query, ...]
    made_of: Mapping[str, frozenset[str]]
    routes: tuple[_routes.Route, ...]

    def alerts(self, language: str = "") -> Iterator[Rule]:
        """Yield every alert, or those in one language."""
        return (rule for rule in self.rules if rule.alert and language in ("", rule.language))

    def origins(self, names: set[str]) -> set[str]:
        """Return these series and all that they are recorded from."""
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            found |= waiting
            waiting = {name for above in waiting for name in self.made_of.get(above, ())} - found
        return found


def read(files: Mapping[str, str], project: Project) -> Rendered:
    """Return the files as checks read them; a file is known by what it holds, not by its name.

    Args:
        files: Path -> text.
        project: The project that they were rendered for.

    Raises:
        InputError: A file is not YAML or JSON, or its rules have another shape.
    """
    documents = [(path, document) for path, text in files.items() for document in _documents.load(path, text)]
    dashboards = {p: d for p, d in documents if _documents.is_board(p, d)}
    rules, disagreeing = _rules(documents)
    texts = tuple(text for path, board in dashboards.items() for text in _grafana.texts(path, board))
    texts += tuple(_grafana.Text(r.place, "loki", r.expr, r.expr, (), ()) for r in rules if r.language == "logql")
    prometheus = [text for text in texts if text.source == "prometheus"]
    own = [rule for rule in rules if rule.language == "promql"]
    parsed = {query: parse(query) for query in (*(r.expr for r in own), *(t.query for t in prometheus))}
    trees = {query: tree for query, (tree, _) in parsed.items() if tree is not None}
    known = _series.with_recorded(_series.of_catalogue(project), own, trees)

    def query(place: str, written: str, text: str, templates: Iterable[tuple[str, str]], unit: str = "") -> Query:
        analysis = _promql.analyse(trees[text], known) if text in trees else None
        return Query(place, written, parsed[text][1], analysis, tuple(templates), unit)

    queries = [query(r.place, r.expr, r.expr, r.templates()) for r in own]
    queries += [query(t.place, t.written, t.query, _of_legend(t), t.unit) for t in prometheus]
    collectors = {p: d for p, d in documents if _documents.is_collector(p, d)}
    made_of = {r.name: _names(q) for r, q in zip(own, queries, strict=False) if not r.alert}
    routes = tuple(route for path, document in documents if (route := _routes.read(path, document)))
    return Rendered(project, rules, disagreeing, dashboards, texts, collectors, known, tuple(queries), made_of, routes)


def _names(query: Query) -> frozenset[str]:
    return frozenset(s.name for s in query.analysis.selectors) if query.analysis else frozenset()


def _rules(documents: list[tuple[str, dict[str, Any]]]) -> tuple[tuple[Rule, ...], tuple[tuple[str, str], ...]]:
    """Every rule once: a PrometheusRule repeats the groups of the plain file."""
    seen: dict[str, _documents.Group] = {}
    rules: list[Rule] = []
    disagreeing = []
    for path, document in documents:
        for group in _documents.groups(path, document):
            if group.name not in seen:
                seen[group.name] = group
                of_logs = any(_logql.selects_lines(rule.expr) for rule in group.rules)  # a group is for one program
                rules.extend(_rule(path, group, rule, "logql" if of_logs else "promql") for rule in group.rules)
            elif group != seen[group.name]:
                disagreeing.append((path, group.name))
    return tuple(rules), tuple(disagreeing)


def _rule(path: str, group: _documents.Group, rule: _documents.Rule, language: str) -> Rule:
    name = rule.alert or rule.record
    place = f"{path}: group {group.name}: {'alert' if rule.alert else 'record'} {name}"
    return Rule(
        place,
        group.name,
        _documents.whole(group.interval),
        name,
        rule.expr,
        bool(rule.alert),
        _documents.whole(rule.for_),
        rule.labels,
        rule.annotations,
        language,
    )


def parse(query: str) -> tuple[Any, str]:
    """Return the tree of a PromQL query, or None and why there is none."""
    try:
        return syntax.parse(query), ""
    except ValueError as error:
        return None, str(error)


def _of_legend(text: _grafana.Text) -> Iterator[tuple[str, str]]:
    return (("legend", label) for label in _LEGEND.findall(text.legend))
