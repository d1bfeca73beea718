"""``obskit check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from obskit.cli.common import config_option, json_option, print_json, project
from obskit.exceptions import InputError

if TYPE_CHECKING:
    from obskit._checks import Finding

_KINDS = (".yaml", ".yml", ".json")
_LARGEST_FILE = 16 << 20
#: Where people keep what they render: the folder that `obskit render` writes to unless told otherwise.
_COMMITTED = "rendered"

EPILOG = """\b
Examples:
  obskit check -c obskit.yaml
  obskit check --rendered deployed/    rules and dashboards as they run now"""


@click.command(epilog=EPILOG)
@config_option
@click.option(
    "--rendered",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check the files in DIR, deployed or rendered earlier, and nothing else.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, config: Path, rendered: Path | None, as_json: bool) -> None:
    """Hold every rendered rule, panel and pipeline against the catalogue of signals.

    Metric and label names, types, buckets and units; the detection budget of each alert; its runbook, its cases
    and its panel. What is checked is a fresh render and, where there is a folder rendered/ beside the project's file,
    that folder as well. Needs no server. Each check has a page: docs/checks.
    """
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
    if as_json:
        print_json({"files": sorted(files), "findings": [finding.as_dict() for finding in findings]})
    else:
        _print(findings, len(files))
    if findings:
        ctx.exit(1)


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
    return {path.relative_to(folder).as_posix(): _text(path) for path in paths}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InputError("the file is larger than 16 MiB", place=str(path), remedy="is it the right one?")
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8", place=str(path), remedy="save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path), remedy="check permissions") from None


def _print(findings: Sequence[Finding], files: int) -> None:
    for finding in findings:
        click.secho(f"{finding.place}: ", nl=False, bold=True)
        click.echo(f"{finding.message} [{finding.check}]")
        if finding.remedy:
            click.echo(f"  {finding.remedy}")
    summary = f"{_count(files, 'file')} checked, {_count(len(findings), 'finding')}"
    click.secho(summary, fg="red" if findings else "green")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
