"""What an ideal reader concludes from replies, by `attribution.md` and ADR 18: whose line a session was, or nobody's.

Rows of a notice (`asked`): `notice`, `row_id`, `at` (a number of its own), `session`, `ip`, `port`, `destination_ip`,
`destination_port`, `from_us`, `until_us`. Rows of replies (`replied`), as they were written: `notice`, `ip`,
`port_from`, `port_to`, `start_us`, `end_us`, their slacks, destinations, `number`, `row_id` where it is repeated,
`seen_us`, `certified`, `timezone`; what was corrected since is not among them. What cannot be read of a row is null:
without a start it was always, without an address it is of the row whose id it repeats or of all; it names nobody.
"""

from __future__ import annotations

import polars as pl

from sightline.exercise.oracle.doubts import doubted

BUCKET_US = 6 * 3_600_000_000
LONG_US = 6 * BUCKET_US
"""Assignments that last longer are few an address, and are looked at whenever it is asked for."""
JOINS_US = 1_000_000
FIXED = ("installation_address",)
MOBILE = ("msisdn", "imsi", "imei", "cell", "application_form")
"""What a form must say, for a line to be corroborated."""
_ROW = (
    "ip port_from port_to start_us end_us start_slack_us end_slack_us destination_ip number seen_us certified".split()
)


def rows_resolved(asked: pl.DataFrame, replied: pl.DataFrame) -> pl.DataFrame:
    """One row a row of a notice: `at`, `verdict`, `number`, `certified`, `rows` of `replied`, and their `assignments`.

    `subscriber`: one number alone may hold, and it surely holds all of the time. `conflict`: several may, or another
    that answers nothing would with its time mistyped (`doubts`). `candidates`: one may and does not surely, or the row
    asks by destination. `none`: no row of the reply is of it.
    """
    rows = replied.with_row_index("row")
    at_times = _at_times(asked, rows.filter(pl.col("says") != "no-records"))
    met = _met(at_times, asked, rows)
    surely = _sure(met.filter("proves", pl.col("number").is_not_null())).select("at", "sure")
    by_row = met.group_by("at").agg(
        pl.col("number").drop_nulls().unique().sort().alias("numbers"),
        pl.col("certified").all(),
        pl.col("number").is_null().any().alias("names_nobody"),
        pl.struct("ip", "port_from", "start_us").unique().alias("assignments"),
        pl.col("row").alias("rows"),
    )
    known = (
        asked.select("at", "session", "notice", "port", "destination_ip")
        .join(by_row, on="at", how="left", maintain_order="left")
        .join(surely, on="at", how="left", maintain_order="left")
    )
    many = pl.col("numbers").list.len().fill_null(0)
    by_destination = pl.col("port").is_null() & pl.col("destination_ip").is_not_null()
    verdict = (
        pl.when(many == 0)
        .then(pl.lit("none"))
        .when(by_destination)
        .then(pl.lit("candidates"))
        .when(many > 1)
        .then(pl.lit("conflict"))
        .when(pl.col("names_nobody"))
        .then(pl.lit("candidates"))
        .when(pl.col("sure").fill_null(value=False) & ~pl.col("at").is_in(_silent(asked, replied).implode()))
        .then(pl.lit("subscriber"))
        .otherwise(pl.lit("candidates"))
    )
    found = known.with_columns(verdict.alias("verdict")).with_columns(
        pl.when(pl.col("verdict") == "subscriber").then(pl.col("numbers").list.first()).alias("number")
    )
    idle = rows.join(at_times.select("row").unique(), on="row", how="anti")
    in_doubt = pl.col("at").is_in(doubted(found, asked, idle).implode())
    return found.with_columns(
        pl.when(in_doubt).then(pl.lit("conflict")).otherwise("verdict").alias("verdict"),
        pl.when(~in_doubt).then("number").alias("number"),
    )


