"""The import rule of `docs/explanation/architecture.md`, held against the import graph, lazy imports included."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sightline"
LAYERS = {
    "errors": 1,
    "waits": 1,
    "private_files": 1,
    "file_digests": 1,
    "child_process": 1,
    "message_text": 1,
    "loopback": 1,
    "model": 1,
    "stages": 2,
    "exercise": 2,
    "translation": 3,
    "storage": 3,
    "ledger": 4,
    "evidence": 5,
    "workspace": 6,
    "casework": 7,
    "services": 8,
    "api": 9,
    "web": 9,
    "cli": 10,
}
APART = {("workspace", "evidence")}
"""Layers that do not import each other, although one lies above the other."""
SERVICES: dict[str, set[str]] = {
    "match": set(),
    "sessions": set(),
    "artifacts": {"sessions"},
    "export": {"match"},
    "tips": {"match"},
    "search": {"artifacts"},
    "outcomes": {"artifacts"},
    "cluster": {"match"},
    "verification": {"cluster", "match"},
    "scan": {"artifacts", "cluster", "match", "sessions"},
    "tip_import": {"match", "scan", "tips"},
    "device_import": {"scan", "sessions", "tip_import"},
    "leads": {"artifacts", "cluster", "inbox", "match", "outcomes", "sessions"},
    "live": {"artifacts", "inbox", "leads", "match", "scan"},
    "intake": {"leads", "match", "scan"},
    "lead_index": {"artifacts", "outcomes"},
    "documents": {"artifacts", "match", "scan", "sessions"},
    "bundles": {"artifacts", "documents", "match", "resolution", "sessions"},
    "notices": {"artifacts", "documents", "lead_index", "leads", "match", "sessions"},
    "lead_status": {"artifacts", "leads", "notices", "outcomes"},
    "resolution": {"artifacts", "leads", "notices", "sessions"},
    "operations": {"artifacts", "documents", "lead_status", "leads", "match", "outcomes"},
    "referrals": {"artifacts", "bundles", "documents", "lead_groups", "leads", "match", "outcomes", "sessions"},
    "exercise": {"artifacts", "leads", "notices", "resolution", "scan"},
    "lead_groups": {"artifacts", "outcomes", "sessions"},
    "doctor": set(),
    "case_files": set(),
    "case_report": {"artifacts", "documents", "lead_index", "lead_status", "match"},
    "inbox": {"artifacts"},
    "notifications": {"artifacts", "doctor", "inbox", "live", "notices"},
}
"""The services, each with those that it may import."""
CASEWORK: dict[str, set[str]] = {
    "input_checks": set(),
    "permissions": set(),
    "people": {"input_checks", "permissions"},
    "cases": {"input_checks", "permissions"},
    "reference_data": {"input_checks", "permissions"},
    "exhibits": {"cases", "input_checks", "permissions", "reference_data"},
    "leads": {"cases", "exhibits", "input_checks", "permissions"},
    "operations": {"input_checks", "leads", "permissions"},
    "notices": {"input_checks", "permissions"},
    "identities": {"input_checks", "permissions"},
    "forces": {"input_checks", "permissions"},
    "oversight": {"input_checks", "permissions"},
    "decisions": {"cases", "forces", "input_checks", "notices", "oversight", "people", "permissions", "reference_data"},
}
"""The packages and modules of the casework, each with those that it may import."""
SIDEWAYS = {
    ("devices", "tabular"),
    ("scan", "formats"),
    ("scan", "lists"),
    ("tips", "formats"),
    ("tabular", "scan"),
    ("tips", "scan"),
    ("tips", "tabular"),
    ("measure", "enrich"),
    ("resolve", "formats"),
    ("resolve", "scan"),
    ("resolve", "tabular"),
}


EXERCISE = {"canonical", "formats", "lists"}
"""Stages that the exercise world rests on."""


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


@cache
def imported(path: Path) -> frozenset[str]:
    """Full names of all that a module imports from this package, or from the kernel."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where things come from"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in found if name.split(".")[0] == "sightline")


OUTSIDE = {"__init__", "__main__", "__version__", "_kernel"}
"""In no layer: the package itself, which re-exports the Python interface lazily, its start, and
the Rust kernel (below).
"""


KERNEL = re.compile(r"\b_kernel\b")
"""The compiled module by its name, as a whole word."""


def allowed(importer: tuple[str, ...], target: tuple[str, ...]) -> bool:
    if not target or importer[0] in OUTSIDE or target[0] in OUTSIDE:
        return True
    mine, theirs = LAYERS[importer[0]], LAYERS[target[0]]
    if importer[0] == target[0] == "stages":
        stage, other = importer[1], target[1]
        return stage == other or other == "canonical" or (stage, other) in SIDEWAYS
    if importer[0] == "exercise" and target[0] == "stages":
        # The oracle knows nothing of how the product reads.
        return target[1] in EXERCISE and importer[1] != "oracle"
    if (importer[0], target[0]) in APART:
        return False
    if importer[0] == target[0] == "services" and importer[1:2] != target[1:2]:
        return target[1] in SERVICES[importer[1]]
    if importer[0] == target[0] == "casework" and importer[1:2] != target[1:2]:
        return target[1] in CASEWORK[importer[1]]
    return theirs < mine or importer[0] == target[0] or mine == theirs == 1


def test_every_module_and_package_is_in_a_layer() -> None:
    names = {path.relative_to(SOURCE).with_suffix("").parts[0] for path in modules()}
    assert names - OUTSIDE == set(LAYERS)


