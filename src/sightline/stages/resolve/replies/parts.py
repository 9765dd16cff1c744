"""The parts of a reply, each read as a whole: a table, all files of a log, a statement that there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from sightline.model import NoticeKind, ReplyCode
from sightline.stages.resolve.model import ASSIGNED, SUBSCRIBERS, Batch, RowStatement
from sightline.stages.resolve.replies import (
    blocks,
    broken_rows,
    columns,
    contacts,
    delimited,
    deterministic,
    event_pairs,
    file_places,
    identity_columns,
    lease_ends,
    leases,
    logs,
    marks,
    names,
    notes,
    port_sets,
    row_events,
    row_slips,
    rows,
    source,
    stated_amounts,
    steps,
    subscribers,
    table,
    time_declarations,
)
from sightline.stages.resolve.replies.column_kinds import Mark
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.lookup_sheets import LookupSheet
from sightline.stages.resolve.replies.names import canonical
from sightline.stages.resolve.replies.source import Member
from sightline.stages.resolve.replies.times import TimeRules
from sightline.stages.resolve.time_signs import widen_times

Frames = Callable[[], Iterator[tuple[pl.DataFrame, int]]]
"""Frames of text, each with the number of bytes read so far."""


class Part(Protocol):
    """A part of a reply that is read as a whole: a table, a sheet, all files of one log."""

    @property
    def layout(self) -> str:
        """Return the name of its layout."""
        ...

    @property
    def why(self) -> str:
        """Return the reason for that layout."""
        ...

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield batches, the number of rows up to their end, and the number of bytes read since the last one."""
        ...


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table under headings, of text or of a sheet. `doubt`: the text beside it that doubts all of its rows.

    `is_mostly_inside`: more than half of the addresses in its first rows are inside a network.

    `place`: what the name of its file says about the part of the network (`file_places`).

    `holders`: sheets beside it: of customers, which must have its numbers, and of ids, which must not contradict it.

    `others`: mobile numbers of officers and complainants, by the lines beside it (`notes.list_others`).

    Rows whose ports are reckoned by `parameters` have `is_reckoned` beside ASSIGNED: its times are of the inside.
    """

    layout: str
    why: str
    fit: Fit
    headings: Sequence[str]
    heading_row: int
    rules: TimeRules
    parameters: deterministic.Parameters | None
    frames: Frames
    doubt: str | None = None
    is_mostly_inside: bool = False
    licensee: str = ""
    place: frozenset[str] = frozenset()
    holders: Sequence[Holders | LookupSheet] = ()
    others: frozenset[str] = frozenset()

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield its rows. Those that are log events come last, paired."""
        readers: dict[str | None, Readers] = {None: Readers(self.rules)}
        done, last, doubt = 0, 0, self.doubt
        seen = contacts.Shapes()
        events: list[pl.DataFrame] = []
        has_ends = False
        is_kea = "lifetime" in self.fit.places
        for whole, size in _at_once(self.frames()) if is_kea else self.frames():
            last = whole["row"][-1] if whole.height else last
            frame = whole.filter(pl.col("row") > self.heading_row) if whole["row"][0] <= self.heading_row else whole
            frame = table.require_agreement(frame, self.fit.twice, self.headings, readers[None])
            if doubt is None and notes.has_note(frame, self.fit, self.licensee):
                doubt = "note below the table"
            batch = doubt_rows(contacts.drop_contacts(self._batch(frame, readers), seen), doubt)
            for one in self.holders:
                rows_found = one.find_contradicted(batch.assigned)
                batch = _doubt_beside(batch, rows_found.to_frame().with_columns(doubted_by=pl.lit(one.sheet)))
            batch = _doubt_beside(batch, broken_rows.find_broken(frame, self.headings))
            if self.others:
                is_other = pl.col("number").str.tail(10).is_in(list(self.others))
                others = batch.assigned.filter(is_other).select("row", doubted_by=pl.lit("note beside the table"))
                batch = _doubt_beside(batch, others)
            if "struck" in frame.columns:
                is_struck = pl.col("row").is_in(frame.filter("struck")["row"].implode())
                out = pl.coalesce("doubted_by", pl.when(is_struck).then(pl.lit("struck out"))).alias("doubted_by")
                batch = replace(batch, assigned=batch.assigned.with_columns(out))
            if "act" in batch.assigned.columns:
                is_event = batch.assigned.select(row_events.is_event().fill_null(value=False)).to_series()
                events.append(batch.assigned.filter(is_event))
                has_ends |= batch.assigned["end_us"].is_not_null().any()
                batch = replace(batch, assigned=batch.assigned.filter(~is_event).drop("act"))
            if self.parameters is not None:
                batch = replace(batch, assigned=batch.assigned.with_columns(is_reckoned=pl.lit(value=True)))
            yield batch, last, size - done
            done = size
        if any(one.height for one in events):
            assigned, rejects = row_events.assignments(pl.concat(events), self._heading_of("event"), has_ends=has_ends)
            yield Batch(assigned, pl.DataFrame(schema=SUBSCRIBERS), rejects), last, 0

    def _dates(self) -> list[subscribers.Dated]:
        edges = {"from_date": "from_us", "until_date": "until_us"}
        fields = [self.fit.layout.fields.get(canonical(heading), "") for heading in self.headings]
        return [subscribers.Dated(at, edges[field]) for at, field in enumerate(fields) if field in edges]

    def _checks(self) -> list[Mark]:
        """The columns of a form that say how sure it is; dates, names and the like are no such columns."""
        dates = {one.at for one in self._dates()}
        return [one for one in self.fit.marks if one.at not in dates]

    def _heading_of(self, kind: str) -> str:
        return next((one.heading.strip() for one in self.fit.marks if one.kind == kind), kind)

    def _batch(self, frame: pl.DataFrame, readers: dict[str | None, Readers]) -> Batch:
        if self.fit.layout.reply is NoticeKind.SUBSCRIBERS:
            batch = subscribers.read_batch(
                frame, self.fit.places, self.headings, self._dates(), self.rules, self._checks()
            )
            ids = identity_columns.list_ids(frame, self.headings, self.fit.places)
            if ids is None:
                return batch
            forms = batch.subscribers.drop("ids").join(ids, on="row", how="left", maintain_order="left")
            return replace(batch, subscribers=forms)
        mark_rows = marks.read_marks(frame, self.fit.marks)
        at = next((one.at for one in self.fit.marks if one.kind == "zone"), None)
        if at is None:
            return self._apply_marks(self._facts(frame, readers[None]), mark_rows, frame, readers[None])
        zones = frame[f"c{at}"].str.strip_chars()
        rules_by_zone = {
            zone: time_declarations.in_zone(self.rules, zone) for zone in zones.unique(maintain_order=True)
        }
        # Where rows say another zone, one that says none is of an unknown zone.
        is_other = any(rules.zone != self.rules.zone for rules in rules_by_zone.values())
        batches = []
        for zone, rules in rules_by_zone.items():
            key = zone if rules is not self.rules else "" if is_other else None
            if key not in readers:
                readers[key] = Readers(rules if key else replace(rules, zone=None))
            batches.append(self._facts(frame.filter(zones == zone), readers[key]))
        assigned, rejects = pl.concat([one.assigned for one in batches]), pl.concat([one.rejects for one in batches])
        whole = Batch(assigned.sort("row"), batches[0].subscribers, rejects.sort("row"))
        return self._apply_marks(whole, mark_rows, frame, readers[None])

    def _apply_marks(self, batch: Batch, statements: pl.DataFrame, frame: pl.DataFrame, readers: Readers) -> Batch:
        """Return the batch with what other columns say.

        A prefix that is not called static is a pool, in doubt; so is one with some ports, which several lines share.
        """
        batch = self._apply_permanent(self._apply_durations(table.with_marks(batch, statements), frame, readers))
        batch = self._apply_lease_ends(batch, frame)
        assigned = stated_amounts.doubt_amounts(batch.assigned, frame, self.fit.marks)
        slips = row_slips.doubt_slips(assigned, frame, self.fit.places, self.headings, self.fit.marks)
        if (
            at := next((self.fit.places[one] for one in ("msisdn", "line") if one in self.fit.places), None)
        ) is not None:
            heading = self.headings[at].strip().lstrip("\ufeff")
            slips = row_slips.doubt_rounded(slips, heading)
            slips = row_slips.doubt_cut(slips, frame[f"c{at}"], frame["row"], heading)
        slips = row_slips.doubt_other_facts(slips, frame, self.headings)
        slips = row_slips.doubt_mixed_dates(slips, frame, self.fit.places, self.headings)
        slips = row_slips.doubt_other_operators(slips, frame, self.headings, self.licensee)
        if (at := identity_columns.find_sim_column(self.fit.places, self.fit.marks)) is not None:
            slips = row_slips.doubt_foreign_sims(slips, frame, at, self.headings[at])
        zone = None if any(one.kind == "zone" for one in self.fit.marks) else self.rules.zone
        places = self.fit.places
        slips = row_slips.doubt_days(slips, frame, self.headings, readers, zone)
        batch = replace(batch, assigned=row_slips.doubt_updates(slips, frame, places, self.headings, readers))
        if (ids := identity_columns.list_ids(frame, self.headings, self.fit.places, readers)) is not None:
            batch = replace(batch, assigned=batch.assigned.join(ids, on="row", how="left", maintain_order="left"))
        pools = port_sets.pools(frame, self.fit.places)
        if pools.is_empty():
            return batch
        is_own = pl.col("is_static").fill_null(value=False) & pl.col("port_from").is_null()
        is_pool = pl.col("row").is_in(pools.implode()) & ~is_own
        doubt = pl.when(is_pool).then(pl.lit(self.headings[self.fit.places["ip"]].strip().lstrip("\ufeff")))
        return replace(batch, assigned=batch.assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)))

    def _apply_lease_ends(self, batch: Batch, frame: pl.DataFrame) -> Batch:
        """Return the batch with leases up to where they ended, in a table that has their ends and lifetimes.

        Where an address was released, and the table does not say when, its rows are in doubt.
        """
        places = self.fit.places
        if not {"ip", "lifetime"} <= places.keys():
            return batch
        texts = [frame[f"c{places[name]}"] for name in ("ip", "lifetime")]
        released = frame["row"].filter(lease_ends.find_released(*texts))
        heading = self.headings[places["lifetime"]].strip().lstrip("\ufeff")
        doubt = pl.when(pl.col("row").is_in(released.implode())).then(pl.lit(heading))
        doubted = batch.assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
        return replace(batch, assigned=lease_ends.shorten_leases(doubted))

    def _apply_permanent(self, batch: Batch) -> Batch:
        """Return the batch with what is permanent by its heading, and what is in doubt because it is not.

        A column headed `Static IP` has permanent addresses, unless its row says otherwise. A day of activation is that
        of the contract: it is the begin of an assignment only where the address is permanent.
        """
        places, assigned = self.fit.places, batch.assigned
        if "ip" in places and "static" in names.words(self.headings[places["ip"]]):
            assigned = assigned.with_columns(is_static=pl.coalesce("is_static", pl.lit(value=True)))
        if "start_day" in places and not {"start", "start_date"} & places.keys():
            is_line = (pl.col("says") == RowStatement.ASSIGNED) & ~pl.col("is_static").fill_null(value=False)
            doubt = pl.when(is_line).then(pl.lit(self.headings[places["start_day"]].strip()))
            assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
        return replace(batch, assigned=assigned)

    def _apply_durations(self, batch: Batch, frame: pl.DataFrame, readers: Readers) -> Batch:
        """Return the batch with `duration_s` beside its assignments, where a column says how long each lasted.

        One that cannot be read doubts its row.
        """
        at = self.fit.places.get("duration")
        if at is None:
            return batch
        lengths = pl.concat([frame.select("row"), readers.durations(frame[f"c{at}"])], how="horizontal")
        joined = batch.assigned.join(lengths, on="row", how="left", maintain_order="left")
        is_doubted = pl.col("is_bad").fill_null(value=False) & (pl.col("says") == RowStatement.ASSIGNED)
        doubt = pl.coalesce("doubted_by", pl.when(is_doubted).then(pl.lit(self.headings[at].strip())))
        return replace(batch, assigned=joined.with_columns(doubted_by=doubt).drop("is_bad"))

    def _facts(self, frame: pl.DataFrame, readers: Readers) -> Batch:
        places = self.fit.places
        if self.parameters is None:
            return table.read_batch(frame, places, self.headings, readers)
        known = self.parameters
        read, rejected = table.read_one_by_one(
            frame, places, self.headings, lambda texts: deterministic.read(texts, readers.rules, known)
        )
        return table.make_batch(columns.as_frame(read), rejected)


