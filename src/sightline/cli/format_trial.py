"""Show what a format file reads from a sample, field by field, and why lines are not read."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from sightline.cli.terminal_text import escape_text as printable
from sightline.message_text import count_noun
from sightline.model import RejectCode
from sightline.services.match.inputs import UNDECLARED
from sightline.stages.formats.loader import Format, Origin
from sightline.stages.formats.program import FieldMode, FieldRule
from sightline.stages.formats.text_shape import choose_examples, mask_frame
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Break, Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader, read_frame
from sightline.stages.scan.reference.record import Header
from sightline.stages.scan.reference.record_json import to_json_object
from sightline.stages.scan.reference.unreadable import RefusedFrame, explain_unreadable, list_names

MAX_WHY = 3


@dataclass(slots=True)
class TrialCounts:
    """The counts of a trial: frames by outcome, fields by how many records have them, and why frames were not read."""

    read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    field_counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    unread: dict[str, list[Frame]] = field(default_factory=dict)
    reasons: dict[str, dict[str, None]] = field(default_factory=dict)
    undeclared: Counter[RejectCode] = field(default_factory=Counter)
    names: dict[str, None] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)
    broken: str | None = None

    def take(self, frame: Frame, record: dict[str, object]) -> None:
        """Count one frame."""
        code = str(record.get("reject", "comments" if "comment" in record else "records"))
        self.counts[code] += 1
        if code == "records":
            self.hold(record)
        elif code != "comments":
            self.unread.setdefault(code, []).append(frame)

    def hold(self, record: dict[str, object]) -> None:
        """Count what a record holds, or what is read of a frame that lacks a required field."""
        if "reject" not in record:
            self.read += 1
            self.days.append(str(record.get("timestamp", ""))[:10])
            self.field_counts.update(record.keys())
        for name, value in record.items():
            self.first.setdefault(name, value[0] if isinstance(value, list) else str(value))


def show(
    item: Format, head: bytes, options: ReadOptions, talk: TextIO | None, *, file: Path, is_whole: bool = True
) -> int:
    """Print the account on `talk`, then every frame as a JSON object; return 1 where a frame is not read, else 0.

    Where the head is not all of the sample, a frame that breaks off at its end is none.
    """
    trial, rows = TrialCounts(), list[str]()
    reader = MemberReader(item.program, options)
    for frame in split_frames([head], options.max_frame_bytes, item.program.frames):
        if isinstance(frame, Break):
            if is_whole:
                trial.broken = str(frame.code)
                trial.counts[trial.broken] += 1
            continue
        header = reader.header
        outcome = reader.read(frame)
        result = to_json_object(outcome)
        trial.take(frame, result)
        if outcome is RejectCode.MISSING_FIELD:
            trial.hold(to_json_object(read_frame(replace(item.program, required=()), options, header, frame.text)))
        rows.append(json.dumps({"line": frame.line_number} | result, ensure_ascii=False))
        if talk is None:
            continue
        trial.names.update(dict.fromkeys(list_names(item.program, header, frame.text)))
        if isinstance(outcome, RejectCode):
            reasons = trial.reasons.setdefault(str(outcome), {})
            if len(reasons) < MAX_WHY:
                reasons.setdefault(explain_unreadable(RefusedFrame(item.program, options, header, frame.text, outcome)))
        elif not frame.is_control:
            trial.undeclared.update(_find_missing_declarations(item, options, header, frame))
    if talk is not None:
        talk.writelines(f"{printable(line)}\n" for line in _format_account(item, trial, file))
        talk.flush()
    print("".join(f"{row}\n" for row in rows), end="")
    return 1 if trial.unread or trial.broken else 0


def _find_missing_declarations(
    item: Format, options: ReadOptions, header: Header | None, frame: Frame
) -> Iterator[RejectCode]:
    """Yield what must be declared to `match` before it reads this frame: zone, year, order of dates, time of making."""
    for undeclared in (
        replace(options, timezone=None),
        replace(options, year=None),
        replace(options, date_order=None),
        replace(options, made_at_us=None),
    ):
        outcome = read_frame(item.program, undeclared, header, frame.text)
        if isinstance(outcome, RejectCode):
            yield outcome


def _format_outcome(count: int, code: str) -> str:
    """Return a count of frames: with the plural of a word, or the code of a reject."""
    return count_noun(count, code.removesuffix("s")) if code in {"records", "comments"} else f"{count:,} {code}"


def _format_account(item: Format, trial: TrialCounts, file: Path) -> Iterator[str]:
    """The lines of the account."""
    counts = ", ".join(_format_outcome(count, code) for code, count in sorted(trial.counts.items())) or "nothing"
    yield f"{item.name}: {count_noun(sum(trial.counts.values()), 'frame')}: {counts}"
    for name, count in trial.field_counts.items():
        example = _format_days(trial) if name == "timestamp" else mask_frame(trial.first[name].encode())
        yield f"  {name:<18} {count:>6,} of {trial.read:,}   {example}"
    if trial.read:
        yield from _explain_empty_fields(item, trial)
    for code, unread in sorted(trial.unread.items()):
        yield f"  {code}: {count_noun(len(unread), 'frame')}, the first is line {unread[0].line_number:,}"
        yield from (f"      like {example}" for example in choose_examples(frame.text for frame in unread))
        yield from (f"      {reason}" for reason in trial.reasons[code])
    for code, count in sorted(trial.undeclared.items()):
        what, declare = UNDECLARED.get(code, (str(code), ""))
        yield f"  {what}: {count:,}; assumed here, but match asks: {declare}"
    if trial.read:
        yield from _explain_unmet_kinds(item)
    if item.origin is Origin.DRAFT:
        yield from _explain_draft(file)


def _format_days(trial: TrialCounts) -> str:
    """The first and the last day, in UTC: a wrong layout, order or piece shows there at once."""
    return f"{min(trial.days)} to {max(trial.days)} (UTC)"


def _explain_unmet_kinds(item: Format) -> Iterator[str]:
    """Which kinds of indicator the records cannot meet."""
    if never := [kind for kind in item.untestable if kind not in item.by_request]:
        yield f"  kinds of indicator that such records never meet: {', '.join(never)}"
    if item.by_request:
        yield f"  kinds that they meet only where a request itself names its host: {', '.join(item.by_request)}"


def _explain_empty_fields(item: Format, trial: TrialCounts) -> Iterator[str]:
    """The fields that no record holds although the file names a piece for them."""
    for rule in item.program.fields:
        gives = GIVES.get(rule.field, (rule.field,))
        if not any(trial.field_counts[name] for name in gives):
            yield f"  {rule.field:<18} {'in none':>6}   {_explain_empty_field(item, rule, trial)}"


GIVES = {
    "source": ("source_ip",),
    "destination": ("destination_ip",),
    "request": ("url", "method"),
    "forwarded": ("source_ip",),
}


def _explain_empty_field(item: Format, rule: FieldRule, trial: TrialCounts) -> str:
    """Why a field stays empty: a piece that no line has, a url without a host, or a value that is none."""
    pieces = [item.program.slots[slot] for choice in rule.choices for slot in choice.slots]
    strange = [piece for piece in pieces if trial.names and piece not in trial.names]
    if strange:
        near = difflib.get_close_matches(strange[0], trial.names, 3, 0.5)
        return f'no line has "{strange[0]}"' + (f"; near it: {', '.join(near)}" if near else "")
    if rule.field == "forwarded":
        return (
            f"{', '.join(pieces)}: anybody can write it, so match reads it only with --trusted-proxy or --trusted-hops"
        )
    ends = rule.field.removesuffix("_port")
    if ends != rule.field and any(other.field == ends for other in item.program.fields):
        return f"{ends} below it says the port too: write {ends}_ip for an address that holds none"
    if rule.field == "url" and not trial.field_counts["host"]:
        return "no host is known, so no whole url either: say which piece is host (match --all-hits-of needs none)"
    ways = {choice.as_ for choice in rule.choices}
    hint = "; its words are none of map" if FieldMode.WORD in ways else ""
    return f"{', '.join(pieces)}: empty in every record, or nothing that {rule.field} can hold{hint}"


def _explain_draft(file: Path) -> Iterator[str]:
    """What remains to be done before `match` takes the file."""
    text = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    asked = [str(number) for number, line in enumerate(text, 1) if "FILL IN:" in line]
    if asked:
        yield f"  still a draft: lines {', '.join(asked)} of {file} say FILL IN; answer each, and take it out"
    else:
        yield '  still a draft: when what it shows is right, write origin = "specification" (or "real-server") in it'
