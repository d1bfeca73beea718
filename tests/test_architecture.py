"""Who may import whom: data goes one way, and a service pays for nothing that only the tools need."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "obskit"

# Package -> what it may import of ours, beside itself.
NEUTRAL = ("obskit.exceptions", "obskit._version", "obskit.gotemplate")
ALLOWED = {
    "obskit.catalogue": (),
    "obskit.config": NEUTRAL,
    "obskit.promql": ("obskit.config", "obskit.catalogue", "obskit.logql", *NEUTRAL),
    "obskit.gotemplate": (),
    "obskit.logql": ("obskit.gotemplate",),
    "obskit._runtime": (
        "obskit.catalogue",
        "obskit.config.settings",
        "obskit.config.destinations",
        "obskit.config.views",
        "obskit.config.proxies",
        *NEUTRAL,
    ),
    "obskit._runbooks": ("obskit._installation",),
    "obskit._render": (
        "obskit.catalogue",
        "obskit.config",
        "obskit.promql",
        "obskit._installation",
        "obskit._runbooks",
        *NEUTRAL,
    ),
    "obskit._lint": (
        "obskit.catalogue",
        "obskit.config",
        "obskit.promql",
        "obskit.logql",
        "obskit._checks._finding",
        "obskit._checks._vector",
        *NEUTRAL,
    ),
    "obskit._checks": (
        "obskit.catalogue",
        "obskit.config",
        "obskit.promql",
        "obskit.logql",
        "obskit._installation",
        "obskit._runbooks",
        "obskit._render.pack",  # what a definition promises
        *NEUTRAL,
    ),
}
SDK = ("opentelemetry.sdk", "opentelemetry.exporter")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, lazily and for type checkers as well, by its full name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {_target(str(node.module), alias.name) for alias in node.names}
    return found


def _target(module: str, name: str) -> str:
    """``from a import b`` imports the module a.b where there is one, else a."""
    folder = ROOT.joinpath(*module.split("."))
    is_module = (folder / name).is_dir() or (folder / f"{name}.py").is_file()
    return f"{module}.{name}" if is_module else module


GRAPH = {module_name(path): imports(path) for path in sorted(PACKAGE.rglob("*.py"))}


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    wrong = [
        f"{module} imports {target}"
        for module, targets in GRAPH.items()
        if inside(module, package)
        for target in targets
        if inside(target, "obskit") and not any(inside(target, allowed) for allowed in (package, *ALLOWED[package]))
    ]
    assert wrong == []


def test_only_the_command_line_imports_the_command_line() -> None:
    wrong = [
        module
        for module, targets in GRAPH.items()
        if any(inside(target, "obskit.cli") for target in targets)
        and not inside(module, "obskit.cli")
        and module != "obskit.__main__"
    ]
    assert wrong == []


def test_one_module_touches_the_sdk_and_no_service_pays_for_it() -> None:
    users = {m for m, targets in GRAPH.items() for t in targets if any(inside(t, sdk) for sdk in SDK)}
    assert users == {"obskit._runtime.engine.sdk"}


def test_no_private_attribute_of_another_package_is_touched() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    ours = {name for tree in trees.values() for node in ast.walk(tree) for name in _defined(node)}
    touched = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {name}"  # type: ignore[attr-defined]
        for path, tree in trees.items()
        for node in ast.walk(tree)
        for name in _private(node)
        if name not in ours
    ]
    assert touched == []


def _defined(node: ast.AST) -> list[str]:
    """Private names that our own code gives: of functions, classes, attributes of itself, module variables."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return [node.attr] if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls") else []
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    return []


def _private(node: ast.AST) -> list[str]:
    """Private attributes that a node reads or writes, also by their names as text."""
    if isinstance(node, ast.Attribute):
        name = node.attr
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
        name = str(node.args[1].value) if isinstance(node.args[1], ast.Constant) else ""
    elif isinstance(node, ast.ImportFrom) and not str(node.module).startswith("obskit"):
        # The logs API of OpenTelemetry has an underscore until it is stable, and no other name.
        return [
            a.name for a in node.names if a.name.startswith("_") and not a.name.startswith("__") and a.name != "_logs"
        ]
    else:
        return []
    # Named tuples keep their methods apart from their fields by an underscore.
    is_private = name.startswith("_") and not name.startswith("__") and name not in ("_asdict", "_replace")
    return [name] if is_private else []


def test_the_graph_sees_what_it_should_see() -> None:
    assert "obskit._render.pipeline" in GRAPH["obskit.cli.check"]
    assert "obskit._checks" in GRAPH["obskit.cli.check"]
    assert "obskit.catalogue._model" in GRAPH["obskit.catalogue.db"]


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        (
            "from obskit.cli.group import cli; cli.main(['--help'], standalone_mode=False)",
            {"rjsonnet", "_jsonnet", "promql_parser", "yaml", "msgspec", "opentelemetry"},
        ),
        (
            "import obskit; obskit.init(service_name='x', log_format='off', exit_budget=0.1); import flask, sqlalchemy",
            {
                "opentelemetry.sdk",
                "opentelemetry.exporter",
                "google.protobuf",
                "requests",
                "yaml",
                "obskit.catalogue.sidecars",
            },
        ),
        ("import obskit", {"rjsonnet", "_jsonnet", "promql_parser", "yaml", "msgspec", "click"}),
        ("import obskit._checks", {"rjsonnet", "_jsonnet", "click", "opentelemetry", "obskit._render"}),
        ("import obskit._lint", {"rjsonnet", "_jsonnet", "click", "opentelemetry", "obskit._render"}),
        ("import obskit._render.pipeline", {"click", "opentelemetry", "obskit._checks"}),
    ],
)
def test_an_import_loads_nothing_that_it_does_not_need(statement: str, unwanted: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stderr.split()) & unwanted
