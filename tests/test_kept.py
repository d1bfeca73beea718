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


def test_the_same_sources_are_evaluated_once():
    assert kept.value("alerts", lambda: {"groups": [1.5, "ä"]}) == {"groups": [1.5, "ä"]}
    assert kept.value("alerts", never) == {"groups": [1.5, "ä"]}


def test_other_sources_are_evaluated_anew(monkeypatch):
    kept.value("alerts", lambda: "old")
    monkeypatch.setattr(kept, "sources", lambda: "another digest")
    assert kept.value("alerts", lambda: "new") == "new"


@pytest.mark.parametrize("change", ["alerts/lib/alert.libsonnet", "dashboards/shards.libsonnet", "catalogue/db.py"])
def test_a_change_of_any_source_or_of_the_catalogue_is_other_sources(change, tmp_path, monkeypatch):
    for folder, file in (("alerts", "lib/alert.libsonnet"), ("dashboards", "shards.libsonnet"), ("catalogue", "db.py")):
        path = tmp_path / folder / file
        path.parent.mkdir(parents=True)
        path.write_text("0", encoding="utf-8")
    monkeypatch.setattr(kept._installation, "directory", lambda name: tmp_path / name)
    monkeypatch.setattr(kept._catalogue, "__file__", str(tmp_path / "catalogue/__init__.py"))
    before = kept.sources.__wrapped__()
    (tmp_path / change).write_text("1", encoding="utf-8")
    assert kept.sources.__wrapped__() != before


@pytest.mark.parametrize("text", ["", "garbage", "{digest}\n{{", "{digest}\n"])
def test_a_damaged_file_in_the_cache_is_evaluated_anew_and_mended(text, cache):
    cache.mkdir(parents=True)
    (cache / "alerts.json").write_text(text.format(digest=kept.sources()), encoding="utf-8")
    assert kept.value("alerts", lambda: "good") == "good"
    assert kept.value("alerts", never) == "good"


def test_without_a_cache_that_can_be_written_all_is_evaluated_each_time(cache, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    assert [kept.value("alerts", lambda: "made") for _ in range(2)] == ["made", "made"]


def test_a_user_without_a_home_has_no_cache_and_loses_nothing(monkeypatch):
    def homeless(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert [kept.value("alerts", lambda: "made") for _ in range(2)] == ["made", "made"]


def test_nothing_but_the_value_is_left_in_the_cache_and_nobody_else_can_read_it(cache):
    kept.value("alerts", lambda: "made")
    assert [path.name for path in cache.iterdir()] == ["alerts.json"]
    assert cache.stat().st_mode & 0o077 == 0
