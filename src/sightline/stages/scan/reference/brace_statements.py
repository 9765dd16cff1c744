"""Split statements in braces, such as `lease 192.0.2.7 { starts 6 2026/10/10 13:55:36; }` (ADR 3, statements)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sightline.model import RejectCode
from sightline.stages.formats.program import Statements
from sightline.stages.scan.reference.objects import choose_branch
from sightline.stages.scan.reference.record import CommentFrame
from sightline.stages.scan.reference.slots import Branch, Slots

SKIPPED = re.compile(rb"(?:[ \t\r\n]|#[^\n]*)*+")
WORD = re.compile(rb'"((?:[^"\\]|\\.)*+)"|([^ \t\r\n;{}"]+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """A word's text, without its quotes if it has some, and its place with them."""

    text: bytes
    is_quoted: bool
    start: int
    end: int


def split(rule: Statements, absent: Sequence[str], slots: Slots, body: bytes) -> Branch | CommentFrame | RejectCode:
    """Put the values of the statements that the map names in their slots, and return the branch."""
    statements = read_statements(body)
    if not statements:
        return RejectCode.NO_PATTERN
    by_name = {tuple(name.encode().split(b" ")): slot for name, slot in rule.map.items()}
    for words in statements:
        name = _find_statement_name(words, by_name)
        if name is None:
            continue
        if by_name[name] in slots:
            return RejectCode.NO_PATTERN
        slots[by_name[name]] = [_find_statement_value(words, len(name), body)]
    return choose_branch(rule, absent, slots)


def read_statements(body: bytes) -> list[list[Word]] | None:
    """Return the words of each statement in order, or None where quotes or braces do not fit."""
    result: list[list[Word]] = []
    words: list[Word] = []
    depth = 0
    for token in _split_tokens(body):
        if isinstance(token, Word):
            words.append(token)
            continue
        if token is None or (token == b"}" and (words or depth == 0)):
            return None
        depth += {b"{": 1, b"}": -1}.get(token, 0)
        if words:
            result.append(words)
        words = []
    return None if words or depth else result


def _split_tokens(body: bytes) -> Iterator[Word | bytes | None]:
    """The words and the signs `;`, `{` and `}` in order; None where a quote is not closed."""
    position = _skip_blanks(body, 0)
    while position < len(body):
        sign = body[position : position + 1]
        if sign in (b";", b"{", b"}"):
            yield sign
            position = _skip_blanks(body, position + 1)
            continue
        word = WORD.match(body, position)
        if word is None:
            yield None
            return
        is_quoted = word[1] is not None
        yield Word(word[1] if is_quoted else word[2], is_quoted, word.start(), word.end())
        position = _skip_blanks(body, word.end())


def _skip_blanks(body: bytes, position: int) -> int:
    """Return where blanks and comments from `position` on end."""
    skipped = SKIPPED.match(body, position)
    return skipped.end() if skipped else position


def _find_statement_name(words: list[Word], names: Mapping[tuple[bytes, ...], int]) -> tuple[bytes, ...] | None:
    """The longest of the names that a statement begins with. Quoted words are no part of a name."""
    fitting = [
        name for name in names if tuple(None if word.is_quoted else word.text for word in words[: len(name)]) == name
    ]
    return max(fitting, key=len, default=None)


def _find_statement_value(words: list[Word], name_length: int, body: bytes) -> bytes:
    """Return what follows the name of a statement, as it stands; the name itself where nothing follows."""
    rest = words[name_length:] or words
    return rest[0].text if len(words) - name_length == 1 else body[rest[0].start : rest[-1].end]
