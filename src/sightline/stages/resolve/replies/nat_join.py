"""Join replies in two steps: a NAT log (public address to inside) with an access log (inside address to a line)."""

from __future__ import annotations

from ipaddress import ip_network

import polars as pl

from sightline.stages.resolve.assignment_spans import LEAST_PREFIX
from sightline.stages.resolve.file_signs import MARGINS_S, MINUTE_US
from sightline.stages.resolve.model import SECOND_US, RowStatement
from sightline.stages.resolve.near_matches import HOURS_US
from sightline.stages.resolve.replies.address_spaces import SEPARATE, compare_spaces

NAT_ROWS = 200_000
"""Rows of a NAT log that are joined at once."""
_FOR_EVER = 1 << 62


def join_steps(nat: pl.DataFrame, access: pl.DataFrame, rejected: pl.Series) -> pl.DataFrame:
    """Return the rows of a NAT log with the lines of an access log.

    `nat`: rows (ASSIGNED, and extra columns) with a public `ip` and an `inside_ip`. `access`: rows (ASSIGNED) whose
    `ip` is an inside address, or a prefix of one. A row of the NAT log without a number gets the numbers of the access
    rows that may hold its inside address in its time, once for each of them: the time is the common part, and the
    slacks of both are added; `inside_row` is the row of the access log. A block of ports stays with its inside address
    when that moves from one line to the next: each line has it in its own time. If no access row may hold it, or those
    of several lines may in other ways, the row stays as it is and identifies no subscriber. So does a row of the NAT
    log without a public address, or one of the `rejected` ones, which were not read whole.
    """
    nat = nat.with_columns(inside_row=pl.lit(None, pl.UInt32))
    columns = nat.columns
    is_open = is_inside_only() & (pl.col("says") == RowStatement.ASSIGNED) & ~pl.col("row").is_in(rejected.implode())
    wanted_rows = nat.filter(is_open)
    if wanted_rows.is_empty() or access.is_empty():
        return nat
    rows = access.filter(pl.col("says") == RowStatement.ASSIGNED)
    # An inside address of which a line has only some ports is shared once more.
    whose = pl.when(is_of_one_line_inside() & pl.col("port_from").is_null()).then("number")
    lines = _join_with_prefixes(rows.with_columns(number=whose), wanted_rows["inside_ip"]).select(
        inside_ip="of_ip",
        a_row="row",
        **{f"a_{name}": pl.col(name) for name in _OF_A_LINE},
        a_from=pl.col("start_us").fill_null(0),
        a_until=(pl.col("end_us") + pl.col("end_slack_us").fill_null(0)).fill_null(_FOR_EVER),
        a_ends=pl.col("end_us").fill_null(_FOR_EVER),
        a_sure=_derive_sure_end(),
    )
    if _fits_other_times(wanted_rows, lines):
        lines = lines.with_columns(a_doubted_by=pl.coalesce("a_doubted_by", pl.lit("times of the access log")))
    wanted_rows = wanted_rows.with_columns(is_of_several=pl.col("space").drop_nulls().n_unique().over("inside_ip") > 1)
    frames = [
        _pair_rows(part, lines).select(columns)
        for start in range(0, wanted_rows.height, NAT_ROWS)
        if (part := wanted_rows.slice(start, NAT_ROWS)).height
    ]
    named = pl.concat(frames)
    rest = nat.join(named.select("row").unique(), on="row", how="anti", maintain_order="left")
    return pl.concat([rest, named]).sort("row", maintain_order=True)


_MOST_COMPARED = 2_000
_EARLY_US = 2 * MINUTE_US
"""Two devices write the start of a session and of its first block so far apart."""


