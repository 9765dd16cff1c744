"""Find rows of which one time says its half of the day, or its zone, and another one does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.zones import build_zone_table

_STARTS, _ENDS = ("start", "start_clock"), ("end", "end_clock")
_HALF = r"(?i)[0-9 ][ap]\.?\s?m\b"
_HOUR = r"(?:^|[T ])([0-9]{1,2})[:.][0-9]{2}(?:[:.][0-9]{2})?"
_OF_INDIA = r"(?i)(?:IST|\+05:?30)\)?$"
_ANY_ZONE = r"(?i):[0-9]{2}(?:[.,][0-9]{1,9})? ?(?:[ap]m)? ?\(?(?:Z|UTC|GMT|IST|[+-][0-9]{2}:?[0-9]{2})\)?$"
_HOURS_OF_TWELVE = (1, 12)


def doubt_half_clocks(
    assigned: pl.DataFrame,
    frame: pl.DataFrame,
    places: Mapping[str, int],
    headings: Sequence[str],
    zone: ZoneTable | None,
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where only one of two times of a row says `PM`, or only some rows say UTC.

    `frame`: the rows' texts; `zone`: that of times which say none. The other time may mean the same as those that do.
    """
    columns = {
        edge: next((places[name] for name in names if name in places), None)
        for edge, names in (("start", _STARTS), ("end", _ENDS))
    }
    texts = {edge: frame[f"c{at}"].str.strip_chars().str.slice(0, 60) for edge, at in columns.items() if at is not None}
    if not texts:
        return assigned
    for edge, text in texts.items():
        rows = _list_half_clocks(text, [other for name, other in texts.items() if name != edge])
        rows |= _list_unsaid_zones(text, zone)
        if not rows.any():
            continue
        heading = headings[columns[edge] or 0].strip().lstrip("\ufeff")
        doubt = pl.when(pl.col("row").is_in(frame["row"].filter(rows).implode())).then(pl.lit(heading))
        assigned = assigned.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return assigned


def _list_half_clocks(text: pl.Series, others: Sequence[pl.Series]) -> pl.Series:
    """Whether each time may be of a clock of twelve hours by its hour, and says no half where the row's other does."""
    result = pl.repeat(value=False, n=len(text), dtype=pl.Boolean, eager=True)
    for other in others:
        if not (has_half := other.str.contains(_HALF).fill_null(value=False)).any():
            continue
        hour = text.str.extract(_HOUR).cast(pl.Int64, strict=False)
        is_bare = ~text.str.contains(_HALF) & hour.is_between(*_HOURS_OF_TWELVE)
        result |= has_half & is_bare.fill_null(value=False)
    return result


def _list_unsaid_zones(text: pl.Series, zone: ZoneTable | None) -> pl.Series:
    """Whether each time says no zone where others of its column say one other than India's: it may be of that one."""
    says_other = text.str.contains(_ANY_ZONE) & ~text.str.contains(_OF_INDIA)
    if not says_other.any() or zone is None or zone == build_zone_table("UTC"):
        return pl.repeat(value=False, n=len(text), dtype=pl.Boolean, eager=True)
    return ((text != "") & ~text.str.contains(_ANY_ZONE)).fill_null(value=False)
