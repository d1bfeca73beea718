"""What several commands share: reading the project, printing JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from obskit.exceptions import InputError

if TYPE_CHECKING:
    from obskit.config.project import Project
    from obskit.config.yaml_source import Document

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(function: _Command) -> _Command:
    """Add ``-c/--config FILE``."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        default=Path("obskit.yaml"),
        show_default=True,
        help="The project's file.",
    )(function)


def json_option(function: _Command) -> _Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(function)


@contextmanager
def project(config: Path) -> Iterator[Project]:
    """Load a project; inside, an error that names a setting gets the setting's file and line.

    Args:
        config: Path of ``obskit.yaml``.

    Raises:
        InputError: The file cannot be used.
    """
    from obskit.config.loading import load

    loaded, document = load(config)
    try:
        yield loaded
    except InputError as error:
        raise InputError(error.problem, place=_place(document, error.place), remedy=error.remedy) from None


def _place(document: Document, place: str) -> str:
    """A renderer knows settings, not lines: ``alerts.ObskitShardHot.for`` becomes ``obskit.yaml:12``."""
    while place:
        found = document.place_of(place)
        if found:
            return found
        if "." not in place:
            break
        place = place.rpartition(".")[0]
    return place or document.file


def print_json(data: Any) -> None:
    """Print data as indented JSON."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))
