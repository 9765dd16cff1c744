"""Check the words of comments, docstrings and printed texts."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from scripts.printed_words import STORED_LEFT, find_printed_words
from scripts.style.finding import BANNED, ROOT, Finding


def check_comments() -> Iterator[Finding]:
    """Yield words that STYLE.md bans in comments and docstrings. `check_words` reads the texts of help in cli.md."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        yield from find_banned_words(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def find_banned_words(where: str, text: str) -> Iterator[Finding]:
    """Yield the banned words in comments and docstrings of one file. A word in a code span is a name and may stay."""
    if not BANNED.search(text):
        return
    starts_statement = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and starts_statement
        if token.type == tokenize.COMMENT or is_docstring:
            for number, line in enumerate(token.string.splitlines(), token.start[0]):
                for word in BANNED.findall(re.sub(r"`[^`]*`", "", line)):
                    yield Finding(where, number, f'banned: "{word}"')
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            starts_statement = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


def check_printed_words() -> Iterator[Finding]:
    """Yield banned words in messages and printed texts, if there are more than the stored ones (`printed_words.py`)."""
    found = [
        Finding(str(path.relative_to(ROOT)), line, f'printed: "{word}"') for path, line, word in find_printed_words()
    ]
    if len(found) > STORED_LEFT:
        yield from found
        yield Finding("src", 0, f"{len(found)} such texts, more than the budget of {STORED_LEFT}")
