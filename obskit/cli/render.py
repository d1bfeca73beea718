"""``obskit render``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from obskit.cli.common import configs_option, json_option, print_json, project, refuse_confusable

if TYPE_CHECKING:
    from obskit._render.write import Difference

ARTEFACTS = ("all", "alerts", "dashboards", "sidecars", "chart")

EPILOG = """\b
Examples:
  obskit render all -c obskit.yaml -o rendered
  obskit render alerts --diff        what would change; exit code 1 if anything would
  obskit render all --check          for CI: is the committed output up to date?
  obskit render all -c cart.yaml -c till.yaml    each into rendered/NAMESPACE/SERVICE"""


class Job(NamedTuple):
    """One project to render: its file, where to, what of it, and whether to write."""

    config: Path
    output: Path
    artefacts: tuple[str, ...]
    dry: bool
    several: bool


class Result(NamedTuple):
    """What became of a project."""

    output: Path
    files: list[str]
    differences: list[Difference]


@click.command(epilog=EPILOG)
@click.argument("artefact", type=click.Choice(ARTEFACTS), default="all")
@configs_option("several are rendered side by side.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("rendered"),
    show_default=True,
    help="Folder to write to; of several projects each gets NAMESPACE/SERVICE in it.",
)
@click.option("--check", is_flag=True, help="Write nothing; list the files that differ.")
@click.option("--diff", is_flag=True, help="Write nothing; show how they differ.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, artefact: str, configs: tuple[Path, ...], output: Path, check: bool, diff: bool, as_json: bool
) -> None:
    """Write alerts, dashboards, sidecar configs and chart values for the service in obskit.yaml."""
    from obskit._render import pipeline

    artefacts = tuple(pipeline.ARTEFACTS) if artefact == "all" else (artefact,)
    dry, several = check or diff, len(configs) > 1
    jobs = [Job(config, output, artefacts, dry, several) for config in configs]
    if several:
        refuse_confusable(configs)
    results = []
    for result in _each(jobs, quiet=as_json):
        results.append(result)
        if diff and not as_json:
            _show(result.differences)
        elif not as_json:
            _list(result, dry=dry)
    if as_json:
        found = [_plain(result) for result in results]
        print_json({"projects": found} if several else found[0])
    if dry and any(result.differences for result in results):
        ctx.exit(1)


def _folder(job: Job) -> Path:
    if not job.several:
        return job.output
    with project(job.config) as loaded:
        return job.output / loaded.service.namespace / loaded.service.name


def _each(jobs: list[Job], quiet: bool) -> Iterator[Result]:
    """Render every project, many of them on all processors."""
    if len(jobs) < 8:
        yield from map(_render, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(_render, jobs, chunksize=4)
        if quiet or not sys.stderr.isatty():
            yield from results
            return
        with click.progressbar(results, length=len(jobs), label="rendering", file=sys.stderr) as bar:
            done = list(bar)
    yield from done


def _render(job: Job) -> Result:
    from obskit._render import pipeline, write

    with project(job.config) as loaded:
        files = pipeline.render(loaded, job.artefacts)
    folder = _folder(job)
    differences = write.compare(files, folder) if job.dry else write.write(files, folder)
    return Result(folder, sorted(files), differences)


def _plain(result: Result) -> dict[str, Any]:
    differences = [{"path": d.path, "state": d.state} for d in result.differences]
    return {"output": str(result.output), "files": result.files, "differences": differences}


def _list(result: Result, *, dry: bool) -> None:
    verbs = {
        "missing": "would add" if dry else "added",
        "changed": "would change" if dry else "changed",
        "stale": "would remove" if dry else "removed",
    }
    for difference in result.differences:
        click.echo(f"{verbs[difference.state]} {result.output / difference.path}")
    same = len(result.files) - sum(d.state != "stale" for d in result.differences)
    click.echo(f"{len(result.files)} files rendered, {same} already as rendered in {result.output}")


def _show(differences: list[Difference]) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for difference in differences:
        for line in difference.diff.splitlines():
            click.secho(line, fg=colours.get(line[:1]))
