"""Decide the verdict of all valid replies on each row of the notices.

It is one subscriber, candidates, a conflict, or nobody.
"""

from __future__ import annotations

import polars as pl

from sightline.model import LineKey, ResolutionVerdict
from sightline.stages.resolve.assignment_spans import (
    compute_sure_span,
    has_all_ports,
    is_exclusive,
    is_lost,
    is_of_one_line,
    may_hold,
    merge_spans,
)
from sightline.stages.resolve.model import JOINS_US, VERDICTS, FindingKind, RowStatement, VerdictReason

KEY = ["notice", "row_id"]
NEAR = [FindingKind.SHIFTED, FindingKind.DAY_MONTH, FindingKind.ONE_DIGIT]
SURE = ["sure_from", "sure_until"]
NETWORK: dict[str, pl.DataType] = {
    "nat_shared": pl.Boolean(),
    "nat_reuses": pl.Boolean(),
    "nat_delegated": pl.UInt8(),
    "nat_operator": pl.Boolean(),
    "nat_ports": pl.UInt32(),
    "nat_base": pl.UInt32(),
}
"""Statements about the network of a row: whether it shares addresses; whether its NAT gives one port to several lines,
for each destination or protocol; the length of the prefix that a line is given; whether an operator's customers are
behind its lines; how many ports a line's block has, and the first port of all blocks. Null where no statement exists.
"""
INSIDE = r"^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)"
"""Addresses of RFC 1918 and RFC 6598. An assignment to one of them is behind a NAT."""
IS_ASSIGNED = pl.col("says") == RowStatement.ASSIGNED
IS_NAMED = pl.col("subscriber").is_not_null()
HAS_ONE = pl.col("holders") == 1
BY_DESTINATION = pl.col("asks") == LineKey.DESTINATION


