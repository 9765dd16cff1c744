"""Find rows of a reply that give one address inside a network to two lines, or two public addresses, at one time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, SECOND_US

MOST_KEPT = 100_000
"""The maximum number of compared rows. Later ones of a longer file are not compared."""
SLACK_US = 10 * SECOND_US
"""Two lines may have one address for this long: devices write the end of one and the start of the next one apart."""
_NEVER_US = 1 << 62
_LINES = {"of": "number_kind", "holder": "number"}
_TRANSLATED = {"of": "space", "holder": "ip"}
"""What must be the same, and what must not differ, beside the inside address."""
_COLUMNS = {name: ASSIGNED[name] for name in ("row", "inside_ip")} | {
    "of": pl.String(),
    "holder": pl.String(),
    "start_us": pl.Int64(),
    "end_us": pl.Int64(),
}
_OF = ["inside_ip", "of"]


class InsideAddresses:
    """The inside addresses of a reply, their lines and what they were translated to.

    `take` its rows in batches, and `take_translated` those that only a second step gives a line; then `find_shared`.
    """

    def __init__(self) -> None:
        self._lines, self._translated = _AddressHolders(_LINES), _AddressHolders(_TRANSLATED)

    def take(self, assigned: pl.DataFrame) -> None:
        """Note the rows of a batch (ASSIGNED) that have an inside address, a line and a start."""
        self._lines.take(assigned)

    def take_translated(self, assigned: pl.DataFrame) -> None:
        """Note the rows (ASSIGNED) of NAT logs that give an inside address, and no line themselves.

        A log of connections may give an inside address several public ones; a log of blocks gives it one (RFC 6888,
        REQ-2), unless two networks use the inside address.
        """
        self._translated.take(assigned.filter(pl.col("destination_ip").is_null()))

    def find_shared(self, searched: pl.Series) -> pl.Series:
        """Return the rows whose inside address another line, or another public address, has at the same time.

        For longer than SLACK_US. `searched`: rows with the times of a search. Their line had the inside address at some
        instant of these: they contradict only a line that had it all that time.
        """
        return pl.concat([self._lines.find(searched), self._translated.find(searched)]).unique().sort()


class _AddressHolders:
    """Rows with an inside address and its holder, up to MOST_KEPT of them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._rows = [pl.DataFrame(schema=_COLUMNS)]
        self._room = MOST_KEPT

    def take(self, assigned: pl.DataFrame) -> None:
        """Keep the rows of a batch (ASSIGNED) with an inside address, a holder and a start, while there is room."""
        if assigned["inside_ip"].null_count() == assigned.height:
            return
        of, holder = self._names["of"], self._names["holder"]
        some = assigned.select("row", "inside_ip", "start_us", "end_us", of=of, holder=holder).select(list(_COLUMNS))
        some = some.drop_nulls(["inside_ip", "holder", "start_us"]).unique("row", keep="first").sort("row")
        some = some.head(self._room)
        self._room -= some.height
        self._rows.append(some)

    def find(self, searched: pl.Series) -> pl.Series:
        rows = pl.concat(self._rows).with_columns(pl.col("of").fill_null(""))
        is_searched = pl.col("row").is_in(searched.implode())
        records = rows.filter(~is_searched)
        return pl.concat([find_several_holders(records, _OF), _find_searched(records, rows.filter(is_searched))])


def _find_searched(records: pl.DataFrame, searched: pl.DataFrame) -> pl.Series:
    """Return the records of another holder that a search lies within, and these searches."""
    pairs = searched.join(records, on=_OF, suffix="_2").filter(
        pl.col("holder") != pl.col("holder_2"),
        pl.col("start_us") + SLACK_US < pl.col("end_us").fill_null(_NEVER_US),
        pl.col("start_us_2") <= pl.col("start_us"),
        pl.col("end_us_2").fill_null(_NEVER_US) >= pl.col("end_us").fill_null(_NEVER_US),
    )
    return pl.concat([pairs["row"], pairs["row_2"].rename("row")]).unique()


def find_several_holders(rows: pl.DataFrame, key: Sequence[str], slack_us: int = SLACK_US) -> pl.Series:
    """Return the rows whose `key` has another `holder` for longer than `slack_us` at the same time.

    `rows`: `row`, `holder`, `start_us`, `end_us` (null: no end) and the columns of the key, which are not null.
    """
    if rows.is_empty():
        return rows["row"]
    groups = rows.select(key).unique().with_row_index("group")
    known_rows = rows.join(groups, on=key).select("group", "row", "holder", "start_us", "end_us")
    known_rows = known_rows.with_columns(pl.col("end_us").fill_null(_NEVER_US), at=pl.col("row").cast(pl.Int64))
    known_rows = known_rows.filter(pl.col("holder").n_unique().over("group") > 1).with_columns(
        pl.col("holder").rank("dense")
    )
    mirrored = known_rows.with_columns(start_us=-pl.col("end_us"), end_us=-pl.col("start_us"), at=-pl.col("at"))
    return pl.concat([_find_overlapped(known_rows, slack_us), _find_overlapped(mirrored, slack_us)]).unique()


def _find_overlapped(rows: pl.DataFrame, slack_us: int) -> pl.Series:
    """The rows that overlap an earlier one of another holder in their group (the last of these, or the one that ends
    last), or a later one.
    """
    rows = rows.sort("group", "start_us", "at").with_columns(upto=pl.col("end_us").cum_max().over("group"))
    is_next, is_later = pl.col("group") == pl.col("group").shift(), pl.col("group") == pl.col("group").shift(-1)
    # The first row of a group ends last so far, and behind its last row nobody follows: no value crosses an edge.
    follows = pl.when(pl.col("holder") != pl.col("holder").shift(-1)).then(pl.col("start_us").shift(-1))
    earlier = rows.with_columns(
        longest=pl.when(pl.col("end_us") == pl.col("upto")).then("holder").forward_fill(),
        next_us=pl.when(is_later).then(follows).otherwise(_NEVER_US).backward_fill(),
    ).with_columns(
        upto=pl.when(is_next).then(pl.col("upto").shift()),
        longest=pl.when(is_next).then(pl.col("longest").shift()),
        last=pl.when(is_next).then(pl.col("holder").shift()),
        last_end=pl.when(is_next).then(pl.col("end_us").shift()),
    )
    from_us = pl.col("start_us") + slack_us
    is_shared = ((pl.col("longest") != pl.col("holder")) & (pl.col("upto") > from_us)) | (
        (pl.col("last") != pl.col("holder")) & (pl.col("last_end") > from_us)
    )
    is_shared |= pl.col("next_us") + slack_us < pl.col("end_us")
    return earlier.filter(is_shared.fill_null(value=False), pl.col("end_us") > from_us)["row"]