def test_modules_import_only_what_lies_below_them() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in modules()
        for name in sorted(imported(path))
        if not allowed(path.relative_to(SOURCE).with_suffix("").parts, tuple(name.split(".")[1:]))
    ]
    assert wrong == [], "\n".join(wrong)


def test_only_one_package_imports_the_kernel() -> None:
    importers = {str(path.relative_to(SOURCE)) for path in modules() if KERNEL.search(path.read_text(encoding="utf-8"))}
    assert {Path(importer).parent.as_posix() for importer in importers} == {"stages/scan/kernel"}


@pytest.mark.parametrize(
    ("importer", "target", "verdict"),
    [
        (("stages", "lists", "trust"), ("stages", "canonical"), True),
        (("stages", "lists", "trust"), ("stages", "scan", "kernel"), False),
        (("stages", "scan", "kernel"), ("stages", "lists", "model"), True),
        (("stages", "tips", "instants"), ("stages", "scan", "zones"), True),
        (("stages", "tips", "archive"), ("stages", "lists", "load"), False),
        (("stages", "scan", "oracle"), ("stages", "tips", "model"), False),
        (("stages", "formats", "detect"), ("services", "match", "pipeline"), False),
        (("services", "match", "pipeline"), ("cli", "match"), False),
        (("services", "leads", "rebuild"), ("services", "notices", "plan"), False),
        (("services", "notices", "plan"), ("services", "leads", "rebuild"), True),
        (("ledger", "append"), ("storage", "rows"), True),
        (("storage", "rows"), ("ledger", "tree"), False),
        (("ledger", "append"), ("evidence", "bundle_file"), False),
        (("workspace", "backup"), ("evidence", "bundle_file"), False),
        (("storage", "table"), ("casework", "cases", "cases"), False),
        (("casework", "cases", "cases"), ("workspace", "workspace"), True),
        (("casework", "cases", "cases"), ("casework", "permissions", "access"), True),
        (("casework", "cases", "cases"), ("casework", "exhibits", "purge"), False),
        (("cli", "match"), ("services", "match", "pipeline"), True),
        (("exercise", "signing"), ("stages", "lists", "signature"), True),
        (("exercise", "world"), ("stages", "scan", "kernel"), False),
        (("exercise", "oracle", "lists"), ("stages", "lists", "model"), False),
        (("exercise", "world"), ("workspace", "workspace"), False),
        (("stages", "lists", "load"), ("exercise", "world"), False),
    ],
)
def test_the_rule_itself(importer: tuple[str, ...], target: tuple[str, ...], verdict: bool) -> None:
    assert allowed(importer, target) is verdict


def build_import_graph(root: Path = SOURCE) -> dict[str, set[str]]:
    """The modules that each module imports, also inside its functions and for types only, by their names below `root`.

    The package itself is left out: it gives the Python interface on first use, and every module lies below it.
    """
    paths = {
        path.relative_to(root).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
        for path in sorted(root.rglob("*.py"))
        if path != root / "__init__.py"
    }
    return {
        name: {_find_module(target, paths) for target in imported(path)} - {name, ""} for name, path in paths.items()
    }


def _find_module(target: str, names: Iterable[str]) -> str:
    """The module of an imported name: `sightline.web.app.create_app` is of `web.app`; "" if it is of none."""
    name = target.removeprefix("sightline").lstrip(".")
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name


def group_by_package(graph: dict[str, set[str]]) -> dict[str, dict[str, set[str]]]:
    """The parts of each package, modules and packages, each with the parts beside it that it imports."""
    grouped: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, targets in graph.items():
        for target in targets:
            own, other = name.split("."), target.split(".")
            depth = next((at for at, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), None)
            if depth is not None:
                grouped[".".join(own[:depth])][own[depth]].add(other[depth])
    return grouped


def find_cycle(graph: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("listed", [SERVICES, CASEWORK], ids=["services", "casework"])
def test_listed_packages_import_each_other_in_no_cycle(listed: dict[str, set[str]]) -> None:
    assert find_cycle(listed) == []


def test_modules_import_each_other_in_no_cycle() -> None:
    graph = build_import_graph()
    assert graph["web.pages.home.routes"] >= {"web.page_router", "web.context"}
    assert find_cycle(graph) == []


def test_parts_of_a_package_import_each_other_in_no_cycle() -> None:
    packages = group_by_package(build_import_graph())
    assert "page_router" in packages["web"]["pages"]
    assert {name: cycle for name, parts in packages.items() if (cycle := find_cycle(parts))} == {}


def test_a_cycle_is_found_in_functions_and_for_types(tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / "__init__.py").touch()
    (tmp_path / "low" / "a.py").write_text("def read():\n    from sightline.high import b\n")
    (tmp_path / "high.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sightline.low.a import A\n"
    )
    graph = build_import_graph(tmp_path)
    assert set(find_cycle(graph)) == {"low.a", "high"}
    assert set(find_cycle(group_by_package(graph)[""])) == {"low", "high"}


@pytest.mark.parametrize(("layer", "listed"), [("services", SERVICES), ("casework", CASEWORK)])
def test_every_package_of_a_layer_is_listed_and_says_what_it_is_for(layer: str, listed: dict[str, set[str]]) -> None:
    folders = {path.parent.name for path in (SOURCE / layer).glob("*/__init__.py")}
    assert folders == {name for name in listed if (SOURCE / layer / name).is_dir()}
    for name in sorted(folders):
        docstring = ast.get_docstring(ast.parse((SOURCE / layer / name / "__init__.py").read_text(encoding="utf-8")))
        assert docstring, f"{layer}/{name}/__init__.py does not say what it is for"
