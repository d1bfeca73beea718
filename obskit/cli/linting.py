"""``obskit check --rules``: files of rules of anybody."""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from obskit.cli.common import LARGEST_FILE, count, decoded, print_json, text
from obskit.exceptions import InputError

if TYPE_CHECKING:
    from obskit._lint import Finding, Report, Settings

_KINDS = (".yaml", ".yml", ".json", ".rules")
#: How a file is called that is read from the standard input.
_STDIN = "stdin"
_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
_LEVEL = "warning"
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\..*)?")
_FIELDS = ("files", "disable", "level", "scrape_interval", "prometheus")
_OPTIONS = (
    click.argument("files", nargs=-1, metavar="[FILES]..."),
    click.option("--rules", is_flag=True, help="Check FILES of rules, whoever they are from; no project is needed."),
    click.option("--sarif", is_flag=True, help="With --rules: print SARIF 2.1.0."),
    click.option(
        "--level",
        type=click.Choice([*_COLOURS]),
        help=f"With --rules: the least level that is reported; {_LEVEL}, unless given.",
    ),
    click.option("--disable", multiple=True, metavar="CHECK", help="With --rules: leave a check out. Can be repeated."),
    click.option("--scrape-interval", metavar="DURATION", help="With --rules: what windows are held against, as 30s."),
    click.option("--prometheus", metavar="VERSION", help="With --rules: the Prometheus that they are for, as 2.42."),
)


@dataclass(frozen=True)
class _Request:
    """What is asked of the lint, as the options say it."""

    files: Sequence[str]
    disable: Sequence[str]
    level: str
    scrape_interval: str | None
    prometheus: str | None
    form: str


def options(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--rules`` and what belongs to it to a command; with it the lint runs instead of the command."""

    @functools.wraps(function)
    def either(**given: Any) -> None:
        rules, *asked = (given.pop(name) for name in ("rules", "sarif", *_FIELDS))
        if not rules and any(asked):
            raise click.UsageError("files and these options need --rules.")
        if not rules:
            function(**given)
            return
        sarif, files, disable, level, scrape, version = asked
        if not files or given["rendered"] or (sarif and given["as_json"]):
            needs = "files, folders or -, no --rendered, and one of --json and --sarif at most."
            raise click.UsageError(f"--rules needs {needs}")
        form = "sarif" if sarif else "json" if given["as_json"] else "text"
        click.get_current_context().exit(_run(_Request(files, disable, level or _LEVEL, scrape, version, form)))

    for option in reversed(_OPTIONS):
        either = option(either)
    return either


def _run(request: _Request) -> int:
    """Check the files, print what was found and return the exit code."""
    from obskit import _lint
    from obskit._checks._finding import nearest
    from obskit._lint import _sarif

    for name in request.disable:
        if name not in _lint.CHECKS:
            raise InputError(f"no check is called {name}", place="--disable", remedy=nearest(name, _lint.CHECKS))
    report = _lint.run(dict(_texts(request.files)), _settings(request), request.disable)
    reported = _lint.LEVELS[: _lint.LEVELS.index(request.level) + 1]
    shown = [finding for finding in report.findings if finding.level in reported]
    if request.form == "sarif":
        print_json(_sarif.log(shown, _lint.CHECKS))
    elif request.form == "json":
        found = [finding.as_dict() for finding in shown]
        print_json({"files": report.files, "rules": report.rules, "findings": found})
    else:
        _print(report, shown)
    return 1 if any(finding.level != "note" for finding in shown) else 0


def _settings(request: _Request) -> Settings:
    from obskit._lint import Settings
    from obskit.promql import durations

    try:
        scrape = durations.seconds(request.scrape_interval) if request.scrape_interval else None
    except ValueError as error:
        raise InputError(str(error), place="--scrape-interval") from None
    version = _VERSION.fullmatch(request.prometheus) if request.prometheus else None
    if request.prometheus and not version:
        problem = f"{request.prometheus[:40]} is no version"
        raise InputError(problem, place="--prometheus", remedy="write it as 2.42 or 3.5.0")
    return Settings(scrape or None, (int(version[1]), int(version[2])) if version else None)


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        if path == "-":
            yield _STDIN, decoded(sys.stdin.buffer.read(LARGEST_FILE + 1), _STDIN)
        elif Path(path).is_dir():
            files = sorted(file for file in Path(path).rglob("[!.]*") if file.suffix in _KINDS and file.is_file())
            yield from ((file.as_posix(), text(file)) for file in files)
        else:
            yield Path(path).as_posix(), text(Path(path))


def _print(report: Report, shown: Sequence[Finding]) -> None:
    for finding in shown:
        click.secho(f"{finding.file}:{finding.line}: ", nl=False, bold=True)
        click.secho(f"{finding.level}: ", nl=False, fg=_COLOURS[finding.level])
        click.echo(f"{finding.place}: {finding.message} [{finding.check}]")
        if finding.remedy:
            click.echo(f"  {finding.remedy}")
    levels = Counter(finding.level for finding in shown)
    found = ", ".join(count(levels[level], level) for level in _COLOURS if levels[level]) or "0 findings"
    summary = f"{count(report.rules, 'rule')} in {count(len(report.files), 'file')} checked, {found}"
    hidden = len(report.findings) - len(shown)
    summary += f"; --level note shows {hidden} more" if hidden else ""
    click.secho(summary, fg="red" if {*levels} - {"note"} else "green")
