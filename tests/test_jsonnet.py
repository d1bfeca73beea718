"""The sources of rules and dashboards: both engines agree, and a mistake stops the render with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from obskit import _installation
from obskit._render import jsonnet
from obskit.catalogue import _export
from obskit.exceptions import RenderError

ENGINES = pytest.mark.parametrize("engine", jsonnet.ENGINES)


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    """A copy of the sources of the alerts."""
    return Path(shutil.copytree(_installation.directory("alerts"), tmp_path / "alerts"))


def change(file: Path, old: str, new: str) -> int:
    """Replace text that is there, and return its line."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


@ENGINES
def test_a_misspelt_signal_stops_the_render_with_file_and_line(engine: str, alerts: Path) -> None:
    line = change(alerts / "database.libsonnet", "db.connection_timeouts.name", "db.connection_timeout.name")
    with pytest.raises(RenderError) as caught:
        jsonnet.evaluate(alerts / "mixin.libsonnet", _export.tree(), engine_name=engine)
    assert "connection_timeout" in str(caught.value)
    assert f"database.libsonnet:{line}:" in str(caught.value)


@pytest.mark.once
@ENGINES
def test_an_alert_without_a_field_that_it_needs_is_named(engine: str, alerts: Path) -> None:
    change(alerts / "shards.libsonnet", "summary: 'Traffic moved between shards.',", "")
    with pytest.raises(RenderError, match="ObskitShardTrafficMoved: summary is missing"):
        jsonnet.evaluate(alerts / "mixin.libsonnet", _export.tree(), engine_name=engine)


@ENGINES
def test_broken_syntax_stops_the_render_with_file_and_line(engine: str, alerts: Path) -> None:
    line = change(alerts / "pods.libsonnet", "function(obskit)", "function(obskit")
    with pytest.raises(RenderError, match=rf"pods\.libsonnet:{line + 1}:"):
        jsonnet.evaluate(alerts / "mixin.libsonnet", _export.tree(), engine_name=engine)


@ENGINES
def test_a_source_that_is_not_there_is_an_error_of_the_render(engine: str, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="nothing"):
        jsonnet.evaluate(tmp_path / "nothing.jsonnet", {}, engine_name=engine)


@ENGINES
def test_no_text_of_the_catalogue_becomes_code(engine: str, tmp_path: Path) -> None:
    source = tmp_path / "echo.jsonnet"
    source.write_text("function(obskit) obskit")
    texts = {"a": "'+std.extVar('x')+'", "b": '%s |||\n ||| " \\ é \u2028', "c": "}} {{ $x }}"}
    assert jsonnet.evaluate(source, texts, engine_name=engine) == texts
