"""The real programs of demo and tests: what each is, which version, how it is made, how long that takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Build:
    """One build that makes one or more programs from their Go modules.

    Args:
        name: What it makes.
        version: Version of the programs.
        programs: Programs that it makes.
        packages: What to build; ``tool`` is every tool of ``go.mod``.
        seconds: How long it usually takes on two free cores, downloads included.
        tags: Build tags.
        stamp: Variable that gets the version.
        debian: Package of Debian with the same programs, taken before a build where the release has that version.
        suffix: Ends what its programs are called here: an old version, beside the newest one.
    """

    name: str
    version: str
    programs: tuple[str, ...]
    packages: tuple[str, ...]
    seconds: int
    tags: str = ""
    stamp: str = ""
    debian: str = ""
    suffix: str = ""

    @property
    def folder(self) -> str:
        """Folder below ``tools/go`` with ``go.mod`` and ``go.sum``."""
        return self.name + self.suffix

    @property
    def called(self) -> tuple[str, ...]:
        """What its programs are called here."""
        return tuple(program + self.suffix for program in self.programs)


_STAMP = "github.com/prometheus/common/version.Version"
_PROMETHEUS_CMD = "github.com/prometheus/prometheus/cmd"
_PROMETHEUS = (f"{_PROMETHEUS_CMD}/prometheus", f"{_PROMETHEUS_CMD}/promtool")

BUILDS = (
    Build(
        "prometheus",
        "3.16.0",
        ("prometheus", "promtool"),
        _PROMETHEUS,
        150,
        tags="remove_all_sd",  # all service discovery doubles the time
        stamp=_STAMP,
    ),
    Build("alertmanager", "0.31.1", ("alertmanager", "amtool"), ("tool",), 60, stamp=_STAMP),
    # The oldest that the alerts are for.
    Build(
        "prometheus",
        "2.42.0",
        ("prometheus", "promtool"),
        _PROMETHEUS,
        180,
        stamp=_STAMP,
        debian="prometheus",
        suffix="-2.42",
    ),
    # Debian's starts only where it is installed: its templates are in /usr/share.
    Build("alertmanager", "0.25.0", ("alertmanager", "amtool"), ("tool",), 60, stamp=_STAMP, suffix="-0.25"),
    Build("blackbox_exporter", "0.25.0", ("blackbox_exporter",), ("tool",), 30, stamp=_STAMP),
    Build("otelcol", "0.155.0", ("otelcol",), (".",), 100, tags="remove_all_sd"),
    Build("jaeger", "2.13.0", ("jaeger",), ("tool",), 150),
    Build("loki", "3.7.8", ("loki", "logcli"), ("tool",), 300),
)

#: Program -> the build that makes it.
BY_PROGRAM = {program: build for build in BUILDS for program in build.called}

#: Programs on PATH that are suitable, from this version on; others of the same name are passed over.
OLDEST_ON_PATH = {
    "prometheus": (3, 5),
    "promtool": (3, 5),
    "alertmanager": (0, 27),
    "amtool": (0, 27),
    "blackbox_exporter": (0, 23),
    "loki": (3, 5),
    "logcli": (3, 5),
}

#: Programs that no registry ships and no module builds: used when the user has them.
ONLY_ON_PATH = {
    "fluent-bit": "install Fluent Bit 5.0.6 or later: https://docs.fluentbit.io/manual/installation",
    "grafana": "install Grafana 12 or later: https://grafana.com/docs/grafana/latest/setup-grafana/installation",
}
