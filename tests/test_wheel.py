"""An installed wheel renders what the checkout renders."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "uv", "build", "--wheel", "--quiet", "--out-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.real
def test_a_wheel_renders_the_same_files_has_its_pages_and_finds_nothing_wrong(installed: Path, tmp_path: Path) -> None:
    results = {}
    for name, place in (("wheel", installed), ("checkout", ROOT)):
        environment = {**os.environ, "PYTHONPATH": str(place)}
        config = str(ROOT / "examples/shop/obskit.yaml")
        for arguments in (["render", "all", "-o", str(tmp_path / name)], ["check"]):
            command = [sys.executable, "-m", "obskit", *arguments, "-c", config]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        command = [sys.executable, "-m", "obskit", "explain", "ObskitServiceErrors"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert "  topk by (job) (5, sum by (job, http_route, " in done.stdout.partition("look first:\n")[2], done.stderr
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        results[name] = {path.relative_to(tmp_path / name): path.read_bytes() for path in files}
    assert results["wheel"] == results["checkout"]
    where = [sys.executable, "-c", "import obskit; print(obskit.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    assert str(installed) in subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout
