"""Find doubts across the replies to a notice: vetoes, and the row that causes each."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sightline.stages.resolve.assignment_spans import may_hold
from sightline.stages.resolve.model import CAUSES, DOUBTS, OF_COLUMN, FindingKind, RowStatement
from sightline.stages.resolve.near_matches import DAY_US, drop_lone_near_misses, find_vetoes
from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.row_match import NoticeIndex, list_row_spans

KEY = ["notice", "row_id"]
NEAR = (FindingKind.SHIFTED, FindingKind.DAY_MONTH)
_AROUND_US = DAY_US
"""The time around a question in which a row without times may lie that answers it: few assignments last longer."""
MOST_CAUSES = 3
"""The maximum number of rows reported for one doubt about one row of a notice."""


def add_vetoes(met: pl.DataFrame, near: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `met` with the doubts that rows of other replies cause, and the rows of `near` that are reported or veto.

    `met`: as `verdicts` takes it, with `doubts`. `near`: NEAR_MISSES of all valid replies with `notice`, `reply`, and
    `subscriber` instead of numbers.
    """
    named = met.filter(pl.col("says") == RowStatement.ASSIGNED)
    by_asked = named.group_by("notice", row_id="asked").agg(numbers=pl.col("subscriber").unique())
    key = pl.concat_str("notice", "row_id", separator="/").alias("row_id")
    untold = near.filter(~pl.col("is_told"))
    others = drop_lone_near_misses(untold, named.with_columns(row_id="asked"), "subscriber")
    others = others.rename({"subscriber": "number"}).with_columns(key)
    veto = find_vetoes(others, by_asked.with_columns(key).drop("notice"))
    veto = veto.with_columns(pl.col("row_id").str.split("/").list.last()).rename({"number": "subscriber"})
    kinds = veto.group_by("notice", asked="row_id").agg(of_near=pl.col("kind").unique().sort())
    beside = met.join(kinds, on=["notice", "asked"], how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.col("of_near").fill_null([])).list.unique(maintain_order=True)
    is_assigned = pl.col("says") == RowStatement.ASSIGNED
    doubted = beside.with_columns(pl.when(is_assigned).then(both).otherwise("doubts").cast(DOUBTS).alias("doubts"))
    doubted = _share_remarks(doubted.drop("of_near"))
    doubted = doubted.with_columns(is_doubted=pl.col("doubts").list.len() > 0)
    return doubted, pl.concat([near.filter("is_told"), veto.select(near.columns)])


_PLACE = ["notice", "asked"]
_ROW = ["notice", "asked", "subscriber", "ip", "port_from", "port_to", "start_us", "end_us"]


