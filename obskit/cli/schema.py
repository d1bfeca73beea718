"""``obskit schema``."""

from __future__ import annotations

import click

from obskit.cli.common import print_json

EPILOG = """\b
Example (a first line of obskit.yaml that editors understand):
  obskit schema > obskit.schema.json
  # yaml-language-server: $schema=obskit.schema.json"""


@click.command(epilog=EPILOG)
def command() -> None:
    """Print the JSON Schema of obskit.yaml."""
    from obskit.config.loading import schema

    print_json(schema())
