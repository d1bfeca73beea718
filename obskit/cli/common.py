"""What several commands share: reading the project, printing JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from obskit.exceptions import InputError

if TYPE_CHECKING:
    from obskit.config.project import Pack, Project
    from obskit.config.yaml_source import Document

#: The most of a file that is read: one larger than this, in bytes, is not one that people write.
LARGEST_FILE = 16 << 20

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


def configs_option(several: str) -> Callable[[_Command], _Command]:
    """Add ``-c/--config FILE``, which may be given several times.

    Args:
        several: What happens to several.
    """
    return click.option(
        "-c",
        "--config",
        "configs",
        type=click.Path(path_type=Path),
        default=[Path("obskit.yaml")],
        show_default="obskit.yaml",
        multiple=True,
        help=f"The project's file; {several}",
    )


def refuse_confusable(configs: Sequence[Path]) -> list[Project]:
    """Load several projects, and refuse those whose services, containers or packs nobody could tell apart.

    Raises:
        InputError: A file cannot be used, or two describe one service, or pods that look alike, or watch the same.
    """
    found: list[Project] = []
    services: dict[tuple[str, str], Path] = {}
    containers: dict[tuple[str, str], Path] = {}
    watching: dict[str, list[tuple[Path, Pack]]] = {}
    for config in configs:
        with project(config) as loaded:
            namespace = loaded.service.namespace
            other = services.setdefault((namespace, loaded.service.name), config)
            if other is not config:
                problem = f"it describes the same service as {other}"
                raise InputError(problem, remedy="give one of them another name or namespace")
            other = containers.setdefault((namespace, loaded.container), config)
            if other is not config:
                problem = f"its container is called {loaded.container}, as that of {other} in the same namespace"
                remedy = "alerts on pods know a service by its container: give one of them another name"
                raise InputError(problem, remedy=remedy)
            for name, pack in loaded.enabled_packs.items():
                _refuse_watched(name, pack, watching.setdefault(name, []))
                watching[name].append((config, pack))
        found.append(loaded)
    return found


def _refuse_watched(name: str, pack: Pack, others: Sequence[tuple[Path, Pack]]) -> None:
    """Refuse a pack that another project has as well, where some series may be those of both."""
    from obskit.config.patterns import overlap

    for config, other in others:
        if overlap(pack.match, other.match):
            problem = f"it has the pack {name}, as {config}, and nothing in their match keeps them apart"
            remedy = "both would tell the same: leave it out of one, or give both a label with other values in match"
            raise InputError(problem, place=f"packs.{name}", remedy=remedy)


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


def text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputError: It cannot be read, is too large or no UTF-8.
    """
    try:
        with path.open("rb") as stream:
            return decoded(stream.read(LARGEST_FILE + 1), str(path))
    except FileNotFoundError:
        raise InputError("no such file", place=str(path), remedy="check the path") from None
    except (OSError, ValueError) as error:  # a path with a null byte is a ValueError
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", place=str(path), remedy="check permissions") from None


def decoded(content: bytes, place: str) -> str:
    """Return what was read as text.

    Args:
        content: What was read, one byte more than is allowed at most.
        place: Where from, for messages.

    Raises:
        InputError: It is too large or no UTF-8.
    """
    if len(content) > LARGEST_FILE:
        raise InputError("the file is larger than 16 MiB", place=place, remedy="is it the right one?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8", place=place, remedy="save it as UTF-8") from None


def count(number: int, word: str) -> str:
    """Return a number of things.

    Example:
        >>> count(1, "file"), count(2, "file")
        ('1 file', '2 files')
    """
    return f"{number} {word}{'' if number == 1 else 's'}"
