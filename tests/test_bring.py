"""Bringing the real programs: where they are looked for, and what a build that fails or runs twice leaves behind.

Scripts stand in for Go and for Debian's tools here; what they really bring is what every test of a real program runs
on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bring

ROOT = Path(__file__).parent.parent

GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit; fi
echo build >> "$BUILDS"
[ -z "$BROKEN" ] || { echo "undefined: x" >&2; exit 1; }
for last in "$@"; do case "$previous" in -o) out="$last";; esac; previous="$last"; done
sleep 0.5
for program in alertmanager amtool prometheus promtool; do echo "#!/bin/sh" > "$out$program"; done
"""

APT_GET = """#!/bin/sh
for wanted in "$@"; do :; done
[ "$wanted" = "prometheus=$OFFERED*" ] || { echo "E: Version of $wanted was not found" >&2; exit 100; }
touch package.deb
"""

DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin"
for file in prometheus promtool; do echo "# of Debian" > "$3/usr/bin/$file"; done
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH with nothing of ours but the stand-in for Go."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    script(binaries / "go", GO)
    script(binaries / "apt-get", APT_GET)
    script(binaries / "dpkg-deb", DPKG_DEB)
    monkeypatch.setenv("PATH", f"{binaries}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BUILDS", str(tmp_path / "builds"))
    return tmp_path


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def kept(machine: Path) -> list[str]:
    return sorted(path.name for path in (machine / "cache/obskit/programs").iterdir() if path.is_dir())


def test_a_program_that_a_variable_names_is_taken_before_any_other(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(machine / "bin/promtool", "#!/bin/sh\necho promtool, version 3.9.1\n")
    monkeypatch.setenv("OBSKIT_PROMTOOL", "/opt/promtool")
    assert bring.find("promtool") == Path("/opt/promtool")


def test_a_suitable_program_on_path_is_taken_before_the_cache(machine: Path) -> None:
    on_path = script(machine / "bin/alertmanager", "#!/bin/sh\necho alertmanager, version 0.31.1\n")
    bring.bring(["amtool"], lambda _: None)
    assert bring.find("alertmanager") == on_path


@pytest.mark.parametrize("says", ["echo alertmanager, version 0.23.0", "echo a game of that name", "exit 1"])
def test_a_program_on_path_that_is_too_old_or_another_one_is_passed_over(machine: Path, says: str) -> None:
    script(machine / "bin/alertmanager", f"#!/bin/sh\n{says}\n")
    assert bring.find("alertmanager") is None
    assert bring.bring(["alertmanager"], lambda _: None)["alertmanager"].is_relative_to(machine / "cache")


def test_what_is_in_the_cache_is_not_built_again(machine: Path) -> None:
    first = bring.bring(["alertmanager", "amtool"], lambda _: None)
    assert bring.bring(["alertmanager", "amtool"], lambda _: None) == first
    assert (machine / "builds").read_text() == "build\n"


def test_two_processes_that_want_the_same_program_build_it_once(machine: Path) -> None:
    command = [sys.executable, "-m", "tools.bring", "--json", "alertmanager"]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert json.loads(outputs[0]) == json.loads(outputs[1])
    assert (machine / "builds").read_text() == "build\n"


def test_a_build_that_fails_says_why_and_leaves_nothing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "1")
    with pytest.raises(bring.CannotBring, match=r"alertmanager .* does not build:\nundefined: x"):
        bring.bring(["alertmanager"], lambda _: None)
    assert kept(machine) == []
    monkeypatch.delenv("BROKEN")
    assert os.access(bring.bring(["alertmanager"], lambda _: None)["alertmanager"], os.R_OK)


def test_progress_names_what_is_brought_and_how_long_it_usually_takes(machine: Path) -> None:
    said: list[str] = []
    bring.bring(["amtool"], said.append)
    assert said[0] == "bringing alertmanager and amtool 0.31.1 (usually 60 s)"
    assert said[-1].startswith("brought alertmanager and amtool in ")


def test_an_old_program_stands_beside_the_newest_and_a_variable_names_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = bring.bring(["alertmanager", "alertmanager-0.25"], lambda _: None)
    assert both["alertmanager"] != both["alertmanager-0.25"]
    assert bring.bring(both, lambda _: None) == both
    monkeypatch.setenv("OBSKIT_ALERTMANAGER_0_25", "/opt/alertmanager")
    assert bring.find("alertmanager-0.25") == Path("/opt/alertmanager")
    assert bring.find("alertmanager") == both["alertmanager"]


def test_an_old_program_comes_from_debian_without_go_when_its_release_has_that_version(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFERED", "2.42.0")
    names = ["prometheus-2.42", "promtool-2.42"]
    assert [path.read_text() for path in bring.bring(names, lambda _: None).values()] == ["# of Debian\n"] * 2
    assert not (machine / "builds").exists()


def test_an_old_program_is_built_when_debian_has_another_version_and_that_is_said(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFERED", "2.45.3")
    said: list[str] = []
    brought = bring.bring(["prometheus-2.42", "promtool-2.42"], said.append)
    assert [path.read_text() for path in brought.values()] == ["#!/bin/sh\n"] * 2
    assert said[1:3] == [
        "apt-get does not work:\nE: Version of prometheus=2.42.0* was not found",
        "bringing prometheus-2.42 and promtool-2.42 2.42.0 (usually 180 s)",
    ]


def test_a_program_that_nobody_can_bring_says_how_to_install_it(machine: Path) -> None:
    with pytest.raises(bring.CannotBring, match="fluent-bit is not here; install Fluent Bit"):
        bring.bring(["fluent-bit"], lambda _: None)


def test_an_unknown_program_is_bad_input_and_the_known_ones_are_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.bring", "promtol"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("no program is called promtol; known: alertmanager, ")
