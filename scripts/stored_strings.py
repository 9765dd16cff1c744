"""Find stored strings that an older version had and this one lacks: golden vectors, schemas, codes, tables and columns.

Usage: .venv/bin/python -m scripts.stored_strings COMMIT

`scripts/compare_outputs.py` runs both versions; this reads what both wrote down. What is new is no difference.
"""

from __future__ import annotations

import ast
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WITH_NAMES_AS_KEYS = {"properties", "$defs", "definitions", "patternProperties"}
"""Keywords of a JSON schema whose keys are names."""


BLANK = "a blank at the end is no part of a line (2026-11-29)"
DIGITS = "a time may have more than nine digits of a second (2026-11-29)"
MEANT = {
    '"CONNECT", "target": "http://flagged.example/a"': "a tunnel shows a host and no path (2026-11-29)",
    '"1.1234567890"': DIGITS,
    '"2024-01-01T00:00:00.1234567890Z"': DIGITS,
    '"frame": "q: w; 1 i Z k "': BLANK,
    '"frame": "1 i Z k "': BLANK,
    '"1|192.0.2.1 "': BLANK,
    '"7 100% x "': BLANK,
    '"\\"1\\" a\\\\ "': BLANK,
    '"t=1 msg=\\"a b=c"': "a text whose quote is not closed may be cut off (2026-11-29)",
}
"""Parts of the cases that later changes replaced by intent since a1e9a2dd, the commit before the layout, and why."""


def stored_strings(tree: Path) -> dict[str, Counter[str]]:
    """Return the stored strings of a version by kind, each with the file that it is in."""
    vectors, schemas = ((tree / name).glob("*.json") for name in ("tests/vectors", "docs/schema"))
    return {
        "cases of golden vectors": Counter(
            f"{vector.name}: {case}" for vector in vectors for case in _cases(_read(vector))
        ),
        "names of JSON schemas": Counter(
            f"{schema.name}: {name}" for schema in schemas for name in _names(_read(schema))
        ),
        "codes": Counter(_codes(tree)),
        "columns of tables": Counter(_columns(tree)),
    }


def _read(path: Path) -> Any:  # noqa: ANN401  - any JSON
    return json.loads(path.read_text(encoding="utf-8"))


def _cases(vectors: object) -> Iterator[str]:
    """Yield each case of a file of vectors; a value that is no list and no table is one case."""
    if not isinstance(vectors, dict):
        vectors = {"": vectors}
    every = ((name, part) for name, value in vectors.items() for part in _parts(value))
    yield from (f"{name}: {json.dumps(one, sort_keys=True, ensure_ascii=False)}" for name, one in every)


def _parts(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.items())
    return value if isinstance(value, list) else [value]


def _names(schema: object) -> set[str]:
    """Return the names and constants of a JSON schema."""
    found: set[str] = set()
    if isinstance(schema, list):
        return found.union(*map(_names, schema))
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in WITH_NAMES_AS_KEYS:
                found |= set(value)
            elif key in {"enum", "const"}:
                found |= {f"={one}" for one in (value if isinstance(value, list) else [value])}
            found |= _names(value)
    return found


def _codes(tree: Path) -> set[str]:
    """Return the values of all string enumerations: verbs of the ledger, actions, codes of rejects and others."""
    found: set[str] = set()
    for path in (tree / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases):
                values = (assign.value for assign in node.body if isinstance(assign, ast.Assign))
                found |= {
                    value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
                }
    return found


def _columns(tree: Path) -> set[str]:
    """Return table.column of a new workspace."""
    with tempfile.TemporaryDirectory(prefix="sightline-columns-") as folder:
        workspace, key = Path(folder) / "workspace", Path(folder) / "key"
        words = ["init", workspace, "--name", "Unit", "--officer", "A. Nair", "--key", key, "--no-passphrase"]
        environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "HOME": folder}
        subprocess.run(  # noqa: S603  - our own program
            [sys.executable, "-m", "sightline", *map(str, words)], env=environment, check=True, capture_output=True
        )
        files = (path for path in workspace.rglob("*") if path.is_file())
        (database,) = (path for path in files if path.read_bytes()[:15] == b"SQLite format 3")
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        try:
            query = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
            return {f"{table}.{column}" for table, column in connection.execute(query)}
        finally:
            connection.close()


def main() -> int:
    """Compare this tree with a commit; 0 if nothing is missing."""
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="sightline-strings-") as folder:
        older = Path(folder) / "older"
        checkout = ["git", "worktree", "add", "--quiet", "--detach", str(older), sys.argv[1]]
        subprocess.run(checkout, cwd=ROOT, check=True)  # noqa: S603
        try:
            (older / "src/sightline/_kernel.abi3.so").write_bytes((ROOT / "src/sightline/_kernel.abi3.so").read_bytes())
            before, now = stored_strings(older), stored_strings(ROOT)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", older], cwd=ROOT, check=False)  # noqa: S603, S607
    unexplained = 0
    for kind, strings in before.items():
        missing = sorted((strings - now[kind]).elements())
        print(f"{kind}: {strings.total()} before, {len(missing)} of them missing")
        for one in missing:
            why = next((why for part, why in MEANT.items() if part in one), None)
            unexplained += why is None
            print(f"  missing: {one}" if why is None else f"  meant, {why}: {one}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    raise SystemExit(main())
