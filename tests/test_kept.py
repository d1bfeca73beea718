"""What the jsonnet sources come to is kept between runs, and never stands in for other sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from obskit._render import kept


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/obskit/evaluated"


def never() -> None:
    raise AssertionError("evaluated although nothing changed")


def test_the_same_sources_with_the_same_argument_are_evaluated_once():
    assert kept.value("alerts", {"a": 1}, lambda: '{"groups": [1.5, "ä"]}') == {"groups": [1.5, "ä"]}
    assert kept.value("alerts", {"a": 1}, never) == {"groups": [1.5, "ä"]}


def test_another_argument_is_evaluated_anew():
    kept.value("alerts", {"a": 1}, lambda: '"old"')
    assert kept.value("alerts", {"a": 2}, lambda: '"new"') == "new"


@pytest.mark.parametrize(
    "change", ["alerts/lib/alert.libsonnet", "dashboards/shards.libsonnet", "alerts/new.libsonnet"]
)
def test_changed_sources_are_evaluated_anew(change, tmp_path, monkeypatch):
    for file in ("alerts/lib/alert.libsonnet", "dashboards/shards.libsonnet"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("0", encoding="utf-8")
    monkeypatch.setattr(kept._installation, "directory", lambda name: tmp_path / name)
    monkeypatch.setattr(kept, "_sources", kept._sources.__wrapped__)
    kept.value("alerts", {}, lambda: '"old"')
    (tmp_path / change).write_text("1", encoding="utf-8")
    assert kept.value("alerts", {}, lambda: '"new"') == "new"


@pytest.mark.parametrize("end", [0, 20, 64, 65, 70])
def test_a_damaged_file_in_the_cache_is_evaluated_anew_and_mended(end, cache):
    kept.value("alerts", {}, lambda: '"whole"')
    file = cache / "alerts.json"
    file.write_bytes(file.read_bytes()[:end])
    assert kept.value("alerts", {}, lambda: '"good"') == "good"
    assert kept.value("alerts", {}, never) == "good"


def test_a_file_that_was_altered_is_evaluated_anew(cache):
    kept.value("alerts", {}, lambda: '{"reason": "OOMKilled"}')
    file = cache / "alerts.json"
    file.write_text(file.read_text(encoding="utf-8").replace("OOMKilled", "Nothing"), encoding="utf-8")
    assert kept.value("alerts", {}, lambda: '"good"') == "good"


def test_a_folder_that_is_relative_is_ignored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    kept.value("alerts", {}, lambda: '"made"')
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_without_a_cache_that_can_be_written_all_is_evaluated_each_time(cache, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    assert [kept.value("alerts", {}, lambda: '"made"') for _ in range(2)] == ["made", "made"]


def test_a_user_without_a_home_has_no_cache_and_loses_nothing(monkeypatch):
    def homeless(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert [kept.value("alerts", {}, lambda: '"made"') for _ in range(2)] == ["made", "made"]


def test_nothing_but_the_value_is_left_in_the_cache_and_nobody_else_can_read_it(cache):
    kept.value("alerts", {}, lambda: '"made"')
    assert [path.name for path in cache.iterdir()] == ["alerts.json"]
    assert cache.stat().st_mode & 0o077 == 0
