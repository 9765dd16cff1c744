"""Check that no test reads a clock: speed is measured by `bench/`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from scripts.style.finding import ROOT, Finding

CLOCKS = {
    "time": {"monotonic", "perf_counter", "process_time", "thread_time", "time", "sleep"},
    "os": {"times"},
    "resource": {"getrusage"},
    "timeit": {"timeit", "repeat", "default_timer"},
}
"""Functions that read a clock or wait for it, by module; with `_ns` too."""
CLOCK_MODULES = re.compile(rf"\b(?:{'|'.join(CLOCKS)})\b")
RUST_CLOCKS = re.compile(r"\bInstant::now|\bSystemTime\b|\belapsed\b|\bsleep\b")
MAY_READ_A_CLOCK = ("tests/waits.py", "tests/real_servers/")
"""Where tests wait for another process, and where logs of real servers are collected: they are no tests."""


def check_clocks() -> Iterator[Finding]:
    """Yield clocks in tests. No test may pass by how long something took: speed belongs to bench/."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(MAY_READ_A_CLOCK):
            yield from find_clocks(where, path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "rust/src").rglob("*.rs")):
        if "tests" in path.relative_to(ROOT / "rust").with_suffix("").parts:
            yield from find_rust_clocks(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_rust_clocks(where: str, text: str) -> Iterator[Finding]:
    """Yield the clocks in the text of one file of Rust tests."""
    for number, line in enumerate(text.splitlines(), 1):
        for clock in RUST_CLOCKS.findall(line.partition("//")[0]):
            yield Finding(where, number, f"a clock in a test: {clock} (rust/src/growth.rs counts instructions)")


def find_clocks(where: str, text: str) -> Iterator[Finding]:
    """Yield the clocks in the text of one file."""
    if not CLOCK_MODULES.search(text):
        return
    used: list[tuple[int, str, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.append((node.lineno, node.value.id, node.attr))
        elif isinstance(node, ast.ImportFrom):
            used += [(node.lineno, node.module or "", alias.name) for alias in node.names]
    for line, module, name in used:
        if name.removesuffix("_ns") in CLOCKS.get(module, ()):
            yield Finding(where, line, f"a clock in a test: {module}.{name} (tests/waits.py waits)")
