"""``obskit catalogue``."""

from __future__ import annotations

import click

from obskit import catalogue
from obskit.cli.common import json_option, print_json

TOPICS = catalogue.topics()
FORMATS = ("json", "markdown", "weaver")

EPILOG = """\b
Examples:
  obskit catalogue show shards
  obskit catalogue export --format json > catalogue.json
  jsonnet --tla-code-file obskit=catalogue.json alerts/mixin.libsonnet"""


@click.group(epilog=EPILOG)
def command() -> None:
    """Show or export the signals: what the library emits, alerts query and dashboards draw."""


@command.command(epilog="\b\nExample:\n  obskit catalogue show db")
@click.argument("topic", type=click.Choice(TOPICS), required=False)
@json_option
def show(topic: str | None, as_json: bool) -> None:
    """Show the signals of a topic, or of all."""
    from obskit.catalogue import _export

    topics = [topic] if topic else list(TOPICS)
    if as_json:
        tree = _export.tree()
        print_json({name: tree[name] for name in topics})
    else:
        click.echo("\n\n".join(_export.text(name) for name in topics))


@command.command(epilog="\b\nExample:\n  obskit catalogue export --format weaver > registry.yaml")
@click.option("--format", "form", type=click.Choice(FORMATS), default="json", show_default=True, help="Format.")
def export(form: str) -> None:
    """Export the whole catalogue for other programs."""
    from obskit.catalogue import _export

    if form == "json":
        print_json(_export.tree())
    else:
        click.echo(_export.markdown() if form == "markdown" else _export.weaver(), nl=False)
