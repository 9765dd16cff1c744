"""Find rows of several replies of one licensee that cannot both be true, as `row_conflicts` does within one reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from sightline.stages.resolve.file_signs import ASSIGNMENT
from sightline.stages.resolve.inside_addresses import SLACK_US, InsideAddresses, find_several_holders
from sightline.stages.resolve.line_signs import find_at_several_addresses
from sightline.stages.resolve.model import DOUBTS, OF_COLUMN, SECOND_US, FindingKind, RowStatement
from sightline.stages.resolve.operator_rows import find_beyond_operators
from sightline.stages.resolve.pooled_addresses import find_pooled
from sightline.stages.resolve.query_signs import DAY_ZONES, find_made, find_margins
from sightline.stages.resolve.repeated_rows import (
    find_equal_starts,
    find_equal_times,
    find_moved_back,
    find_unnamed_sessions,
    list_moved_of_line,
)
from sightline.stages.resolve.reply_series import find_series, find_shifts
from sightline.stages.resolve.row_conflicts import IS_POSSIBLE, RowConflicts, find_nested
from sightline.stages.resolve.searched_rows import find_near_searches
from sightline.stages.resolve.spread_networks import list_networks
from sightline.stages.resolve.time_signs import LEAST_BY_QUARTERS, find_quarter_hours, find_scheduled

_PLACE = ["reply", "row"]
_QUESTION = ["from_us", "until_us", "first_us", "last_us"]
_TIMED = ["ip", "port_from", "port_to", "start_us", "end_us", "is_static"]
_SAME = ["subscriber", "ip", "port_from", "port_to"]
_DENYING = rf"(?i)^{OF_COLUMN}(?:.*(?:status|state|result|outcome|accept|auth)|name of the sheet or file)"
"""Doubts by a column of results, or by the name of a sheet such as `Rejected`."""
_SLACK_US = 60 * SECOND_US
"""One assignment is written with edges so far apart by two systems."""


def add_reply_conflicts(
    questions: pl.DataFrame,
    met: pl.DataFrame,
    answered: pl.DataFrame,
    near: pl.DataFrame | None = None,
    access: tuple[pl.DataFrame, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Return `met` with doubts about rows that a row of another reply contradicts, or that denies the same assignment.

    `questions` and `met` as `add_other_notices` takes them, `met` with `ids` (keyed digests, `imsi:1f3a...`).
    `answered`: `reply` and `of_replies`, the doubts about each reply that an officer answered: they stay answered.
    `near`: near misses of all valid replies, with `notice` and `reply`. `access`: rows of access logs of all valid
    replies (`family`, `reply`, of ASSIGNED the address inside as `ip`, and `subscriber`), and `notice`, `family` and
    `circle`.
    """
    whose = questions.select("notice", by="licensee_id").unique()
    frames = [pl.DataFrame(schema={name: met.schema[name] for name in _PLACE} | {"of_replies": pl.String()})]
    conflict = pl.lit(FindingKind.ROWS_CONFLICT.value)
    of_questions = [pl.DataFrame(schema={name: met.schema[name] for name in (*_PLACE, "notice", "asked")})]
    circles = questions.select("notice", circle=pl.lit(None, pl.String)) if access is None else access[1]
    declared = answered.filter(of_replies=FindingKind.ECHO.value)["reply"]
    frames.append(find_beyond_operators(questions, met).with_columns(of_replies=conflict))
    for _, notices in whose.group_by("by").agg("notice").sort("by").iter_rows():
        rows = met.filter(pl.col("notice").is_in(notices), pl.col("says") == RowStatement.ASSIGNED)
        frames.append(_find_denied(rows).with_columns(of_replies=conflict))
        frames.append(_find_unnamed(rows).with_columns(of_replies=conflict))
        of_questions.append(find_near_searches(rows, questions, declared))
        if rows["reply"].n_unique() > 1:
            frames += _find_across(rows, questions, dict(circles.select("notice", "circle").iter_rows()))
            of_questions.append(_find_moved_of_line(rows, questions))
        if near is not None:
            of_licensee = pl.col("notice").is_in(notices)
            frames.append(find_shifts(questions.filter(of_licensee), rows, near.filter(of_licensee)))
    if access is not None and access[0].height:
        frames.append(_find_other_lines(met, *access))
    left = pl.concat(frames).unique().join(answered, on=["reply", "of_replies"], how="anti")
    searches = (
        pl.concat(of_questions).with_columns(of_replies=conflict).join(answered, on=["reply", "of_replies"], how="anti")
    )
    asked = met.select(*_PLACE, "notice", "asked").unique()
    doubts = pl.concat([asked.join(left, on=_PLACE), searches.select(*asked.columns, "of_replies")]).unique()
    doubts = doubts.group_by(asked.columns).agg(pl.col("of_replies").sort())
    beside = met.join(doubts, on=asked.columns, how="left", maintain_order="left")
    both = pl.concat_list("doubts", pl.col("of_replies").fill_null([])).list.unique(maintain_order=True)
    is_assigned = pl.col("says") == RowStatement.ASSIGNED
    doubted = beside.with_columns(pl.when(is_assigned).then(both).otherwise("doubts").cast(DOUBTS).alias("doubts"))
    return doubted.with_columns(is_doubted=pl.col("doubts").list.len() > 0).select(met.columns)


