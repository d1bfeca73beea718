"""Writing output: whole or not at all, nothing of others lost, nothing of ours left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obskit._render.write import compare, write
from obskit.exceptions import InputError

FILES = {"alerts/rules.yaml": "a\n", "dashboards/x.json": "{}\n"}


def states(differences) -> dict[str, str]:
    return {d.path: d.state for d in differences}


def test_what_was_written_compares_as_equal(tmp_path: Path) -> None:
    assert states(write(FILES, tmp_path / "out")) == dict.fromkeys(FILES, "missing")
    assert compare(FILES, tmp_path / "out") == []
    assert (tmp_path / "out/alerts/rules.yaml").read_text() == "a\n"


def test_a_change_is_shown_as_a_diff_before_it_is_written(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (difference,) = compare(FILES | {"alerts/rules.yaml": "b\n"}, tmp_path)
    assert difference.state == "changed"
    assert "-a\n+b" in difference.diff
    assert (tmp_path / "alerts/rules.yaml").read_text() == "a\n"


def test_a_file_that_is_no_longer_rendered_goes_away(tmp_path: Path) -> None:
    write(FILES | {"alerts/old.yaml": "x\n"}, tmp_path)
    assert states(write(FILES, tmp_path)) == {"alerts/old.yaml": "stale"}
    assert not (tmp_path / "alerts/old.yaml").exists()


def test_rendering_one_artefact_leaves_the_others_alone(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert write({"alerts/rules.yaml": "a\n"}, tmp_path) == []
    assert compare(FILES, tmp_path) == []
    assert states(compare({"dashboards/y.json": "{}\n"}, tmp_path)) == {
        "dashboards/x.json": "stale",
        "dashboards/y.json": "missing",
    }


def test_a_stale_file_that_somebody_edited_is_kept(tmp_path: Path) -> None:
    write(FILES | {"alerts/old.yaml": "x\n"}, tmp_path)
    (tmp_path / "alerts/old.yaml").write_text("mine\n")
    write(FILES, tmp_path)
    assert (tmp_path / "alerts/old.yaml").read_text() == "mine\n"


def test_a_file_of_somebody_else_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts/rules.yaml").write_text("mine\n")
    with pytest.raises(InputError, match=r"rules\.yaml: this file is there already, and obskit did not write it; .+"):
        write(FILES, tmp_path)
    assert (tmp_path / "alerts/rules.yaml").read_text() == "mine\n"
    assert not (tmp_path / "dashboards").exists()


def test_a_folder_that_is_a_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="this is a file"):
        write(FILES, tmp_path / "out")


def test_a_folder_in_the_place_of_a_file_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "dashboards/x.json").mkdir(parents=True)
    with pytest.raises(InputError, match="this is a folder, and a file goes there; move it away first"):
        write(FILES, tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["dashboards", "x.json"]


@pytest.mark.parametrize("path", [".obskit.json", "alerts/rules.yaml"])
def test_a_folder_where_a_file_of_ours_goes_is_named(path: str, tmp_path: Path) -> None:
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(InputError, match="this is a folder, and a file goes there") as caught:
        write(FILES, tmp_path)
    assert caught.value.place == str(tmp_path / path)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_name_that_no_folder_can_have_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write(FILES, tmp_path / ("x" * 300))


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="this is a file"):
        write(FILES, tmp_path / "out")


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "5", '{"files": 5}', '{"files": {"a": {}}}', ""])
def test_a_list_that_was_broken_loses_nobody_s_file(text: str, tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / ".obskit.json").write_text(text)
    (tmp_path / "mine.txt").write_text("mine")
    write(FILES, tmp_path)
    assert compare(FILES, tmp_path) == []
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_failure_half_way_leaves_the_earlier_output_as_it_was(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        write(FILES | {"alerts/rules.yaml": "b\n", "alerts/rules.yaml/x": "c\n"}, tmp_path)
    assert compare(FILES, tmp_path) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == [".obskit.json", "alerts", "dashboards"]


def test_a_manipulated_list_cannot_reach_outside_the_folder(tmp_path: Path) -> None:
    write(FILES, tmp_path / "out")
    victim = tmp_path / "victim"
    victim.write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (tmp_path / "out/.obskit.json").write_text(json.dumps({"files": {"alerts/../../victim": empty}}))
    write(FILES, tmp_path / "out")
    assert victim.exists()
