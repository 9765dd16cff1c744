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
HAS_ONE = pl.col("holders") == 1
BY_DESTINATION = pl.col("asks") == Asks.DESTINATION


def verdicts(
    asked: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame, findings: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give each row of `asked` (ASKED, `notice`, `is_shared`) its verdict, in that order (VERDICTS).

    `is_shared`: its address is that of many lines at once, or may be; where that is not told, it is not.
    `met`: what checks of standing replies let meet, with `notice`, `reply`, `is_certified` and `subscriber` (null: the
    row names nobody). `answered`: `notice`, `is_whole` (false: that reply is only a part of the answer). `findings`:
    those of the checks, with `notice`.
    """
    is_shared = pl.col("is_shared") if "is_shared" in asked.columns else pl.lit(value=False).alias("is_shared")
    rows = asked.select(*KEY, "session_id", "lead_id", "asks", "from_us", "until_us", is_shared).with_row_index("at")
    held = met.rename({"row_id": "repeated", "asked": "row_id"}).join(rows, on=KEY).with_columns(surely_holds())
    whole = answered.group_by("notice").agg(is_whole=pl.col("is_whole").any())
    said, sure = _said(held), _sure(held)
    one, several = (sure.join(said.filter(which), on="at", how="semi") for which in (HAS_ONE, ~HAS_ONE))
    known = rows.join(whole, on="notice", how="left", maintain_order="left")
    known = known.join(_near(findings), on=KEY, how="left", maintain_order="left")
    for fact in (
        said,
        _told(_covered(one), "is_covered"),
        _told(_covered(one.filter("is_certified")), "is_proven"),
        _told(_overlapping(several), "is_overlapping"),
    ):
        known = known.join(fact, on="at", how="left", maintain_order="left")
    flags, counts = pl.col(pl.Boolean).fill_null(value=False), pl.col("holders").fill_null(0)
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
    flags = held.group_by("at").agg(
        pl.col("is_certified").all(),
        has_none=(~IS_ASSIGNED).any(),
        has_lost=(named & pl.col("end_us").is_null()).any(),
        has_doubted=(named & pl.col("is_doubted")).any(),
        has_all=(named & ~_says_whose_port()).any(),
        has_nobody=nobody.any(),
        has_inside=(nobody & pl.col("inside_ip").is_not_null()).any(),
    )
    numbers = _listed(held.filter(named).select("at", subscribers="subscriber"))
    places = _listed(held.filter(IS_ASSIGNED).select("at", assignments=place))
    lists = flags.join(numbers, on="at", how="left").join(places, on="at", how="left")
    return lists.with_columns(holders=pl.col("subscribers").list.len().fill_null(0))


def _listed(values: pl.DataFrame) -> pl.DataFrame:
    """Of each row `at` all distinct values, in order."""
    ordered = values.unique().sort(values.columns)
    return ordered.group_by("at", maintain_order=True).agg(pl.all())


def _sure(held: pl.DataFrame) -> pl.DataFrame:
    """Assignments that surely hold something, by one number and of all that was asked for.

    One of all ports of an address that is shared, or may be, leaves out whose the port was.
    """
    of_the_line = is_of_one_line() & ((pl.col("asks") != Asks.ADDRESS) | has_all_ports())
    of_the_line = of_the_line & _says_whose_port() & ~pl.col("is_doubted")
    return held.filter(IS_ASSIGNED & IS_NAMED & of_the_line & pl.col("sure_from").is_not_null())


def _says_whose_port() -> pl.Expr:
    return ~((pl.col("asks") == Asks.PORT) & pl.col("is_shared") & has_all_ports())


def _covered(one: pl.DataFrame) -> pl.DataFrame:
    """Rows of one number, which surely held all of the time: by one assignment, or by several that join."""
    covers = (pl.col("sure_from") <= pl.col("from_us")) & (pl.col("sure_until") >= pl.col("until_us"))
    by_one = one.filter(covers).select("at")
    others = one.join(by_one, on="at", how="anti")
    spans = merged(others, ["at", "from_us", "until_us"], JOINS_US)
    return pl.concat([by_one, spans.filter(covers).select("at")])


def _overlapping(several: pl.DataFrame) -> pl.DataFrame:
    """Rows of which two numbers surely held one instant.

    Spans of one number are apart, so where any two overlap, two that follow each other do.
    """
    spans = merged(several, ["at", "subscriber"], 0).sort("at", *SURE)
    return spans.filter(pl.col("sure_from") <= pl.col("sure_until").shift(1).over("at"))


def _told(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.select("at").unique().with_columns(pl.lit(value=True).alias(name))


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
        Why.WITHOUT_PORTS: uncovered & pl.col("has_all"),
        Why.PART_ONLY: uncovered & ~is_lost & ~pl.col("has_doubted") & ~pl.col("has_all"),
        Why.INSIDE_ONLY: has_nobody & pl.col("has_inside"),
        Why.NAMES_NOBODY: has_nobody & ~pl.col("has_inside"),
        Why.NO_RECORDS: pl.col("has_none"),
        Why.NOT_MATCHED: silent & pl.col("is_whole"),
        Why.NOT_ANSWERED: (silent | (BY_DESTINATION & ~is_nobody)) & ~pl.col("is_whole"),
        Why.WITHOUT_CERTIFICATE: is_subscriber & ~pl.col("is_proven"),
    }
    return pl.concat_list([pl.when(held).then(pl.lit(code.value)) for code, held in holds.items()]).list.drop_nulls()
