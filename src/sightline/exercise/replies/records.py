"""Write the reply to a notice for records: the found assignments, their faults, and the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sightline.exercise.addresses import format_address
from sightline.exercise.faults import FILES
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.period import DAY_US
from sightline.exercise.replies import archive, file_faults, habits, notice_rows, reply_times, writers
from sightline.exercise.replies.archive import ReplyFile
from sightline.exercise.replies.assignments import find_assignments, pick_other_line
from sightline.exercise.replies.connections import build_connections
from sightline.exercise.replies.habits import Habit
from sightline.exercise.replies.line_names import compute_line_identifier
from sightline.exercise.replies.row_faults import ReplyFaults
from sightline.exercise.replies.spoiled_rows import CELL, build_cells, fill_columns
from sightline.exercise.shared_ports import BY_CONNECTION

HARMLESS = ("reply-partial", "reply-corrected", "reply-uncertified")
"""Faults of whole replies that any reply can have."""
REPORTED_US = 30 * DAY_US
"""How long after the end of the world replies are made."""
CORRECTED = 0.3
"""The part of the rows of a corrected reply that were wrong at first."""
ROWS = (
    "ip port_from port_to start_us end_us start_slack_us end_slack_us destination_ip destination_port number"
    " number_kind row_id seen_us says inside_ip protocol cells"
    " duration_us"
).split()
"""The oracle's columns of a reply's row, and `file`, its position among the files. `made_for` is for the grade."""


@dataclass(frozen=True)
class Isp:
    """An ISP of a world, with the faults of its replies. `ends_us`: when the world's visits end."""

    world: Path
    licensee: str
    network: int
    faulty: ReplyFaults
    plan: NetworkPlan
    ends_us: int

    def write_reply(self, rows: pl.DataFrame, out: Path) -> archive.ArchivedReply:
        """Write the reply to these rows (`notice_rows.build_record_rows`) to a folder and return its files."""
        habit, whole = self._choose_habit(rows), self.choose_fault(rows)
        rows = self.faulty.choose_faults(rows, self.network, habit)
        looked_up = self.faulty.look_up_rows(rows)
        if whole == "reply-same-export":
            looked_up = pl.concat([looked_up, self._build_earlier_rows(rows)], how="diagonal")
        assignments = self._select_held(looked_up)
        if whole not in HARMLESS and not file_faults.can_have(whole, self.network, habit, assignments):
            whole = None
        if whole in file_faults.ALL_ROWS:
            # A fault that a system writes to every row leaves no room for a clerk's slips.
            rows = rows.with_columns(pl.lit(None, pl.String).alias("fault"))
            assignments = self._select_held(self.faulty.look_up_rows(rows))
        half = self.draw_number("way of a fault", rows) < 0.5
        dice = self.plan.dice
        assignments = file_faults.change_assignments(assignments, whole, dice, self.ends_us + REPORTED_US, half=half)
        if habit.layout == "dhcp-leases" and whole != "reply-scheduled-ends":
            assignments = file_faults.split_renewals(assignments, dice)
        result = file_faults.with_zones(self.faulty.write_found(assignments, self.network, habit), whole, dice)
        result = reply_times.write_local_times(result.sort("start_us", "key", "line"), habit.zone).filter(
            pl.col("start").is_not_null()
        )
        result = file_faults.add_file_fault(result, whole, half=half)
        files, reply_rows = [], []
        for place, (file, part) in enumerate(self._build_files(_with_texts(result), habit, whole, out)):
            some = fill_columns(part)
            writers.write_rows(some, habit, file.path)
            files.append(file)
            reply_rows.append(_read_rows_back(some, habit).with_columns(pl.lit(place, pl.Int64).alias("file")))
        nothing = rows.filter(_is_silent(assignments))
        if nothing.height:
            path = out / "no-records.csv"
            writers.write_nothing(nothing, path)
            reply_rows.append(_empty_rows(nothing).with_columns(pl.lit(len(files), pl.Int64).alias("file")))
            files = [replace(file, partial=True) for file in files]
            files.append(ReplyFile(path, "no-records", None, None, certified=whole != "reply-uncertified"))
        return archive.ArchivedReply(
            archive.name_reply_folder(self.licensee, "records", rows),
            self.licensee,
            "records",
            tuple(files),
            rows.select(notice_rows.RECORDS),
            pl.concat(reply_rows) if reply_rows else _empty_rows(rows.head(0)).with_columns(file=pl.lit(0, pl.Int64)),
            _name_faults(rows, result, whole, folds=habit.zone == habits.ABROAD),
        )

    def _build_earlier_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of all notices that were answered before, as rows that nobody asks for now."""
        own = archive.name_reply_folder(self.licensee, "records", rows)
        earlier = [
            notice_rows.build_record_rows(reply.asked)
            for reply in archive.read_archive(self.world / "answers", "records")
            if reply.licensee == self.licensee and reply.name != own
        ]
        some = pl.concat(earlier) if earlier else rows.select(*notice_rows.RECORDS, "key", "throw").head(0)
        again = some.join(rows.select("row_id"), on="row_id", how="anti")
        return again.with_columns(pl.lit(None, pl.String).alias("fault"), pl.lit(value=True).alias("is_extra"))

    def draw_number(self, purpose: str, rows: pl.DataFrame) -> float:
        """Return a number from 0 to below 1 that depends on the notice's rows."""
        return self.plan.dice.number(f"{purpose} {archive.identify_notice(rows)}", 1 << 30) / (1 << 30)

    def choose_fault(self, rows: pl.DataFrame) -> str | None:
        """Return the fault of the whole reply."""
        thrown, edge = self.draw_number("fault of a reply", rows), 0.0
        for name in FILES:
            edge += self.faulty.share(name)
            if thrown < edge:
                return name
        return None

    def _choose_habit(self, rows: pl.DataFrame) -> Habit:
        habit, share = habits.HABITS[self.licensee], self.faulty.share("reply-dst")
        # A detail file's own letters would distinguish the two hours.
        some = habit.layout != "radius-detail" and self.draw_number("abroad", rows) < share
        return replace(habit, zone=habits.ABROAD) if some or (habit.is_abroad and share > 0) else habit

    def _select_held(self, rows: pl.DataFrame) -> pl.DataFrame:
        reported_us = self.ends_us + REPORTED_US
        if self.network == BY_CONNECTION:
            return build_connections(rows, self.plan, self.network, reported_us, self.world)
        return find_assignments(rows, self.plan, self.network, reported_us).with_columns(
            pl.lit(None, pl.String).alias("destination_ip"), pl.lit(None, pl.Int64).alias("destination_port")
        )

    def _build_files(
        self, rows: pl.DataFrame, habit: Habit, whole: str | None, out: Path
    ) -> Iterator[tuple[ReplyFile, pl.DataFrame]]:
        """The files with their rows. One reply may come in two parts, or be corrected."""
        ending = "log" if habit.layout == "radius-detail" else "csv"
        path, later = out / f"reply.{ending}", out / f"reply-2.{ending}"
        certified = whole != "reply-uncertified"
        file = ReplyFile(path, habit.layout, habit.zone, habit.date_order, certified=certified)
        if rows.is_empty():
            return
        match whole:
            case "reply-partial":
                half = self.plan.dice.draw_unit("first part", "throw") < 0.5
                parts = [some for some in (rows.filter(half), rows.filter(~half)) if some.height]
                for place, some in enumerate(parts):
                    is_last = place == len(parts) - 1
                    yield replace(file, path=later if place else path, partial=not is_last), some
            case "reply-corrected":
                yield file, self._build_wrong_rows(rows)
                yield replace(file, path=later, corrects=0), rows
            case _:
                yield file, rows

    def _build_wrong_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        dice = self.plan.dice
        wrong = rows.with_columns(
            pick_other_line("written", dice.draw_unit("which at first", "throw")).alias("written")
        )
        is_wrong = dice.draw_unit("wrong at first", "throw") < CORRECTED
        number = (
            pl.when(is_wrong).then(wrong.select(compute_line_identifier("written")).to_series()).otherwise("number")
        )
        said_number = pl.when(is_wrong).then(number).otherwise("said_number")
        return rows.with_columns(said_number.alias("said_number"), number.alias("number"))


