"""The documentation does what it says: its commands run, its links lead somewhere, its code compiles."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from obskit import catalogue
from obskit._render import alerts, routing
from obskit.config.project import Backends, Project, Service

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    p
    for p in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/**/*.md")]
)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (str(page.relative_to(ROOT)), code)
        for page in PAGES
        for kind, code in _BLOCK.findall(page.read_text())
        if kind == language
    ]


def file_of_the_documentation(name: str) -> str:
    """The only YAML that says in its first line which file it is, or begins, of this name."""
    (code,) = [code for _, code in blocks("yaml") if re.match(rf"# {re.escape(name)}(?::|$)", code, re.MULTILINE)]
    return code


def commands(program: str) -> list[tuple[str, str]]:
    """Every line `$ program …` of the documentation, without what only a shell can do with its output."""
    found = []
    for page, code in blocks("console"):
        lines = [line[2:] for line in code.splitlines() if line.startswith(f"$ {program} ")]
        found += [(page, re.split(r"\s+(?:#|>|\|)", line)[0].strip()) for line in lines]
    return sorted(set(found))


def project_of(page: str) -> str:
    """The obskit.yaml that a page shows, or else the shop's."""
    shown = [code for name, code in blocks("yaml") if name == page and code.startswith("# obskit.yaml")]
    return shown[0] if shown else (ROOT / "examples/shop/obskit.yaml").read_text()


