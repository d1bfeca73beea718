"""The group of commands: names, one-line helps, exit codes. Nothing here imports what only a command needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from obskit._version import __version__
from obskit.exceptions import ObskitError

#: Command -> (module below obskit.cli, one line for the overview).
COMMANDS = {
    "render": ("render", "Write alerts, dashboards, sidecar configs and chart values."),
    "check": ("check", "Hold everything rendered against the catalogue of signals."),
    "test": ("test", "Prove with promtool that each alert fires in time and stays silent."),
    "explain": ("explain", "Say what a setting or an alert means."),
    "catalogue": ("catalogue", "Show or export the signals."),
    "schema": ("schema", "Print the JSON Schema of obskit.yaml."),
    "completion": ("completion", "Print the completion script of a shell."),
}

EPILOG = """\b
Exit codes:
  0  fine
  1  findings, differences or failed cases
  2  bad input

\b
Example:
  obskit render all -c obskit.yaml -o rendered && obskit check && obskit test"""


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"obskit.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = f"{error.message.rstrip('.')}; known: {', '.join(COMMANDS)}."
            raise click.UsageError(known, error.ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ObskitError as error:
            _fail(str(error))
        except BrokenPipeError:  # `obskit … | head`
            ctx.exit(0)
        except OSError as error:
            if error.filename is not None:
                raise
            _fail(f"the output cannot be written: {error.strerror}")


def _fail(message: str) -> None:
    for line in message.splitlines():
        click.secho(f"obskit: {line}", err=True, fg="red")
    raise click.exceptions.Exit(2)


@click.group(
    cls=_Group, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="obskit", message="%(prog)s %(version)s")
def cli() -> None:
    """Make a Python service on Kubernetes observable, and prove it."""
