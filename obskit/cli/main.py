"""``obskit``: finds the command and turns our errors into one message and an exit code."""

from __future__ import annotations

import gc
import sys

_EXTRA = "obskit: the command line needs its extra: pip install 'obskit-k8s[cli]'"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and exit.

    Args:
        arguments: Without the program's name; from ``sys.argv`` by default.

    Example:
        >>> try:
        ...     main(["--version"])
        ... except SystemExit as exit:
        ...     exit.code
        obskit 0.1.0
        0
    """
    # A command makes much and throws little away: looking for rubbish at the usual rate is a tenth of its time.
    gc.set_threshold(50_000)
    try:
        from obskit.cli.group import cli
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print(_EXTRA, file=sys.stderr)  # noqa: T201 - there is no click to say it with
        sys.exit(2)
    sys.exit(cli.main(arguments, prog_name="obskit", standalone_mode=True))
