"""The subchart, rendered by Helm's own engine, is the Python renderer's output."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import helm_python as helm
import msgspec
import pytest
import yaml
from helm_python import _native

from obskit import _checks, catalogue
from obskit._checks import _rendered, foreign_version
from obskit._render import alerts, chart, dashboards, pack, sidecars, versions
from obskit.config import templates
from obskit.config.project import (
    AlertOverride,
    Backends,
    Collector,
    Database,
    Intervals,
    LatencyObjective,
    Logs,
    Metrics,
    Pack,
    Project,
    Service,
    ShardSet,
    Slo,
)
from tests import test_templates

pytestmark = pytest.mark.once  # what the Python renderer writes is held by the generated files under every version
ROOT = Path(__file__).parent.parent
CHART = ROOT / "helm/obskit"
APIS = ["monitoring.coreos.com/v1"]
SHOP = Project(
    service=Service(name="shop", namespace="shop-prod", team="commerce"),
    shards=[ShardSet(set="orders", expected=8)],
    group_labels=["cluster"],
    backends=Backends(grafana="http://grafana.monitoring:3000"),
    collector=Collector(version="0.140.0", memory=200),
    alerts={
        "ObskitShardHot": AlertOverride(for_="12s", severity="critical", params={"odds": 2.5}, labels={"tier": "1"}),
        "ObskitPodNotReady": AlertOverride(enabled=False),
        "ObskitPodRestarted": AlertOverride(keep_firing_for="3m", annotations={"summary": "Again."}),
    },
)
PLAIN = Project(service=Service(name="shop", namespace="default"))
SLOW = Project(
    service=Service(name="shop", namespace="default"),
    intervals=Intervals(export="15s", scrape="1m", evaluation="20s", group_wait="3s", collector_batch="0s", logs="7s"),
    databases=[Database(name="orders", system="mysql")],
    alerts={
        "ObskitShardHot": AlertOverride(for_="1h30m", params={"odds": 1.234567, "significance": 7}),
        "ObskitLogErrors": AlertOverride(for_="8s", params={"share": 0.25}, labels={"tier": "1"}),
        "ObskitPodNotReady": AlertOverride(for_="1d", annotations={"summary": 'A "quoted" {{ $labels.pod }} \\ <b>.'}),
    },
)
PACKS = Project(
    service=PLAIN.service,
    thresholds="series",
    slo=Slo(availability=99.999, latency=LatencyObjective(threshold=1, objective=95)),
    packs={
        name: [True, Pack(version="30.1", scrape="30s", match={"cluster": "eu-.*", "job": name}), False][index % 3]
        for index, name in enumerate(catalogue.PLATFORM)
    }
    | {"rollout": Pack(match={"cluster": "eu-.*", "job": "kube-state-metrics", "namespace": "shop|till"})},
)
SELDOM = Project(service=PLAIN.service, intervals=Intervals(export="1s", evaluation="30s"))
ALL = pytest.mark.parametrize(
    "project",
    [PLAIN, SHOP, SLOW, SELDOM, PACKS],
    ids=["defaults", "everything overridden", "other intervals", "seldom evaluated", "packs"],
)


def files(values: dict[str, Any], path: Path = CHART) -> dict[str, str]:
    with helm.Chart.load(str(path)) as loaded:
        options = {"name": "demo", "namespace": "default", "api_versions": APIS}
        made = _native.call_string("helm_render", loaded._raw(), json.dumps(values), json.dumps(options))
    return dict(json.loads(made))


def render(values: dict[str, Any], path: Path = CHART) -> list[dict[str, Any]]:
    return [
        document
        for name, text in sorted(files(values, path).items())
        if name.endswith((".yaml", ".yml"))
        for document in yaml.safe_load_all(text)
        if document
    ]


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    shutil.copytree(ROOT / "examples/shop/chart", folder)
    shutil.copytree(CHART, folder / "charts/obskit")
    return folder


def of_kind(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["kind"] == kind]


def test_under_other_names_of_metrics_the_chart_leaves_rules_and_dashboards_to_obskit_render() -> None:
    for metrics in (Metrics(translation_strategy="NoTranslation"), Metrics(histograms="native")):
        values = chart.values(Project(service=Service(name="shop"), metrics=metrics))
        assert not values["rules"]["enabled"] and not values["dashboards"]["enabled"]
    assert "rules" not in chart.values(Project(service=Service(name="shop")))


@ALL
def test_the_rules_are_those_of_the_python_renderer(project: Project) -> None:
    (rule,) = of_kind(render(chart.values(project)), "PrometheusRule")
    assert rule["spec"]["groups"] == alerts.groups(project)


ANALYSIS = "alerts/analysistemplate.yaml"


@pytest.mark.parametrize(
    "project",
    [
        Project(service=PLAIN.service, packs={"rollout": True}, thresholds="series"),
        Project(
            service=PLAIN.service,
            packs={"rollout": True},
            alerts={
                "ObskitRolloutCanaryFailing": AlertOverride(params={"burn": 7.5}),
                "ObskitRolloutCanarySlow": AlertOverride(enabled=False),
            },
        ),
        PLAIN,
    ],
    ids=["series", "overridden", "off"],
)
def test_the_analysis_template_is_that_of_the_python_renderer(project: Project) -> None:
    values = {**chart.values(project), "analysisTemplate": {"enabled": True, "labels": {}}}
    made = [document["spec"] for document in of_kind(render(values), "AnalysisTemplate")]
    rendered = alerts.files(project)
    assert made == ([yaml.safe_load(rendered[ANALYSIS])["spec"]] if ANALYSIS in rendered else [])


@ALL
def test_the_rules_of_loki_are_those_of_the_python_renderer_in_a_config_map_for_its_sidecar(project: Project) -> None:
    config = next(c for c in of_kind(render(chart.values(project)), "ConfigMap") if "loki" in c["metadata"]["name"])
    assert config["metadata"]["labels"]["loki_rule"] == ""
    (text,) = config["data"].values()
    assert yaml.safe_load(text)["groups"] == alerts.log_groups(project)


@ALL
def test_the_dashboards_are_those_of_the_python_renderer(project: Project) -> None:
    made = {
        next(iter(config["data"])): json.loads(next(iter(config["data"].values())))
        for config in of_kind(render(chart.values(project)), "ConfigMap")
        if "dashboard" in config["metadata"]["name"]
    }
    rendered = {
        path.split("/")[1].replace(".json", ""): json.loads(text)
        for path, text in dashboards.files(project).items()
        if path.endswith(".json")
    }
    assert made == {f"{project.service.namespace}.shop.{slug}.json": board for slug, board in rendered.items()}


def test_no_two_services_of_a_cluster_write_a_dashboard_to_the_same_file_of_grafana() -> None:
    services = [("a", "b"), ("c", "b"), ("a", "b-b"), ("a-b", "b")]
    files = [
        file
        for namespace, name in services
        for config in of_kind(render({"service": {"name": name, "namespace": namespace}}), "ConfigMap")
        if "dashboard" in config["metadata"]["name"]
        for file in config["data"]
    ]
    assert len(files) > len(services)
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
@ALL
def test_the_sidecars_configurations_are_those_of_the_python_renderer(project: Project, via: str) -> None:
    project = msgspec.structs.replace(project, logs=Logs(via=via))
    (config,) = [
        c for c in of_kind(render(chart.values(project)), "ConfigMap") if c["metadata"]["name"] == "obskit-shop"
    ]
    made = {name: yaml.safe_load(text) for name, text in config["data"].items()}
    assert made == {name: yaml.safe_load(text) for name, text in sidecars.configurations(project).items()}


@pytest.mark.parametrize("name", ["shop", "on", "123", "1e5", "null", "n" * 55, "n" * 63])
@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_the_pod_is_that_of_the_python_renderer_whatever_the_service_is_called(
    name: str, via: str, parent: Path
) -> None:
    project = Project(service=Service(name=name, namespace=name), logs=Logs(via=via))
    documents = render({"obskit": chart.values(project)}, parent)
    (deployment,) = of_kind(documents, "Deployment")
    template = deployment["spec"]["template"]
    expected = sidecars.pod(project, sidecars.configurations(project))
    assert template["spec"]["initContainers"] == expected["initContainers"]
    given = {volume["name"]: volume for volume in template["spec"]["volumes"]}
    assert [given[volume["name"]] for volume in expected["volumes"]] == expected["volumes"]
    app, (wanted,) = template["spec"]["containers"][0], expected["containers"]
    assert app["env"][-len(wanted["env"]) :] == wanted["env"]
    assert (app.get("volumeMounts") or []) == wanted.get("volumeMounts", [])
    exclude = {key for key in template["metadata"]["annotations"] if key.startswith("fluentbit.io/")}
    assert exclude == {key for key in expected["annotations"] if key.startswith("fluentbit.io/")}
    assert all(len(key.rpartition("/")[2]) <= 63 for key in template["metadata"]["annotations"])
    assert {document["metadata"]["namespace"] for document in documents if document["kind"] != "Deployment"} == {name}
    for variable in [e for c in (*template["spec"]["initContainers"], app) for e in c.get("env", ())]:
        assert isinstance(variable.get("value", ""), str), variable


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_every_sidecar_is_scraped_at_a_port_of_its_own_as_often_as_the_budgets_assume(via: str, parent: Path) -> None:
    project = msgspec.structs.replace(SLOW, logs=Logs(via=via))
    documents = render({"obskit": chart.values(project)}, parent)
    (monitor,), (deployment,) = of_kind(documents, "PodMonitor"), of_kind(documents, "Deployment")
    template = deployment["spec"]["template"]
    containers = template["spec"]["initContainers"]
    ports = {port["name"]: container["name"] for container in containers for port in container["ports"]}
    endpoints = monitor["spec"]["podMetricsEndpoints"]
    assert {ports[endpoint["port"]] for endpoint in endpoints} == {container["name"] for container in containers}
    assert {endpoint["interval"] for endpoint in endpoints} == {project.intervals.scrape}
    paths = {ports[endpoint["port"]]: endpoint.get("path", "/metrics") for endpoint in endpoints}
    assert paths.get("obskit-fluent-bit", "/api/v2/metrics/prometheus") == "/api/v2/metrics/prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    own = monitor["metadata"]
    assert f"{own['namespace']}/{own['name']}" == "default/obskit-shop"  # the job of the sidecars' series


def test_with_every_alert_disabled_no_rule_is_left() -> None:
    on = [alert.name for alert in pack.load().alerts() if alert.family not in catalogue.PLATFORM]
    values = {"service": {"name": "shop"}, "alerts": {name: {"enabled": False} for name in on}}
    documents = render(values)
    assert of_kind(documents, "PrometheusRule") == []
    assert [c for c in of_kind(documents, "ConfigMap") if "loki" in c["metadata"]["name"]] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "set service.name"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitShardHott": {}}}, "no alert is called ObskitShardHott"),
        ({"service": {"name": "shop"}, "rules": {"enabled": False}, "alerts": {"Hot": {}}}, "no alert is called Hot"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"params": {"od": 2}}}}, "has no parameter od"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"params": {"odds": 0.5}}}}, "cannot be 0.5"),
        ({"service": {"name": "shop"}, "colector": {}}, "colector"),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitLogErrors": {"keep_firing_for": "1m"}}},
            "ObskitLogErrors cannot have keep_firing_for",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitRedisDown": {"enabled": False}}},
            "ObskitRedisDown is of the pack redis, which is off",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"annotations": {"detection_budget": "1s"}}}},
            "ObskitShardHot cannot set detection_budget",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"annotations": {"runbook_url": "1s"}}}},
            "runbook_url of ObskitShardHot must begin with https",
        ),
        (
            {"service": {"name": "shop"}, "slo": {"latency": {"objective": 90}}},
            "ObskitServiceLatencyBudgetHour can never fire; set its rate below 10,",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"for": "29d24h1s"}}},
            "for of ObskitShardHot cannot be 29d24h1s: at most 30d",
        ),
        ({"service": {"name": "shop"}, "packs": {"redis": {"match": {"job": "*redis"}}}}, "match"),
        ({"service": {"name": "shop"}, "packs": {"redis": {"match": {"job": "redis|+"}}}}, "match"),
        ({"service": {"name": "shop"}, "packs": {"redis": {"match": {"job": "redis+*"}}}}, "match"),
        ({"service": {"name": 'x"} or vector(1)'}}, "service"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"labels": {"__name__": "x"}}}}, "__name__"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"labels": {"service": "x"}}}}, "label service"),
        ({"service": {"name": "shop"}, "groupLabels": ["cluster", "cluster"]}, "groupLabels"),
        ({"service": {"name": "shop"}, "backends": {"loki": "http:///x"}}, "loki"),
        ({"service": {"name": "shop"}, "intervals": {"export": "0s"}}, "export"),
        ({"service": {"name": "shop"}, "alerts": {"ObskitPodRestarted": {"labels": {"pod": "a"}}}}, "the label pod"),
        (
            {
                "service": {"name": "shop"},
                "groupLabels": ["zone"],
                "alerts": {"ObskitShardHot": {"labels": {"zone": "a"}}},
            },
            "the label zone",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"annotations": {"a": "{{ $labels.shard "}}}},
            "annotation a of ObskitShardHot: .* without its other half",
        ),
        (
            {"service": {"name": "shop"}, "alerts": {"ObskitShardHot": {"annotations": {"a": "{{ $lables.shard }}"}}}},
            "there is no variable .lables",
        ),
        ({"service": {"name": "shop"}, "groupLabels": ["instance"]}, "groupLabels cannot hold instance"),
        (
            {"service": {"name": "shop"}, "shards": [{"set": "a", "expected": 8}, {"set": "a", "expected": 9}]},
            "the set a is there twice",
        ),
        ({"service": {"name": "shop"}, "backends": {"loki": "http://loki:99999"}}, "loki"),
        ({"service": {"name": "shop"}, "backends": None}, "missing property 'backends'"),
        ({"service": {"name": "shop"}, "analysisTemplate": None}, "missing property 'analysisTemplate'"),
        ({"service": {"name": "shop"}, "slo": {"availability": 99.99999999999}}, "availability"),
        ({"service": {"name": "shop"}, "slo": {"latency": {"objective": 100}}}, "objective"),
        ({"service": {"name": "shop"}, "intervals": {"export": None}}, "missing property 'export'"),
    ],
)
def test_wrong_values_are_refused_with_a_message(values: dict[str, Any], words: str) -> None:
    with pytest.raises(helm.HelmError, match=words):
        render(values)


def _before(version: str) -> str:
    major, minor = map(int, version.split("."))
    return f"{major}.{minor - 1}" if minor else f"{major - 1}.99"


VERSIONS = [
    (name, version)
    for name, oldest in versions.oldest().items()
    for version in (oldest.version, oldest.version.partition(".")[0], _before(oldest.version))
]


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_version_is_refused_where_a_check_finds_series_that_it_does_not_have_yet(name: str, version: str) -> None:
    project = Project(service=PLAIN.service, packs={name: Pack(version=version)})
    rules, board = alerts.files(project)["alerts/rules.yaml"], dashboards.files(project)[f"dashboards/{name}.json"]
    rendered = _rendered.read({"rules.yaml": rules, "board.json": board}, project)
    found = [finding.message for finding in foreign_version.check(rendered)]
    try:
        render(chart.values(project))
    except helm.HelmError as error:
        oldest = versions.oldest()[name]
        assert f"packs.{name}.version cannot be {version}: {oldest.emitter} emits {oldest.series}," in str(error)
        assert any(f"emits {oldest.series} from {oldest.version} on" in message for message in found)
    else:
        assert found == []


@pytest.mark.parametrize(
    "project",
    [
        PLAIN,
        SLOW,
        Project(service=PLAIN.service, packs={"istio": Pack(scrape="5m")}),
        Project(service=PLAIN.service, intervals=Intervals(logs="5m", scrape="15s")),
        Project(service=PLAIN.service, alerts={"ObskitShardHot": AlertOverride(for_="10s")}),
    ],
    ids=["defaults", "other intervals", "pack scraped seldom", "logs", "for"],
)
def test_the_notes_name_the_alerts_that_a_check_finds_late(project: Project) -> None:
    found = [f for f in _checks.run(alerts.files(project), project) if f.check == "detection-budget"]
    expected = {
        f"{found.place.split()[-1]} ({takes} s instead of {may})"
        for found in found
        for may, takes in re.findall(r"may take (\d+) s .*takes (\d+) s", found.message)
    }
    notes = files(chart.values(project))["obskit/templates/NOTES.txt"]
    named = set(re.findall(r"(\w+ \([0-9.]+ s instead of [0-9.]+\))", notes))
    assert named == expected
    assert ("Shorten them" in notes) == bool(expected)


def summarised(template: str) -> Project:
    return Project(
        service=PLAIN.service, alerts={"ObskitPodNotReady": AlertOverride(annotations={"summary": template})}
    )


def test_a_template_that_prometheus_takes_is_taken_and_stays_as_it_is() -> None:
    names = [alert.name for alert in pack.load().alerts() if alert.family not in catalogue.PLATFORM]
    texts = {f"a{index}": text for index, text in enumerate(test_templates.GOOD)}
    override = AlertOverride(annotations=texts)
    project = Project(service=PLAIN.service, alerts=dict.fromkeys(names[:1], override))
    (rule,) = of_kind(render(chart.values(project)), "PrometheusRule")
    assert rule["spec"]["groups"] == alerts.groups(project)


OF_HELM = (
    "{{ $labels.pod | upper }}",
    "{{ include `a` . }}",
    "{{ tpl `a` . }}",
    "x{{ end }}{{ if true }}y",
    "{{{ 1 }}",
)


@pytest.mark.parametrize("template", [*test_templates.BAD, *OF_HELM])
def test_a_template_that_prometheus_refuses_is_refused_with_its_place(template: str) -> None:
    with pytest.raises(helm.HelmError, match="annotation summary of ObskitPodNotReady"):
        render(chart.values(summarised(template)))


@pytest.mark.parametrize("template", OF_HELM)
def test_what_helm_alone_would_read_or_could_mistake_is_refused_by_both(template: str) -> None:
    assert templates.problem(template)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ $labels.pod | upper }}", "there is no function upper; known: and, args, call, "),
        ("{{ if $value }}x", "if has no end"),
        ("{{ $value * 100 }}", r"gotpl:1: unexpected \"\*\" in operand"),
        ("{{ `upper` }} {{ $value | upper }}", "no function upper"),
        ("{{/* upper */}}{{ $valeu }}", "there is no variable .valeu"),
    ],
)
def test_a_template_is_refused_with_the_word_that_is_wrong(template: str, why: str) -> None:
    with pytest.raises(helm.HelmError, match=why):
        render(chart.values(summarised(template)))


@pytest.mark.parametrize("pattern", ["redis", "red.*|x+", "a||b", "|a", "a.b*c"])
def test_patterns_that_prometheus_takes_are_taken(pattern: str) -> None:
    assert render({"service": {"name": "shop"}, "packs": {"redis": {"match": {"job": pattern}}}})


@pytest.mark.parametrize("key", ["alerts", "databases", "shards", "groupLabels"])
def test_a_key_left_without_a_value_is_as_good_as_none(key: str) -> None:
    values: dict[str, Any] = {"service": {"name": "shop"}}
    assert render(values | {key: None}) == render(values)


def test_the_shops_chart_renders_a_pod_with_both_sidecars(parent: Path) -> None:
    (deployment,) = of_kind(render({}, parent), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert [c["name"] for c in pod["initContainers"]] == ["obskit-fluent-bit", "obskit-collector"]
    assert {c["restartPolicy"] for c in pod["initContainers"]} == {"Always"}
    environment = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}
    assert environment["OTEL_SERVICE_NAME"] == "shop"
    mounted = {m["name"] for c in [*pod["initContainers"], *pod["containers"]] for m in c.get("volumeMounts", ())}
    assert mounted <= {volume["name"] for volume in pod["volumes"]}


def test_the_shops_chart_renders_without_obskit(parent: Path) -> None:
    documents = render({"obskit": {"enabled": False}}, parent)
    assert {document["kind"] for document in documents} == {"Deployment"}
    assert "initContainers" not in documents[0]["spec"]["template"]["spec"]


def test_an_alias_renders_the_same(parent: Path, tmp_path: Path) -> None:
    usual = of_kind(render({}, parent), "PrometheusRule")
    path = parent / "Chart.yaml"
    definition = yaml.safe_load(path.read_text())
    definition["dependencies"][0] |= {"alias": "observability", "condition": "observability.enabled"}
    path.write_text(yaml.safe_dump(definition))
    values = yaml.safe_load((parent / "values.yaml").read_text())
    (parent / "values.yaml").write_text(
        yaml.safe_dump({**values, "observability": values["obskit"]} | {"obskit": None})
    )
    template = parent / "templates/deployment.yaml"
    template.write_text(
        template.read_text()
        .replace(".Subcharts.obskit", ".Subcharts.observability")
        .replace(".Values.obskit", ".Values.observability")
    )
    assert of_kind(render({}, parent), "PrometheusRule") == usual


@pytest.mark.parametrize("key", yaml.safe_load((CHART / "values.yaml").read_text()))
def test_a_key_set_to_null_is_named_or_takes_its_default(key: str) -> None:
    try:
        render({"service": {"name": "shop"}, key: None})
    except helm.HelmError as error:
        assert f"missing property '{key}'" in str(error)


def test_the_highest_objective_leaves_the_same_share_in_both_renderers() -> None:
    slo = Slo(availability=99.9999999, latency=LatencyObjective(objective=99.9999999))
    project = Project(service=PLAIN.service, slo=slo)
    (rule,) = of_kind(render(chart.values(project)), "PrometheusRule")
    assert rule["spec"]["groups"] == alerts.groups(project)
    assert "/ 0.000000001 > 14.4" in json.dumps(alerts.groups(project))


def test_a_template_called_with_the_wrong_scope_says_so(parent: Path) -> None:
    template = parent / "templates/deployment.yaml"
    template.write_text(template.read_text().replace(".Subcharts.obskit", "."))
    with pytest.raises(helm.HelmError, match=r"call the obskit\.v1\.\* templates with \.Subcharts\.obskit"):
        render({}, parent)


def test_the_generated_files_of_the_chart_are_the_pack() -> None:
    for path, text in chart.bundle().items():
        assert (CHART / path).read_text(encoding="utf-8") == text, f"{path}: run make generate"