def judge_rows(
    questions: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame, findings: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the verdict (VERDICTS) on each row of `questions` (ASKED, `notice`, NETWORK), in that order.

    A missing column of NETWORK is unknown: an IPv4 address is then shared. `met`: the matches from checks of valid
    replies, with `notice`, `reply`, `is_certified` and `subscriber` (null: the row names nobody). `answered`: `notice`,
    `is_whole` (false: that reply is only a part of the answer). `findings`: those of the checks, with `notice`.
    """
    return _as_verdicts(_judge(questions, met, answered, findings))


def answer_visits(
    questions: pl.DataFrame,
    visits: pl.DataFrame,
    pairs: pl.DataFrame,
    replies: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the replies' answers about visits: VERDICTS with `answer` (u32), and pairs `visit`, `answer`.

    `questions` as for `judge_rows`, `pairs` as `coverage.find_covered` makes them of `visits` and `questions`;
    `replies`: `met`, `answered` and `findings`. A row is one answer for all of its visits if one line surely had all of
    its time. Otherwise each visit has the answer for its own interval: of what may hold, and surely holds, then. But
    two lines that surely had one instant contradict each other, and so may a near miss: then all visits of the row have
    the answer of the row.
    """
    met, answered, findings = replies
    judged = _judge(questions, met, answered, findings).with_row_index("row")
    apart = judged.filter("is_by_visit").select("row")
    trusted = judged.join(apart, on="row", how="anti")
    own, of_visits = _answer_each_visit(questions, visits, pairs.join(apart, on="row", how="semi"), met, answered)
    whole = pl.concat([_as_verdicts(trusted), own]).with_row_index("answer")
    places = whole.select("answer").head(trusted.height).with_columns(trusted["row"])
    links = [
        pairs.join(places, on="row").select("visit", "answer"),
        of_visits.select("visit", (pl.col("own") + trusted.height).cast(pl.UInt32).alias("answer")),
    ]
    return whole, pl.concat(links).sort("visit", "answer")


def _answer_each_visit(
    questions: pl.DataFrame, visits: pl.DataFrame, pairs: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The distinct answers (VERDICTS) of rows to the intervals of visits, and pairs `visit`, `own` (place of one)."""
    times = visits.select("from_us", "until_us").with_row_index("visit")
    spans = pairs.join(times, on="visit").select("row", "from_us", "until_us").unique().sort(pl.all())
    ids = spans.with_row_index("span").with_columns(pl.format("{}", "span").alias("own_id"))
    rows = questions.with_row_index("row").drop("from_us", "until_us").join(ids, on="row", maintain_order="right")
    known_rows = rows.select("notice", "own_id", "from_us", "until_us", asked="row_id")
    beside = met.with_columns(may_hold()).join(known_rows, on=["notice", "asked"])
    meets = (pl.col("may_from") <= pl.col("until_us")) & (pl.col("may_until") >= pl.col("from_us"))
    mine = beside.filter(meets).with_columns(asked="own_id").select(met.columns)
    each = _as_verdicts(_judge(rows.with_columns(row_id="own_id").drop("own_id"), mine, answered, None))
    each = each.with_columns(rows["row_id"], rows["span"], _join_content(each, rows["row"]))
    distinct = each.unique("content", keep="first", maintain_order=True).with_row_index("own")
    placed = each.select("span", "content").join(distinct.select("content", "own"), on="content")
    result = pairs.join(times, on="visit").join(ids, on=["row", "from_us", "until_us"]).join(placed, on="span")
    return distinct.select(list(VERDICTS)), result.select("visit", "own")


def _join_content(verdict_rows: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """All that a verdict says of a row, as one text."""
    lists = [pl.col(name).cast(pl.List(pl.String)).list.join(",") for name in ("subscribers", "why", "assignments")]
    plain = [pl.col(name).cast(pl.String) for name in ("verdict", "holders", "is_certified")]
    return verdict_rows.select(
        pl.concat_str([rows.cast(pl.String), *plain, *lists], separator="|").alias("content")
    ).to_series()


def _judge(
    questions: pl.DataFrame, met: pl.DataFrame, answered: pl.DataFrame, findings: pl.DataFrame | None
) -> pl.DataFrame:
    """All rows in their order, with what is known of each, `verdict`, `why` and `is_by_visit`.

    Example: `tests/attribution/cases/visits/two-ports-two-lines.toml`, two rows with a line each.
    """
    facts: list[str | pl.Expr] = [
        pl.col(name) if name in questions.columns else pl.lit(None, kind).alias(name)
        for name, kind in {**NETWORK, **{name: VERDICTS[name] for name in ("licensee_id", "through")}}.items()
    ]
    connection = [pl.col(name).alias(f"to_{name}") for name in ("ip", "protocol", "destination_ip", "destination_port")]
    columns = [*KEY, "session_id", "lead_id", "asks", "from_us", "until_us", *connection, *facts]
    rows = questions.select(columns).with_row_index("at")
    assignments = met.rename({"row_id": "repeated", "asked": "row_id"}).join(rows, on=KEY)
    assignments = assignments.with_columns(compute_sure_span()).with_columns(_is_shared().alias("is_shared"))
    whole = answered.group_by("notice").agg(is_whole=pl.col("is_whole").any())
    statements, sure = _sum_statements(assignments), _select_sure(assignments)
    one, several = (sure.join(statements.filter(which), on="at", how="semi") for which in (HAS_ONE, ~HAS_ONE))
    known_rows = rows.join(whole, on="notice", how="left", maintain_order="left")
    known_rows = known_rows.join(_derive_near_kinds(findings), on=KEY, how="left", maintain_order="left")
    for fact in (
        statements,
        _mark_rows(_find_covered(one), "is_covered"),
        _mark_rows(_find_covered(one.filter("is_certified")), "is_proven"),
        _mark_rows(_find_overlapping(several), "is_overlapping"),
    ):
        known_rows = known_rows.join(fact, on="at", how="left", maintain_order="left")
    flags, counts = pl.col(pl.Boolean).fill_null(value=False), pl.col("holders").fill_null(0)
    filled = known_rows.with_columns(flags, counts, pl.col(pl.List).fill_null([]))
    filled = filled.with_columns(pl.any_horizontal("has_operator", "nat_operator").alias("has_operator"))
    judged = filled.with_columns(_derive_verdict().alias("verdict"))
    is_open = pl.col("verdict").is_in([ResolutionVerdict.CONFLICT, ResolutionVerdict.CANDIDATES])
    is_by_visit = is_open & ~BY_DESTINATION & (pl.col("near").list.len() == 0) & ~pl.col("is_overlapping")
    return judged.with_columns(
        _derive_why().alias("why"),
        pl.when(verdict=ResolutionVerdict.SUBSCRIBER).then("is_proven").otherwise("is_certified").alias("is_certified"),
        is_by_visit.alias("is_by_visit"),
    )


def _as_verdicts(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.select(pl.col(name).cast(kind) for name, kind in VERDICTS.items())


def _is_shared() -> pl.Expr:
    """Whether the address of an assignment may be several lines' at once.

    An IPv4 address is, until a statement or the row itself says otherwise; any address is of which a row that meets
    says so, or shows an address inside and no port.
    """
    is_four = ~pl.col("to_ip").str.contains(":", literal=True)
    is_inside = pl.col("inside_ip").str.contains(INSIDE).fill_null(value=False) & has_all_ports()
    says_so = (~is_exclusive()).fill_null(value=False) | is_inside
    is_told = pl.col("nat_shared").fill_null(value=False) | says_so.any().over("at")
    is_not_told = is_four & pl.col("nat_shared").is_null() & ~is_exclusive().fill_null(value=False)
    return is_told | is_not_told


def _sum_statements(assignments: pl.DataFrame) -> pl.DataFrame:
    """What the assignments of a row say, and how many numbers there are."""
    named, nobody = IS_ASSIGNED & IS_NAMED, IS_ASSIGNED & ~IS_NAMED
    place = pl.col("reply").cast(pl.UInt64) * (1 << 32) + pl.col("row")
    flags = assignments.group_by("at").agg(
        pl.col("is_certified").all(),
        has_none=(~IS_ASSIGNED).any(),
        has_lost=(named & is_lost()).any(),
        has_doubted=(named & pl.col("is_doubted")).any(),
        has_all=(named & ~_says_whose_port()).any(),
        has_reused=(named & ~_says_which_connection()).any(),
        has_prefix=(named & ~is_of_one_line("nat_delegated")).any(),
        has_other_block=(named & ~_is_within_block()).any(),
        has_operator=(named & pl.col("is_operator").fill_null(value=False)).any(),
        has_nobody=nobody.any(),
        has_inside=(nobody & pl.col("inside_ip").is_not_null()).any(),
    )
    numbers = _list_distinct(assignments.filter(named).select("at", subscribers="subscriber"))
    rests_on = [assignments.filter(IS_ASSIGNED).select("at", assignments=place)]
    if "second" in assignments.columns:
        rests_on.append(assignments.filter(IS_ASSIGNED).select("at", assignments="second").drop_nulls())
    places = _list_distinct(pl.concat(rests_on))
    lists = flags.join(numbers, on="at", how="left").join(places, on="at", how="left")
    return lists.with_columns(holders=pl.col("subscribers").list.len().fill_null(0))


def _list_distinct(values: pl.DataFrame) -> pl.DataFrame:
    """Of each row `at` all distinct values, in order."""
    ordered = values.unique().sort(values.columns)
    return ordered.group_by("at", maintain_order=True).agg(pl.all())


def _select_sure(assignments: pl.DataFrame) -> pl.DataFrame:
    """Assignments that surely hold something, by one number and of all that was asked for."""
    of_the_line = is_of_one_line("nat_delegated") & ((pl.col("asks") != LineKey.ADDRESS) | has_all_ports())
    of_the_line = (
        of_the_line & _says_whose_port() & _says_which_connection() & _is_within_block() & ~pl.col("is_doubted")
    )
    return assignments.filter(IS_ASSIGNED & IS_NAMED & of_the_line & pl.col("sure_from").is_not_null())


def _says_whose_port() -> pl.Expr:
    """Of an address that is shared, or may be, an assignment of all ports leaves out whose the port was.

    Example: `tests/attribution/cases/sharing/all-ports-against-a-statement.toml`.
    """
    return BY_DESTINATION | ~pl.col("is_shared") | ~has_all_ports()


def _says_which_connection() -> pl.Expr:
    """Where a NAT gives a port to several lines, both sides must say the protocol and the destination."""
    is_known = [
        pl.col(name).is_not_null() for name in ("protocol", "to_protocol", "destination_ip", "to_destination_ip")
    ]
    has_port = pl.col("destination_port").is_not_null() | pl.col("to_destination_port").is_null()
    is_reused = pl.col("nat_reuses").fill_null(value=False) & ~has_all_ports()
    return BY_DESTINATION | ~is_reused | (pl.all_horizontal(is_known) & has_port)


def _is_within_block() -> pl.Expr:
    """Where a statement gives the size of a line's block of ports, an assignment of more is several lines'.

    If the statement says where blocks begin too, one that lies in two of them is: its ports are none that the network
    gives out together.
    """
    size, base = pl.col("nat_ports").cast(pl.Int64), pl.col("nat_base").cast(pl.Int64)
    first, last = pl.col("port_from").cast(pl.Int64), pl.coalesce("port_to", "port_from").cast(pl.Int64)
    is_small = last - first < size
    is_in_one = (first >= base) & ((first - base) // size == (last - base) // size)
    is_block = ~has_all_ports() & pl.col("destination_ip").is_null() & (last > first)
    return ~(is_block & ~(is_small & is_in_one.fill_null(value=True))).fill_null(value=False)


def _find_covered(sure: pl.DataFrame) -> pl.DataFrame:
    """Rows all of whose time was surely held: by one assignment, or by several that join."""
    covers = (pl.col("sure_from") <= pl.col("from_us")) & (pl.col("sure_until") >= pl.col("until_us"))
    by_one = sure.filter(covers).select("at")
    others = sure.join(by_one, on="at", how="anti")
    spans = merge_spans(others, ["at", "from_us", "until_us"], JOINS_US)
    return pl.concat([by_one, spans.filter(covers).select("at")])


def _find_overlapping(several: pl.DataFrame) -> pl.DataFrame:
    """Rows of which two numbers surely held one instant; where one ends when another begins there is none.

    Spans of one number are apart, so where any two overlap, two that follow each other do.
    """
    spans = merge_spans(several, ["at", "subscriber"], 0).sort("at", *SURE)
    return spans.filter(pl.col("sure_from") < pl.col("sure_until").shift(1).over("at"))


def _mark_rows(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.select("at").unique().with_columns(pl.lit(value=True).alias(name))


def _derive_near_kinds(findings: pl.DataFrame | None) -> pl.DataFrame:
    if findings is None:
        return pl.DataFrame(schema={"notice": pl.UInt32, "row_id": pl.String, "near": VERDICTS["near"]})
    near_rows = findings.filter(pl.col("kind").cast(pl.String).is_in(NEAR), pl.col("row_id").is_not_null())
    return near_rows.group_by(KEY).agg(pl.col("kind").cast(pl.String).unique().sort().alias("near"))


def _derive_verdict() -> pl.Expr:
    """The verdict on a row: nobody has it, its destination alone was asked, several lines have it, or one.

    Example: `tests/attribution/cases/sharing/mobile-reply-without-ports.toml` has one holder, and stays without a name.
    """
    doubt = pl.any_horizontal("has_nobody", "has_none")
    return (
        pl.when(holders=0)
        .then(pl.lit(ResolutionVerdict.NONE))
        .when(BY_DESTINATION)
        .then(pl.lit(ResolutionVerdict.CANDIDATES))
        .when(pl.col("holders") > 1)
        .then(pl.lit(ResolutionVerdict.CONFLICT))
        .when(pl.col("is_covered") & ~doubt & ~pl.col("has_operator"))
        .then(pl.lit(ResolutionVerdict.SUBSCRIBER))
        .otherwise(pl.lit(ResolutionVerdict.CANDIDATES))
    )


def _derive_why() -> pl.Expr:
    """Codes, the first of them of the verdict itself.

    Example: `tests/attribution/cases/connection/ports-reused-row-without-destination.toml` is without a destination.
    """
    is_several, is_one, is_nobody = pl.col("holders") > 1, pl.col("holders") == 1, pl.col("holders") == 0
    is_conflict = is_several & ~BY_DESTINATION
    is_lost, has_nobody = pl.col("has_lost"), pl.col("has_nobody")
    uncovered = is_one & ~BY_DESTINATION & ~pl.col("is_covered")
    is_vague = pl.any_horizontal("has_all", "has_reused", "has_prefix", "has_other_block")
    unsure = uncovered | (is_conflict & ~pl.col("is_overlapping") & ~is_lost)
    silent = is_nobody & ~has_nobody & ~pl.col("has_none")
    is_subscriber = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER
    holds = {
        VerdictReason.COVERED: is_subscriber,
        VerdictReason.BY_DESTINATION: BY_DESTINATION & ~is_nobody,
        VerdictReason.OVERLAPPING: is_conflict & pl.col("is_overlapping"),
        VerdictReason.MAY_OVERLAP: is_conflict & ~pl.col("is_overlapping") & is_lost,
        VerdictReason.CHANGES_WITHIN: is_conflict & ~pl.col("is_overlapping") & ~is_lost & ~is_vague,
        VerdictReason.DOUBTED: uncovered & pl.col("has_doubted"),
        VerdictReason.LOST_STOP: uncovered & is_lost,
        VerdictReason.WITHOUT_PORTS: unsure & pl.col("has_all"),
        VerdictReason.WITHOUT_DESTINATION: unsure & pl.col("has_reused"),
        VerdictReason.PREFIX_SHARED: unsure & pl.col("has_prefix"),
        VerdictReason.BLOCK_DIFFERS: unsure & pl.col("has_other_block"),
        VerdictReason.PART_ONLY: uncovered & ~is_lost & ~is_vague & ~pl.col("has_doubted"),
        VerdictReason.OPERATOR: pl.col("has_operator") & ~is_nobody,
        VerdictReason.INSIDE_ONLY: has_nobody & pl.col("has_inside"),
        VerdictReason.NAMES_NOBODY: has_nobody & ~pl.col("has_inside"),
        VerdictReason.NO_RECORDS: pl.col("has_none"),
        VerdictReason.NOT_MATCHED: silent & pl.col("is_whole"),
        VerdictReason.NOT_ANSWERED: (silent | (BY_DESTINATION & ~is_nobody)) & ~pl.col("is_whole"),
        VerdictReason.WITHOUT_CERTIFICATE: is_subscriber & ~pl.col("is_proven"),
    }
    return pl.concat_list(
        [pl.when(condition).then(pl.lit(code.value)) for code, condition in holds.items()]
    ).list.drop_nulls()
