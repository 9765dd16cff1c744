"""Split a frame by tokens from left to right without backtracking (ADR 3, Tokens)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sightline.model import RejectCode
from sightline.stages.formats.program import Dissect, DissectLine, PatternToken, TokenExtent
from sightline.stages.scan.reference.record import CommentFrame
from sightline.stages.scan.reference.slots import Branch, Slots

DIGITS = frozenset(b"0123456789")
ENDS_LABEL = frozenset(b" \t.:")
LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") | frozenset(range(0x80, 0x100))
IN_LABEL = LETTERS | DIGITS | frozenset(b"-_")
MAX_NAME_BYTES = 260


def split(dissect: Dissect, prefixes: Iterable[tuple[Slots, int]], frame: bytes) -> Branch | CommentFrame | RejectCode:
    """Return the first line of a program that matches the frame, after the first prefix that allows one."""
    for taken, start in prefixes:
        for line in dissect.lines:
            slots = dict(taken)
            if fit(line.tokens, frame, start, slots) == len(frame):
                if line.comment:
                    return CommentFrame(is_open=takes_all(line))
                last = line.tokens[-1].slot if takes_all(line) else None
                return Branch(slots, line.set, frozenset(() if last is None else (last,)), line=line)
    return RejectCode.NO_PATTERN


def takes_all(line: DissectLine) -> bool:
    """Return whether the last token of a pattern takes all that is left."""
    last = line.tokens[-1].take if line.tokens else None
    return last not in (None, TokenExtent.FIXED, TokenExtent.QUOTED, TokenExtent.SPACES)


def fit(tokens: Sequence[PatternToken], frame: bytes, position: int, slots: Slots) -> int | None:
    """Return where the tokens end that match the frame from `position` on, with their pieces in `slots`, or None."""
    for number, token in enumerate(tokens):
        following = tokens[number + 1].text if number + 1 < len(tokens) else None
        end = _find_token_end(token, following, frame, position)
        if end is None:
            return None
        if token.slot is not None:
            slots[token.slot] = [frame[position:end]]
        position = end
    return position


def reach(tokens: Sequence[PatternToken], frame: bytes, position: int) -> tuple[int, int]:
    """Return how far tokens match a frame that they do not match whole: the position, and how many of them."""
    for number, token in enumerate(tokens):
        following = tokens[number + 1].text if number + 1 < len(tokens) else None
        end = _find_token_end(token, following, frame, position)
        if end is None:
            return position, number
        position = end
    return position, len(tokens)


def _find_token_end(token: PatternToken, following: str | None, frame: bytes, position: int) -> int | None:
    """Return where one token ends, or None."""
    if token.text is not None:
        text = token.text.encode()
        return position + len(text) if frame.startswith(text, position) else None
    if token.take is TokenExtent.SPACES:
        end = len(frame) - len(frame[position:].lstrip(b" "))
        return end if end > position else None
    if token.take is TokenExtent.FIXED:
        end = position + (token.bytes or 0)
        return end if end <= len(frame) else None
    if token.take is TokenExtent.QUOTED:
        return find_closing_quote(frame, position, b'"')
    if token.take is TokenExtent.LAST:
        return _find_last_place(token, (following or "").encode(), frame, position)
    end = len(frame) if following is None else frame.find(following.encode(), position)
    return end if end >= 0 and _takes_piece(token.take, frame[position:end]) else None


def _find_last_place(token: PatternToken, following: bytes, frame: bytes, position: int) -> int | None:
    """Return where the text that follows stands for the `count`-th time, from the end of the token backwards."""
    end = len(frame) if token.before is None else frame.find(token.before.encode(), position)
    for _ in range(token.count):
        if end < 0:
            return None
        end = frame.rfind(following, position, end)
    return end if end >= 0 else None


def _takes_piece(take: TokenExtent | None, piece: bytes) -> bool:
    """Return whether a piece is what `until`, `word`, `number`, `name` or `label` may take."""
    if take is TokenExtent.WORD:
        return bool(piece) and b" " not in piece and b"\t" not in piece
    if take is TokenExtent.NUMBER:
        return bool(piece) and DIGITS.issuperset(piece)
    if take is TokenExtent.NAME:
        return is_dotted_name(piece)
    if take is TokenExtent.LABEL:
        word = _without_port(piece)
        return word not in (None, b"", b"-") and ENDS_LABEL.isdisjoint(word or b"")
    return True


def _without_port(piece: bytes) -> bytes | None:
    """Return what stands before the first colon; None if no port follows that colon."""
    before, colon, port = piece.partition(b":")
    is_port = 1 <= len(port) <= 5 and DIGITS.issuperset(port)
    return before if is_port or not colon else None


def is_dotted_name(piece: bytes) -> bool:
    """Return whether a piece is a host name of two labels or more, with a port or without, no address or duration."""
    named = _without_port(piece)
    if named is None or len(piece) > MAX_NAME_BYTES:
        return False
    labels = named.removesuffix(b".").split(b".")
    are_labels = len(labels) > 1 and all(label and IN_LABEL.issuperset(label) for label in labels)
    return are_labels and labels[-1][0] in LETTERS


def find_closing_quote(text: bytes, position: int, quote: bytes) -> int | None:
    """Return the position of the first quote without a backslash before it. A backslash escapes the next byte."""
    # Possessive, so that a frame of nothing but backslashes costs one pass.
    match = re.compile(rb"(?:[^\\%b]|\\.)*+" % re.escape(quote), re.DOTALL).match(text, position)
    end = len(text) if match is None else match.end()
    return end if text.startswith(quote, end) else None
