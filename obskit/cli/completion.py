"""``obskit completion``."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  source <(obskit completion bash)
  obskit completion fish > ~/.config/fish/completions/obskit.fish"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from obskit.cli.group import cli

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - click knows all three
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(cli, {}, "obskit", "_OBSKIT_COMPLETE").source())
