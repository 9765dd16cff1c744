"""A table of a reply, read as a whole: its rows with what its columns, notes and neighbours say about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sightline.model import NoticeKind
from sightline.stages.resolve.model import SUBSCRIBERS, ReplyBatch, RowStatement
from sightline.stages.resolve.replies import (
    activation_days,
    assignment_table,
    broken_rows,
    clock_slips,
    column_names,
    contacts,
    cut_blocks,
    deterministic,
    identity_columns,
    lease_ends,
    number_slips,
    other_ids,
    port_sets,
    row_batches,
    row_events,
    row_slips,
    searches,
    serial_slips,
    side_columns,
    stated_amounts,
    subscribers,
    surrounding_lines,
    time_declarations,
)
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.heading_fit import Fit
from sightline.stages.resolve.replies.holders import Holders
from sightline.stages.resolve.replies.lookup_sheets import LookupSheet
from sightline.stages.resolve.replies.reply_parts import Frames, doubt_rows
from sightline.stages.resolve.replies.reply_times import TimeRules

_PORTS = ("port", "port_from", "port_to")


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table under headings, of text or of a sheet. `doubt`: the text beside it that doubts all of its rows.

    `is_mostly_inside`: more than half of the addresses in its first rows are inside a network.

    `elsewhere`: names of circles that were not asked about.

    `place`: what the name of its file says about the part of the network (`file_places`).

    `holders`: sheets beside it: of customers, which must have its numbers, and of ids, which must not contradict it.

    `others`: mobile numbers of officers and complainants, by the lines beside it (`surrounding_lines.list_others`).

    Rows whose ports are reckoned by `parameters` have `is_reckoned` beside ASSIGNED: its times are of the inside.
    """

    layout: str
    layout_reason: str
    fit: Fit
    headings: Sequence[str]
    heading_row: int
    rules: TimeRules
    parameters: deterministic.Parameters | None
    frames: Frames
    doubt: str | None = None
    is_mostly_inside: bool = False
    licensee: str = ""
    elsewhere: frozenset[str] = frozenset()
    place: frozenset[str] = frozenset()
    holders: Sequence[Holders | LookupSheet] = ()
    others: frozenset[str] = frozenset()

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield its rows. Those that are log events come last, paired."""
        counted = self._with_last_ports()
        if counted is not None:
            yield from counted.read_batches()
            return
        readers: dict[str | None, Readers] = {None: Readers(self.rules)}
        done, last, doubt = 0, 0, self.doubt
        shapes, blocks = contacts.Shapes(), cut_blocks.CutBlocks(self.fit.places)
        events: list[pl.DataFrame] = []
        has_ends = False
        is_kea = "lifetime" in self.fit.places
        for whole, size in _join_frames(self.frames()) if is_kea else self.frames():
            last = whole["row"][-1] if whole.height else last
            frame = whole.filter(pl.col("row") > self.heading_row) if whole["row"][0] <= self.heading_row else whole
            frame = assignment_table.require_agreement(frame, self.fit.twice, self.headings, readers[None])
            if doubt is None and surrounding_lines.has_note(frame, self.fit, self.licensee):
                doubt = "note below the table"
            batch = blocks.close(self._batch(frame, readers), frame)
            batch = doubt_rows(contacts.drop_contacts(batch, shapes), doubt)
            for holder in self.holders:
                rows_found = holder.find_contradicted(batch.assigned)
                batch = _doubt_beside(batch, rows_found.to_frame().with_columns(doubted_by=pl.lit(holder.sheet)))
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
        if any(event.height for event in events):
            assigned, rejects = row_events.join_assignments(
                pl.concat(events), self._find_heading("event"), has_ends=has_ends
            )
            yield ReplyBatch(assigned, pl.DataFrame(schema=SUBSCRIBERS), rejects), last, 0

    def _with_last_ports(self) -> TablePart | None:
        """The same table with a column of last ports, where it has first ports and the sizes of blocks; else None."""
        places = self.fit.places
        at = stated_amounts.find_size_column(self.fit.marks)
        if at is None or "port_from" not in places or {"port", "port_to"} & places.keys():
            return None
        first, name = places["port_from"], f"c{len(self.headings)}"

        def frames() -> Iterator[tuple[pl.DataFrame, int]]:
            for frame, size in self.frames():
                yield port_sets.add_last_ports(frame, first, at, name), size

        fit = replace(self.fit, places={**places, "port_to": len(self.headings)})
        return replace(self, fit=fit, headings=[*self.headings, self.headings[at]], frames=frames)

    def _list_date_columns(self) -> list[subscribers.DateColumn]:
        edges = {"from_date": "from_us", "until_date": "until_us"}
        fields = [self.fit.layout.fields.get(reduce_heading(heading), "") for heading in self.headings]
        return [subscribers.DateColumn(at, edges[field]) for at, field in enumerate(fields) if field in edges]

    def _list_checks(self) -> list[SideColumn]:
        """The columns of a form that say how sure it is; dates, names and the like are no such columns."""
        dates = {date.at for date in self._list_date_columns()}
        return [mark for mark in self.fit.marks if mark.at not in dates]

    def _find_heading(self, kind: str) -> str:
        return next((mark.heading.strip() for mark in self.fit.marks if mark.kind == kind), kind)

    def _batch(self, frame: pl.DataFrame, readers: dict[str | None, Readers]) -> ReplyBatch:
        if self.fit.layout.reply is NoticeKind.SUBSCRIBERS:
            batch = subscribers.read_batch(
                frame, self.fit.places, self.headings, self._list_date_columns(), self.rules, self._list_checks()
            )
            ids = identity_columns.list_ids(frame, self.headings, self.fit.places)
            if ids is None:
                return batch
            forms = batch.subscribers.drop("ids").join(ids, on="row", how="left", maintain_order="left")
            return replace(batch, subscribers=forms)
        mark_rows = side_columns.read_marks(frame, self.fit.marks)
        at = next((mark.at for mark in self.fit.marks if mark.kind == "zone"), None)
        if at is None:
            return self._apply_marks(self._read_facts(frame, readers[None]), mark_rows, frame, readers[None])
        zones = frame[f"c{at}"].str.strip_chars()
        rules_by_zone = {
            zone: time_declarations.derive_zone_rules(self.rules, zone) for zone in zones.unique(maintain_order=True)
        }
        # Where rows say another zone, one that says none is of an unknown zone.
        is_other = any(rules.zone != self.rules.zone for rules in rules_by_zone.values())
        batches = []
        for zone, rules in rules_by_zone.items():
            key = zone if rules is not self.rules else "" if is_other else None
            if key not in readers:
                readers[key] = Readers(rules if key else replace(rules, zone=None))
            batches.append(self._read_facts(frame.filter(zones == zone), readers[key]))
        assigned, rejects = (
            pl.concat([batch.assigned for batch in batches]),
            pl.concat([batch.rejects for batch in batches]),
        )
        reply_batch = ReplyBatch(assigned.sort("row"), batches[0].subscribers, rejects.sort("row"))
        return self._apply_marks(reply_batch, mark_rows, frame, readers[None])

    def _apply_marks(
        self, batch: ReplyBatch, statements: pl.DataFrame, frame: pl.DataFrame, readers: Readers
    ) -> ReplyBatch:
        """Return the batch with what other columns say.

        A prefix that is not called static is a pool, in doubt; so is one with some ports, which several lines share.
        """
        batch = self._apply_permanent(
            self._apply_durations(assignment_table.with_marks(batch, statements), frame, readers)
        )
        batch = self._apply_lease_ends(batch, frame)
        assigned = stated_amounts.doubt_amounts(batch.assigned, frame, self.fit.marks)
        slips = row_slips.doubt_slips(assigned, frame, self.fit.places, self.headings, self.fit.marks)
        slips = clock_slips.doubt_half_clocks(slips, frame, self.fit.places, self.headings, readers.rules.zone)
        for place in [self.fit.places[name] for name in ("msisdn", "line", "imsi") if name in self.fit.places]:
            heading = self.headings[place].strip().lstrip("\ufeff")
            slips = number_slips.doubt_rounded(slips, heading)
            slips = number_slips.doubt_cut(slips, frame[f"c{place}"], frame["row"], heading)
        slips = row_slips.doubt_other_facts(slips, frame, self.headings)
        slips = serial_slips.doubt_other_serials(slips, frame, self.headings)
        slips = number_slips.doubt_other_numbers(slips, frame, self.fit.places, self.headings)
        slips = other_ids.doubt_other_ids(slips, frame, self.fit.places, self.headings)
        slips = number_slips.doubt_repeated_ids(slips, frame, self.fit.places, self.headings)
        slips = row_slips.doubt_swallowed(slips, frame, self.headings)
        slips = row_slips.doubt_mixed_dates(slips, frame, self.fit.places, self.headings)
        slips = row_slips.doubt_other_operators(slips, frame, self.headings, self.licensee)
        slips = row_slips.doubt_other_circles(slips, frame, self.headings, self.elsewhere)
        if (at := identity_columns.find_sim_column(self.fit.places, self.fit.marks)) is not None:
            slips = number_slips.doubt_foreign_sims(slips, frame, at, self.headings[at])
        zone = None if any(mark.kind == "zone" for mark in self.fit.marks) else self.rules.zone
        places = self.fit.places
        slips = activation_days.doubt_days(slips, frame, self.headings, readers, zone)
        slips = row_slips.doubt_spare_days(slips, frame, self.fit.marks, readers, zone)
        slips = searches.doubt_searches(slips, frame, self.fit.marks, readers)
        batch = replace(batch, assigned=row_slips.doubt_updates(slips, frame, places, self.headings, readers))
        if (ids := identity_columns.list_ids(frame, self.headings, self.fit.places, readers)) is not None:
            batch = replace(batch, assigned=batch.assigned.join(ids, on="row", how="left", maintain_order="left"))
        pools = port_sets.split_pools(frame, self.fit.places)
        if pools.is_empty():
            return batch
        is_own = pl.col("is_static").fill_null(value=False) & pl.col("port_from").is_null()
        is_pool = pl.col("row").is_in(pools.implode()) & ~is_own
        doubt = pl.when(is_pool).then(pl.lit(self.headings[self.fit.places["ip"]].strip().lstrip("\ufeff")))
        return replace(batch, assigned=batch.assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)))

    def _apply_lease_ends(self, batch: ReplyBatch, frame: pl.DataFrame) -> ReplyBatch:
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

    def _apply_permanent(self, batch: ReplyBatch) -> ReplyBatch:
        """Return the batch with what is permanent by its heading, and what is in doubt because it is not.

        A column headed `Static IP` has permanent addresses, unless its row says otherwise. A day of activation is that
        of the contract: it is the begin of an assignment only where the address is permanent.
        """
        places, assigned = self.fit.places, batch.assigned
        if "ip" in places and "static" in column_names.split_words(self.headings[places["ip"]]):
            assigned = assigned.with_columns(is_static=pl.coalesce("is_static", pl.lit(value=True)))
        if any("tcp" in column_names.split_words(self.headings[places[name]]) for name in _PORTS if name in places):
            assigned = assigned.with_columns(protocol=pl.coalesce("protocol", pl.lit("tcp")))
        if "start_day" in places and not {"start", "start_date"} & places.keys():
            is_line = (pl.col("says") == RowStatement.ASSIGNED) & ~pl.col("is_static").fill_null(value=False)
            doubt = pl.when(is_line).then(pl.lit(self.headings[places["start_day"]].strip()))
            assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
        return replace(batch, assigned=assigned)

    def _apply_durations(self, batch: ReplyBatch, frame: pl.DataFrame, readers: Readers) -> ReplyBatch:
        """Return the batch with `duration_s` beside its assignments, where a column says how long each lasted.

        One that cannot be read doubts its row.
        """
        at = self.fit.places.get("duration")
        if at is None:
            return batch
        lengths = pl.concat([frame.select("row"), readers.read_durations(frame[f"c{at}"])], how="horizontal")
        joined = batch.assigned.join(lengths, on="row", how="left", maintain_order="left")
        is_doubted = pl.col("is_bad").fill_null(value=False) & (pl.col("says") == RowStatement.ASSIGNED)
        doubt = pl.coalesce("doubted_by", pl.when(is_doubted).then(pl.lit(self.headings[at].strip())))
        return replace(batch, assigned=joined.with_columns(doubted_by=doubt).drop("is_bad"))

    def _read_facts(self, frame: pl.DataFrame, readers: Readers) -> ReplyBatch:
        places = self.fit.places
        if self.parameters is None:
            return assignment_table.read_batch(frame, places, self.headings, readers)
        parameters = self.parameters
        read, rejected = assignment_table.read_one_by_one(
            frame, places, self.headings, lambda texts: deterministic.read(texts, readers.rules, parameters)
        )
        return assignment_table.make_batch(row_batches.as_frame(read), rejected)


def _join_frames(frames: Iterator[tuple[pl.DataFrame, int]]) -> Iterator[tuple[pl.DataFrame, int]]:
    """One frame of all rows, for tables in which a row may change what another one says."""
    if every := list(frames):
        yield pl.concat([frame for frame, _ in every]), every[-1][1]


def _doubt_beside(batch: ReplyBatch, doubts: pl.DataFrame) -> ReplyBatch:
    """Return the batch with the doubts (`row`, `doubted_by`) about some of its rows."""
    if doubts.is_empty():
        return batch
    joined = batch.assigned.join(doubts, on="row", how="left", maintain_order="left", suffix="_beside")
    both = pl.coalesce("doubted_by", pl.when(pl.col("says") == RowStatement.ASSIGNED.value).then("doubted_by_beside"))
    return replace(batch, assigned=joined.with_columns(doubted_by=both).drop("doubted_by_beside"))