def shown_files(page: str) -> list[tuple[str, str]]:
    """The files of rules that a page shows, by the path in their first line."""
    codes = [code for name, code in blocks("yaml") if name == page and code.startswith("# rules/")]
    return [(code.splitlines()[0].removeprefix("# "), code) for code in codes]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each page, since its commands build upon each other."""
    return defaultdict(lambda: tmp_path_factory.mktemp("docs"))


@pytest.mark.parametrize(
    ("page", "line"),
    # promtool works for a minute, whatever Python asks it.
    [
        pytest.param(*found, marks=[pytest.mark.real] if found[1].startswith("obskit test") else [])
        for found in commands("obskit")
    ],
    ids=lambda value: value,
)
def test_every_command_of_the_documentation_runs(
    page: str, line: str, folders: dict[str, Path], program: Callable[[str], Path]
) -> None:
    arguments = shlex.split(line)[1:]
    folder = folders[page]
    (folder / "obskit.yaml").write_text(project_of(page))
    for name, code in shown_files(page):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    environment = dict(os.environ)
    if arguments[0] == "test":
        environment["OBSKIT_PROMTOOL"] = str(program("promtool"))
    done = subprocess.run(
        [sys.executable, "-m", "obskit", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    allowed = (0, 1) if {"--diff", "--check", "--rules"} & set(arguments) else (0,)
    assert done.returncode in allowed, f"{page}: {line}\n{done.stdout}{done.stderr}"


@pytest.mark.real
def test_the_configurations_of_the_documentation_are_ones_that_the_programs_accept(
    tmp_path: Path, program: Callable[[str], Path]
) -> None:
    checks = {"prometheus.yaml": ("promtool", "check", "config"), "alertmanager.yaml": ("amtool", "check-config")}
    shutil.copytree(ROOT / "examples/shop/rendered", tmp_path / "rendered")
    for name, (tool, *arguments) in checks.items():
        (tmp_path / name).write_text(file_of_the_documentation(name))
        command = [program(tool), *arguments, name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_the_scrape_configuration_of_the_documentation_gives_the_labels_that_the_alerts_select_by(
    tmp_path: Path, program: Callable[[str], Path]
) -> None:
    scrape = yaml.safe_load(file_of_the_documentation("sidecars.yaml"))
    del scrape["kubernetes_sd_configs"]
    pod = {"namespace": "shop", "pod_name": "a", "pod_phase": "Running", "pod_label_app_kubernetes_io_name": "cart"}
    ports = {"obskit-otelcol": "obskit-collector", "obskit-fluent": "obskit-fluent-bit", "http": "cart"}
    scrape["static_configs"] = [
        {
            "targets": ["10.0.0.1:1"],
            "labels": {
                f"__meta_kubernetes_{key}": value
                for key, value in {**pod, "pod_container_port_name": port, "pod_container_name": name}.items()
            },
        }
        for port, name in ports.items()
    ]
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump({"scrape_configs": [scrape]}))
    command = [program("promtool"), "check", "service-discovery", "--timeout=1s", "prometheus.yaml", "obskit-sidecars"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = {t["labels"]["container"]: t["labels"] for t in json.loads(done.stdout) if t.get("labels")}
    assert set(found) == {"obskit-collector", "obskit-fluent-bit"}
    for name, path in (("obskit-collector", "/metrics"), ("obskit-fluent-bit", "/api/v2/metrics/prometheus")):
        labels = found[name]
        assert (labels["job"], labels["namespace"], labels["pod"]) == ("shop/obskit-cart", "shop", "a")
        assert labels["__metrics_path__"] == path


def test_the_route_of_the_documentation_is_the_one_that_is_rendered() -> None:
    rendered = yaml.safe_load((ROOT / "examples/shop/rendered/alerts/alertmanager.yaml").read_text())
    written = yaml.safe_load(file_of_the_documentation("alertmanager.yaml"))
    assert written["route"]["routes"] == rendered["routes"]


@pytest.mark.real
def test_a_route_by_namespace_gives_the_alerts_of_a_pack_to_those_who_own_what_is_broken(
    tmp_path: Path, program: Callable[[str], Path]
) -> None:
    configuration = yaml.safe_load(file_of_the_documentation("by-namespace.yaml"))
    project = Project(service=Service(name="shop"), packs={"postgres": True})
    rendered = routing.routes(project)[-1]
    assert configuration["route"]["routes"][0]["routes"] == [rendered]
    configuration["route"]["routes"].append(rendered)
    (tmp_path / "all.yaml").write_text(yaml.safe_dump(configuration))
    command = [str(program("amtool")), "config", "routes", "test", f"--config.file={tmp_path / 'all.yaml'}"]
    for namespace, receiver in (("till", "till"), ("shop", "platform")):
        labels = ["pack=postgres", "service=shop", f"namespace={namespace}", "latency_class=fast"]
        done = subprocess.run([*command, *labels], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == receiver


def test_the_limits_of_the_documentation_are_those_that_the_rules_come_to() -> None:
    page = " ".join((ROOT / "docs/backends.md").read_text().split())
    shop = Project(service=Service(name="shop", namespace="shop"))
    everything = msgspec.structs.replace(shop, packs=dict.fromkeys(catalogue.PLATFORM, True), thresholds="series")
    few, many = alerts.groups(shop), alerts.groups(everything)
    assert (
        f"A service has {len(few)} groups of rules, {len(many)} with all packs, and no group has more than 20 rules"
        in page
    )
    assert f"# {len(few)} for each service, {len(many) - len(few)} for all packs" in page
    assert max(len(group["rules"]) for group in many) <= 20
    assert 70 // len(few) == 4
    assert "by default: those of four services" in page
    assert _annotation(shop) < 262_144 / 2
    service = Service(name="checkout", namespace="commerce", team="payments")
    linked = msgspec.structs.replace(everything, service=service, backends=Backends(grafana="http://grafana:3000"))
    assert _annotation(linked) > 262_144


def _annotation(project: Project) -> int:
    """The bytes that kubectl apply keeps of the PrometheusRule: Go writes <, > and & as six."""
    resource = yaml.safe_load(alerts.files(project)["alerts/prometheusrule.yaml"])
    text = json.dumps(resource, separators=(",", ":"), ensure_ascii=False)
    return len(text.encode()) + 5 * sum(map(text.count, "<>&"))


def test_the_table_of_the_chart_has_every_value() -> None:
    page = (ROOT / "docs/helm.md").read_text()
    schema = json.loads((ROOT / "helm/obskit/values.schema.json").read_text())
    rows = [" ".join(line.split("|")[1:3]) for line in page.splitlines() if line.startswith("| `")]
    missing = []
    for top in schema["properties"].keys() - {"global", "enabled"}:
        definition = schema["properties"][top]
        definition = schema["$defs"].get(definition.get("$ref", "").rpartition("/")[2], definition)
        told = re.findall(r"\w+", " ".join(row for row in rows if re.search(rf"`{top}[`.]", row)))
        missing += [f"{top}.{key}" for key in (top, *definition.get("properties", ())) if key not in told]
    assert missing == []


def test_every_make_target_of_the_documentation_exists() -> None:
    targets = set(re.findall(r"^([a-z][-a-z]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {line.split()[1] for _, line in commands("make")}
    assert used
    assert used <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    targets = [t for t in _LINK.findall(page.read_text()) if "://" not in t and not t.startswith("mailto:")]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize(("page", "code"), blocks("python"), ids=lambda value: value.splitlines()[0][:40])
def test_python_of_the_documentation_compiles(page: str, code: str) -> None:
    compile(code, page, "exec")


def test_the_python_of_the_first_screen_runs(tmp_path: Path) -> None:
    (page, code), *_ = blocks("python")
    assert page == "README.md"
    environment = {
        "PATH": os.environ["PATH"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OBSKIT_EXIT_BUDGET": "0.2",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