def sessions_resolved(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a session: `session`, `number` where all rows that were asked say the same one, else null."""
    alike = (pl.col("number").n_unique() == 1) & pl.col("number").is_not_null().all()
    return rows.group_by("session", maintain_order=True).agg(pl.when(alike).then(pl.col("number").first()).first())


def corroborated(rows: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """The `number`s that two resolutions of different assignments name, from different notices, and a form.

    Only replies with certificates count; `rows` are of one licensee, and so are `forms`: what they say, `certified`.
    """
    told = rows.filter(pl.col("verdict") == "subscriber", "certified").explode("assignments")
    twice = (
        told.group_by("number")
        .agg(pl.col("notice").n_unique().alias("notices"), pl.col("assignments").n_unique().alias("leases"))
        .filter(pl.col("notices") > 1, pl.col("leases") > 1)
    )
    whole = pl.any_horizontal(pl.all_horizontal(pl.col(some).is_not_null()) for some in (FIXED, MOBILE))
    return twice.join(forms.filter("certified", whole), on="number", how="semi").select("number").sort("number")


def _at_times(asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The pairs `at`, `row` of one address and time (the longest span), and whether all else is what was asked."""
    anywhere = _of_any_address(asked, rows.filter(pl.col("ip").is_null()))
    lasting = (pl.col("end_us") - pl.col("start_us") > LONG_US).fill_null(value=True)
    brief = _in_buckets(rows.filter(~lasting), "start_us", pl.col("end_us") + pl.col("end_slack_us"))
    times = _in_buckets(asked, "from_us", pl.col("until_us"))
    found = [
        times.join(brief, on=["notice", "ip", "bucket"], how="inner"),
        asked.join(rows.filter(lasting), on=["notice", "ip"], how="inner"),
        anywhere,
    ]
    return pl.concat(
        some.filter(_meets()).select("at", "row", _is_asked_for().alias("is_asked_for")) for some in found
    ).unique()


def _of_any_address(asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of an unknown address beside each row of the notice; one that repeats an id beside that one alone."""
    own = asked.join(rows, on=["notice", "row_id"], how="inner")
    all_others = asked.join(rows.join(own.select("row"), on="row", how="anti"), on="notice", how="inner")
    return pl.concat([own, all_others.filter(pl.col("start_us").is_not_null())], how="diagonal")


def _met(at_times: pl.DataFrame, asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The pairs of a row asked and a row replied that may hold it, with what the latter says."""
    pairs = _proving(at_times.filter("is_asked_for").select("at", "row"), asked, rows)
    mine = asked.select("at", "from_us", "until_us")
    return pairs.join(rows.select("row", *_ROW), on="row").join(mine, on="at").sort("at", "row")


def _proving(pairs: pl.DataFrame, asked: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """With `proves`: not of rows that repeat the id of another row than any that they meet, for one of the two errs."""
    named = pairs.join(rows.select("row", said_id="row_id"), on="row").join(asked.select("at", "row_id"), on="at")
    own = named.filter(pl.col("said_id").is_null() | (pl.col("said_id") == pl.col("row_id"))).select("row").unique()
    return pairs.join(own.with_columns(proves=pl.lit(value=True)), on="row", how="left").with_columns(
        pl.col("proves").fill_null(value=False)
    )


def _silent(asked: pl.DataFrame, replied: pl.DataFrame) -> pl.Series:
    """The `at` of rows of which a reply says that there are no records: whatever else it says is in doubt."""
    none = replied.filter(pl.col("says") == "no-records").select("notice", "row_id")
    return asked.join(none, on=["notice", "row_id"], how="semi")["at"]


def _in_buckets(rows: pl.DataFrame, first: str, last: pl.Expr) -> pl.DataFrame:
    numbers = pl.int_ranges(pl.col(first) // BUCKET_US, last // BUCKET_US + 1, dtype=pl.Int64)
    return rows.with_columns(numbers.alias("bucket")).explode("bucket")


def _meets() -> pl.Expr:
    """Whether the longest span of an assignment meets the time."""
    begins = (pl.col("start_us") <= pl.col("until_us")).fill_null(value=True)
    return begins & (pl.col("end_us") + pl.col("end_slack_us") >= pl.col("from_us")).fill_null(value=True)


def _is_asked_for() -> pl.Expr:
    """Whether port and destination are those asked for."""
    port = pl.col("port").is_between(pl.col("port_from"), pl.col("port_to")).fill_null(value=True)
    asks_for_site = pl.col("port").is_null() & pl.col("destination_ip").is_not_null()
    site = (pl.col("destination_ip") == pl.col("destination_ip_right")).fill_null(value=False)
    return port & (~asks_for_site | site)


def _sure(met: pl.DataFrame) -> pl.DataFrame:
    """For each row asked, whether what surely holds covers all of its time. It says nothing of how many numbers."""
    last = pl.coalesce("end_us", "seen_us", "start_us")
    spans = met.with_columns((pl.col("start_us") + pl.col("start_slack_us")).alias("sure_us"), last.alias("last_us"))
    spans = spans.filter(pl.col("last_us") > pl.col("sure_us")).sort("at", "sure_us", "last_us")
    reached = pl.col("last_us").cum_max().over("at")
    spans = spans.with_columns(reached.alias("reached_us")).with_columns(
        pl.col("reached_us").shift(1).over("at").alias("before_us")
    )
    gap = (pl.col("sure_us") > pl.col("before_us") + JOINS_US).fill_null(value=False)
    matters = (pl.col("before_us") < pl.col("until_us")) & (pl.col("sure_us") > pl.col("from_us"))
    return spans.group_by("at").agg(
        (
            (pl.col("sure_us").min() <= pl.col("from_us").first())
            & (pl.col("reached_us").max() >= pl.col("until_us").first())
            & ~(gap & matters).any()
        ).alias("sure")
    )
