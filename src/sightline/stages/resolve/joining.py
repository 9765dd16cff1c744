"""What all standing replies show of each row of the notices: one subscriber, candidates, a conflict, or nobody."""

from __future__ import annotations

import polars as pl

from sightline.records import Asks, ResolutionVerdict
from sightline.stages.resolve.model import JOINS_US, VERDICTS, FindingKind, Says, Why
from sightline.stages.resolve.spans import has_all_ports, is_of_one_line, merged, surely_holds

KEY = ["notice", "row_id"]
NEAR = [FindingKind.SHIFTED, FindingKind.DAY_MONTH, FindingKind.ONE_DIGIT]
SURE = ["sure_from", "sure_until"]
IS_ASSIGNED = pl.col("says") == Says.ASSIGNED
IS_NAMED = pl.col("subscriber").is_not_null()
BY_DESTINATION = pl.col("asks") == Asks.DESTINATION


def verdicts(
    asked: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame, findings: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give each row of `asked` (ASKED, `notice`) its verdict, in that order (VERDICTS).

    `met`: what checks of standing replies let meet, with `notice`, `reply`, `is_certified` and `subscriber` (null: the
    row names nobody). `answered`: `notice`, `is_whole` (false: that reply is only a part of the answer). `findings`:
    those of the checks, with `notice`.
    """
    rows = asked.select(*KEY, "session_id", "lead_id", "asks", "from_us", "until_us")
    held = met.rename({"row_id": "repeated", "asked": "row_id"}).join(rows, on=KEY).with_columns(surely_holds())
    whole = answered.group_by("notice").agg(is_whole=pl.col("is_whole").any())
    known = rows.join(whole, on="notice", how="left", maintain_order="left")
    facts = [_said(held), _covered(held, "is_covered"), _overlapping(held), _near(findings)]
    facts.append(_covered(held.filter("is_certified"), "is_proven"))
    for fact in facts:
        known = known.join(fact, on=KEY, how="left", maintain_order="left")
    flags, counts = pl.col(pl.Boolean).fill_null(value=False), pl.col(pl.UInt32).fill_null(0)
    filled = known.with_columns(flags, counts, pl.col(pl.List).fill_null([]))
    judged = filled.with_columns(_verdict().alias("verdict")).with_columns(
        _why().alias("why"),
        pl.when(verdict=ResolutionVerdict.SUBSCRIBER).then("is_proven").otherwise("is_certified").alias("is_certified"),
    )
    return judged.select(pl.col(name).cast(kind) for name, kind in VERDICTS.items())


def _said(held: pl.DataFrame) -> pl.DataFrame:
    """What the assignments of a row say, and how many numbers there are."""
    named, nobody = IS_ASSIGNED & IS_NAMED, IS_ASSIGNED & ~IS_NAMED
    place = pl.col("reply").cast(pl.UInt64) * (1 << 32) + pl.col("row")
    return held.group_by(KEY).agg(
        pl.col("subscriber").filter(named).unique().sort().alias("subscribers"),
        pl.col("subscriber").filter(named).n_unique().cast(pl.UInt32).alias("holders"),
        place.filter(IS_ASSIGNED).unique().sort().alias("assignments"),
        pl.col("is_certified").all(),
        has_none=(~IS_ASSIGNED).any(),
        has_lost=(named & pl.col("end_us").is_null()).any(),
        has_doubted=(named & pl.col("is_doubted")).any(),
        has_nobody=nobody.any(),
        has_inside=(nobody & pl.col("inside_ip").is_not_null()).any(),
    )


def _sure(held: pl.DataFrame) -> pl.DataFrame:
    """Assignments that surely hold something, by one number and of all that was asked for."""
    of_the_line = is_of_one_line() & ((pl.col("asks") != Asks.ADDRESS) | has_all_ports())
    return held.filter(IS_ASSIGNED & IS_NAMED & ~pl.col("is_doubted") & of_the_line & pl.col("sure_from").is_not_null())


def _covered(held: pl.DataFrame, name: str) -> pl.DataFrame:
    """Rows of which a number surely held all of the time."""
    sure = _sure(held)
    spans = merged(sure.select(*KEY, "subscriber", *SURE), [*KEY, "subscriber"], JOINS_US)
    asked = sure.select(*KEY, "from_us", "until_us").unique()
    covers = (pl.col("sure_from") <= pl.col("from_us")) & (pl.col("sure_until") >= pl.col("until_us"))
    return spans.join(asked, on=KEY).filter(covers).select(KEY).unique().with_columns(pl.lit(value=True).alias(name))


def _overlapping(held: pl.DataFrame) -> pl.DataFrame:
    """Rows of which two numbers surely held one instant.

    Spans of one number are apart, so where any two overlap, two that follow each other do.
    """
    spans = merged(_sure(held).select(*KEY, "subscriber", *SURE), [*KEY, "subscriber"], 0).sort(*KEY, *SURE)
    before = pl.col("sure_until").shift(1).over(KEY)
    both = spans.filter(pl.col("sure_from") <= before).select(KEY).unique()
    return both.with_columns(is_overlapping=pl.lit(value=True))


def _near(findings: pl.DataFrame | None) -> pl.DataFrame:
    if findings is None:
        return pl.DataFrame(schema={"notice": pl.UInt32, "row_id": pl.String, "near": VERDICTS["near"]})
    told = findings.filter(pl.col("kind").cast(pl.String).is_in(NEAR), pl.col("row_id").is_not_null())
    return told.group_by(KEY).agg(pl.col("kind").cast(pl.String).unique().sort().alias("near"))


def _verdict() -> pl.Expr:
    doubt = pl.any_horizontal("has_nobody", "has_none")
    return (
        pl.when(holders=0)
        .then(pl.lit(ResolutionVerdict.NONE))
        .when(BY_DESTINATION)
        .then(pl.lit(ResolutionVerdict.CANDIDATES))
        .when(pl.col("holders") > 1)
        .then(pl.lit(ResolutionVerdict.CONFLICT))
        .when(pl.col("is_covered") & ~doubt)
        .then(pl.lit(ResolutionVerdict.SUBSCRIBER))
        .otherwise(pl.lit(ResolutionVerdict.CANDIDATES))
    )


def _why() -> pl.Expr:
    """Codes, the first of them of the verdict itself."""
    is_several, is_one, is_nobody = pl.col("holders") > 1, pl.col("holders") == 1, pl.col("holders") == 0
    is_conflict = is_several & ~BY_DESTINATION
    is_lost, has_nobody = pl.col("has_lost"), pl.col("has_nobody")
    uncovered = is_one & ~BY_DESTINATION & ~pl.col("is_covered")
    silent = is_nobody & ~has_nobody & ~pl.col("has_none")
    is_subscriber = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER
    holds = {
        Why.COVERED: is_subscriber,
        Why.BY_DESTINATION: BY_DESTINATION & ~is_nobody,
        Why.OVERLAPPING: is_conflict & pl.col("is_overlapping"),
        Why.MAY_OVERLAP: is_conflict & ~pl.col("is_overlapping") & is_lost,
        Why.CHANGES_WITHIN: is_conflict & ~pl.col("is_overlapping") & ~is_lost,
        Why.DOUBTED: uncovered & pl.col("has_doubted"),
        Why.LOST_STOP: uncovered & is_lost,
        Why.PART_ONLY: uncovered & ~is_lost & ~pl.col("has_doubted"),
        Why.INSIDE_ONLY: has_nobody & pl.col("has_inside"),
        Why.NAMES_NOBODY: has_nobody & ~pl.col("has_inside"),
        Why.NO_RECORDS: pl.col("has_none"),
        Why.NOT_MATCHED: silent & pl.col("is_whole"),
        Why.NOT_ANSWERED: (silent | (BY_DESTINATION & ~is_nobody)) & ~pl.col("is_whole"),
        Why.WITHOUT_CERTIFICATE: is_subscriber & ~pl.col("is_proven"),
    }
    return pl.concat_list([pl.when(held).then(pl.lit(code.value)) for code, held in holds.items()]).list.drop_nulls()
