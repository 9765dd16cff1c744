"""Transcriptions: sheets on which an officer confirmed, refused or typed each connection of a message (ADR 29)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

from sightline.errors import UsageError
from sightline.stages.tabular.delimited import split_rows
from sightline.stages.tabular.encoding import DecodedContent
from sightline.stages.tabular.table_rows import TableRow
from sightline.stages.tips.event_table import read_items
from sightline.stages.tips.message import MessageFindings
from sightline.stages.tips.model import Candidate, Item, Original, TipComment, TipEvent, TipNote, TipOptions
from sightline.stages.tips.table_columns import TableColumns

START = b"# sightline transcription 1 of "
HEADINGS = "answer,line,address,port,time,account,service,event,report"
_NAMES = HEADINGS.split(",")
_FIRST = re.compile(r"# sightline transcription 1 of ([0-9a-f]{64})[ ,]*", re.ASCII)
_COLUMNS = TableColumns(
    {name: _NAMES.index(name) for name in ("address", "port", "time", "account", "service", "event", "report")},
    None,
    accounts=(_NAMES.index("account"),),
    has_headings=False,
)


def write_sheet(message_findings: MessageFindings, sha256: str) -> bytes:
    """Return the sheet of a message: a row for each candidate, whose answer is empty."""
    out = io.StringIO()
    out.write(f"# sightline transcription 1 of {sha256}\n{HEADINGS}\n")
    writer = csv.writer(out, lineterminator="\n")
    for candidate in message_findings.candidates:
        writer.writerow(
            ["", candidate.line, candidate.address, candidate.port, candidate.time, candidate.account, "", "", ""]
        )
    return out.getvalue().encode("utf-8", "replace")


def read(content: bytes, member: str | None, options: TipOptions) -> Iterator[Item]:
    """Yield the connections that an officer said yes to. Raises UsageError if an answer or the message is missing."""
    rows = list(split_rows(DecodedContent(content), ",", member))
    original = _build_original(rows, member, options)
    answered = [row for row in rows[2:] if not row.is_blank]
    answers = [row.texts[0].strip().lower() if row.texts else "" for row in answered]
    for row, answer in zip(answered, answers, strict=True):
        if row.fault is None and answer not in {"yes", "no"}:
            raise UsageError(
                f"row {row.place.row_number} has no answer: yes or no",
                hint="compare each row with the message; add a row with yes for each connection that you type",
            )
    yield TipNote("an officer read these connections in the message; no program did")
    for row in rows[:2]:
        yield TipComment(row.place)
    for row, answer in zip(answered, answers, strict=True):
        if answer == "no":
            yield TipComment(row.place)
            continue
        for item in read_items([row], _COLUMNS, replace(options, kind="sheet")):
            yield _mark_event(item, row, original)


def _build_original(rows: list[TableRow], member: str | None, options: TipOptions) -> Original:
    match = _FIRST.fullmatch(",".join(rows[0].texts)) if rows else None
    if match is None or len(rows) < 2 or [text.strip() for text in rows[1].texts] != _NAMES:
        raise UsageError("a transcription whose first two lines were changed", hint="sightline tips transcribe FILE")
    if member is not None or options.original is None:
        raise UsageError(
            "a transcription is imported with the message that it is of",
            hint="sightline tips import SHEET --original FILE",
        )
    if options.original.sha256 != match[1]:
        raise UsageError(
            f"the transcription is of another file: its SHA-256 begins with {match[1][:12]}, that of --original with"
            f" {options.original.sha256[:12]}",
            hint="name the message from which the sheet was made",
        )
    return options.original


def _mark_event(item: Item, row: TableRow, original: Original) -> Item:
    """Return an event that says who found it: confirmed by an officer, or typed."""
    if not isinstance(item, TipEvent):
        return item
    cells = [*row.texts, *[""] * len(_NAMES)]
    line = cells[1].strip()
    as_stated = Candidate(int(line) if re.fullmatch("[0-9]{1,9}", line, re.ASCII) else 0, *map(str.strip, cells[2:6]))
    how = "confirmed" if as_stated in original.candidates else "typed"
    return replace(item, transcribed=how, original_sha256=original.sha256)
