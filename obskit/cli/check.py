"""``obskit check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from obskit.cli.common import config_option, json_option, print_json, project

if TYPE_CHECKING:
    from obskit._checks import Finding

EPILOG = """\b
Example:
  obskit check -c obskit.yaml"""


@click.command(epilog=EPILOG)
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Hold every rendered rule, panel and pipeline against the catalogue of signals.

    Metric and label names, types, buckets and units; the detection budget of each alert; its runbook, its cases
    and its panel. Needs no server.
    """
    from obskit import _checks
    from obskit._render import pipeline

    with project(config) as loaded:
        files = pipeline.render(loaded)
        findings = _checks.run(files, loaded)
    if as_json:
        print_json({"files": sorted(files), "findings": [finding.as_dict() for finding in findings]})
    else:
        _print(findings, len(files))
    if findings:
        ctx.exit(1)


def _print(findings: Sequence[Finding], files: int) -> None:
    for finding in findings:
        click.secho(f"{finding.place}: ", nl=False, bold=True)
        click.echo(f"{finding.message} [{finding.check}]")
        if finding.remedy:
            click.echo(f"  {finding.remedy}")
    click.secho(f"{files} files checked, {len(findings)} findings", fg="red" if findings else "green")
