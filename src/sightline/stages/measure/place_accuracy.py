"""Compare place data sets with the true places of lines: how often each names the right state, by provider.

One measurement is one data set name x provider x line x area of addresses (the /24, or /48 of IPv6, that most data sets
answer as one): a busy line counts once. Of its sessions there the newest speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from sightline.model import OutcomeKind
from sightline.stages.enrich import india
from sightline.stages.enrich.independence import DataSetPair
from sightline.stages.enrich.muted_datasets import LEVELS, Mute
from sightline.stages.enrich.place import DISTRICT_RADIUS_KM, STATE_RADIUS_KM
from sightline.stages.measure.wilson import compute_interval

LEAST = 20
"""The number of measurements below which a data set is used as before."""
BAR = 0.5
"""A data set is ignored for a provider if the upper bound of its share of right answers is below this.

It is more often wrong than right then. One that is right more often still tells something: a state is named only where
two agree, and two that err seldom err alike.
"""
ANSWERS: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "lead_id": pl.String(),
    "ip": pl.String(),
    "first_us": pl.Int64(),
    "isp": pl.String(),
    "line": pl.String(),
    "dataset": pl.String(),
    "state": pl.String(),
    "district": pl.String(),
    "radius_km": pl.Float32(),
}
"""Each data set's (by name) answer for each session's address; `isp` and `line` as network data sets name them."""
MEASURED: dict[str, pl.DataType] = {
    "dataset": pl.String(),
    "isp": pl.String(),
    "line_id": pl.String(),
    "area": pl.String(),
    "session_id": pl.String(),
    "first_us": pl.Int64(),
    "state": pl.String(),
    "district": pl.String(),
    "is_state": pl.Boolean(),
    "is_district": pl.Boolean(),
}
"""A data set's answer, and whether state and district were right; null if it or the form named none."""
MOBILE = ("msisdn", "imsi")
KEYS = ("dataset", "isp", "line_id", "area")
TWO = ("first", "second", "isp")
ALIKE_SHARE = 0.01
"""The share of agreeing answers in which both data sets may be wrong."""
AGREED_BAR = 0.9
"""The lower bound that the share of right agreements must reach: 35 without an error, or more with one."""


