"""Checks: the rendered text held against the catalogue of signals.

A module is a check; its id names the page ``docs/checks/<id>.md``. Checks read text, never the renderer: what they
say holds for files that were rendered, committed or deployed at any time. Of the pack's definitions they read what no
text says: what an alert promises at the default intervals, and which share of its window it needs.
"""

from __future__ import annotations

from types import ModuleType

from obskit._checks import (
    _rendered,
    bucket_boundary,
    collector_exposed,
    collector_pipeline,
    detection_budget,
    foreign_version,
    log_field,
    missing_case,
    missing_panel,
    missing_runbook,
    panel_unit,
    promql_syntax,
    quantile_without_le,
    rate_of_gauge,
    raw_counter,
    rules_agree,
    runbook_page,
    template_label,
    trace_tag,
    unknown_case_series,
    unknown_label,
    unknown_label_value,
    unknown_series,
    unknown_variable,
)
from obskit._checks._finding import Finding
from obskit.config.project import Project

__all__ = ["CHECKS", "Finding", "run"]

#: Id -> module, in the order of the documentation: signals, dashboards, logs and traces, alerts, the collector.
CHECKS: dict[str, ModuleType] = {
    module.ID: module
    for module in (
        promql_syntax,
        unknown_series,
        foreign_version,
        unknown_label,
        unknown_label_value,
        template_label,
        rate_of_gauge,
        raw_counter,
        bucket_boundary,
        quantile_without_le,
        panel_unit,
        unknown_variable,
        log_field,
        trace_tag,
        rules_agree,
        detection_budget,
        missing_runbook,
        runbook_page,
        missing_case,
        unknown_case_series,
        missing_panel,
        collector_pipeline,
        collector_exposed,
    )
}


def run(files: dict[str, str], project: Project) -> list[Finding]:
    """Return what is wrong with rendered files, by place.

    Args:
        files: Path -> text, as ``render`` gives it or as read from disk.
        project: The project that they were rendered for.

    Raises:
        InputError: A file cannot be read at all.

    Example:
        >>> from obskit.config.project import Service
        >>> rules = 'groups: [{name: g, rules: [{record: "a:b", expr: "sum(rate(upp[1m]))"}]}]'
        >>> [f.check for f in run({"rules.yaml": rules}, Project(service=Service(name="shop")))]
        ['unknown-series']
    """
    rendered = _rendered.read(files, project)
    findings = dict.fromkeys(finding for module in CHECKS.values() for finding in module.check(rendered))
    return sorted(findings, key=lambda finding: finding.place)