def _is_silent(assignments: pl.DataFrame) -> pl.Expr:
    """Return whether the ISP finds nothing for a row of the notice, or says so."""
    values = assignments.filter(~pl.col("is_extra"))["row_id"].unique()
    says_none = (pl.col("fault") == "reply-none").fill_null(value=False)
    leaves_out = (pl.col("fault") == "reply-missing").fill_null(value=False)
    return (says_none | ~pl.col("row_id").is_in(values.implode())) & ~leaves_out


def _with_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """With the texts of addresses and numbers, as they are read, and as they are written (`said_*`)."""
    line = pl.col("written")
    inside = pl.format("100.{}.{}.{}", 64 + line % 64, line // 64 % 256, line // 16_384 % 256)
    known_rows = rows.with_columns(format_address("key").alias("ip"), inside.alias("inside_ip"))
    mapped = pl.when(pl.col("ip").str.contains(":", literal=True)).then(pl.col("ip").str.to_uppercase())
    local = pl.when(pl.col("number_kind") == "msisdn").then(pl.format("+91 {}", pl.col("number").str.slice(2)))
    # For some lines only a contact is known, and it is reported as one.
    is_contact = pl.col("contact").is_not_null()
    return known_rows.with_columns(
        pl.when("is_reformatted").then(mapped.otherwise(pl.format("::ffff:{}", "ip"))).otherwise("ip").alias("said_ip"),
        pl.when(is_contact)
        .then(None)
        .when("is_reformatted")
        .then(local.otherwise("number"))
        .otherwise("number")
        .alias("said_number"),
        pl.when(is_contact).then("contact").otherwise("number").alias("number"),
        pl.when(is_contact).then(pl.lit("contact")).otherwise("number_kind").alias("number_kind"),
        pl.when(~pl.col("is_extra")).then("row_id").alias("said_id"),
    )


def _read_rows_back(rows: pl.DataFrame, habit: Habit) -> pl.DataFrame:
    """The rows as a reader has them who knows the layout and its zone."""
    read = reply_times.read_back(rows, habit.zone).filter(pl.col("start_us").is_not_null())
    said_id = pl.col("said_id") if habit.repeats else pl.lit(None, pl.String)
    # Only accounting has a last sign of life.
    seen = pl.col("seen_us") if habit.layout.startswith("radius") else pl.lit(None, pl.Int64)
    # For a shared address every row shows the inside address.
    inside = "inside_ip" if habit.layout in {"nat-blocks", "ipdr-2021"} else "private_ip"
    return read.with_columns(
        seen.alias("seen_us"),
        pl.col(inside).alias("inside_ip"),
        pl.col("protocol").str.to_lowercase(),
        build_cells().alias("cells"),
        (pl.col("duration").cast(pl.Int64) * reply_times.SECOND_US).alias("duration_us"),
        pl.col("row_id").alias("made_for"),
        said_id.alias("row_id"),
        pl.lit("assigned").alias("says"),
    ).select(*ROWS, "made_for")


def _empty_rows(rows: pl.DataFrame) -> pl.DataFrame:
    texts = "number number_kind inside_ip protocol".split()
    numbers = "port_to start_us end_us start_slack_us end_slack_us seen_us duration_us".split()
    return rows.with_columns(
        pl.lit(None, CELL).alias("cells"),
        pl.col("port").alias("port_from"),
        *(pl.lit(None, pl.String).alias(name) for name in texts),
        *(pl.lit(None, pl.Int64).alias(name) for name in numbers),
        pl.lit("no-records").alias("says"),
        pl.col("row_id").alias("made_for"),
    ).select(*ROWS, "made_for")


def _name_faults(rows: pl.DataFrame, result: pl.DataFrame, whole: str | None, *, folds: bool) -> pl.DataFrame:
    """The faults of each row of the notice, and the lines that a faultless reply would have named."""
    came_twice = result["row_id"].head(0)
    if folds:
        read = reply_times.read_back(result, habits.ABROAD)
        wide = (pl.col("start_slack_us") > reply_times.SECOND_US) | (pl.col("end_slack_us") > reply_times.SECOND_US)
        came_twice = read.filter(wide)["row_id"].unique()
    asked_port = rows.select("row_id", asked_port="port")
    meant = pl.col("asked_port").is_between("port_from", "port_to").fill_null(value=True)
    alike = result.filter("is_alike").join(asked_port, on="row_id").filter(meant)["row_id"].unique()
    # An impossible fault (a day over twelve cannot be swapped with a month) is no fault.
    swapped = result.filter(pl.col("fault") == "reply-day-month")["row_id"].unique()
    is_undone = (pl.col("fault") == "reply-day-month") & ~pl.col("row_id").is_in(swapped.implode())
    several = [
        pl.when(is_undone).then(None).otherwise("fault"),
        pl.when(pl.col("row_id").is_in(alike.implode())).then(pl.lit("reply-same-wrong")),
        pl.when(pl.col("row_id").is_in(came_twice.implode())).then(pl.lit("reply-dst")),
        pl.lit(whole, pl.String),
    ]
    return rows.select("row_id", pl.concat_list(several).list.drop_nulls().alias("faults"))
