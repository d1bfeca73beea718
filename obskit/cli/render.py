"""``obskit render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from obskit.cli.common import config_option, json_option, print_json, project

if TYPE_CHECKING:
    from obskit._render.write import Difference

ARTEFACTS = ("all", "alerts", "dashboards", "sidecars", "chart")

EPILOG = """\b
Examples:
  obskit render all -c obskit.yaml -o rendered
  obskit render alerts --diff        what would change; exit code 1 if anything would
  obskit render all --check          for CI: is the committed output up to date?"""


@click.command(epilog=EPILOG)
@click.argument("artefact", type=click.Choice(ARTEFACTS), default="all")
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("rendered"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; list the files that differ.")
@click.option("--diff", is_flag=True, help="Write nothing; show how they differ.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, artefact: str, config: Path, output: Path, check: bool, diff: bool, as_json: bool
) -> None:
    """Write alerts, dashboards, sidecar configs and chart values for the service in obskit.yaml."""
    from obskit._render import pipeline, write

    with project(config) as loaded:
        files = pipeline.render(loaded, pipeline.ARTEFACTS if artefact == "all" else [artefact])
    dry = check or diff
    differences = write.compare(files, output) if dry else write.write(files, output)
    if as_json:
        print_json(
            {
                "output": str(output),
                "files": sorted(files),
                "differences": [{"path": d.path, "state": d.state} for d in differences],
            }
        )
    elif diff:
        _show(differences)
    else:
        _list(differences, len(files), output, dry=dry)
    if dry and differences:
        ctx.exit(1)


def _list(differences: list[Difference], count: int, output: Path, *, dry: bool) -> None:
    verbs = {
        "missing": "would add" if dry else "added",
        "changed": "would change" if dry else "changed",
        "stale": "would remove" if dry else "removed",
    }
    for difference in differences:
        click.echo(f"{verbs[difference.state]} {output / difference.path}")
    same = count - sum(d.state != "stale" for d in differences)
    click.echo(f"{count} files rendered, {same} already as rendered in {output}")


def _show(differences: list[Difference]) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for difference in differences:
        for line in difference.diff.splitlines():
            click.secho(line, fg=colours.get(line[:1]))
