"""Split key and value pairs: syslog, CEF (ADR 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sightline.model import RejectCode
from sightline.stages.formats.program import KeyValue
from sightline.stages.scan.reference.dissect import find_closing_quote
from sightline.stages.scan.reference.objects import choose_branch
from sightline.stages.scan.reference.record import CommentFrame
from sightline.stages.scan.reference.slots import Branch, Slots


@dataclass(frozen=True, slots=True)
class WrittenPair:
    """A key, its value without quotes, and where the value's text ends in the frame."""

    key: bytes
    value: bytes
    end: int
    is_unclosed: bool = False


def split(key_value: KeyValue, absent: Sequence[str], slots: Slots, body: bytes) -> Branch | CommentFrame | RejectCode:
    """Put the values that the map names in their slots, and return the branch. A frame without any pair is invalid."""
    by_key = {key.encode(): slot for key, slot in key_value.map.items()}
    pairs = (
        _split_strictly(key_value, body)
        if key_value.strict
        else [*(_split_spaced_pairs if key_value.spaced else _split_pairs)(key_value, body)]
    )
    wanted = {by_key[pair.key]: pair for pair in pairs or () if pair.key in by_key}
    taken = [by_key[pair.key] for pair in pairs or () if pair.key in by_key]
    is_doubled = (key_value.strict or key_value.once) and (
        len(set(taken)) < len(taken) or not slots.keys().isdisjoint(taken)
    )
    if not pairs or is_doubled:
        return RejectCode.NO_PATTERN
    slots.update({slot: [pair.value] for slot, pair in wanted.items()})
    branch = choose_branch(key_value, absent, slots)
    if not isinstance(branch, Branch):
        return branch
    return replace(
        branch,
        open=frozenset(slot for slot, pair in wanted.items() if pair.end == len(body)),
        unclosed=frozenset(slot for slot, pair in wanted.items() if pair.is_unclosed),
    )


def _split_strictly(key_value: KeyValue, body: bytes) -> list[WrittenPair] | None:
    """The pairs of pieces that all are pairs but the blank ones, spaces around them dropped; None where one is none."""
    pairs = []
    end = -len(key_value.separator.encode())
    for piece in body.split(key_value.separator.encode()):
        end += len(key_value.separator.encode()) + len(piece)
        text = piece.strip(SPACE)
        if not text:
            continue
        key, equals, rest = text.partition(key_value.equals.encode())
        value = rest.strip(SPACE)
        if key_value.quote is not None and value.startswith(key_value.quote.encode()):
            if find_closing_quote(value, 1, key_value.quote.encode()) != len(value) - 1:
                return None
            value, text_end = value[1:-1], -1
        else:
            text_end = end - len(piece) + len(piece.rstrip(SPACE))
        if not equals or not key:
            return None
        pairs.append(WrittenPair(key.strip(SPACE), value, text_end))
    return pairs


SPACE = b" \t\r"


def list_keys(key_value: KeyValue, body: bytes) -> list[bytes]:
    """Return the keys of a frame, in order."""
    if key_value.strict:
        split = (piece.partition(key_value.equals.encode()) for piece in body.split(key_value.separator.encode()))
        return [key.strip(SPACE) for key, equals, _ in split if equals]
    return [
        pair.key
        for pair in (_split_spaced_pairs(key_value, body) if key_value.spaced else _split_pairs(key_value, body))
    ]


def _split_pairs(key_value: KeyValue, body: bytes) -> Iterator[WrittenPair]:
    """Pairs whose values end at a separator, or at their closing quote."""
    separator, equals = key_value.separator.encode(), key_value.equals.encode()
    position = 0
    while position < len(body):
        if body.startswith(separator, position):
            position += len(separator)
            continue
        end = _find(body, separator, position)
        at = body.find(equals, position, end)
        if at >= 0:
            pair, end = _read_value(key_value, body, body[position:at], at + len(equals), end)
            yield pair
            end = _find(body, separator, end)
        position = end


def _split_spaced_pairs(key_value: KeyValue, body: bytes) -> Iterator[WrittenPair]:
    """Pairs whose values may hold separators: each ends before the next key."""
    separator = key_value.separator.encode()
    a_key = re.compile(
        rb"(?:\A|(?<=%b))([A-Za-z0-9_.-]+)%b" % (re.escape(separator), re.escape(key_value.equals.encode()))
    )
    match = a_key.search(body)
    while match:
        following = a_key.search(body, match.end())
        pair, end = _read_value(key_value, body, match[1], match.end(), following.start() if following else len(body))
        if following and following.start() < end:
            following = a_key.search(body, end)
        yield pair
        match = following


def _read_value(key_value: KeyValue, body: bytes, key: bytes, start: int, end: int) -> tuple[WrittenPair, int]:
    """The pair whose value begins at `start`, and where it ends: behind its closing quote, else at `end`."""
    quote = None if key_value.quote is None else key_value.quote.encode()
    if quote is None or not body.startswith(quote, start):
        text_end = _find_value_end(body, start, end, key_value.separator.encode())
        return WrittenPair(key, body[start:text_end], text_end), end
    start += len(quote)
    closing = find_closing_quote(body, start, quote)
    if closing is None:
        return WrittenPair(key, body[start:], len(body), is_unclosed=True), len(body)
    return WrittenPair(key, body[start:closing], closing), closing + len(quote)


def _find_value_end(body: bytes, start: int, end: int, separator: bytes) -> int:
    """Return where a value ends without the separators behind it."""
    while body.endswith(separator, start, end):
        end -= len(separator)
    return end


def _find(body: bytes, text: bytes, position: int) -> int:
    """Return where `text` stands from `position` on, or the end."""
    number = body.find(text, position)
    return len(body) if number < 0 else number
