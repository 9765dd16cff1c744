"""Find words that STYLE.md bans in texts that people read: messages of the web app, and string literals of `src/`.

`scripts/style_check.py` runs it. A sentence that a workspace, a package or a document stores keeps its bytes, and so
its words: `STORED_LEFT` counts those.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

SRC = Path(__file__).parent.parent / "src" / "sightline"
TEMPLATE = SRC / "web" / "locale" / "web.pot"
STORED_LEFT = 20
"""How many literals and messages may have such a word, because their text is stored. Lower it; never raise it."""
DARK = re.compile(
    r"\b(?:whoever|whom|anew|thereof|so many|such as are|what is kept|(?<!there )is nothing|operations room"
    r"|take along|taken along|told|stands(?! for\b)|stood|fell|resolving)\b",
    re.IGNORECASE,
)
"""Words that STYLE.md bans, and words that are plain in other texts but not in a message: `stands` for `is`."""
COPIES = ("sentence.rule.", "sentence.journal.", "sentence.document.")
"""Contexts of messages that are literals of `src/` too, and are judged there."""


def find_in_literals(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and word of each literal of a module that has such a word. Docstrings and codes are left out."""
    nodes = list(ast.walk(ast.parse(text)))
    statements = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            is_printed = " " in node.value or node.value.isupper()
            if is_printed and (found := DARK.search(node.value)):
                yield node.lineno, found[0]


def find_in_messages(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and word of each English message of a catalogue that has such a word."""
    with path.open("rb") as file:
        for message in read_po(file):
            texts = [message.id] if isinstance(message.id, str) else message.id
            if not (message.context or "").startswith(COPIES) and (found := DARK.search(" ".join(texts))):
                yield message.lineno or 0, found[0]


def find_printed_words() -> Iterator[tuple[Path, int, str]]:
    """Yield file, line and word of everything that people read and that has such a word."""
    yield from ((TEMPLATE, line, word) for line, word in find_in_messages(TEMPLATE))
    for path in sorted(SRC.rglob("*.py")):
        yield from ((path, line, word) for line, word in find_in_literals(path.read_text(encoding="utf-8")))
