"""Texts that may have been cut off: by the end of a file without a line end, or before their closing quote (ADR 3)."""

from __future__ import annotations

from dataclasses import replace

from sightline.model import RejectCode
from sightline.stages.formats.program import Dissect, DissectLine, PatternToken, Program
from sightline.stages.scan.reference.dissect import takes_all
from sightline.stages.scan.reference.record import CommentFrame
from sightline.stages.scan.reference.slots import Branch

BESIDE = frozenset({"method", "status", "bytes", "user_agent", "referrer", "user", "dns_type"})
"""Fields that say neither who visited what nor when. Without them a record is less, and nothing in it is wrong."""
WHOLE_OR_NONE = frozenset({"digests"})
"""Fields whose text is dropped if a byte of it is missing."""
SITES = frozenset({"host", "url", "request", "names"})


def without_cut_texts(
    program: Program, record: Branch | CommentFrame, *, is_ended: bool
) -> Branch | CommentFrame | RejectCode:
    """Return a branch without the texts that may have been cut off; `cut-off` if who, what or when may be.

    `is_ended`: a line end stood behind the frame.
    """
    if isinstance(record, CommentFrame):
        return RejectCode.CUT_OFF if record.is_open and not is_ended else record
    cut = record.unclosed if is_ended else record.open | record.unclosed
    if cut & _list_deciding_slots(program) or (
        not is_ended and record.line and _may_begin_another(program, record.line)
    ):
        return RejectCode.CUT_OFF
    cut -= _list_slots(program, WHOLE_OR_NONE)
    return (
        replace(record, slots={slot: texts for slot, texts in record.slots.items() if slot not in cut})
        if cut
        else record
    )


def _list_deciding_slots(program: Program) -> frozenset[int]:
    """The slots of fields that say who visited what and when, and of cases."""
    fields = frozenset(rule.field for rule in program.fields) - BESIDE - WHOLE_OR_NONE
    return _list_slots(program, fields) | {case.slot for case in getattr(program.split, "cases", ())}


def _may_begin_another(program: Program, line: DissectLine) -> bool:
    """Return whether a line that fits a pattern may be the beginning of one with a site, or of another kind."""
    if not takes_all(line) or not isinstance(program.split, Dissect):
        return False
    sites = _list_slots(program, SITES)
    here = _list_filled_slots(line) & sites
    longer = (other for other in program.split.lines if not other.comment and _begins_pattern(line, other))
    return any(not _list_filled_slots(other) & sites <= here or other.set != line.set for other in longer)


def _begins_pattern(line: DissectLine, other: DissectLine) -> bool:
    """Whether a pattern is the beginning of another, its last piece aside, which may take what the other has there."""
    tokens = line.tokens[:-1]
    if not tokens or len(other.tokens) < len(line.tokens):
        return not tokens
    place = len(tokens) - 1
    same = other.tokens[:place] == tokens[:place]
    return same and (other.tokens[place] == tokens[place] or _is_longer(other.tokens[place], tokens[place]))


def _is_longer(token: PatternToken, text: PatternToken) -> bool:
    return token.text is not None and text.text is not None and token.text.startswith(text.text)


def _list_filled_slots(line: DissectLine) -> frozenset[int]:
    return frozenset(token.slot for token in line.tokens if token.slot is not None)


def _list_slots(program: Program, fields: frozenset[str]) -> frozenset[int]:
    """The slots that the choices of some fields read."""
    rules = (rule for rule in program.fields if rule.field in fields)
    return frozenset(slot for rule in rules for choice in rule.choices for slot in choice.slots)
