"""From the text of a file to groups and rules, whichever program the file is for.

Plain files of rules, PrometheusRules, lists of Kubernetes objects, files of Mimir with their ``namespace``, and the
AlertingRules and RecordingRules of Loki's operator. What is another thing altogether is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from obskit._checks._finding import nearest
from obskit._lint._finding import ERROR, WARNING, Finding
from obskit._lint._nodes import Mapping, Node, Scalar, Sequence, documents
from obskit._lint._pack import Group, Rule
from obskit.exceptions import InputError
from obskit.promql import durations

#: The check that faults of the shape belong to.
CHECK = "rule-fields"
_MOST_RULES, _LONGEST_TEXT = 20_000, 20_000
_RULE = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
#: Of vmalert alone. Source: its config.go, and https://docs.victoriametrics.com/victoriametrics/vmalert/#groups.
_RULE_OF_VMALERT = frozenset({"debug", "update_entries_limit"})
_GROUP_OF_VMALERT = frozenset(
    {"concurrency", "type", "eval_offset", "eval_delay", "eval_alignment", "params", "headers"}
)
_GROUP_OF_VMALERT |= {"notifier_headers", "tenant", "debug"}
_RULE |= _RULE_OF_VMALERT
#: What the expressions of a group can be for vmalert, beside PromQL.
_TYPES_OF_VMALERT = ("prometheus", "graphite", "vlogs")
#: Of Prometheus; then of Thanos; then of Mimir; then of vmalert.
_GROUP = frozenset({"name", "interval", "query_offset", "limit", "labels", "rules"})
_GROUP |= {"partial_response_strategy"}
_GROUP |= {"source_tenants", "evaluation_delay", "align_evaluation_time_on_interval", "remote_write"}
_GROUP |= _GROUP_OF_VMALERT
_WAITS = ("for", "keep_firing_for")
_TEXTS = ("alert", "record", "expr", *_WAITS)
_OF_OPERATORS = {"PrometheusRule": "promql", "AlertingRule": "", "RecordingRule": ""}


class Reader:
    """Reads one file; ``groups`` and ``faults`` are what it found.

    Args:
        file: Its name, for findings.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.groups: list[Group] = []
        self.faults: list[Finding] = []
        self._document = self._rules = 0

    def read(self, text: str) -> None:
        """Read the file.

        Raises:
            InputError: It is no YAML, or holds more than a file of rules can.
        """
        for index, document in enumerate(documents(text, self.file)):
            self._document = index
            if isinstance(document, Mapping):
                self._object(document, top=True)

    def _fault(self, node: Node, place: str, message: str, remedy: str = "", level: str = ERROR) -> None:
        last = node.last if isinstance(node, Scalar) else node.line
        self.faults.append(Finding(self.file, node.line, last, place, message, CHECK, level, remedy))

    def _object(self, document: Mapping, top: bool) -> None:
        kind, items = document.text("kind"), document.get("items")
        if kind.endswith("List") and isinstance(items, Sequence) and top:
            for item in items.items:
                if isinstance(item, Mapping):
                    self._object(item, top=False)
        elif kind in _OF_OPERATORS:
            spec = document.get("spec")
            of_loki = document.text("apiVersion").startswith("loki.")
            if isinstance(spec, Mapping):
                self._groups(spec.get("groups"), "logql" if of_loki else "promql")
        elif document.get("groups") is not None and not kind:
            self._plain(document)
        elif not kind:
            for namespace in _namespaces(document):
                self._groups(namespace, "")

    def _plain(self, document: Mapping) -> None:
        for key, _ in document.fields():
            if key.text not in ("groups", "namespace"):
                self._fault(key, "file", f"there is no field {key.text}", nearest(key.text, ("groups", "namespace")))
        if self._document and document.get("namespace") is None:
            message = "Prometheus reads the first document of a file alone"
            self._fault(document, "file", message, "put every group into one document", WARNING)
        self._groups(document.get("groups"), "")

    def _groups(self, groups: Node | None, language: str) -> None:
        if isinstance(groups, Scalar) and not groups.given:
            return
        if not isinstance(groups, Sequence):
            if groups is not None:
                self._fault(groups, "file", "groups is no list")
            return
        for node in groups.items:
            if isinstance(node, Mapping):
                self._group(node, language)
            else:
                self._fault(node, "file", "a group is no mapping", "a group has name and rules")

    def _group(self, node: Mapping, language: str) -> None:
        name = node.text("name")
        texts = {key.text: value for key, value in node.fields() if isinstance(value, Scalar)}
        group = Group(self.file, name, node.line, self._document, texts)
        self.groups.append(group)
        self._known(node, _GROUP, group.place)
        if not name:
            self._fault(node, group.place, "a group has no name")
        group.interval = self._duration(texts.get("interval"), "interval", group.place)
        self._duration(texts.get("query_offset"), "query_offset", group.place)
        group.labels = self._texts(node, "labels", group.place)
        group.of_vmalert = _is_of_vmalert(node)
        language = self._type(group, texts.get("type")) or language
        rules = node.get("rules")
        if rules is None or (isinstance(rules, Scalar) and not rules.given):
            return
        if not isinstance(rules, Sequence):
            self._fault(rules, group.place, "rules is no list")
            return
        for rule in rules.items:
            self._rules += 1
            if self._rules > _MOST_RULES:
                raise InputError(f"more than {_MOST_RULES} rules", place=self.file, remedy="is it the right file?")
            if isinstance(rule, Mapping):
                group.rules.append(self._rule(group, rule, language))
            else:
                self._fault(rule, group.place, "a rule is no mapping", "a rule has alert or record, and expr")

    def _type(self, group: Group, written: Scalar | None) -> str:
        if written is None or not written.given or written.text == "prometheus":
            return ""
        if written.text not in _TYPES_OF_VMALERT:
            remedy = "write prometheus, graphite or vlogs"
            self._fault(written, group.place, f"type: there is no type {written.text}", remedy)
        return written.text

    def _rule(self, group: Group, node: Mapping, language: str) -> Rule:
        nothing = Scalar("", node.line, node.line)
        texts = {key.text: value for key, value in node.fields() if isinstance(value, Scalar) and value.given}
        alert, record, expr = (texts.get(name, nothing) for name in ("alert", "record", "expr"))
        rule = Rule(
            group,
            alert=bool(alert.text) or not record.text,
            name=alert if alert.text else record,
            expr=expr,
            line=node.line,
            last=node.last,
            waits={name: texts[name] for name in _WAITS if name in texts},
            labels=self._texts(node, "labels", group.place),
            annotations=self._texts(node, "annotations", group.place),
            language=language,
        )
        self._known(node, _RULE, rule.place)
        self._complete(rule, node, alert, record)
        return rule

    def _complete(self, rule: Rule, node: Mapping, alert: Scalar, record: Scalar) -> None:
        if not (alert.text or record.text):
            self._fault(node, rule.place, "neither alert nor record is given", "add one of them")
        if alert.text and record.text:
            self._fault(record, rule.place, "both alert and record are given", "make two rules of it")
        if not rule.expr.text.strip():
            self._fault(node, rule.place, "expr is missing", "a rule without an expression gives nothing")
        for name, wait in rule.waits.items():
            seconds = self._duration(wait, name, rule.place)
            if not rule.alert and seconds:
                self._fault(wait, rule.place, f"{name} is for alerts alone", "leave it out of a recording rule")
        if not rule.alert and rule.annotations:
            first = next(iter(rule.annotations.values()))
            self._fault(first, rule.place, "annotations are for alerts alone", "leave them out of a recording rule")
        if not rule.alert and set("{}") & set(record.text):
            self._fault(record, rule.place, "a name of a series has no braces", "move the matchers into expr")
        for label, value in rule.labels.items():
            if label in ("", "__name__"):
                self._fault(value, rule.place, f"{label or 'an empty text'} is no name of a label")

    def _texts(self, node: Mapping, name: str, place: str) -> dict[str, Scalar]:
        inside = node.get(name)
        if inside is None or (isinstance(inside, Scalar) and not inside.given):
            return {}
        if not isinstance(inside, Mapping):
            self._fault(inside, place, f"{name} is no mapping")
            return {}
        found: dict[str, Scalar] = {}
        for key, value in inside.fields():
            if not isinstance(value, Scalar):
                self._fault(value, place, f"{name}: {key.text} is no text")
            elif key.text in found:
                self._fault(key, place, f"{name}: {key.text} is given twice")
            elif len(value.text) > _LONGEST_TEXT:
                self._fault(value, place, f"{name}: {key.text} is longer than people read", level=WARNING)
            else:
                found[key.text] = value
        return found

    def _known(self, node: Mapping, known: frozenset[str], place: str) -> None:
        seen: set[str] = set()
        for key, value in node.pairs:
            if isinstance(key, Scalar) and key.text in seen:
                self._fault(key, place, f"{key.text} is given twice", "keep one of them")
            elif isinstance(key, Scalar) and key.text not in known and key.text != "<<":
                self._fault(key, place, f"there is no field {key.text}", nearest(key.text, known))
            elif isinstance(key, Scalar) and key.text in _TEXTS and not isinstance(value, Scalar):
                self._fault(value, place, f"{key.text} is no text")
            seen.add(key.text if isinstance(key, Scalar) else "")

    def _duration(self, written: Scalar | None, name: str, place: str) -> float | None:
        if written is None or not written.given:
            return None
        try:
            return durations.seconds(written.text)
        except ValueError as error:
            self._fault(written, place, f"{name}: {error}")
            return None


def _is_of_vmalert(group: Mapping) -> bool:
    rules = group.get("rules")
    inside = [rule for rule in rules.items if isinstance(rule, Mapping)] if isinstance(rules, Sequence) else []
    return any(key.text in _GROUP_OF_VMALERT for key, _ in group.fields()) or any(
        key.text in _RULE_OF_VMALERT for rule in inside for key, _ in rule.fields()
    )


def _namespaces(document: Mapping) -> Iterator[Node]:
    """``{namespace: [group, …]}``, as the ruler of Mimir and Loki lists its rules."""
    values = [value for _, value in document.fields()]
    lists = [value for value in values if isinstance(value, Sequence) and value.items]
    if values and len(lists) == len(values):
        groups = [group for value in lists for group in value.items]
        if all(isinstance(group, Mapping) and group.get("rules") is not None for group in groups):
            yield from lists