def add_unread_files(met: pl.DataFrame, unread: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with doubts about rows of replies that came before a file about their notice that was not read.

    `unread`: `notice` and `last`, the number of the newest such file among the replies, which are in order of time.
    """
    beside = met.join(unread, on="notice", how="left", maintain_order="left")
    is_before = (pl.col("reply") < pl.col("last")).fill_null(value=False)
    doubt = pl.when(is_before).then(pl.lit([FindingKind.UNREAD_FILE.value])).otherwise(pl.lit([], DOUBTS))
    doubted = beside.with_columns(doubts=pl.concat_list("doubts", doubt).list.unique(maintain_order=True))
    return doubted.with_columns(is_doubted=pl.col("doubts").list.len() > 0).select(met.columns)


def _find_across(
    rows: pl.DataFrame, question_rows: pl.DataFrame, circles: Mapping[int, str | None]
) -> Iterator[pl.DataFrame]:
    """Yield `reply row of_replies` of the rows that another one contradicts. `circles`: that of each notice."""
    each = rows.unique(_PLACE, keep="first", maintain_order=True).rename({"row": "row_of_reply"}).with_row_index("row")
    each = each.with_columns(number="subscriber")
    possible = each.filter(IS_POSSIBLE)
    questions = question_rows.select("notice", *_QUESTION, asked="row_id")
    of_rows = rows.select(*_PLACE, *_TIMED, "notice", "asked", number="subscriber")
    of_rows = of_rows.join(questions, on=["notice", "asked"])
    places = each.select("reply", pl.col("row_of_reply"), "row")
    assignments = of_rows.rename({"row": "row_of_reply"}).join(places, on=["reply", "row_of_reply"])
    assignments = assignments.with_columns(
        asked=pl.concat_str(pl.col("notice").cast(pl.String), "asked", separator="/")
    )
    yield from _find_alike(assignments, question_rows, places)
    yield from find_series(each)
    searched = each.filter(pl.col("doubts").list.contains(FindingKind.ECHO.value))["row"]
    conflicts = RowConflicts()
    conflicts.take(each)
    nested = find_nested(pl.concat([each, list_networks(each)]))
    for kind, values in (
        (
            FindingKind.ROWS_CONFLICT,
            pl.concat([conflicts.find_across(), nested, conflicts.find_doubled(assignments, searched)]),
        ),
        (
            FindingKind.ROWS_CONFLICT,
            pl.concat([find_moved_back(possible), find_equal_times(possible), find_equal_starts(possible)]),
        ),
        (FindingKind.INSIDE_SHARED, _find_inside_shared(each, searched, circles)),
        (FindingKind.ONE_SUBSCRIBER, find_at_several_addresses(each, searched, find_pooled(each))),
    ):
        some = places.filter(pl.col("row").is_in(values.implode()))
        yield some.select("reply", row="row_of_reply", of_replies=pl.lit(kind.value))


def _find_inside_shared(each: pl.DataFrame, searched: pl.Series, circles: Mapping[int, str | None]) -> pl.Series:
    """Return the `row`s whose inside address another line has. Networks of two circles use the same ones.

    A notice whose circle is not known may be about any.
    """
    circle = pl.col("notice").replace_strict(circles, default=None, return_dtype=pl.String)
    some = each.with_columns(circle=circle)
    shared = [each["row"][:0]]
    for name in some["circle"].drop_nulls().unique().sort().to_list() or [None]:
        inside = InsideAddresses()
        inside.take(some.filter((pl.col("circle") == pl.lit(name, pl.String)).fill_null(value=True)))
        shared.append(inside.find_shared(searched))
    return pl.concat(shared).unique()


def _find_moved_of_line(rows: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row notice asked` of rows with a moved clock, for what was asked beyond the time that both hold."""
    each = rows.unique(_PLACE, keep="first", maintain_order=True).rename({"row": "row_of_reply"}).with_row_index("row")
    conflicts = RowConflicts()
    conflicts.take(each.with_columns(number="subscriber"))
    moved = list_moved_of_line(conflicts.rows.filter(IS_POSSIBLE)).join(
        each.select("row", "reply", "row_of_reply"), on="row"
    )
    moved = moved.select("reply", "shared_from", "shared_until", row="row_of_reply")
    times = questions.select("notice", "from_us", "until_us", asked="row_id")
    mine = rows.select(*_PLACE, "notice", "asked").unique(maintain_order=True).join(moved, on=_PLACE)
    beyond = (pl.col("from_us") < pl.col("shared_from")) | (pl.col("until_us") > pl.col("shared_until"))
    return mine.join(times, on=["notice", "asked"]).filter(beyond).select(*_PLACE, "notice", "asked")


def _find_other_lines(met: pl.DataFrame, access: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row of_replies` of the rows whose address inside an access log gives to another line meanwhile.

    The log is of a family of notices, whose network is one. It is of another system than a NAT log: its edges count
    _SLACK_US later and earlier.
    """
    each = met.filter(pl.col("says") == RowStatement.ASSIGNED).join(families, on="notice")
    each = each.drop_nulls(["inside_ip", "subscriber", "start_us"]).unique(_PLACE, keep="first", maintain_order=True)
    half = (pl.col("end_us") - pl.col("start_us")) // 2
    each = _cut_edges(each, pl.min_horizontal(pl.lit(SLACK_US), (half - 1).fill_null(SLACK_US)))
    logged = _cut_edges(access.drop_nulls(["ip", "subscriber", "start_us"]), pl.lit(_SLACK_US))
    names = ["reply", "row", "family", "inside_ip", "number_kind", "subscriber", "start_us", "end_us"]
    rows = pl.concat([each.select(names), logged.with_columns(inside_ip="ip").select(names)])
    rows = rows.rename({"row": "row_of_reply"}).with_row_index("row")
    rows = rows.with_columns(pl.col("number_kind").fill_null(""), holder="subscriber")
    shared = find_several_holders(rows, ["family", "inside_ip", "number_kind"], slack_us=0)
    some = rows.head(each.height).filter(pl.col("row").is_in(shared.implode()))
    return some.select("reply", row="row_of_reply", of_replies=pl.lit(FindingKind.INSIDE_SHARED.value))


def _cut_edges(rows: pl.DataFrame, by_us: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(start_us=pl.col("start_us") + by_us, end_us=pl.col("end_us") - by_us)


def _find_alike(assignments: pl.DataFrame, questions: pl.DataFrame, places: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield `reply row of_replies` of the rows whose times were made from their questions, or by a schedule.

    A licensee that answers in parts does so in several replies: each part has too few rows to show it.
    """
    alone = assignments.unique(ASSIGNMENT, keep="first", maintain_order=True)
    ports = questions.select(
        row_id=pl.concat_str(pl.col("notice").cast(pl.String), "row_id", separator="/"), port="port"
    )
    few = alone.filter(pl.len().over("reply") < LEAST_BY_QUARTERS)
    of_few = assignments.filter(pl.col("reply").is_in(few["reply"].implode()))
    of_all = *find_margins(assignments), *find_made(assignments, ports), *find_scheduled(alone)
    signs = [(assignments, sign) for sign in of_all]
    signs += [(of_few, sign) for sign in find_quarter_hours(few, DAY_ZONES[:1], alone)]
    for of_replies, sign in signs:
        rows = of_replies["row"] if sign["is_whole"].any() else sign["row"]
        some = places.filter(pl.col("row").is_in(rows.implode()))
        yield some.select("reply", row="row_of_reply", of_replies=pl.lit(sign["kind"][0]))


def _find_unnamed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row` of the rows whose session has a row that names nobody, in this reply or another."""
    each = rows.with_row_index("at").with_columns(number="subscriber")
    unnamed_sessions = find_unnamed_sessions(each.drop("row").rename({"at": "row"}))
    return each.filter(pl.col("at").is_in(unnamed_sessions.implode())).select(_PLACE).unique()


def _find_denied(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `reply row` of the rows whose very assignment another row, with a status that denies it, gives too.

    A remark that is not sure of its row says nothing of another row.
    """
    is_denying = pl.col("doubts").list.eval(pl.element().str.contains(_DENYING)).list.any().fill_null(value=False)
    denying = rows.filter(is_denying).select(*_SAME, "start_us", "end_us").unique()
    if denying.is_empty():
        return rows.select(_PLACE).head(0)
    pairs = rows.filter(~is_denying).join(denying, on=_SAME, suffix="_of", nulls_equal=True)
    near = [
        ((pl.col(edge) - pl.col(f"{edge}_of")).abs() <= _SLACK_US)
        | (pl.col(edge).is_null() & pl.col(f"{edge}_of").is_null())
        for edge in ("start_us", "end_us")
    ]
    return pairs.filter(pl.all_horizontal(near).fill_null(value=False)).select(_PLACE).unique()
