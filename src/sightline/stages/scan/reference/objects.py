"""Split JSON frames: one object in each, read by paths, with cases (ADR 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sightline.model import RejectCode
from sightline.stages.formats.json_objects import Value, parse_object
from sightline.stages.formats.program import Delimited, Dnstap, JsonFrame, KeyValue, Otherwise, SlotCase, Statements
from sightline.stages.scan.reference.record import CommentFrame
from sightline.stages.scan.reference.slots import Branch, Slots


def split(rule: JsonFrame, absent: Sequence[str], slots: Slots, body: bytes) -> Branch | CommentFrame | RejectCode:
    """Return the texts at the paths, and the branch of the case that applies."""
    tree = parse_object(body)
    if tree is None:
        return RejectCode.NOT_JSON
    for path in rule.paths:
        for text in _list_texts(tree, path.path):
            slots.setdefault(path.slot, []).append(text)
    return choose_branch(rule, absent, slots)


def choose_branch(
    rule: Delimited | JsonFrame | KeyValue | Dnstap | Statements, absent: Sequence[str], slots: Slots
) -> Branch | CommentFrame | RejectCode:
    """Return the branch of the first case that applies, or what a frame is otherwise."""
    if not rule.cases:
        return Branch(slots, rule.set)
    for case in rule.cases:
        if _holds_case(case, absent, slots):
            return CommentFrame() if case.comment else Branch(slots, case.set)
    if rule.otherwise is Otherwise.COMMENT:
        return CommentFrame()
    return Branch(slots, rule.set) if rule.otherwise is Otherwise.RECORD else RejectCode.NO_PATTERN


def _list_texts(value: Value, path: Sequence[str]) -> Iterator[bytes]:
    """Every text that the path leads to."""
    if not path:
        yield from _list_scalars(value)
    elif path[0] == "[]":
        for element in value if isinstance(value, list) else ():
            yield from _list_texts(element, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _list_texts(value[path[0]], path[1:])


def _list_scalars(value: Value) -> Iterator[bytes]:
    """A scalar's text, or those of an array's scalars; nothing for null and objects."""
    for scalar in value if isinstance(value, list) else [value]:
        if isinstance(scalar, bool):
            yield b"true" if scalar else b"false"
        elif isinstance(scalar, str):
            yield scalar.encode()


def _holds_case(case: SlotCase, absent: Sequence[str], slots: Slots) -> bool:
    """Return whether the first text of the case's slot is one that it names."""
    if case.slot not in slots:
        return False
    text = slots[case.slot][0]
    if case.equals is None:
        return text not in [word.encode() for word in absent]
    return text in [word.encode() for word in case.equals]
