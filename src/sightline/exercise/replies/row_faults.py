"""Apply row faults to replies: before the ISP looks a row up, and to the rows that it found."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.faults import ROWS
from sightline.exercise.period import DAY_US, HOUR_US
from sightline.exercise.replies.assignments import pick_other_line
from sightline.exercise.replies.habits import Habit
from sightline.exercise.replies.line_names import compute_line_identifier, get_identifier_kind
from sightline.exercise.replies.spoiled_rows import MARKS, can_have, spoil_rows

SHIFTS_US = tuple(sign * hours for hours in (HOUR_US, 11 * HOUR_US // 2, 12 * HOUR_US) for sign in (1, -1))
MINUTE_US = 60_000_000
NOTHING = "none"
ONCE = [
    *"key port_from port_to start_us end_us seen_us destination_ip destination_port number is_reformatted".split(),
    *MARKS,
]
"""The columns that identify rows of a reply."""


@dataclass(frozen=True, slots=True)
class ReplyFaults:
    """The faults of one reply."""

    dice: Dice
    shares: dict[str, float]

    def share(self, name: str) -> float:
        """Return the share of a fault. A world that is older than the fault has none of it."""
        return self.shares.get(name, 0.0)

    def choose_faults(self, rows: pl.DataFrame, network: int, habit: Habit) -> pl.DataFrame:
        """Return the rows with `fault`, one of those possible in such a reply, or null."""
        some = {name: self.share(name) if can_have(name, network, habit) else 0.0 for name in ROWS}
        some[NOTHING] = max(0.0, 1 - sum(some.values()))
        names = pl.Series([*ROWS, None])
        return rows.with_columns(
            pl.lit(names).gather(self.dice.choose_position(some, "fault of a row", "throw")).alias("fault")
        )

    def look_up_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that the ISP looks up: the wrong day, a wrong digit, and unrequested rows (`is_extra`)."""
        day = pl.when(self.dice.draw_unit("day", "throw") < 0.5).then(DAY_US).otherwise(-DAY_US)
        moved = pl.when(_is("reply-wrong-day")).then(day).otherwise(0)
        slips = _is("reply-one-digit") & self._draw_early_slip()
        by_port = slips & self._draw_port_slip()
        questions = rows.with_columns(
            pl.col("from_us") + moved,
            pl.col("until_us") + moved,
            pl.when(slips & ~by_port).then(_with_slip("key")).otherwise("key").alias("key"),
            pl.when(by_port).then(_with_slip("port")).otherwise("port").alias("port"),
            pl.lit(value=False).alias("is_extra"),
        )
        more = questions.filter(_is("reply-extra")).with_columns(
            (pl.col("key") + 2 + self.dice.draw_below(3, "extra", "throw")).alias("key"),
            pl.lit(value=True).alias("is_extra"),
        )
        return pl.concat([questions, more])

    def _draw_early_slip(self) -> pl.Expr:
        return self.dice.draw_unit("looked up", "throw") < 0.5

    def _draw_port_slip(self) -> pl.Expr:
        return (self.dice.draw_unit("slip in port", "throw") < 0.5) & pl.col("port").is_not_null()

    def write_found(self, rows: pl.DataFrame, network: int, habit: Habit) -> pl.DataFrame:
        """Return the found rows as the ISP writes them: `number`, `number_kind`, `key`, ports, times, and more rows.

        An ISP that does not repeat row ids writes an assignment once, however often it was requested.
        """
        alike = self.dice.draw_unit("same wrong", "line") < self.share("reply-same-wrong")
        always = pick_other_line("line", self.dice.draw_unit("which same wrong", "line"))
        once = pick_other_line("line", self.dice.draw_unit("which wrong", "throw"))
        written = pl.when(_is("reply-wrong-line")).then(once).when(alike).then(always).otherwise("line")
        known_rows = rows.filter(~(_is("reply-missing") | _is("reply-none")).fill_null(value=False)).with_columns(
            written.alias("written"), alike.alias("is_alike"), pl.lit(None, pl.Int64).alias("seen_us")
        )
        known_rows = self._move_times(spoil_rows(self._add_overlaps(known_rows), self.dice, habit))
        slips = _is("reply-one-digit") & ~self._draw_early_slip()
        by_port = slips & self._draw_port_slip() & (pl.col("port_from") == pl.col("port_to"))
        known_rows = known_rows.with_columns(
            pl.when(slips & ~by_port).then(_with_slip("key")).otherwise("key").alias("key"),
            *(pl.when(by_port).then(_with_slip(name)).otherwise(name).alias(name) for name in ("port_from", "port_to")),
            compute_line_identifier("written").alias("number"),
            pl.lit(get_identifier_kind(network)).alias("number_kind"),
        )
        known_rows = known_rows.with_columns(self._spoil_numbers().alias("number"))
        # For such a line only a contact is known.
        known_rows = known_rows.with_columns(pl.when(pl.col("contact").is_null()).then("number").alias("number"))
        known_rows = known_rows.with_columns(_is("reply-reformatted").alias("is_reformatted"))
        known_rows = known_rows if habit.repeats else known_rows.unique(ONCE, keep="first", maintain_order=True)
        return pl.concat([known_rows, known_rows.filter(_is("reply-duplicated"))])

    def _move_times(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With times that are shifted, swapped or lost."""
        shift = pl.lit(pl.Series(SHIFTS_US)).gather(self.dice.draw_below(len(SHIFTS_US), "shift", "throw"))
        shift = pl.when(_is("reply-shifted")).then(shift).otherwise(0)
        lost = _is("reply-lost-stop")
        span = pl.col("end_us") - pl.col("start_us")
        seen = pl.col("start_us") + (self.dice.draw_unit("last seen", "throw", "start_us") * span).cast(pl.Int64)
        return rows.with_columns(
            pl.col("start_us") + shift,
            pl.when(lost).then(None).otherwise(pl.col("end_us") + shift).alias("end_us"),
            pl.when(lost).then(seen).alias("seen_us"),
        )

    def _add_overlaps(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With the row of a second line beside each that has this fault."""
        second = rows.filter(_is("reply-overlap")).with_columns(
            pick_other_line("written", self.dice.draw_unit("second line", "throw")).alias("written"),
            (pl.col("from_us") - self.dice.draw_below(30 * MINUTE_US, "second begins", "throw")).alias("start_us"),
            (pl.col("until_us") + self.dice.draw_below(30 * MINUTE_US, "second ends", "throw")).alias("end_us"),
        )
        return pl.concat([rows, second])

    def _spoil_numbers(self) -> pl.Expr:
        """The number, one digit of which is wrong in some rows: one of the last four before a domain."""
        place = self.dice.draw_below(4, "which digit", "throw")
        text = pl.col("number")
        tail = text.str.extract(r"(\d+)(?:@.*)?$")
        head = text.str.extract(r"^(.*?)\d+(?:@.*)?$").fill_null("")
        domain = text.str.extract(r"(@.*)$").fill_null("")
        cut = tail.str.len_chars() - 1 - place
        digit = tail.str.slice(cut, 1).cast(pl.Int64, strict=False)
        other = ((digit + 1 + self.dice.draw_below(9, "other digit", "throw")) % 10).cast(pl.String)
        wrong = pl.concat_str(head, tail.str.slice(0, cut), other, tail.str.slice(cut + 1), domain)
        return pl.when(_is("reply-number-digit")).then(wrong).otherwise(text)


def _is(name: str) -> pl.Expr:
    return (pl.col("fault") == name).fill_null(value=False)


def _with_slip(column: str) -> pl.Expr:
    """A number with another last digit, in the same ten and, of an address, the same octet."""
    digit = pl.col(column) % 10
    return pl.when(digit < 5).then(pl.col(column) + 1).otherwise(pl.col(column) - 1)
