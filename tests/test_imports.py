"""The import rule of `docs/explanation/architecture.md`, held against the import graph, lazy imports included."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sightline"
LAYERS = {
    "errors": 0,
    "waits": 0,
    "private_files": 0,
    "records": 0,
    "stages": 1,
    "exercise": 1,
    "record": 2,
    "casework": 3,
    "engines": 4,
}
LAYERS |= {"api": 5, "web": 5, "cli": 6}
RECORD = {"store": 0, "ledger": 1, "evidence": 2}
"""Rooms of the record, each importing only those before it; what lies beside them is the workspace that they make up."""
SHARED = {"access", "acting", "approval_chain", "approvals", "declared", "roster"}
"""Modules of the casework that its others rest on; these rest on each other in this order."""
BESIDE = {
    ("datasets", "issuers"),
    ("deciding", "cases"),
    ("deciding", "forces"),
    ("deciding", "issuers"),
    ("deciding", "notices"),
    ("deciding", "officers"),
    ("deciding", "referrals"),
    ("holds", "cases"),
    ("holds", "exhibits"),
    ("retention", "holds"),
    ("lead_papers", "holds"),
    ("exhibits", "series"),
    ("outcomes", "cases"),
    ("matters", "cases"),
    ("recovery", "accounts"),
    ("operations", "working"),
    ("working", "marks"),
    ("purge", "exhibits"),
    ("accepting", "referrals"),
    ("referrals", "forces"),
    ("purge", "retention"),
    ("oversight", "checkpoints"),
    ("checkpoints", "witnesses"),
}
"""What else imports what in the casework."""
SIDEWAYS = {
    ("scan", "formats"),
    ("scan", "lists"),
    ("tips", "formats"),
    ("tips", "scan"),
    ("measure", "enrich"),
    ("resolve", "formats"),
    ("resolve", "scan"),
    ("resolve", "tips"),
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


def allowed(importer: tuple[str, ...], target: tuple[str, ...]) -> bool:
    if not target or target[0] not in LAYERS or not importer or importer[0] not in LAYERS:
        # The package itself (version), and its face, which re-exports lazily.
        return True
    mine, theirs = LAYERS[importer[0]], LAYERS[target[0]]
    if importer[0] == target[0] == "stages":
        room, other = importer[1], target[1]
        return room == other or other == "canonical" or (room, other) in SIDEWAYS
    if importer[0] == "exercise" and target[0] == "stages":
        # The oracle knows nothing of how the product reads.
        return target[1] in EXERCISE and importer[1] != "oracle"
    if importer[:2] != target[:2] and importer[0] == target[0] == "record" and importer[1] in RECORD:
        return RECORD.get(target[1], 9) < RECORD[importer[1]]
    if importer[0] == target[0] == "casework" and importer[1:2] != target[1:2]:
        return target[1] in SHARED or (importer[1], target[1]) in BESIDE
    return theirs < mine or importer[0] == target[0] or mine == theirs == 0


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    importer = path.relative_to(SOURCE).with_suffix("").parts
    for name in sorted(imported(path)):
        target = tuple(name.split(".")[1:])
        assert allowed(importer, target), f"{'/'.join(importer)} imports {name}"


def test_only_the_kernel_module_imports_the_kernel() -> None:
    importers = {str(path.relative_to(SOURCE)) for path in modules() if "_kernel" in path.read_text(encoding="utf-8")}
    assert importers <= {"stages/scan/kernel.py"}


@pytest.mark.parametrize(
    ("importer", "target", "verdict"),
    [
        (("stages", "lists", "trust"), ("stages", "canonical"), True),
        (("stages", "lists", "trust"), ("stages", "scan", "kernel"), False),
        (("stages", "scan", "kernel"), ("stages", "lists", "model"), True),
        (("stages", "tips", "instants"), ("stages", "scan", "zones"), True),
        (("stages", "tips", "archive"), ("stages", "lists", "load"), False),
        (("stages", "scan", "oracle"), ("stages", "tips", "model"), False),
        (("stages", "formats", "detect"), ("engines", "pipeline"), False),
        (("engines", "pipeline"), ("cli", "match"), False),
        (("record", "ledger", "append"), ("record", "store", "rows"), True),
        (("record", "store", "rows"), ("record", "ledger", "tree"), False),
        (("record", "ledger", "append"), ("record", "evidence", "bundle_file"), False),
        (("record", "store", "shelf"), ("casework", "cases"), False),
        (("casework", "cases"), ("record", "workspace"), True),
        (("casework", "cases"), ("casework", "access"), True),
        (("casework", "cases"), ("casework", "purge"), False),
        (("cli", "match"), ("engines", "pipeline"), True),
        (("exercise", "signing"), ("stages", "lists", "signature"), True),
        (("exercise", "world"), ("stages", "scan", "kernel"), False),
        (("exercise", "oracle", "lists"), ("stages", "lists", "model"), False),
        (("exercise", "world"), ("record", "workspace"), False),
        (("stages", "lists", "load"), ("exercise", "world"), False),
    ],
)
def test_the_rule_itself(importer: tuple[str, ...], target: tuple[str, ...], verdict: bool) -> None:
    assert allowed(importer, target) is verdict
