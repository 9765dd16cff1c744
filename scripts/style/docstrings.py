"""Check docstrings: a first line that makes sense alone, a statement, and names that exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.docstring_names import Names, find_names_outside_their_file, find_unknown_names
from scripts.style.finding import ROOT, Finding
from scripts.style.pages import tracked_pages

CUT_FIRST_LINES = 0
"""How many public docstrings may have a first line that stops within a sentence. Lower it; never raise it."""


def check_first_lines() -> Iterator[Finding]:
    """Yield public docstrings whose first line is no whole sentence, if there are more than the budget allows."""
    cut = [
        Finding(path.relative_to(ROOT).as_posix(), line, "the first line of a docstring is a whole sentence")
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in find_cut_first_lines(path.read_text(encoding="utf-8"))
    ]
    if len(cut) > CUT_FIRST_LINES:
        yield from cut
        yield Finding("src", 0, f"{len(cut)} such docstrings, more than the budget of {CUT_FIRST_LINES}")


QUESTIONS = ("What", "How", "Whether", "Where", "Who", "When", "Which")
QUESTIONS_LEFT = 20
"""How many public docstrings may begin with one of QUESTIONS. Lower it; never raise it."""


def check_questions() -> Iterator[Finding]:
    """Yield public docstrings that begin with a question, if there are more than the budget allows."""
    questions = [
        Finding(
            path.relative_to(ROOT).as_posix(), line, 'a docstring is a statement: "Return the ...", "The rows that"'
        )
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in find_questions(path.read_text(encoding="utf-8"))
    ]
    if len(questions) > QUESTIONS_LEFT:
        yield from questions
        yield Finding("src", 0, f"{len(questions)} such docstrings, more than the budget of {QUESTIONS_LEFT}")


def find_questions(text: str) -> Iterator[int]:
    """Yield the lines of the public docstrings of one file that begin with a question."""
    for line, first, _ in _public_docstrings(text):
        if first.split(" ")[0] in QUESTIONS:
            yield line


def find_cut_first_lines(text: str) -> Iterator[int]:
    """Yield the lines of the public docstrings of one file whose first line stops within a sentence."""
    for line, first, more in _public_docstrings(text):
        if more and not first.endswith((".", ":", "?", "!")):
            yield line


def _public_docstrings(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the line of each public docstring, its first line and the others."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        is_public = isinstance(node, ast.Module) or not node.name.startswith("_")
        first, *more = (ast.get_docstring(node) or "").splitlines() or [""]
        if is_public and first:
            yield node.body[0].lineno, first, more


def check_docstring_names() -> Iterator[Finding]:
    """Yield names in docstrings that the repository does not define, and names of pages that are not in their file."""
    names = Names(ROOT)
    for path in sorted((ROOT / "src").rglob("*.py")):
        for line, name in find_unknown_names(path.read_text(encoding="utf-8"), names):
            yield Finding(path.relative_to(ROOT).as_posix(), line, f"nothing has this name: {name}")
    for page in tracked_pages():
        for line, what in find_names_outside_their_file(page.text, names):
            yield Finding(page.path, line, f"the file has no such name: {what}")