def _fits_other_times(nat: pl.DataFrame, lines: pl.DataFrame) -> bool:
    """Whether more of the first rows begin within a session of their inside address if all are hours earlier or later.

    Then one of both logs is in another zone. A block may outlast its session, and so its end says nothing.
    """
    some = nat.drop_nulls("start_us").head(_MOST_COMPARED).select("row", "inside_ip", "start_us")
    pairs = some.join(lines.select("inside_ip", "a_from", "a_ends"), on="inside_ip")
    by_us = [0, *HOURS_US, *(-hour_us for hour_us in HOURS_US)]
    begins = [(pl.col("start_us") + us).is_between(pl.col("a_from") - _EARLY_US, pl.col("a_ends")) for us in by_us]
    counts = pairs.select(
        pl.col("row").filter(expression).n_unique().alias(str(at)) for at, expression in enumerate(begins)
    ).row(0)
    return bool(max(counts[1:]) > counts[0])


def is_of_one_line_inside() -> pl.Expr:
    """Match access rows with one address, or with a prefix that the row itself assigns to one line whole."""
    is_six = pl.col("ip").str.contains(":", literal=True)
    length = pl.col("ip").str.extract(r"/(\d+)$").cast(pl.UInt8, strict=False)
    is_small = length >= pl.when(is_six).then(LEAST_PREFIX[6]).otherwise(LEAST_PREFIX[4])
    says_so = pl.coalesce("is_exclusive", pl.when("is_static").then(pl.lit(value=True))).fill_null(value=False)
    return length.is_null() | (length == pl.when(is_six).then(128).otherwise(32)) | (is_small & says_so)


def _join_with_prefixes(access: pl.DataFrame, inside: pl.Series) -> pl.DataFrame:
    """The access rows that are of one of the addresses inside, `of_ip`, or of a prefix around it: once for each."""
    exact = access.with_columns(of_ip="ip")
    around = find_prefixes_around(inside, access["ip"])
    if around.is_empty():
        return exact
    return pl.concat([exact, access.join(around, on="ip").select(exact.columns)])


def find_prefixes_around(inside: pl.Series, prefixes_of_rows: pl.Series) -> pl.DataFrame:
    """Return pairs of a prefix in `prefixes_of_rows` (`ip`) and an address in `inside` (`of_ip`) that it contains."""
    prefixes = prefixes_of_rows.unique().drop_nulls()
    prefixes = prefixes.filter(prefixes.str.contains("/", literal=True))
    lengths = sorted({int(prefix.rpartition("/")[2]) for prefix in prefixes})
    pairs = [
        (str(ip_network((ip, length), strict=False)), ip)
        for ip in inside.unique().drop_nulls().sort()
        if "/" not in ip
        for length in lengths
        if length <= (128 if ":" in ip else 32)
    ]
    rows = pl.DataFrame(pairs, schema={"ip": pl.String, "of_ip": pl.String}, orient="row")
    return rows.filter(pl.col("ip").is_in(prefixes.implode()))


_OF_A_LINE = (
    "number",
    "number_kind",
    "start_slack_us",
    "end_slack_us",
    "is_static",
    "is_operator",
    "doubted_by",
    "space",
)


def _derive_sure_end() -> pl.Expr:
    """Until when a row surely holds: its end, its last sign of life, or for ever where it is static."""
    lost = pl.coalesce("seen_us", "start_us")
    return pl.coalesce("end_us", pl.when("is_static").then(_FOR_EVER).otherwise(lost)).fill_null(0)


