"""Logs of a reply, read as a whole because their events are paired: a table of accounting requests, files of a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import ReplyBatch
from sightline.stages.resolve.replies import (
    assignment_table,
    contacts,
    delimited,
    dhcp_leases,
    event_pairs,
    file_places,
    lease_ends,
    logs,
    radius_blocks,
    reply_source,
    row_batches,
    side_columns,
    single_rows,
    surrounding_lines,
)
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.reply_parts import Frames, doubt_rows
from sightline.stages.resolve.replies.reply_source import ReplyMember
from sightline.stages.resolve.replies.reply_times import TimeRules


@dataclass(frozen=True, slots=True)
class RequestsPart:
    """A table of accounting requests, which are paired up to its very end."""

    layout: str
    layout_reason: str
    fit: Fit
    headings: Sequence[str]
    heading_row: int
    rules: TimeRules
    frames: Frames
    doubt: str | None = None
    is_mostly_inside: bool = False
    licensee: str = ""
    place: frozenset[str] = frozenset()

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield all of it at once."""
        doubt = self.doubt
        readers, rows_done, bytes_done = Readers(self.rules), 0, 0
        events: list[pl.DataFrame] = []
        faults: logs.Faults = []
        for whole, done in self.frames():
            rows_done, bytes_done = whole["row"][-1], done
            is_whole = pl.col(FAULT).is_null() & (pl.col(OVER).str.strip_chars() == "")
            rest = whole.filter(pl.col("row") > self.heading_row)
            rest = assignment_table.require_agreement(rest, self.fit.twice, self.headings, readers)
            if doubt is None and surrounding_lines.has_note(rest, self.fit, self.licensee):
                doubt = "note below the table"
            _, bad = assignment_table.read_one_by_one(
                rest.filter(~is_whole),
                self.fit.places,
                self.headings,
                lambda texts: single_rows.RowFault("", ReplyCode.COLUMN_COUNT),  # noqa: ARG005  - a row reader
            )
            made, more = radius_blocks.read_rows(rest.filter(is_whole), self.fit.places, readers)
            doubts = side_columns.read_marks(rest, self.fit.marks).select("row", "doubted_by")
            doubted = made.rename({"doubted_by": "own"}).join(doubts, on="row", how="left", maintain_order="left")
            both = doubted.with_columns(doubted_by=pl.coalesce("doubted_by", "own")).drop("own")
            events.append(both)
            faults += [*bad, *more]
        batch = contacts.drop_contacts(event_pairs.pair_events(pl.concat(events), faults), contacts.Shapes())
        yield doubt_rows(batch, doubt), rows_done, bytes_done


@dataclass(frozen=True, slots=True)
class LogPart:
    """All files of a log, whose events are paired across them."""

    layout: str
    layout_reason: str
    members: Sequence[ReplyMember]
    rules: TimeRules
    forms: logs.LineForms | None
    is_mostly_inside: bool = False

    @property
    def place(self) -> frozenset[str]:
        """Return what the name of its file says about the part of the network, if it has one file."""
        return file_places.read_place(self.members[0].name or "") if len(self.members) == 1 else frozenset()

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield all of it at once, because a stop may be at the very end."""
        pieces: list[bytes] = []
        for member in self.members:
            with reply_source.map_unpack_errors(member.label), member.open() as stream:
                pieces += delimited.read_chunks(stream)
            if pieces and not pieces[-1].endswith(b"\n"):
                pieces[-1] += b"\n"
        size = sum(map(len, pieces))
        readers, lines = Readers(self.rules), logs.split_log_lines(iter(pieces))
        if self.layout == "dhcpd-leases":
            batch = _read_leases(lines, self.rules)
        elif self.forms is None:
            batch = event_pairs.pair_events(*radius_blocks.read_blocks(lines, readers))
        else:
            batch = event_pairs.pair_events(*logs.read_lines(lines, self.forms, readers))
            batch = logs.doubt_across_gaps(batch, lines, self.forms, readers)
            batch = logs.doubt_other_search(batch, lines)
        yield contacts.drop_contacts(batch, contacts.Shapes()), lines.height, size


def _read_leases(lines: pl.DataFrame, rules: TimeRules) -> ReplyBatch:
    """The leases of a file of dhcpd. One that is not `active` is in doubt, unless it tells how an active one ended."""
    read, rejected = [], []
    active: set[tuple[str | None, int | None, str | None]] = set()
    repeats: list[int] = []
    for row, texts, state in dhcp_leases.read_leases("\n".join(lines["line"].to_list())):
        result = single_rows.RowFault("", ReplyCode.NO_PATTERN) if texts is None else single_rows.read_row(texts, rules)
        doubt = None if state == "active" else "binding state"
        if isinstance(result, single_rows.AssignedRow):
            read.append((row, replace(result, doubted_by=doubt)))
            lease = result.ip, result.start_us, result.number
            if doubt is None:
                active.add(lease)
            elif state in lease_ends.ENDED and lease in active:
                repeats.append(row)
        else:
            rejected.append((row, result.field, result.code.value))
            if result.stands is not None:
                read.append((row, replace(result.stands, doubted_by=doubt)))
    batch = assignment_table.make_batch(row_batches.as_frame(read), rejected)
    whole = lease_ends.shorten_leases(batch.assigned)
    return replace(batch, assigned=whole.filter(~pl.col("row").is_in(repeats)))
