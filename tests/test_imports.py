"""The import rule of `docs/explanation/architecture.md`, held against the import graph, lazy imports included."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sightline"
LAYERS = {
    "errors": 1,
    "waits": 1,
    "counts": 1,
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
    "notifications": {"doctor", "inbox", "live"},
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
    "decisions": {"cases", "forces", "input_checks", "notices", "people", "permissions", "reference_data"},
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


def imported(path: Path) -> set[str]:
    """Full names of all that a module imports from this package, or from the kernel."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where things come from"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "sightline"}


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


def assert_no_cycle(imports: dict[str, set[str]]) -> None:
    done: set[str] = set()
    while left := {name for name in imports if name not in done}:
        free = {name for name in left if imports[name] <= done}
        assert free, f"a cycle among {sorted(left)}"
        done |= free


@pytest.mark.parametrize("listed", [SERVICES, CASEWORK], ids=["services", "casework"])
def test_packages_of_a_layer_import_each_other_in_no_cycle(listed: dict[str, set[str]]) -> None:
    assert_no_cycle(listed)


def test_modules_of_the_casework_import_each_other_in_no_cycle() -> None:
    names = {
        "sightline." + ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
        for path in modules()
        if path.is_relative_to(SOURCE / "casework") and path.stem != "__init__"
    }
    assert_no_cycle(
        {
            name: {
                name for name in names if any(each == name or each.startswith(f"{name}.") for each in imported(path))
            }
            for name, path in names.items()
        }
    )


@pytest.mark.parametrize(("layer", "listed"), [("services", SERVICES), ("casework", CASEWORK)])
def test_every_package_of_a_layer_is_listed_and_says_what_it_is_for(layer: str, listed: dict[str, set[str]]) -> None:
    folders = {path.parent.name for path in (SOURCE / layer).glob("*/__init__.py")}
    assert folders == {name for name in listed if (SOURCE / layer / name).is_dir()}
    for name in sorted(folders):
        docstring = ast.get_docstring(ast.parse((SOURCE / layer / name / "__init__.py").read_text(encoding="utf-8")))
        assert docstring, f"{layer}/{name}/__init__.py does not say what it is for"