def _pair_rows(nat: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The rows of a NAT log that one line alone may hold, once for each of its rows in the access log."""
    timed = nat.with_columns(
        n_from=pl.col("start_us").fill_null(0),
        n_until=(pl.col("end_us") + pl.col("end_slack_us").fill_null(0)).fill_null(_FOR_EVER),
        n_sure=_derive_sure_end(),
    )
    beside = timed.join(lines, on="inside_ip").filter(
        pl.col("a_from") <= pl.col("n_until"), pl.col("n_from") <= pl.col("a_until")
    )
    pairs = compare_spaces(beside, "space", "a_space")
    # A number of networks may use the inside address: one of them is known only where both logs name it.
    pairs = pairs.filter(pl.col("has_common_space") | ~pl.col("is_of_several"))
    before = pl.col("a_ends").cum_max().shift(1).over("row", order_by="a_from")
    follows = (pl.col("a_from") >= before).fill_null(value=True).all().over("row")
    is_named = pl.col("a_number").is_not_null().all().over("row")
    is_block = pl.col("port_to") > pl.col("port_from")
    is_of_one_space = pl.col("a_space").drop_nulls().n_unique().over("row") <= 1
    is_one = (
        (
            (pl.struct("a_number", "a_number_kind").n_unique().over("row") == 1)
            | (is_block & follows & is_named & is_of_one_space).fill_null(value=False)
        )
        & pl.col("a_number").is_not_null()
        & pl.col("start_us").is_not_null()
    )
    return _as_joined(pairs.with_columns(last_us=pl.col("a_ends").max().over("row")).filter(is_one))


def _as_joined(pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows of pairs: their common time, with the slacks of both, and the line of the access log."""
    sure = pl.min_horizontal("n_sure", "a_sure")
    until = pl.min_horizontal("n_until", "a_until")
    is_endless = until >= _FOR_EVER
    # `until` already includes the slack of the earlier end.
    slack = pl.min_horizontal(pl.col("end_slack_us").fill_null(0), pl.col("a_end_slack_us").fill_null(0))
    return pairs.with_columns(
        number="a_number",
        number_kind="a_number_kind",
        inside_row=pl.col("a_row").cast(pl.UInt32),
        start_us=pl.max_horizontal("n_from", "a_from"),
        start_slack_us=pl.col("start_slack_us").fill_null(0) + pl.col("a_start_slack_us").fill_null(0),
        end_us=pl.when(~is_endless).then(sure),
        end_slack_us=pl.when(is_endless).then(0).otherwise((until - sure).clip(0) + slack),
        seen_us=pl.when(is_endless & (sure < _FOR_EVER)).then(sure),
        is_static=pl.when(is_endless & (sure >= _FOR_EVER)).then(pl.lit(value=True)).otherwise("is_static"),
        is_operator=pl.coalesce("is_operator", "a_is_operator"),
        doubted_by=pl.coalesce(
            *(_doubt_other_columns(name) for name in ("doubted_by", "a_doubted_by")),
            _doubt_made_times(),
            _doubt_outlasting(),
        ),
    ).drop("last_us")


def _doubt_made_times() -> pl.Expr:
    """The doubt about a session with the very times of one connection, or as round a time around its start.

    A session that was searched for, or typed from the NAT log, says nothing of its line.
    """
    is_copied = (pl.col("a_from") == pl.col("start_us")) & (pl.col("a_ends") == pl.col("end_us"))
    is_one_port = pl.col("port_from") == pl.col("port_to").fill_null(pl.col("port_from"))
    margins = [margin_s * SECOND_US for margin_s in MARGINS_S]
    before, behind = pl.col("start_us") - pl.col("a_from"), pl.col("a_ends") - pl.col("start_us")
    is_searched = before.is_in(margins) & (behind.is_in(margins) | (pl.col("a_ends") - pl.col("end_us")).is_in(margins))
    is_made = (is_copied & is_one_port) | (is_searched & (pl.col("a_from") % MINUTE_US != 0))
    return pl.when(is_made.fill_null(value=False)).then(pl.lit("times of the access log"))


_LINGERS_US = 60 * MINUTE_US
"""A NAT keeps the ports of a session that ended for its own timers. Behind them the next one is of another line."""


def _doubt_outlasting() -> pl.Expr:
    """The doubt about a block that goes on long after the last session of its inside address that the other log has.

    A session is missing there, or one of both logs has another clock.
    """
    is_over = pl.col("end_us") > pl.col("last_us") + _LINGERS_US
    return pl.when(is_over.fill_null(value=False)).then(pl.lit("times of the access log"))


def _doubt_other_columns(name: str) -> pl.Expr:
    """The column that doubts a row, unless it names an address space that both rows name alike."""
    is_answered = pl.col("is_same_space").fill_null(value=False) & pl.col(name).str.to_lowercase().str.contains_any(
        sorted(SEPARATE)
    )
    return pl.when(~is_answered).then(name)


def is_inside_only() -> pl.Expr:
    """Match rows (ASSIGNED) of a NAT log that give the inside address and name no line."""
    return pl.col("inside_ip").is_not_null() & pl.col("number").is_null() & pl.col("ip").is_not_null()