def measure_by_replies(sessions: pl.DataFrame, subscribers: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return MEASURED by installation addresses. Frames: SESSIONS and NAMED of a resolution, and ANSWERS.

    Counted are sessions with the verdict `subscriber`, on a line that is fixed; or of unknown kind, and not identified
    by a mobile number. A state outside India measures nothing.
    """
    placed = subscribers.filter(pl.col("installation_state").is_not_null())
    lines = placed.select(
        pl.col("subscriber").alias("line_id"),
        _find_states(placed["installation_state"]).alias("state_true"),
        _normalise_names(placed["installation_district"]).alias("district_true"),
        pl.col("number_kind").is_in(MOBILE).alias("is_mobile"),
    )
    named = sessions.filter(pl.col("verdict") == "subscriber").select(
        "session_id", pl.col("subscribers").list.first().alias("line_id")
    )
    by_line = answers.join(named, on="session_id").join(lines.filter(pl.col("state_true").is_not_null()), on="line_id")
    is_fixed = (pl.col("line") == "fixed") | (pl.col("line").is_null() & ~pl.col("is_mobile"))
    is_state = _names_state() & (pl.col("state") == pl.col("state_true"))
    by_line = by_line.filter(is_fixed)
    by_line = by_line.with_columns(_normalise_names(by_line["district"]).alias("district"))
    is_district = is_state & (pl.col("district") == pl.col("district_true"))
    is_near = pl.col("radius_km").fill_null(0) <= DISTRICT_RADIUS_KM
    has_district = _names_state() & is_near & pl.col("district").is_not_null() & pl.col("district_true").is_not_null()
    return by_line.select(
        "dataset",
        "isp",
        "line_id",
        _derive_area().alias("area"),
        "session_id",
        "first_us",
        "state",
        "district",
        pl.when(_names_state()).then(is_state).alias("is_state"),
        pl.when(has_district).then(is_district).alias("is_district"),
    )


def measure_by_outcomes(outcomes: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return MEASURED by outcomes, `lead_id kind`, of leads that no reply measures; states only.

    If data sets of two names or more name one state, `confirmed-by-forensics` means that it was right, and
    `wrong-place` that it was wrong; both for one lead: wrong. Fixed lines, and those of unknown kind.
    """
    wrong, right = OutcomeKind.WRONG_PLACE.value, OutcomeKind.CONFIRMED.value
    judged = (
        outcomes.filter(pl.col("kind").is_in([wrong, right]))
        .group_by("lead_id")
        .agg((pl.col("kind") == right).all().alias("is_state"))
    )
    speaking = answers.filter(_names_state() & (pl.col("line").is_null() | (pl.col("line") == "fixed")))
    agreed = speaking.group_by("lead_id").agg(pl.col("state").n_unique(), pl.col("dataset").n_unique())
    agreed = agreed.filter((pl.col("state") == 1) & (pl.col("dataset") > 1)).select("lead_id")
    by_lead = speaking.join(agreed, on="lead_id", how="semi").join(judged, on="lead_id")
    return by_lead.select(
        "dataset",
        "isp",
        pl.format("lead {}", "lead_id").alias("line_id"),
        _derive_area().alias("area"),
        "session_id",
        "first_us",
        "state",
        pl.lit(None, pl.String).alias("district"),
        "is_state",
        pl.lit(None, pl.Boolean).alias("is_district"),
    )


def measure_accuracy(measured: pl.DataFrame) -> pl.DataFrame:
    """Return the accuracy of each data set for each ISP: `dataset isp` and the columns of both levels.

    For each of state and district: `LEVEL_n`, `LEVEL_right`, `LEVEL_low`, `LEVEL_high`, `is_LEVEL`.

    The bounds are of the share that was right, 95 %; `is_LEVEL` is whether it is still used.
    """
    measurements = measured.filter(pl.col("is_state").is_not_null() | pl.col("is_district").is_not_null())
    counted = measurements.select("dataset", "isp").unique()
    for level in LEVELS:
        right = pl.col(f"is_{level}")
        # If two dates of a data set answer for one session, the wrong one counts.
        order = measurements.filter(right.is_not_null()).sort("first_us", "session_id", ~right)
        once = order.unique(KEYS, keep="last", maintain_order=True).group_by("dataset", "isp")
        sums = once.agg(pl.len().alias(f"{level}_n"), right.sum().alias(f"{level}_right"))
        counted = counted.join(sums, on=["dataset", "isp"], how="left", nulls_equal=True)
        counted = counted.with_columns(pl.col(f"{level}_n", f"{level}_right").fill_null(0))
        low, high = compute_interval(pl.col(f"{level}_right"), pl.col(f"{level}_n"))
        counted = counted.with_columns(low.alias(f"{level}_low"), high.alias(f"{level}_high"))
        is_wrong = (pl.col(f"{level}_n") >= LEAST) & (pl.col(f"{level}_high") < BAR) & pl.col("isp").is_not_null()
        counted = counted.with_columns((~is_wrong.fill_null(value=False)).alias(f"is_{level}"))
    return counted.sort("dataset", "isp", nulls_last=True)


def find_mutes(measurements: pl.DataFrame) -> tuple[Mute, ...]:
    """Return the ignored data sets of a table of measurements, in order."""
    result = [
        Mute(name, isp, level)
        for level in LEVELS
        for name, isp in measurements.filter(~pl.col(f"is_{level}")).select("dataset", "isp").iter_rows()
    ]
    return tuple(sorted(result))


def count_agreements(measured: pl.DataFrame) -> pl.DataFrame:
    """Return how often two agreeing data sets were right: `first second isp level n right low high`.

    One row for each two names that agreed, and level. `is_independent`: their agreement counts for the provider. It
    does if two that agreed were right so often that they cannot err alike in more than ALIKE_SHARE of the answers,
    as measured, and in no more than 1 - AGREED_BAR of them by the lower bound (95 %).
    """
    frames = []
    places = {"state": pl.col("state"), "district": pl.format("{} {}", "state", "district")}
    for level in LEVELS:
        right = pl.col(f"is_{level}")
        comparable = measured.filter(right.is_not_null() & pl.col("isp").is_not_null()).with_columns(
            place=places[level]
        )
        one = comparable.select(
            "session_id", "isp", "line_id", "area", "first_us", "place", first="dataset", right=right
        )
        other = comparable.select("session_id", "area", "place", second="dataset", other_right=right)
        # A data set with answers of two dates for one session is wrong if one of them is.
        both = one.join(other, on=["session_id", "area", "place"]).filter(pl.col("first") < pl.col("second"))
        order = both.with_columns(pl.col("right") & pl.col("other_right")).sort(
            "first_us", "session_id", ~pl.col("right")
        )
        once = order.unique([*TWO, "line_id", "area"], keep="last", maintain_order=True)
        counted = once.group_by(TWO).agg(pl.len().alias("n"), pl.col("right").sum())
        low, high = compute_interval(pl.col("right"), pl.col("n"))
        frames.append(counted.with_columns(low.alias("low"), high.alias("high"), pl.lit(level).alias("level")))
    is_right = (pl.col("right") >= (1 - ALIKE_SHARE) * pl.col("n")) & (pl.col("low") >= AGREED_BAR)
    columns = [*TWO, "level", "n", "right", "low", "high"]
    return pl.concat(frames).select(columns).with_columns(is_right.alias("is_independent")).sort(columns)


def select_independent_pairs(table_rows: pl.DataFrame) -> tuple[DataSetPair, ...]:
    """Return the pairs of a table of agreements whose agreement is enough, in order."""
    independent = table_rows.filter("is_independent").select("first", "second", "isp", "level")
    return tuple(
        sorted(DataSetPair(first, second, isp, level) for first, second, isp, level in independent.iter_rows())
    )


def _names_state() -> pl.Expr:
    """Return whether an answer is one for the state, as verdicts of places count them."""
    return pl.col("state").is_not_null() & (pl.col("radius_km").fill_null(0) <= STATE_RADIUS_KM)


def _derive_area() -> pl.Expr:
    """The /24 of an address, or the /48 of one of IPv6, as the text of its first groups."""
    ip = pl.col("ip")
    groups = ip.str.replace("::", ":" + "0:" * 7, literal=True).str.split(":").list.head(3).list.join(":")
    return pl.when(ip.str.contains(":", literal=True)).then(groups).otherwise(ip.str.replace(r"\.\d+$", ""))


def _find_states(texts: pl.Series) -> pl.Series:
    return _look_up_texts(texts, india.find_state_code)


def _normalise_names(texts: pl.Series) -> pl.Series:
    return _look_up_texts(
        texts, lambda text: re.sub(r"\b(?:district|dist)\b", "", india.normalise_name(text)).strip() or None
    )


def _look_up_texts(texts: pl.Series, how: Callable[[str], str | None]) -> pl.Series:
    known = {text: how(text) for text in texts.drop_nulls().unique()}
    return texts.replace_strict(known, default=None, return_dtype=pl.String)
