"""Check the lines of code files, and which files the root of the repository has."""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Iterable, Iterator

from scripts.style.finding import MAX_COLUMNS, ROOT, Finding

FOLDERS_OF_CODE = ("src", "scripts", "fetch", "tests", "bench")
ZERO_WIDTH = {"Mn", "Me", "Cf"}
"""Categories of Unicode that take no column: marks of Hindi and Malayalam, joiners."""


def check_code_lines() -> Iterator[Finding]:
    """Yield lines of code over MAX_COLUMNS. Ruff does not count the directive (`# noqa`) at a line's end; this does."""
    for path in sorted(path for folder in FOLDERS_OF_CODE for path in (ROOT / folder).rglob("*.py")):
        yield from find_long_lines(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_long_lines(where: str, text: str) -> Iterator[Finding]:
    """Yield the lines of one file over MAX_COLUMNS. A mark above or below a letter has no column of its own."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) <= MAX_COLUMNS:
            continue
        columns = sum(unicodedata.category(character) not in ZERO_WIDTH for character in line)
        if columns > MAX_COLUMNS:
            yield Finding(where, number, f"{columns} columns, more than {MAX_COLUMNS}")


FILES_OF_ROOT = {
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "README.md",
    "SECURITY.md",
    "STYLE.md",
    "mkdocs.yml",
    "pyproject.toml",
}
"""What a newcomer sees first, beside hidden files. A file for an experiment is committed here by mistake."""


def check_root() -> Iterator[Finding]:
    """Yield tracked files in the folder of the repository that do not belong there."""
    command = ["git", "-C", str(ROOT), "ls-files", ":(glob)*"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  - our own
    yield from find_strays(name for name in listed if (ROOT / name).exists())


def find_strays(names: Iterable[str]) -> Iterator[Finding]:
    """Yield the names that are neither hidden nor among FILES_OF_ROOT."""
    for name in names:
        if not name.startswith(".") and name not in FILES_OF_ROOT:
            yield Finding(name, 1, "this file belongs into a folder, or is committed by mistake")
