"""``obskit test``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from obskit.cli.common import config_option, json_option, print_json, project
from obskit.exceptions import ToolMissing

EPILOG = """\b
Examples:
  obskit test -c obskit.yaml
  OBSKIT_PROMTOOL=~/prometheus/promtool obskit test"""

_INSTALL = "install Prometheus (its package ships promtool), or set OBSKIT_PROMTOOL to the program"


@click.command(epilog=EPILOG)
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Prove with promtool that each alert fires within its budget and stays silent when all is well.

    The cases are obskit's own, for the rules as this project renders them, at the default intervals. An alert whose
    parameters or timing the project overrides is left out and listed: its cases no longer describe it.
    """
    from obskit._render import cases

    promtool = _promtool()
    with project(config) as loaded:
        rules = cases.rules(loaded)
        files, left_out = cases.files(loaded)
    with tempfile.TemporaryDirectory(prefix="obskit-test-") as folder:
        for name, text in (rules | files).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        results = _results(promtool, list(files), folder, is_quiet=as_json)
    failed = [name for name, output in results.items() if output]
    if as_json:
        print_json(
            {
                "failed": {name: results[name] for name in failed},
                "passed": sorted(set(results) - set(failed)),
                "left_out": left_out,
            }
        )
    else:
        _report(results, failed, left_out)
    if failed or not files:
        ctx.exit(1)


def _results(promtool: str, files: list[str], folder: str, *, is_quiet: bool) -> dict[str, str]:
    """Run files of cases side by side, and print how each did in their order."""
    results = {}
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        running = {name: pool.submit(_complaint, [promtool, "test", "rules", name], folder) for name in files}
        for name, complaint in running.items():
            if not is_quiet:
                click.echo(f"{name} … ", nl=False)
            results[name] = complaint.result()
            if not is_quiet:
                click.secho("failed" if results[name] else "passed", fg="red" if results[name] else "green")
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts it waits for no file that has not begun
    return results


def _complaint(arguments: list[str], folder: str) -> str:
    """What a program says when it fails, or "" when it does not."""
    try:
        done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - a list, no shell
    except OSError as error:
        raise ToolMissing(f"{arguments[0]} cannot be run: {error.strerror}; {_INSTALL}") from None
    if not done.returncode:
        return ""
    return (done.stdout + done.stderr).strip() or f"promtool ended with code {done.returncode} without a word"


def _report(results: dict[str, str], failed: list[str], left_out: dict[str, str]) -> None:
    for name in failed:
        click.echo(f"\n{name}\n{results[name].rstrip()}", err=True)
    for alert, reason in left_out.items():
        click.echo(f"left out: {alert}: {reason}")
    if not results:
        click.echo("nothing is proven: no alert of this project has cases that can run", err=True)
    click.echo(f"{len(results)} files, {len(failed)} failed, {len(left_out)} alerts left out")


def _promtool() -> str:
    program = os.environ.get("OBSKIT_PROMTOOL") or shutil.which("promtool")
    if not program or not shutil.which(program):
        raise ToolMissing(f"promtool is not installed{f' at {program}' if program else ''}; {_INSTALL}")
    return program
