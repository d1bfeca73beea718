"""The lint: rules of anybody, held against what PromQL, LogQL and Prometheus make of them. Needs no catalogue.

A module is a check; its id names the page ``docs/checks/<id>.md``. Nothing is known of the series: a check speaks up
where the rule itself shows what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import ModuleType

from obskit._lint import (
    _comments,
    _parsing,
    _reader,
    absent_of_some,
    alert_annotations,
    alert_name,
    alert_severity,
    alert_wait,
    alert_without_condition,
    changing_alert,
    division_by_zero,
    duplicate_rule,
    empty_selector,
    fixed_time,
    group_interval,
    group_size,
    ignore_comment,
    impossible_comparison,
    integer_boundary,
    join_never_matches,
    logql_syntax,
    many_to_many,
    missing_record,
    nameless_selector,
    needless_regex,
    or_adds_series,
    promql_syntax,
    quantile_without_le,
    range_too_short,
    rate_of_aggregate,
    rate_of_gauge,
    raw_counter,
    record_name,
    record_order,
    regex_in_equality,
    result_type,
    rule_fields,
    same_on_both_sides,
    subquery_step,
    template_label,
    unavailable_feature,
    unknown_label,
    value_in_label,
)
from obskit._lint._finding import LEVELS, Finding
from obskit._lint._pack import Settings
from obskit.exceptions import InputError

__all__ = ["CHECKS", "LEVELS", "Finding", "Report", "Settings", "run"]

#: Id -> module, in the order of the documentation.
CHECKS: dict[str, ModuleType] = {
    module.ID: module
    for module in (
        promql_syntax,
        logql_syntax,
        rule_fields,
        result_type,
        unavailable_feature,
        template_label,
        value_in_label,
        alert_without_condition,
        impossible_comparison,
        empty_selector,
        unknown_label,
        join_never_matches,
        many_to_many,
        same_on_both_sides,
        or_adds_series,
        rate_of_aggregate,
        rate_of_gauge,
        raw_counter,
        range_too_short,
        subquery_step,
        fixed_time,
        quantile_without_le,
        integer_boundary,
        division_by_zero,
        absent_of_some,
        changing_alert,
        alert_wait,
        regex_in_equality,
        needless_regex,
        nameless_selector,
        duplicate_rule,
        record_order,
        missing_record,
        record_name,
        alert_name,
        alert_severity,
        alert_annotations,
        group_size,
        group_interval,
        ignore_comment,
    )
}


@dataclass(frozen=True)
class Report:
    """What the lint has to say.

    Args:
        files: The files.
        rules: How many rules are in them.
        findings: What is wrong, by file and line.
    """

    files: tuple[str, ...]
    rules: int
    findings: tuple[Finding, ...]


def run(texts: Mapping[str, str], settings: Settings | None = None, disabled: Collection[str] = ()) -> Report:
    """Return what is wrong with files of rules.

    Args:
        texts: File -> text.
        settings: What is known of the Prometheus that they are for.
        disabled: Ids of checks that are left out.

    Raises:
        InputError: A file cannot be read at all, or none holds a rule.

    Example:
        >>> rules = "groups: [{name: g, rules: [{record: 'a:b:sum', expr: 'sum(x'}]}]"
        >>> [(f.line, f.check) for f in run({"rules.yaml": rules}).findings if f.level == "error"]
        [(1, 'promql-syntax')]
    """
    readers = [_reader.Reader(file) for file in texts]
    for reader, text in zip(readers, texts.values(), strict=True):
        reader.read(text)
    groups = [group for reader in readers for group in reader.groups]
    faults = [fault for reader in readers for fault in reader.faults]
    if not groups and not faults:
        raise InputError("no group of rules in it", place=", ".join(texts)[:200], remedy="give files of rules")
    pack = _parsing.parsed(groups, faults, settings or Settings())
    for file, text in texts.items():
        inside = [group for group in groups if group.file == file]
        pack.comments += _comments.read(file, text, inside, CHECKS)
    asked = [module for name, module in CHECKS.items() if name not in disabled]
    found = dict.fromkeys(f for module in asked if module is not ignore_comment for f in module.check(pack))
    findings = _comments.apply(list(found), pack.comments)
    if ignore_comment in asked:
        findings += ignore_comment.check(pack)
    findings.sort(key=lambda finding: (finding.file, finding.line, LEVELS.index(finding.level)))
    return Report(tuple(texts), sum(1 for _ in pack.rules()), tuple(findings))
