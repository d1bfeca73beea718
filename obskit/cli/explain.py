"""``obskit explain``."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import click

from obskit.cli.common import config_option, json_option, print_json, project
from obskit.exceptions import InputError

EPILOG = """\b
Examples:
  obskit explain ObskitShardHot            what it means, its parameters, its budget step by step
  obskit explain intervals.export          a key of obskit.yaml
  obskit explain OBSKIT_EXIT_BUDGET        a setting of obskit.init()
  obskit explain                           lists everything that can be explained"""


@click.command(epilog=EPILOG)
@click.argument("name", required=False)
@config_option
@json_option
def command(name: str | None, config: Path, as_json: bool) -> None:
    """Say what a setting or an alert means.

    Budgets of alerts are those of the project when obskit.yaml is there, and of the defaults otherwise.
    """
    if name is None:
        _overview(as_json)
        return
    found = _explain(name, config)
    if as_json:
        print_json(found)
        return
    for key, value in found.items():
        if isinstance(value, list):
            click.echo(f"{key}:")
            for line in value:
                click.echo(f"  {line}")
        elif value:
            click.echo(f"{key}: {value}")


def _explain(name: str, config: Path) -> dict[str, Any]:
    for explanation in (_alert, _key, _setting):
        found = explanation(name, config)
        if found is not None:
            return found
    known = [*_alert_names(), *_key_names(), *_setting_names()]
    near = difflib.get_close_matches(name, known, n=3)
    remedy = f"did you mean {' or '.join(near)}?" if near else "obskit explain lists everything"
    raise InputError(f"nothing is called {name}", remedy=remedy)


def _alert(name: str, config: Path) -> dict[str, Any] | None:
    if name not in _alert_names():
        return None
    from obskit._render import alerts

    source = click.get_current_context().get_parameter_source("config")
    if source is click.core.ParameterSource.DEFAULT and not os.path.lexists(config):
        return alerts.explain(name)
    with project(config) as loaded:
        return alerts.explain(name, loaded)


def _key(name: str, _config: Path) -> dict[str, Any] | None:
    from obskit.config.explaining import keys

    for key in keys():
        if key.name == name:
            return {"key": key.name, "type": key.type, "default": key.default, "meaning": key.description}
    return None


def _setting(name: str, _config: Path) -> dict[str, Any] | None:
    from obskit.config import settings

    return settings.explain(name)


def _alert_names() -> list[str]:
    from obskit._render import pack

    return [alert.name for alert in pack.load().alerts()]


def _key_names() -> list[str]:
    from obskit.config.explaining import keys

    return [key.name for key in keys()]


def _setting_names() -> list[str]:
    from obskit.config import settings

    return settings.names()


def _overview(as_json: bool) -> None:
    everything = {
        "alerts": _alert_names(),
        "keys of obskit.yaml": _key_names(),
        "settings of obskit.init()": _setting_names(),
    }
    if as_json:
        print_json(everything)
        return
    for title, names in everything.items():
        click.secho(title, bold=True)
        click.echo("\n".join(f"  {name}" for name in names))
