"""The real programs accept what is rendered."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from obskit import catalogue
from obskit._render import alerts, cases, pipeline, sidecars
from obskit.config.project import AlertOverride, Intervals, Logs, Metrics, Project, Service

pytestmark = pytest.mark.real

MINIMAL = Project(service=Service(name="cart", namespace="shop"))
UTF8 = Project(service=MINIMAL.service, metrics=Metrics(translation_strategy="NoTranslation"))
EVERYTHING = Project(service=MINIMAL.service, packs=dict.fromkeys(catalogue.PLATFORM, True))
GROUPED = msgspec.structs.replace(EVERYTHING, group_labels=["cluster"], intervals=Intervals(scrape="30s"))
Program = Callable[[str], Path]


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "project"),
    [("promtool", GROUPED), ("promtool", UTF8), ("promtool-2.42", EVERYTHING)],
    ids=["all packs by cluster", "names with dots", "all packs, Prometheus 2.42"],
)
def test_promtool_accepts_the_rules_and_every_case_passes(
    name: str, project: Project, program: Program, tmp_path: Path
) -> None:
    promtool = program(name)
    (tmp_path / "rules.yaml").write_text(alerts.files(project)["alerts/rules.yaml"])
    checked = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    files, left_out = cases.files(project)
    assert left_out == {}
    for path, text in (files | cases.rules(project)).items():
        (tmp_path / path).write_text(text)
    tested = run(promtool, "test", "rules", *files, cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_what_befalls_one_service_raises_no_alert_of_another(program: Program, tmp_path: Path) -> None:
    others = [Project(service=Service(name=name, namespace=where)) for name, where in (("till", "shop"), ("cart", "b"))]
    for name in cases.rules(MINIMAL):
        every = [yaml.safe_load(cases.rules(project)[name])["groups"] for project in others]
        (tmp_path / name).write_text(yaml.safe_dump({"groups": list(itertools.chain(*every))}))
    files, _ = cases.files(MINIMAL)
    asked = 0
    for name, text in files.items():
        document = yaml.safe_load(text)
        for test in document["tests"]:
            test.pop("promql_expr_test", None)
            for question in test["alert_rule_test"]:
                asked += bool(question["exp_alerts"])
                question["exp_alerts"] = []
        (tmp_path / name).write_text(yaml.safe_dump(document))
    assert asked > 100, "moments at which an alert of the service itself fires"
    tested = run(program("promtool"), "test", "rules", *files, cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize(
    ("family", "alert", "params"),
    [
        ("shards", "ObskitShardHotColdStart", {"odds": 50}),
        ("database", "ObskitDatabaseConnectionCreateSlow", {"share": 0.9}),
        ("pods", "ObskitPodRestarting", {"restarts": 50}),
    ],
)
def test_a_case_fails_when_its_alert_is_broken(
    family: str, alert: str, params: dict, program: Program, tmp_path: Path
) -> None:
    broken = Project(service=MINIMAL.service, alerts={alert: AlertOverride(params=params)})
    files, _ = cases.files(MINIMAL)
    for name, text in (files | cases.rules(broken)).items():
        (tmp_path / name).write_text(text)
    tested = run(program("promtool"), "test", "rules", f"{family}-test.yaml", cwd=tmp_path)
    assert tested.returncode == 1
    assert alert in tested.stdout + tested.stderr


def test_obskit_test_leaves_out_what_the_project_overrides_and_says_so(program: Program, tmp_path: Path) -> None:
    (tmp_path / "obskit.yaml").write_text("service: {name: shop}\nalerts: {ObskitShardHot: {for: 1m}}\n")
    promtool = str(program("promtool"))
    done = run(sys.executable, "-m", "obskit", "test", cwd=tmp_path, OBSKIT_PROMTOOL=promtool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ObskitShardHot" in done.stdout + done.stderr


def test_obskit_test_that_proves_nothing_does_not_succeed(program: Program, tmp_path: Path) -> None:
    (tmp_path / "obskit.yaml").write_text("service: {name: shop}\nmetrics: {histograms: native}\n")
    promtool = str(program("promtool"))
    done = run(sys.executable, "-m", "obskit", "test", cwd=tmp_path, OBSKIT_PROMTOOL=promtool)
    assert done.returncode == 1
    assert "nothing is proven" in done.stderr


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_the_collector_accepts_its_configuration(via: str, program: Program, tmp_path: Path) -> None:
    project = Project(service=MINIMAL.service, logs=Logs(via=via))
    (tmp_path / "otelcol.yaml").write_text(sidecars.files(project)["sidecars/otelcol.yaml"])
    queue = str(tmp_path / "queue")
    done = run(program("otelcol"), "validate", "--config=otelcol.yaml", cwd=tmp_path, OBSKIT_COLLECTOR_DIR=queue)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_collector_refuses_a_configuration_with_a_fault(program: Program, tmp_path: Path) -> None:
    config = yaml.safe_load(sidecars.files(MINIMAL)["sidecars/otelcol.yaml"])
    config["service"]["pipelines"]["traces"]["processors"].append("nothing")
    (tmp_path / "otelcol.yaml").write_text(yaml.safe_dump(config))
    assert run(program("otelcol"), "validate", "--config=otelcol.yaml", cwd=tmp_path).returncode != 0


def test_fluent_bit_accepts_its_configuration(program: Program, tmp_path: Path) -> None:
    (tmp_path / "fluent-bit.yaml").write_text(sidecars.files(MINIMAL)["sidecars/fluent-bit.yaml"])
    environment = {"OBSKIT_FLUENT_BIT_DIR": str(tmp_path), "OBSKIT_LOG_DIRECTORY": str(tmp_path)}
    done = run(program("fluent-bit"), "--dry-run", "--config=fluent-bit.yaml", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["amtool", "amtool-0.25"])
def test_amtool_accepts_the_route_and_sends_a_fast_alert_alone(name: str, program: Program, tmp_path: Path) -> None:
    rendered = yaml.safe_load(alerts.files(MINIMAL)["alerts/alertmanager.yaml"])
    root = {"receiver": "usual", "routes": [{**route, "receiver": "obskit"} for route in rendered["routes"]]}
    receivers = [{"name": "usual"}, {"name": "obskit"}, {"name": "obskit-heartbeat"}]
    configuration = {"route": root, "receivers": receivers, "inhibit_rules": rendered["inhibit_rules"]}
    (tmp_path / "alertmanager.yaml").write_text(yaml.safe_dump(configuration))
    amtool = program(name)
    assert run(amtool, "check-config", "alertmanager.yaml", cwd=tmp_path).returncode == 0
    arguments = ("config", "routes", "test", "--config.file=alertmanager.yaml")
    mine = run(amtool, *arguments, "namespace=shop", "service=cart", "latency_class=fast", cwd=tmp_path)
    other = run(amtool, *arguments, "namespace=shop", "service=other", "latency_class=fast", cwd=tmp_path)
    heart = ("namespace=shop", "service=cart", "latency_class=fast", "alertname=ObskitHeartbeat")
    beat = run(amtool, *arguments, *heart, cwd=tmp_path)
    assert (mine.stdout.strip(), other.stdout.strip()) == ("obskit", "usual")
    assert beat.stdout.strip() == "obskit-heartbeat"


def test_kustomize_joins_the_sidecars_to_a_deployment(tmp_path: Path) -> None:
    files = pipeline.render(MINIMAL, ["sidecars"])
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    pod = {"containers": [{"name": "cart", "image": "cart:1"}]}
    labels = {"app.kubernetes.io/name": "cart"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cart", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    (tmp_path / "deployment.yaml").write_text(yaml.safe_dump(deployment))
    kustomization = {"resources": ["deployment.yaml"], "components": ["sidecars"]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    kubectl = Path(sys.executable).parent / "kubectl"
    done = run(kubectl, "kustomize", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    documents = {document["kind"]: document for document in yaml.safe_load_all(done.stdout)}
    containers = documents["Deployment"]["spec"]["template"]["spec"]["initContainers"]
    assert [c["name"] for c in containers] == ["obskit-fluent-bit", "obskit-collector"]
    assert set(documents["ConfigMap"]["data"]) == {"otelcol.yaml", "fluent-bit.yaml"}
