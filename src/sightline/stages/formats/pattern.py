"""Parse tokens from a pattern in a format file: `%{client:word} - [%{time}] "%{request:quoted}"`.

`%{name}` takes up to the text that follows, `%{name:word}` without spaces, `%{name:number}` digits, `%{name:name}`
the name of a host with a dot in it and no address, `%{name:label}` a word that is neither, `%{name:quoted}` up to the
closing quote, `%{name:15}` that number of bytes; `%{name:last}` up to the last place of the text that follows (`last2`:
the last but one), `%{name:last:STOP}` up to its last place before STOP; `%{}` takes and drops; `%{>}` is one or more
spaces; `%%` is a percent sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sightline.stages.formats.program import PatternToken, TokenExtent

PIECE = re.compile(r"%(?:(%)|\{(>)\}|\{([a-z][a-z0-9_]*)?(?::([a-z]+|[0-9]+|last[2-9])(?::([^%{}]+))?)?\})")
NAMED = {
    str(take): take
    for take in (
        TokenExtent.UNTIL,
        TokenExtent.WORD,
        TokenExtent.NUMBER,
        TokenExtent.NAME,
        TokenExtent.LABEL,
        TokenExtent.QUOTED,
    )
}
OPEN_ENDED = (TokenExtent.UNTIL, TokenExtent.WORD, TokenExtent.NUMBER, TokenExtent.NAME, TokenExtent.LABEL)
MAX_FIXED = 4096
MAX_SHOWN = 60
ALLOWED = (
    "%{name}, %{name:word}, %{name:number}, %{name:name}, %{name:label}, %{name:quoted}, %{name:15}, %{name:last},"
    " %{name:last2}, %{name:last:STOP}, %{}, %{>}, and %% for a percent sign"
)


@dataclass(frozen=True, slots=True)
class PatternPiece:
    """A token before slots have numbers: literal `text`, or a piece to `take` under a `name` (None: dropped)."""

    text: str | None = None
    take: TokenExtent | None = None
    name: str | None = None
    bytes: int | None = None
    count: int = 1
    before: str | None = None

    def to_token(self, slots: dict[str, int]) -> PatternToken:
        """Return the token. A name that no field uses is dropped."""
        slot = None if self.name is None else slots.get(self.name)
        return PatternToken(self.text, self.take, slot, self.bytes, self.count, self.before)


@lru_cache(maxsize=4096)
def split_pattern(pattern: str, *, prefix: bool = False) -> tuple[PatternPiece, ...]:
    """Return the pieces of a pattern in order, adjacent texts merged. Cached: formats share their prefixes.

    Raises ValueError, with a clear message, for an invalid piece or one without a place to stop.
    """
    parts_of_pattern: list[PatternPiece] = []
    end = 0
    for match in PIECE.finditer(pattern):
        _add_literal(parts_of_pattern, pattern[end : match.start()])
        end = match.end()
        if match[1]:
            _add_literal(parts_of_pattern, "%", percent=True)
        else:
            parts_of_pattern.append(PatternPiece(take=TokenExtent.SPACES) if match[2] else _parse_take(match))
    _add_literal(parts_of_pattern, pattern[end:])
    _check(parts_of_pattern, prefix)
    return tuple(parts_of_pattern)


def _add_literal(parts_of_pattern: list[PatternPiece], text: str, *, percent: bool = False) -> None:
    if "%" in text and not percent:
        rest = text[text.index("%") :]
        excerpt = rest[: rest.index("}") + 1] if rest.startswith("%{") and "}" in rest[:MAX_SHOWN] else rest[:20]
        raise ValueError(f"{excerpt!r} is no piece; allowed: {ALLOWED}")
    if text and parts_of_pattern and parts_of_pattern[-1].text is not None:
        parts_of_pattern[-1] = PatternPiece(text=parts_of_pattern[-1].text + text)
    elif text:
        parts_of_pattern.append(PatternPiece(text=text))


def _parse_take(match: re.Match[str]) -> PatternPiece:
    name, how = match[3], match[4] or "until"
    if how.rstrip("23456789") == "last":
        return PatternPiece(take=TokenExtent.LAST, name=name, count=int(how[4:] or 1), before=match[5])
    if how.isdigit():
        if not 1 <= int(how) <= MAX_FIXED:
            raise ValueError(f"{match[0]} takes {how} bytes; allowed: 1 to {MAX_FIXED}")
        return PatternPiece(take=TokenExtent.FIXED, name=name, bytes=int(how))
    if how not in NAMED or match[5]:
        raise ValueError(f"{match[0]} takes {how!r}; allowed: {', '.join(NAMED)}, last, or a count of bytes")
    return PatternPiece(take=NAMED[how], name=name)


def _check(parts_of_pattern: list[PatternPiece], prefix: bool) -> None:
    names = [piece.name for piece in parts_of_pattern if piece.name]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"%{{{name}}} is twice in one pattern")
    for piece, following in zip(parts_of_pattern, [*parts_of_pattern[1:], None], strict=False):
        excerpt = f"%{{{piece.name or ''}}}"
        if piece.take is TokenExtent.QUOTED and not (following and (following.text or "").startswith('"')):
            raise ValueError(f'{excerpt[:-1]}:quoted}} must be followed by the closing quote "')
        if piece.take in OPEN_ENDED and following is None and prefix:
            raise ValueError(f"{excerpt} ends a prefix and would take the whole frame; end it with literal text")
        if piece.take is TokenExtent.LAST and following is None:
            raise ValueError(f"{excerpt[:-1]}:last}} must be followed by literal text: it looks for its last place")
        if piece.take in (*OPEN_ENDED, TokenExtent.LAST) and following and following.text is None:
            raise ValueError(f"{excerpt} must be followed by literal text, or it cannot know where to stop")
