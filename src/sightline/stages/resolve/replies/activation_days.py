"""Find rows that began before their line was activated, or that ended after it was deactivated."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.stages.resolve.replies.column_names import reduce_heading
from sightline.stages.resolve.replies.column_times import place_times
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.reply_times import DAY_US
from sightline.stages.scan.options import ZoneTable
from sightline.stages.scan.zones import build_zone_table

_ACTIVE_FROM = frozenset(
    """
    activationdate activatedon dateofactivation activationdatetime portindate portedinon dateofportingin portingindate
    doa simactivationdate dateofsimactivation simactivationdatetime numberactivationdate msisdnactivationdate
    commissioningdate commissionedon dateofcommissioning connectiondate dateofconnection connectedon
    customersince subscribersince activesince connectedsince usersince installedon installationdate dateofinstallation
    activationdateandtime datetimeofactivation dateandtimeofactivation registrationdate dateofregistration registeredon
    simissuedate dateofsimissue ownershipchangedate dateofownershipchange transferdate dateoftransfer
    """.split()
)
_ACTIVE_UNTIL = frozenset(
    """
    deactivationdate deactivatedon dateofdeactivation disconnectiondate disconnectedon dateofdisconnection surrenderdate
    surrenderedon dateofsurrender portoutdate portedouton dateofportingout portingoutdate terminationdate terminatedon
    churndate dateoftermination closuredate closedon expirydate planexpirydate planexpiry packageexpirydate validtill
    validupto
    """.split()
)
_WRITTEN_ON = frozenset(
    """
    reportdate dateofreport reportgeneratedon reportgenerationdate reportdatetime reporttime generatedon generationdate
    extractedon extractiondate dateofextraction exportedon exportdate dateofexport retrievedon fetchedon
    """.split()
)
"""Headings of the time at which the licensee took its records: it is behind all that they say."""
_HALF_DAY_US = DAY_US // 2
"""The edges of a day without a known zone are so wide."""
_SLACK_US = 5 * 60_000_000
"""Two systems write the end of a session so far apart."""


def doubt_days(
    assigned: pl.DataFrame, frame: pl.DataFrame, headings: Sequence[str], readers: Readers, zone: ZoneTable | None
) -> pl.DataFrame:
    """Return assignments with `doubted_by` where the line was activated after they began, or deactivated before.

    Or where their records were taken before they ended.
    """
    for at, heading in enumerate(headings):
        name = reduce_heading(heading)
        if name not in _ACTIVE_FROM | _ACTIVE_UNTIL | _WRITTEN_ON:
            continue
        text = frame[f"c{at}"].str.strip_chars().str.slice(0, 40)
        edges_of_days = _parse_days_in_any_order(text)
        day, instant = readers.read_days(text)["day"], readers.read_instants(text)["us"]
        # A column may have the other order of days and months: unless it shows which, what contradicts counts.
        day = (
            edges_of_days["named"].fill_null(day).fill_null(edges_of_days["last" if name in _ACTIVE_FROM else "first"])
        )
        begins = place_times(day * DAY_US, None, 0, zone or build_zone_table("UTC"))["us"]
        slack_us = 0 if zone is not None else _HALF_DAY_US
        edges = frame.select("row", instant=instant, begins=begins - slack_us, ends=begins + DAY_US + slack_us)
        beside = assigned.join(edges, on="row", how="left", maintain_order="left")
        last = pl.coalesce("end_us", "start_us")
        if name in _ACTIVE_FROM:
            is_other = pl.coalesce(pl.col("start_us") + _SLACK_US < pl.col("instant"), last < pl.col("begins"))
        else:
            is_other = pl.coalesce(last > pl.col("instant") + _SLACK_US, pl.col("start_us") >= pl.col("ends"))
        doubt = pl.when(is_other.fill_null(value=False)).then(pl.lit(heading.strip().lstrip("\ufeff")))
        assigned = beside.with_columns(doubted_by=pl.coalesce("doubted_by", doubt)).drop("instant", "begins", "ends")
    return assigned


def _parse_days_in_any_order(text: pl.Series) -> pl.DataFrame:
    """Return `first` and `last`, the days since 1970 that figures may stand for with the day or the month first.

    `named` is the day of `05-Apr-26`, which begins with the day. A number above 12 in one place of a column says for
    all of it which of the two is the day.
    """
    bare = text.str.replace_all("[/. ]", "-")
    figures = bare.str.extract(r"^([0-9]{1,2}-[0-9A-Za-z]{1,3}-(?:20)?[0-9]{2})(?:[^0-9]|$)")
    figures = figures.str.replace(r"-([0-9]{2})$", "-20$1")
    of_names = figures.str.to_date("%d-%b-%Y", strict=False).cast(pl.Int32)
    days = {
        name: figures.str.to_date(form, strict=False).cast(pl.Int32).fill_null(of_names)
        for name, form in (("day", "%d-%m-%Y"), ("month", "%m-%d-%Y"))
    }
    read = pl.DataFrame(days)
    proved = [
        name
        for name, other in (("day", "month"), ("month", "day"))
        if (read[name].is_not_null() & read[other].is_null()).any()
    ]
    ways = proved if len(proved) == 1 else ["day", "month"]
    return read.select(first=pl.min_horizontal(ways), last=pl.max_horizontal(ways), named=of_names)