def _at_once(frames: Iterator[tuple[pl.DataFrame, int]]) -> Iterator[tuple[pl.DataFrame, int]]:
    """One frame of all rows, for tables in which a row may change what another one says."""
    if every := list(frames):
        yield pl.concat([frame for frame, _ in every]), every[-1][1]


@dataclass(frozen=True, slots=True)
class RequestsPart:
    """A table of accounting requests, which are paired up to its very end."""

    layout: str
    why: str
    fit: Fit
    headings: Sequence[str]
    heading_row: int
    rules: TimeRules
    frames: Frames
    doubt: str | None = None
    is_mostly_inside: bool = False
    licensee: str = ""
    place: frozenset[str] = frozenset()

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield all of it at once."""
        doubt = self.doubt
        readers, rows_done, bytes_done = Readers(self.rules), 0, 0
        events: list[pl.DataFrame] = []
        faults: logs.Faults = []
        for whole, done in self.frames():
            rows_done, bytes_done = whole["row"][-1], done
            is_whole = pl.col(FAULT).is_null() & (pl.col(OVER).str.strip_chars() == "")
            rest = whole.filter(pl.col("row") > self.heading_row)
            rest = table.require_agreement(rest, self.fit.twice, self.headings, readers)
            if doubt is None and notes.has_note(rest, self.fit, self.licensee):
                doubt = "note below the table"
            _, bad = table.read_one_by_one(
                rest.filter(~is_whole),
                self.fit.places,
                self.headings,
                lambda texts: rows.Fault("", ReplyCode.COLUMN_COUNT),  # noqa: ARG005  - as a reader of rows is called
            )
            made, more = blocks.read_rows(rest.filter(is_whole), self.fit.places, readers)
            doubts = marks.read_marks(rest, self.fit.marks).select("row", "doubted_by")
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
    why: str
    members: Sequence[Member]
    rules: TimeRules
    forms: logs.LineForms | None
    is_mostly_inside: bool = False

    @property
    def place(self) -> frozenset[str]:
        """Return what the name of its file says about the part of the network, if it has one file."""
        return file_places.read_place(self.members[0].name or "") if len(self.members) == 1 else frozenset()

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield all of it at once, because a stop may be at the very end."""
        pieces: list[bytes] = []
        for member in self.members:
            with source.map_unpack_errors(member.label), member.open() as stream:
                pieces += delimited.chunks(stream)
            if pieces and not pieces[-1].endswith(b"\n"):
                pieces[-1] += b"\n"
        size = sum(map(len, pieces))
        readers, lines = Readers(self.rules), logs.lines_of(iter(pieces))
        if self.layout == "dhcpd-leases":
            batch = _leases(lines, self.rules)
        elif self.forms is None:
            batch = event_pairs.pair_events(*blocks.read_blocks(lines, readers))
        else:
            batch = event_pairs.pair_events(*logs.read_lines(lines, self.forms, readers))
            batch = logs.doubt_across_gaps(batch, lines, self.forms, readers)
        yield contacts.drop_contacts(batch, contacts.Shapes()), lines.height, size


