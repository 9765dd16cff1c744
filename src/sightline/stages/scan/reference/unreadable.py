"""Explain why a frame is unreadable and what to do next. The text shows only shapes, never content."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sightline.model import RejectCode
from sightline.stages.formats.draft.time_detection import find_layouts
from sightline.stages.formats.program import (
    Delimited,
    Dissect,
    DissectLine,
    Dnstap,
    KeyValue,
    PatternToken,
    Program,
    Statements,
    TokenExtent,
)
from sightline.stages.formats.text_shape import mask_frame
from sightline.stages.formats.time_layout import UNSAID
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference import delimited_columns, dissect, key_values
from sightline.stages.scan.reference.record import Header
from sightline.stages.scan.reference.record_fields import find_failed_field, list_missing_fields
from sightline.stages.scan.reference.slots import Branch
from sightline.stages.scan.reference.split import match_prefixes, split_frame


@dataclass(frozen=True, slots=True)
class RefusedFrame:
    """A refused frame, and all facts behind the refusal."""

    program: Program
    options: ReadOptions
    header: Header | None
    frame: bytes
    code: RejectCode


def explain_unreadable(unread: RefusedFrame) -> str:
    """Return a line that explains the problem of a frame and what to do about it."""
    tellers = OF_MESSAGES if isinstance(unread.program.split, Dnstap) else TELLERS
    tell = tellers.get(unread.code)
    return tell(unread) if tell else f"{unread.code}: docs/adr/0003-format-program.md says when"


def _explain_no_pattern(unread: RefusedFrame) -> str:
    rule = unread.program.split
    starts = [start for _, start in match_prefixes(unread.program, unread.frame)]
    if not starts:
        return 'none of the prefixes fits; if nothing comes before the record, add "none" to prefixes'
    if isinstance(rule, Dissect):
        return _explain_nearest(unread, rule, starts)
    if isinstance(rule, KeyValue) and rule.strict:
        return "strict: something in it is no pair, a quote is not closed, or a key that is read is there twice"
    if isinstance(rule, KeyValue) and rule.once:
        return "once: it holds no pair, or a key that is read is there twice"
    if isinstance(rule, Statements):
        return "statements: a quote or brace is not closed, or one that is read is there twice"
    if isinstance(rule, KeyValue):
        return f"it holds no key{rule.equals}value pair; if such lines are no records, say how they begin: comments"
    return 'no [[case]] holds for it; add one, or say otherwise = "comment"'


def _explain_nearest(unread: RefusedFrame, rule: Dissect, starts: list[int]) -> str:
    """The pattern that gets furthest, and the token that it fails at."""
    tried = [
        (*dissect.reach(line.tokens, unread.frame, start), -number)
        for start in starts
        for number, line in enumerate(rule.lines)
    ]
    position, taken, number = max(tried)
    line = rule.lines[-number]
    place = f"the nearest pattern is [[line]] number {1 - number}: it fits up to character {position + 1}"
    rest = mask_frame(unread.frame[position : position + 20])
    if taken == len(line.tokens):
        return f"{place}, its end; what is left ({rest}) needs a piece: %{{}} drops it"
    return f"{place}; there {_describe_token(unread.program, line, taken)} does not fit ({rest})"


def _describe_token(program: Program, line: DissectLine, taken: int) -> str:
    """A token as the format's file writes it, with the text that must follow it."""
    token = line.tokens[taken]
    following = line.tokens[taken + 1].text if taken + 1 < len(line.tokens) else None
    return f"'{_format_piece(program, token)}{following or ''}'"


def _format_piece(program: Program, token: PatternToken) -> str:
    if token.take is None:
        return token.text or ""
    if token.take is TokenExtent.SPACES:
        return "%{>}"
    name = "" if token.slot is None else program.slots[token.slot]
    how = {TokenExtent.UNTIL: "", TokenExtent.FIXED: f":{token.bytes}"}.get(token.take, f":{token.take}")
    return f"%{{{name}{how}}}"


def _explain_column_count(unread: RefusedFrame) -> str:
    rule = unread.program.split
    if not isinstance(rule, Delimited):
        return ""
    start = next((start for _, start in match_prefixes(unread.program, unread.frame)), 0)
    result = delimited_columns.split_columns(rule, unread.frame[start:])
    if result is None:
        return "a quote does not close where the column ends; is quote right? leave it out if quotes mean nothing there"
    named = unread.header.names if unread.header else rule.columns or ()
    more = "; more = true takes lines with more columns" if len(result) > len(named) else ""
    return f"it has {len(result)} columns, {len(named)} are named; is the separator right?{more}"


def _explain_no_header(_unread: RefusedFrame) -> str:
    return "no line before it names the columns; if the log has none, say columns = [...] instead of header"


def _explain_wrong_header(unread: RefusedFrame) -> str:
    rule = unread.program.split
    named = {name.decode("utf-8", "replace") for name in unread.header.names} if unread.header else set()
    lacks = [need for need in rule.needs if need not in named] if isinstance(rule, Delimited) else []
    return f"the header before it lacks {', '.join(lacks)}: spelt otherwise? needs must name columns of the header"