def _share_remarks(met: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with the doubts that a remark causes in the same row of the same reply or of a later one.

    `Wrong entry` beside a row that was written again speaks of the assignment, not of the cell. A later row without the
    remark may be the correction: it keeps none.
    """
    kinds = load_shared_words().kinds
    each = met.filter(pl.col("doubts").list.len() > 0, pl.col("subscriber").is_not_null())
    each = each.select(*_ROW, "reply", "doubts").explode("doubts", empty_as_null=False, keep_nulls=False)
    each = each.filter(pl.col("doubts").str.starts_with(OF_COLUMN))
    headings = {doubt: kinds.get(reduce_heading(doubt.removeprefix(OF_COLUMN))) for doubt in each["doubts"].unique()}
    remarks = [one for one, kind in headings.items() if kind == "status"]
    if not remarks:
        return met
    said_of = each.filter(pl.col("doubts").is_in(remarks)).rename({"doubts": "remark", "reply": "by"})
    places = met.with_row_index("place")
    pairs = places.select("place", "reply", *_ROW).join(said_of, on=_ROW, nulls_equal=True)
    rows = pairs.filter(pl.col("by") >= pl.col("reply")).group_by("place").agg(pl.col("remark").unique().sort())
    beside = places.join(rows, on="place", how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.col("remark").fill_null([])).list.unique(maintain_order=True)
    return beside.with_columns(both.cast(DOUBTS).alias("doubts")).select(met.columns)


def add_other_notices(questions: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with contradicting rows from replies to other notices of the same licensee.

    `questions`: ASKED, `notice`, `licensee_id`; `met` as `verdicts` takes it. An assignment of another line, or of
    nobody, that may hold the address, the time and the connection of the row meets it too, whatever notice it
    answered. One of a line that is named for the row anyway adds nothing, and a row without an answer gets none from
    another notice.
    """
    assigned = met.filter(pl.col("says") == RowStatement.ASSIGNED)
    whose = questions.select("notice", by="licensee_id").unique()
    frames = [met]
    numbers = assigned.select("notice", "subscriber", row_id="asked").unique()
    named = questions.join(numbers.drop_nulls("subscriber"), on=KEY, how="semi")
    # What is doubted for any question comes first: it surely proves nothing for another one.
    each = assigned.filter(pl.col("ip").is_not_null()).sort(~pl.col("is_doubted"), maintain_order=True)
    each = each.unique(["reply", "row"], keep="first", maintain_order=True)
    each = _limit_to_own_questions(each.with_columns(may_hold()), assigned, questions)
    each = each.join(whose, on="notice", maintain_order="left")
    for licensee, notices in whose.group_by("by").agg("notice").sort("by").iter_rows():
        mine, rows = named.filter(pl.col("notice").is_in(notices)), each.filter(by=licensee)
        if len(notices) < 2 or mine.is_empty() or rows["notice"].n_unique() + mine["notice"].n_unique() < 3:
            continue
        index = NoticeIndex(mine)
        for fits in _find_fitting_pairs(rows, index):
            question = index.rows[fits["asked"]].select(to="notice", asked="row_id")
            beside = pl.concat([rows.drop("asked")[fits["at"]], question], how="horizontal")
            others = beside.filter(pl.col("to") != pl.col("notice")).with_columns(notice="to")
            known_rows = numbers.rename({"row_id": "asked"})
            against = others.join(known_rows, on=["notice", "asked", "subscriber"], how="anti", nulls_equal=True)
            frames.append(against.select(met.columns).unique(["reply", "row", *_PLACE], maintain_order=True))
    return pl.concat(frames)


def _limit_to_own_questions(rows: pl.DataFrame, assigned: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return rows (`may_from`, `may_until`) with those that say neither who nor when around their own questions.

    Such a row is what is left of one that was cut off, or an empty line of a form. It does not say that somebody else
    had the address at any time at all: it leaves its own questions open, and others within _AROUND_US of these.
    """
    facts = ("subscriber", "start_us", "end_us", "seen_us")
    is_bare = pl.all_horizontal(pl.col(name).is_null() for name in facts) & ~pl.col("is_static").fill_null(value=False)
    bare = rows.filter(is_bare)
    if bare.is_empty():
        return rows
    times = questions.select("notice", "from_us", "until_us", asked="row_id")
    own = assigned.select("reply", "row", "notice", "asked").join(times, on=["notice", "asked"])
    own = own.select(
        "reply", "row", may_from=pl.col("from_us") - _AROUND_US, may_until=pl.col("until_us") + _AROUND_US
    ).unique(maintain_order=True)
    limited = bare.drop("may_from", "may_until").join(own, on=["reply", "row"], maintain_order="left")
    return pl.concat([rows.filter(~is_bare), limited.select(rows.columns)])


def _find_fitting_pairs(rows: pl.DataFrame, index: NoticeIndex) -> Iterator[pl.DataFrame]:
    """Yield places of rows (`at`) and of the questions (`asked`) whose time and connection they may hold."""
    for pairs in index.match_times(list_row_spans(rows, index.match_addresses(rows["ip"]))):
        yield pairs.filter(pl.all_horizontal("fits_port", "fits_destination", "fits_protocol"))


def find_answers_to_others(assigned: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
    """Return the assignments of a batch (ASSIGNED) that may answer a question of another notice.

    Such a row answers none of its own notice: `asked` is empty. `add_other_notices` compares it with what is named.
    """
    is_line = (pl.col("says") == RowStatement.ASSIGNED.value) & pl.col("ip").is_not_null()
    rows = assigned.filter(is_line).with_columns(may_hold())
    places = [pl.Series("at", [], pl.UInt32), *(fits["at"] for fits in _find_fitting_pairs(rows, index))]
    result = rows[pl.concat(places).unique().sort()].select(assigned.columns)
    is_doubted = pl.col("doubted_by").is_not_null()
    heading = pl.concat_list(pl.concat_str(pl.lit(OF_COLUMN), "doubted_by"))
    doubts = pl.when(is_doubted).then(heading).otherwise(pl.lit([], DOUBTS)).alias("doubts")
    return result.with_columns(doubts.cast(DOUBTS), is_doubted=is_doubted, asked=pl.lit(""))


def find_causes(met: pl.DataFrame, near: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """Return CAUSES: for each doubt about a row of a notice the first rows that cause it, in order.

    Takes both as `add_vetoes`.

    `signs`: `reply`, `kind`, `row` of all rows that show a sign (SIGNS): these doubt a file, not the row that meets.
    """
    key = [pl.col("notice"), pl.col("asked").alias("row_id")]
    if "second" in met.columns:
        # The row of an access log causes the doubt about that row.
        own_doubts = pl.col("doubts").list.set_difference(pl.col("second_doubts").fill_null([]))
        of_second = met.filter(pl.col("second").is_not_null()).select(
            *key,
            (pl.col("second") // (1 << 32)).cast(pl.UInt32).alias("reply"),
            (pl.col("second") % (1 << 32)).cast(pl.UInt32).alias("row"),
            pl.col("second_doubts").alias("kind"),
        )
        own = pl.concat([met.select(*key, "reply", "row", own_doubts.alias("kind")), of_second])
    else:
        own = met.select(*key, "reply", "row", pl.col("doubts").alias("kind"))
    own = own.explode("kind", empty_as_null=False, keep_nulls=False)
    # The row that misses causes a near miss, not the row that matches.
    own = _with_sign_rows(own.filter(~pl.col("kind").is_in([finding_kind.value for finding_kind in NEAR])), signs)
    own = own.with_columns(by_us=pl.lit(None, pl.Int64))
    rows = pl.concat([own, near.select(own.columns)], how="vertical_relaxed").unique(maintain_order=True)
    is_column = pl.col("kind").str.starts_with(OF_COLUMN)
    cause_rows = rows.with_columns(
        pl.when(is_column).then(pl.col("kind").str.strip_prefix(OF_COLUMN)).alias("column"),
        pl.when(is_column).then(pl.lit(FindingKind.HEDGED.value)).otherwise("kind").alias("kind"),
    ).sort(*KEY, "kind", "column", "reply", "row")
    first = cause_rows.filter(pl.int_range(pl.len()).over(*KEY, "kind", "column") < MOST_CAUSES)
    return first.select(pl.col(name).cast(kind) for name, kind in CAUSES.items())


def _with_sign_rows(own: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """The doubts with the row that shows the sign of a file, where the doubted row does not."""
    itself = signs.select("reply", "kind", "row").unique().with_columns(is_evidence=True)
    first = signs.group_by("reply", "kind").agg(first=pl.col("row").min())
    beside = own.join(itself, on=["reply", "kind", "row"], how="left", maintain_order="left")
    beside = beside.join(first, on=["reply", "kind"], how="left", maintain_order="left")
    row = pl.when("is_evidence").then("row").otherwise(pl.coalesce("first", "row"))
    return beside.with_columns(row.alias("row")).select(own.columns)