def _leases(lines: pl.DataFrame, rules: TimeRules) -> Batch:
    """The leases of a file of dhcpd. One that is not `active` is in doubt, unless it tells how an active one ended."""
    read, rejected = [], []
    active: set[tuple[str | None, int | None, str | None]] = set()
    repeats: list[int] = []
    for row, texts, state in leases.read_leases("\n".join(lines["line"].to_list())):
        found = rows.Fault("", ReplyCode.NO_PATTERN) if texts is None else rows.read_row(texts, rules)
        doubt = None if state == "active" else "binding state"
        if isinstance(found, rows.Assigned):
            read.append((row, replace(found, doubted_by=doubt)))
            lease = found.ip, found.start_us, found.number
            if doubt is None:
                active.add(lease)
            elif state in lease_ends.ENDED and lease in active:
                repeats.append(row)
        else:
            rejected.append((row, found.field, found.code.value))
            if found.stands is not None:
                read.append((row, replace(found.stands, doubted_by=doubt)))
    batch = table.make_batch(columns.as_frame(read), rejected)
    whole = lease_ends.shorten_leases(batch.assigned)
    return replace(batch, assigned=whole.filter(~pl.col("row").is_in(repeats)))


@dataclass(frozen=True, slots=True)
class AccessPart:
    """An access log: its rows with inside addresses are the second step of an answer, and no faults.

    A row that repeats the id of a notice's row belongs to that row too, with its inside address alone.
    """

    part: TablePart | LogPart | RequestsPart

    @property
    def layout(self) -> str:
        """Return the name of its layout."""
        return self.part.layout

    @property
    def why(self) -> str:
        """Return the reason for that layout."""
        return self.part.why

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield its rows, with inside addresses and IPv6, which may be either, also as `inside`."""
        part = replace(self.part, rules=replace(self.part.rules, takes_inside=True))
        for batch, last, size in part.batches():
            is_six = batch.assigned["ip"].str.contains(":", literal=True).fill_null(value=False)
            is_inside = batch.assigned["ip"].str.contains(INSIDE).fill_null(value=False)
            is_line = batch.assigned["says"] == RowStatement.ASSIGNED
            lines = batch.assigned.filter((is_six | is_inside) & is_line).select(*ASSIGNED)
            repeats = pl.lit(is_inside & is_line) & pl.col("row_id").is_not_null()
            bare = {name: pl.lit(None, ASSIGNED[name]) for name in ("ip", "number", "number_kind")}
            named = batch.assigned.filter(repeats).with_columns(inside_ip="ip").with_columns(**bare)
            others = batch.assigned.filter(~is_inside | ~is_line)
            yield replace(batch, assigned=pl.concat([others, named]).sort("row"), inside=lines), last, size


@dataclass(frozen=True, slots=True)
class StepsPart:
    """Access logs and NAT logs of one archive: each row of a NAT log gets the line with its inside address.

    A row of a NAT log that was not read whole gets none: a part of it, such as its ports, may contradict. Nor does one
    whose file is of another part of the network, by its name.
    """

    layout: str
    why: str
    access: Sequence[TablePart | LogPart | RequestsPart]
    nat: Sequence[TablePart | LogPart]

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield the rows of access logs that have public addresses, then those of NAT logs with their lines."""
        before = 0
        lines: list[tuple[frozenset[str], pl.DataFrame]] = []
        for part in self.access:
            last = before
            for batch, done, size in AccessPart(part).batches():
                last = before + done
                moved = offset_rows(batch, before)
                lines.append((part.place, _name_space(moved.inside, part.place)))
                yield moved, last, size
            before = last
        for nat in self.nat:
            of_it = [rows for place, rows in lines if not file_places.are_apart(place, nat.place)]
            access, _ = widen_times(pl.concat([pl.DataFrame(schema=ASSIGNED), *of_it]))
            last, rejected = before, pl.Series("row", [], pl.UInt32)
            for batch, done, size in nat.batches():
                last = before + done
                moved = offset_rows(batch, before)
                # Rows that are events come after all others, and so after their rejects.
                rejected = rejected.append(moved.rejects["row"].cast(pl.UInt32))
                yield replace(moved, assigned=steps.join_steps(moved.assigned, access, rejected)), last, size
            before = last


