"""Find rows of a reply that give one address inside a network to two lines at one time."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import ASSIGNED, SECOND_US

MOST_KEPT = 100_000
"""The maximum number of compared rows. Later ones of a longer file are not compared."""
SLACK_US = 10 * SECOND_US
"""Two lines may have one address for this long: devices write the end of one and the start of the next one apart."""
_NEVER_US = 1 << 62
_OF = ["inside_ip", "number_kind"]
_KEPT = ["row", *_OF, "number", "start_us", "end_us"]


class InsideAddresses:
    """The inside addresses of a reply and their lines: `take` its rows in batches, then `find_shared`."""

    def __init__(self) -> None:
        self._rows = [pl.DataFrame(schema={name: ASSIGNED[name] for name in _KEPT})]
        self._room = MOST_KEPT

    def take(self, assigned: pl.DataFrame) -> None:
        """Note the rows of a batch (ASSIGNED) that have an inside address, a line and a start."""
        some = assigned.select(_KEPT).drop_nulls(["inside_ip", "number", "start_us"]).unique("row", keep="first")
        some = some.sort("row").head(self._room)
        self._room -= some.height
        self._rows.append(some)

    def find_shared(self) -> pl.Series:
        """Return the rows whose inside address another line has at the same time, for longer than SLACK_US."""
        rows = pl.concat(self._rows).with_columns(
            pl.col("end_us").fill_null(_NEVER_US), at=pl.col("row").cast(pl.Int64)
        )
        rows = rows.filter(pl.col("number").n_unique().over(_OF) > 1)
        mirrored = rows.with_columns(start_us=-pl.col("end_us"), end_us=-pl.col("start_us"), at=-pl.col("at"))
        return pl.concat([_find_overlapped(rows), _find_overlapped(mirrored)]).unique().sort()


def _find_overlapped(rows: pl.DataFrame) -> pl.Series:
    """The rows that overlap one of another line with an earlier start: the last of these, or the one that ends last."""
    upto = pl.col("end_us").cum_max()
    earlier = rows.sort(*_OF, "start_us", "at").with_columns(
        upto=upto.shift().over(_OF),
        holder=pl.when(pl.col("end_us") == upto).then("number").forward_fill().shift().over(_OF),
        last=pl.col("number").shift().over(_OF),
        last_end=pl.col("end_us").shift().over(_OF),
    )
    from_us = pl.col("start_us") + SLACK_US
    is_shared = ((pl.col("holder") != pl.col("number")) & (pl.col("upto") > from_us)) | (
        (pl.col("last") != pl.col("number")) & (pl.col("last_end") > from_us)
    )
    return earlier.filter(is_shared, pl.col("end_us") > from_us)["row"]
