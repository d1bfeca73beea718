"""What the dashboards promise."""

from __future__ import annotations

import itertools
import json
import re

import pytest
import yaml

from obskit._installation import directory
from obskit._render import alerts, dashboards, jsonnet, pack
from obskit.catalogue import _export
from obskit.config.project import AlertOverride, Database, Project, Service

SHOP = Project(service=Service(name="shop", namespace="shop"))
BOARDS = {
    path.split("/")[1].removesuffix(".json"): json.loads(text)
    for path, text in dashboards.files(SHOP).items()
    if path.endswith(".json")
}
PANELS = [(slug, panel) for slug, board in BOARDS.items() for panel in board["panels"]]


def test_rendering_twice_gives_the_same_bytes_and_leaves_no_token() -> None:
    assert dashboards.files(SHOP) == dashboards.files(SHOP)
    assert "<<" not in "".join(dashboards.files(SHOP).values())


@pytest.mark.parametrize("alert", list(pack.load().alerts()), ids=lambda alert: alert.name)
def test_every_alert_has_the_panel_that_it_names(alert: pack.Alert) -> None:
    slug, _, key = alert.panel.partition("#")
    assert key in dashboards.panels()[slug]


@pytest.mark.parametrize(("slug", "panel"), PANELS, ids=lambda v: v if isinstance(v, str) else v["title"])
def test_every_panel_explains_itself_and_asks_a_variable_for_its_data(slug: str, panel: dict) -> None:
    assert panel["title"] and panel["description"].endswith(".")
    assert re.fullmatch(r"\$\{(\w+_)?datasource\}", panel["datasource"]["uid"])
    assert panel["targets"] and all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    if panel["type"] not in ("logs", "table"):
        assert panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize(("slug", "panel"), PANELS, ids=lambda v: v if isinstance(v, str) else v["title"])
def test_every_query_says_whose_series_it_wants(slug: str, panel: dict) -> None:
    for target in panel["targets"]:
        for selector in re.findall(r"\{[^}{]*=[^}{]*\}", target.get("expr", "")):
            assert 'job="shop/shop"' in selector or 'namespace="shop"' in selector or 'service_name="shop"' in selector


@pytest.mark.parametrize("slug", list(BOARDS))
def test_panels_do_not_overlap_and_stay_within_24_columns(slug: str) -> None:
    cells: set[tuple[int, int]] = set()
    for panel in BOARDS[slug]["panels"]:
        grid = panel["gridPos"]
        mine = set(itertools.product(range(grid["x"], grid["x"] + grid["w"]), range(grid["y"], grid["y"] + grid["h"])))
        assert not mine & cells
        assert grid["x"] + grid["w"] <= 24
        cells |= mine
    assert len({panel["id"] for panel in BOARDS[slug]["panels"]}) == len(BOARDS[slug]["panels"])


def lines(project: Project, slug: str, key: str) -> list[float]:
    """The values at which a panel draws lines."""
    board = json.loads(dashboards.files(project)[f"dashboards/{slug}.json"])
    (panel,) = [p for p in board["panels"] if p["title"] == TITLES[key]]
    return [
        step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"] if step["value"] is not None
    ]


TITLES = {
    "odds": "Odds against usual",
    "moved": "Moved traffic",
    "wait": "Waiting for a connection",
    "create": "Creating a connection",
}


def test_the_lines_of_a_panel_are_the_thresholds_of_the_project() -> None:
    assert lines(SHOP, "shards", "odds") == [0.5, 1.6]
    hotter = AlertOverride(params={"odds": 3})
    moved = AlertOverride(params={"share": 0.2})
    other = Project(service=SHOP.service, alerts={"ObskitShardHot": hotter, "ObskitShardTrafficMoved": moved})
    assert lines(other, "shards", "odds") == [0.5, 3]
    assert lines(other, "shards", "moved") == [0.2]


def test_the_line_of_slow_connections_is_the_bound_that_the_rules_count_from() -> None:
    rules = alerts.files(SHOP)["alerts/rules.yaml"]
    for key in ("wait", "create"):
        (bound,) = set(re.findall(rf'db_client_connection_{key}_time_seconds_bucket{{[^}}]*le="([^"]+)"', rules))
        assert lines(SHOP, "database", key) == [float(bound)]


def test_the_database_dashboard_names_the_databases_of_the_project() -> None:
    project = Project(service=SHOP.service, databases=[Database(name="orders", system="mysql")])
    board = json.loads(dashboards.files(project)["dashboards/database.json"])
    assert "Databases: orders (mysql)." in board["description"]


def test_links_lead_to_dashboards_that_are_rendered() -> None:
    uids = {board["uid"] for board in BOARDS.values()}
    assert len(uids) == len(BOARDS)
    assert {link["url"].removeprefix("/d/") for board in BOARDS.values() for link in board["links"]} == uids


def test_another_service_gets_other_uids() -> None:
    other = Project(service=Service(name="cart", namespace="shop"))
    mine = json.loads(dashboards.files(other)["dashboards/shards.json"])["uid"]
    assert mine != BOARDS["shards"]["uid"]


def test_a_dashboard_fits_into_the_annotation_of_kubectl_apply() -> None:
    assert all(len(json.dumps(board)) < 100_000 for board in BOARDS.values())


@pytest.mark.once
def test_both_engines_give_the_same_dashboards() -> None:
    source = directory("dashboards") / "mixin.libsonnet"
    results = [jsonnet.evaluate(source, _export.tree(), engine_name=name) for name in jsonnet.ENGINES]
    assert len(results) == 2
    assert results[0] == results[1]


def test_the_data_sources_lead_from_metric_to_trace_to_logs() -> None:
    text = dashboards.files(SHOP)["dashboards/provisioning/datasources.yaml"]
    sources = {source["type"]: source for source in yaml.safe_load(text)["datasources"]}
    exemplars = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert exemplars[0]["datasourceUid"] == sources["jaeger"]["uid"]
    assert sources["loki"]["jsonData"]["derivedFields"][0]["datasourceUid"] == sources["jaeger"]["uid"]
    assert sources["jaeger"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == sources["loki"]["uid"]
    assert sources["jaeger"]["jsonData"]["tracesToLogsV2"]["query"].endswith('trace_id="$${__trace.traceId}"')
    assert sources["prometheus"]["jsonData"]["timeInterval"] == "5s"