def _name_space(assigned: pl.DataFrame, place: frozenset[str]) -> pl.DataFrame:
    """Return assignments with the place of their file in their address space."""
    if not place:
        return assigned
    text = pl.lit(f"files={' '.join(sorted(place))}")
    return assigned.with_columns(space=pl.concat_str("space", text, separator=";", ignore_nulls=True))


INSIDE = (
    r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\."
    r"|f[cd][0-9a-f]{2}:)"
)
"""The canonical beginnings of addresses inside a network."""


def doubt_rows(batch: Batch, doubt: str | None) -> Batch:
    """Return the batch with all of its assignments in doubt, if there is a doubt."""
    if doubt is None:
        return batch
    of_all = pl.when(pl.col("says") == RowStatement.ASSIGNED).then(pl.coalesce("doubted_by", pl.lit(doubt)))
    return replace(batch, assigned=batch.assigned.with_columns(of_all.alias("doubted_by")))


def _doubt_beside(batch: Batch, doubts: pl.DataFrame) -> Batch:
    """Return the batch with the doubts (`row`, `doubted_by`) about some of its rows."""
    if doubts.is_empty():
        return batch
    joined = batch.assigned.join(doubts, on="row", how="left", maintain_order="left", suffix="_beside")
    both = pl.coalesce("doubted_by", pl.when(pl.col("says") == RowStatement.ASSIGNED.value).then("doubted_by_beside"))
    return replace(batch, assigned=joined.with_columns(doubted_by=both).drop("doubted_by_beside"))


def offset_rows(batch: Batch, rows_before: int) -> Batch:
    """Return the batch with its rows numbered after the earlier ones."""
    by = (pl.col("row") + rows_before).cast(pl.UInt32).alias("row")
    frames = (batch.assigned, batch.subscribers, batch.rejects, batch.inside)
    return Batch(*(frame.with_columns(by) for frame in frames))


@dataclass(frozen=True, slots=True)
class SilentPart:
    """A file, or a workbook, that states that there are no records: its statements, by line."""

    answers: Sequence[tuple[int, rows.Assigned]]
    layout: str = "no-records"
    why: str = "it says that there are none"

    def batches(self) -> Iterator[tuple[Batch, int, int]]:
        """Yield its statements, once for each row of the notice that it names."""
        yield table.make_batch(columns.as_frame(list(self.answers)), []), self.answers[-1][0], 0
