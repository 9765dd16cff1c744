"""Find rows of a reply that are another row written again: with another start, at another time, at another address.

Nothing in the file says which of both is the record.
"""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import SECOND_US
from sightline.stages.resolve.near_matches import DAY_US, HOURS_US
from sightline.stages.resolve.row_verdicts import INSIDE

_BLOCK = ["ip", "port_from", "port_to"]
_FACTS = [*_BLOCK, "inside_ip", "protocol", "destination_ip", "destination_port", "number_kind", "number"]
_SLACK_US = 10 * SECOND_US
_MINUTE_US = 60 * SECOND_US
_MOST_ALIKE = 3
"""The number of assignments of one length above which this is how long a network's assignments last."""
_MOST_DAYS = 31
_MOST_PORTS = 60_000
"""A row of more ports is one of a whole address."""
_YEARS_US = [days * DAY_US for days in (365, 366)]


def find_other_starts(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one line, block and end that begin earlier than the last of these: from then on, all say the same.

    `rows`: the columns of `RowConflicts`.
    """
    ended = rows.drop_nulls("end_us")
    latest = pl.col("start_us").max().over([*_FACTS, "end_us"])
    return ended.filter(pl.col("start_us") < latest - _SLACK_US)["row"]


def find_moved(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one block that last equally long, to the second, and begin whole hours of a clock's error apart.

    Or days, a year, or with day and month exchanged. A second assignment never repeats both edges of another one.
    """
    return _select_moved(rows, _pair_moved(rows))


def find_moved_to_others(rows: pl.DataFrame) -> pl.Series:
    """Return the rows of `find_moved` that are another line's row written again."""
    return _select_moved(rows, _pair_moved(rows).filter(pl.col("number") != pl.col("number_right")))


def list_moved_of_line(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row`, `shared_from` and `shared_until`: when both it and a row of its line that is moved from it hold.

    One of both has a wrong clock. Whichever it is, their line had the block from the later start to the earlier end.
    """
    moved = _pair_moved(rows).filter(pl.col("number") == pl.col("number_right"))
    shared = moved.select(
        *_MOVED,
        shared_from=pl.max_horizontal("start_us", "start_us_right") + _SLACK_US,
        shared_until=pl.min_horizontal("end_us", "end_us_right") - _SLACK_US,
    )
    moved_rows = rows.join(shared, on=_MOVED, nulls_equal=True)
    return moved_rows.group_by("row").agg(pl.col("shared_from").max(), pl.col("shared_until").min())


_MOVED = [*_BLOCK, "number", "start_us", "end_us"]


def _select_moved(rows: pl.DataFrame, moved: pl.DataFrame) -> pl.Series:
    return rows.join(moved.select(_MOVED), on=_MOVED, how="semi", nulls_equal=True)["row"]


def _pair_moved(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of rows of one block of which one is the other moved; `number_right`: the second one's line."""
    lasts = pl.col("end_us") - pl.col("start_us")
    some = rows.drop_nulls("end_us").unique(_MOVED, keep="any")
    some = some.with_columns(lasts=lasts).filter((lasts > 0) & (lasts % _MINUTE_US != 0))
    some = some.filter(pl.col("start_us").n_unique().over("lasts") <= _MOST_ALIKE)
    some = some.filter(pl.len().over(*_BLOCK, "lasts") > 1)
    pairs = some.join(some, on=[*_BLOCK, "lasts", "protocol", "destination_ip", "destination_port"], nulls_equal=True)
    apart = (pl.col("start_us") - pl.col("start_us_right")).abs()
    is_days = (apart % DAY_US == 0) & (apart <= _MOST_DAYS * DAY_US)
    is_moved = apart.is_in([*HOURS_US, *_YEARS_US]) | is_days | _is_swapped()
    return pairs.filter(apart > 0, is_moved)


def _is_swapped() -> pl.Expr:
    """Match pairs of which one start is the other's with day and month exchanged, by the clock of UTC or of India."""
    conditions = []
    for zone_us in (0, HOURS_US[1]):
        first, second = (pl.from_epoch(pl.col(name) + zone_us, "us") for name in ("start_us", "start_us_right"))
        conditions.append(
            (first.dt.day() == second.dt.month())
            & (first.dt.month() == second.dt.day())
            & (first.dt.year() == second.dt.year())
            & (first.dt.time() == second.dt.time())
        )
    return conditions[0] | conditions[1]


def find_copies(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one line with the same ports and times at another IPv4 address.

    A NAT gives a line ports of one address (RFC 6888, REQ-2), and never the same ones of a second address at once.
    """
    is_four = ~pl.col("ip").str.contains(":", literal=True)
    some = rows.drop_nulls(["port_from", "end_us"]).filter(is_four, pl.col("destination_ip").is_null())
    same = ["port_from", "port_to", "protocol", "number_kind", "number", "start_us", "end_us"]
    return some.filter(pl.col("ip").n_unique().over(same) > 1)["row"]


def find_copied_contracts(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one line with permanent IPv4 addresses of two networks (/24) from the same second on.

    A clerk looked up one of them and wrote the other. Addresses that were ordered together lie together. Dates without
    an hour, and whole minutes, say nothing.
    """
    network = pl.col("ip").str.extract(r"^([0-9]+\.[0-9]+\.[0-9]+)\.")
    some = rows.filter("is_static", pl.col("port_from").is_null(), pl.col("start_us") % _MINUTE_US != 0)
    some = some.with_columns(network=network).drop_nulls("network")
    same = ["number_kind", "number", "start_us"]
    return some.filter(pl.col("network").n_unique().over(same) > 1)["row"]


def find_copied_logins(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one line with the same seconds at several inside addresses: one session gets one (RFC 2865)."""
    edges = ["start_us", "end_us"]
    is_exact = pl.all_horizontal(pl.col(edge) % _MINUTE_US != 0 for edge in edges)
    some = rows.drop_nulls("end_us").filter(pl.col("port_from").is_null(), pl.col("ip").str.contains(INSIDE), is_exact)
    return some.filter(pl.col("ip").n_unique().over("number_kind", "number", *edges) > 1)["row"]


def find_other_insides(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one line, block and time with several inside addresses: a NAT translates a block from one."""
    same = [*_BLOCK, "number_kind", "number", "start_us", "end_us", "destination_ip", "destination_port"]
    some = rows.drop_nulls(["port_from", "end_us", "inside_ip"])
    return some.filter(pl.col("inside_ip").n_unique().over(same) > 1)["row"]


def find_copied_blocks(rows: pl.DataFrame) -> pl.Series:
    """Return rows of two lines with the same ports and times at two addresses: one was copied, and changed in part.

    More rows than two of one start and one end are those of a device that was started again.
    """
    edges = ["start_us", "end_us"]
    is_exact = pl.all_horizontal(pl.col(edge) % _MINUTE_US != 0 for edge in edges)
    some = rows.drop_nulls(["port_from", "end_us"]).filter(is_exact, pl.len().over(edges) == 2)
    same = ["port_from", "port_to", "protocol", "destination_ip", *edges]
    several = [pl.col(name).n_unique().over(same) > 1 for name in ("ip", "number")]
    is_block = (pl.col("port_to") - pl.col("port_from")).is_between(1, _MOST_PORTS)
    return some.filter(is_block, *several)["row"]


def find_moved_back(rows: pl.DataFrame) -> pl.Series:
    """Return rows that end later than a later reply says of the same line, block and start: no end moves back.

    `rows` of several replies: the columns of `RowConflicts`, and `reply`, a number that grows.
    """
    ended = rows.drop_nulls("end_us").sort("reply", descending=True)
    earliest = pl.col("end_us").cum_min().over([*_FACTS, "start_us"], order_by="reply", descending=True)
    return ended.filter(pl.col("end_us") > earliest + _SLACK_US)["row"]


def find_equal_times(rows: pl.DataFrame) -> pl.Series:
    """Return rows that begin and end with the same seconds as those of another line at another address.

    One session has an address of each family: where its rows name two lines, one of them is wrong, or a row is a copy.
    A line that has both addresses is in no doubt. Times on a whole minute are a schedule, and a network that starts
    again ends its sessions at many seconds.
    """
    edges = ["start_us", "end_us"]
    is_exact = pl.all_horizontal(pl.col(edge) % _MINUTE_US != 0 for edge in edges)
    return _find_other_lines(rows.drop_nulls([*edges, "number"]).filter(is_exact), edges)


def find_equal_starts(rows: pl.DataFrame) -> pl.Series:
    """Return rows of one session that name two lines, as `find_equal_times` does, if a row of it does not say its end.

    The end may be missing, or be a duration without a unit. So the rows must be of both families, and of two lines.
    """
    some = rows.drop_nulls(["start_us", "number"]).filter(pl.col("start_us") % _MINUTE_US != 0)
    some = some.with_columns(is_six=pl.col("ip").str.contains(":", literal=True))
    is_pair = [pl.col(name).n_unique().over("start_us") == 2 for name in ("number", "is_six")]
    has_open = pl.col("end_us").is_null().any().over("start_us")
    return _find_other_lines(some.filter(*is_pair, has_open), ["start_us"])


def find_unnamed_sessions(rows: pl.DataFrame) -> pl.Series:
    """Return rows of a session whose row of the other family names nobody, for they may be another line's.

    One session has one line. Where a contact number or a word stands instead of its id, a row slipped, and nothing says
    which. A line that rows of both families name is in no doubt. Times on a whole minute are a schedule.
    """
    edges = ["start_us", "end_us"]
    is_exact = pl.all_horizontal(pl.col(edge) % _MINUTE_US != 0 for edge in edges)
    some = rows.drop_nulls([*edges, "ip"]).filter(is_exact)
    some = some.with_columns(is_six=pl.col("ip").str.contains(":", literal=True))
    has_both = pl.col("is_six").n_unique().over(edges) > 1
    is_unnamed = pl.col("number").is_null().any().over(edges)
    is_confirmed = (pl.col("is_six").n_unique().over(*edges, "number") > 1) & pl.col("number").is_not_null()
    doubtful = some.filter(has_both, is_unnamed, ~is_confirmed.any().over(edges))
    return doubtful.filter(pl.col("number").is_not_null())["row"]


def _find_other_lines(rows: pl.DataFrame, edges: list[str]) -> pl.Series:
    """Return rows with the same `edges` as those of another line, but for those of the one line with two addresses."""
    is_confirmed = pl.col("ip").n_unique().over(*edges, "number") > 1
    some = rows.with_columns(confirmed=pl.when(is_confirmed).then("number"))
    several = [pl.col(name).n_unique().over(edges) > 1 for name in ("number", "ip")]
    is_known = pl.col("confirmed").is_not_null() & (pl.col("confirmed").drop_nulls().n_unique().over(edges) == 1)
    return some.filter(*several, ~is_known)["row"]
