"""``obskit check``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from obskit.cli import linting
from obskit.cli.common import configs_option, count, json_option, print_json, project, refuse_confusable, text
from obskit.exceptions import InputError

if TYPE_CHECKING:
    from obskit._checks import Finding

_KINDS = (".yaml", ".yml", ".json")
#: Where people keep what they render: the folder that `obskit render` writes to unless told otherwise.
_COMMITTED = "rendered"

EPILOG = """\b
Examples:
  obskit check -c obskit.yaml
  obskit check -c cart.yaml -c till.yaml
  obskit check --rendered deployed/    rules and dashboards as they run now
  obskit check --rules rules/          anybody's rules, without a project
  obskit check --rules a.yaml --sarif > findings.sarif"""


@click.command(epilog=EPILOG)
@configs_option("several are checked one by one, and against each other.")
@click.option(
    "--rendered",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check the files in DIR, deployed or rendered earlier, and nothing else.",
)
@json_option
@linting.options
@click.pass_context
def command(ctx: click.Context, configs: tuple[Path, ...], rendered: Path | None, as_json: bool) -> None:
    """Hold every rendered rule, panel and pipeline against the catalogue of signals.

    Metric and label names, types, buckets and units; the detection budget of each alert; its runbook, its cases
    and its panel. What is checked is a fresh render and, where there is a folder rendered/ beside the project's file,
    that folder as well. Needs no server. Each check has a page: docs/checks.

    With --rules: files and folders of rules for Prometheus, Mimir and Loki, or - for standard input. Notes do not
    fail; --level error fails on errors alone.
    """
    if len(configs) > 1:
        if rendered:
            raise click.UsageError("--rendered is of one project: give one -c.")
        refuse_confusable(configs)
    files: dict[str, str] = {}
    findings: list[Finding] = []
    for config in configs:
        made, found = _checked(config, rendered)
        inside = f"{config}: " if len(configs) > 1 else ""
        files |= {inside + path: text for path, text in made.items()}
        findings += [dataclasses.replace(finding, place=inside + finding.place) for finding in found]
    if as_json:
        print_json({"files": sorted(files), "findings": [finding.as_dict() for finding in findings]})
    else:
        _print(findings, len(files))
    if findings:
        ctx.exit(1)


def _checked(config: Path, rendered: Path | None) -> tuple[dict[str, str], list[Finding]]:
    """The files of a project, and what is wrong with them."""
    from obskit import _checks
    from obskit._render import pipeline

    with project(config) as loaded:
        files = {} if rendered else pipeline.render(loaded)
    if rendered:
        files = _deployed(rendered)
    findings = _checks.run(files, loaded)
    committed = {} if rendered else _read(config.parent / _COMMITTED)
    if any(files.get(path) != text for path, text in committed.items()):
        kept = {f"{config.parent / _COMMITTED}/{path}": text for path, text in committed.items()}
        findings += _checks.run(kept, loaded)
        files |= kept
    return files, findings


def _deployed(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise InputError("no such folder", place=str(folder), remedy="obskit render all -o DIR makes one")
    files = _read(folder)
    if not files:
        raise InputError("no YAML or JSON file in it", place=str(folder), remedy="obskit render all -o DIR makes some")
    return files


def _read(folder: Path) -> dict[str, str]:
    """Every YAML and JSON file below a folder, by its path inside."""
    paths = sorted(path for path in folder.rglob("[!.]*") if path.suffix in _KINDS and path.is_file())
    return {path.relative_to(folder).as_posix(): text(path) for path in paths}


def _print(findings: Sequence[Finding], files: int) -> None:
    for finding in findings:
        click.secho(f"{finding.place}: ", nl=False, bold=True)
        click.echo(f"{finding.message} [{finding.check}]")
        if finding.remedy:
            click.echo(f"  {finding.remedy}")
    summary = f"{count(files, 'file')} checked, {count(len(findings), 'finding')}"
    click.secho(summary, fg="red" if findings else "green")