def _explain_not_json(unread: RefusedFrame) -> str:
    start = next((start for _, start in match_prefixes(unread.program, unread.frame)), 0)
    body = unread.frame[start:].decode("utf-8", "replace")
    try:
        json.loads(body)
    except RecursionError:
        return "it lies more than 100 levels deep"
    except ValueError as error:
        at = start + getattr(error, "pos", 0) + 1
        return f"it is no JSON object from character {at} on; add what comes before the object to prefixes"
    return "it is no JSON object that can be read: one object a line"


def _explain_bad_field(unread: RefusedFrame) -> str:
    branch = split_frame(unread.program, unread.header, unread.frame)
    failed = find_failed_field(unread.program, unread.options, branch) if isinstance(branch, Branch) else None
    if failed is None:
        return ""
    name, text = failed
    if unread.code is RejectCode.BAD_TIME:
        return ASKED if _is_asked(unread.program) else _explain_bad_time(text)
    wants = WANTS.get(unread.code, "")
    return f"{name} is read from ({mask_frame(text)}), which is {wants}; is it the right piece?"


WANTS = {
    RejectCode.BAD_ADDRESS: 'no address; what means "not there" belongs into absent; names = true allows host names',
    RejectCode.BAD_PORT: "an address without a port from 0 to 65535; see port_separator and port_last",
    RejectCode.BAD_NUMBER: "no whole number",
}


ASKED = "the file does not say yet where the time is: answer the FILL IN above timestamp"


def _is_asked(program: Program) -> bool:
    """Return whether the time is still the one that a draft writes where it cannot tell."""
    rules = [rule for rule in program.fields if rule.field == "timestamp"]
    return any(layout.startswith(UNSAID) for rule in rules for choice in rule.choices for layout in choice.layouts)


def _explain_bad_time(text: bytes) -> str:
    read = f"no layout reads the whole time ({mask_frame(text)})"
    result = find_layouts([text.decode("utf-8", "replace")], counted=True)
    return f'{read}; this one would: "{result[0]}"' if result else f"{read}; see Layouts in docs/how-to/add_a_format.md"


def _explain_missing(unread: RefusedFrame) -> str:
    branch = split_frame(unread.program, unread.header, unread.frame)
    if not isinstance(branch, Branch):
        return ""
    missing = list_missing_fields(unread.program, unread.options, branch)
    if "timestamp" in missing and _is_asked(unread.program):
        return ASKED
    return "; ".join(_explain_lack(unread.program, name) for name in missing)


def _explain_lack(program: Program, name: str) -> str:
    """Return whether the file does not say where a field stands, or this line has nothing there."""
    ends = {name, name.rsplit("_", 1)[0], *(("request",) if name in ("url", "method") else ())}
    rules = [rule for rule in program.fields if rule.field in ends]
    slots = dict.fromkeys(slot for rule in rules for choice in rule.choices for slot in choice.slots)
    if name == "source_ip" and not rules and any(rule.field == "forwarded" for rule in program.fields):
        return "forwarded gives source_ip only where hops are trusted, and as many stand in it: --trusted-hops N"
    if not rules:
        return f"nothing under [fields] gives {name}: say which piece holds it"
    pieces = ", ".join(program.slots[slot] for slot in slots)
    leave = "" if name == "timestamp" else "; if it may be missing, take it out of required"
    return f"this line has no {name} (no {pieces}, or only what absent means){leave}"


def _make_declared_reason(option: str) -> Callable[[RefusedFrame], str]:
    return lambda _unread: f"the time does not say it: {option}"


def list_names(program: Program, header: Header | None, frame: bytes) -> list[str]:
    """Return the keys or columns of a frame, if the format reads pieces by such names; else none."""
    rule = program.split
    if isinstance(rule, KeyValue):
        return [key.decode("utf-8", "replace") for key in key_values.list_keys(rule, frame)]
    if isinstance(rule, Delimited) and header is not None:
        return [name.decode("utf-8", "replace") for name in header.names]
    return []


def _cut_off(_unread: RefusedFrame) -> str:
    return (
        "the text of a field ends where the line does, and no line end or closing quote shows that it is whole; if the"
        " sample was cut there, take its last line out"
    )


TELLERS: dict[RejectCode, Callable[[RefusedFrame], str]] = {
    RejectCode.NO_PATTERN: _explain_no_pattern,
    RejectCode.COLUMN_COUNT: _explain_column_count,
    RejectCode.NO_HEADER: _explain_no_header,
    RejectCode.WRONG_HEADER: _explain_wrong_header,
    RejectCode.NOT_JSON: _explain_not_json,
    RejectCode.BAD_TIME: _explain_bad_field,
    RejectCode.BAD_ADDRESS: _explain_bad_field,
    RejectCode.BAD_PORT: _explain_bad_field,
    RejectCode.BAD_NUMBER: _explain_bad_field,
    RejectCode.MISSING_FIELD: _explain_missing,
    RejectCode.CUT_OFF: _cut_off,
    RejectCode.TIME_WITHOUT_YEAR: _make_declared_reason("--year"),
    RejectCode.DATE_WITHOUT_ORDER: _make_declared_reason("--date-order"),
    RejectCode.TIME_WITHOUT_ZONE: _make_declared_reason("--timezone"),
}
OF_MESSAGES = {code: TELLERS[code] for code in (RejectCode.BAD_TIME, RejectCode.BAD_PORT, RejectCode.MISSING_FIELD)}
"""The explanation for frames of dnstap, which have no lines, columns or patterns."""
