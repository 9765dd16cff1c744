"""Find rows whose SIM or device changes its line, or whose line changes its SIM or device, as a mistake does it."""

from __future__ import annotations

import polars as pl

from sightline.stages.resolve.model import SECOND_US, NumberKind

_DAY_US = 86_400 * SECOND_US
_TWO_LINES = 2
_LEAST_ALONE = 5
"""The minimum number of devices of one line each, and more than others, if one of several lines is no network's."""
_LEAST_CHANGED, _STABLE, _OFTEN = 2, 3, 0.05
"""From this number of lines with several SIMs or devices on it is no chance, if most others keep theirs.

More than `_OFTEN` of them change, and for each that does `_STABLE` keep theirs: where customers come with any device,
a change says nothing. That two lines change theirs does not yet show that customers do.
"""
_LEAST_MIXED = 3
"""The number of devices with several lines from which on ids and devices of a file are mixed up: one change counts."""
_HANDED_OVER = 2
"""The number of assignments that each of two customers has with a device that one gave back before the other got it."""


def find_device_slips(ids: pl.DataFrame) -> pl.DataFrame:
    """Return the `ids` (`row number number_kind start_us id kind`) of rows that have another one's line, SIM or device.

    `ids`: of SIMs and devices, without those that are the number of their row.
    """
    uses = ids.filter(pl.col("kind").is_in(["imsi", "mac"])).drop_nulls("start_us")
    spans = uses.group_by("kind", "number_kind", "number", "id").agg(
        uses=pl.col("start_us").n_unique(), first=pl.col("start_us").min(), last=pl.col("start_us").max()
    )
    lines_of_devices = _find_lines(spans)
    of_lines = uses.join(lines_of_devices, on=["number", "id"], how="semi")
    least = 1 if lines_of_devices["id"].n_unique() >= _LEAST_MIXED else _LEAST_CHANGED
    return pl.concat([of_lines, _find_others_of(uses, of_lines, spans), _find_changed(uses, spans, least)]).unique()


def _find_lines(spans: pl.DataFrame) -> pl.DataFrame:
    """Pairs `number`, `id` of devices (MAC) that have several lines.

    Of two lines nothing is doubtful if one had all of its assignments a day or more before the other, and both several:
    the device was given back, and handed over. Of more lines than two a device is one of the network, unless nearly all
    devices of the file have one line.
    """
    devices = spans.filter(kind="mac").with_columns(lines=pl.col("number").n_unique().over("id"))
    each = devices.unique("id")
    alone, shared = (each.filter(expression).height for expression in (pl.col("lines") == 1, pl.col("lines") > 1))
    is_own = alone >= _LEAST_ALONE and shared < alone
    ordered = devices.sort("id", "first")
    before = (pl.col("last").shift() + _DAY_US <= pl.col("first")).over("id").fill_null(value=True)
    is_handed = (before.all() & (pl.col("uses") >= _HANDED_OVER).all()).over("id") & (pl.col("lines") == _TWO_LINES)
    is_several = (pl.col("lines") == _TWO_LINES) | (pl.lit(is_own) & (pl.col("lines") > _TWO_LINES))
    return ordered.filter(is_several, ~is_handed).select("number", "id")


def _find_others_of(uses: pl.DataFrame, doubted: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Rows of a line one of whose devices has another line too, with a device that it has only once."""
    once = spans.filter(pl.col("uses") == 1, kind="mac").select("number", "id")
    others = uses.join(doubted.select("number", "kind").unique(), on=["number", "kind"], how="semi")
    return others.join(once, on=["number", "id"], how="semi")


def _find_changed(uses: pl.DataFrame, spans: pl.DataFrame, least: int) -> pl.DataFrame:
    """Rows of lines with several SIMs or devices: of `least` lines in a file, or of one that has the first again.

    Devices count only where most lines keep theirs. A single line with a new SIM, or a new router, is in no doubt.
    """
    is_own = ((pl.col("kind") == "imsi") & (pl.col("number_kind") == NumberKind.MSISDN.value)) | (
        (pl.col("kind") == "mac") & (pl.col("number_kind") == NumberKind.USER_ID.value)
    )
    some = spans.filter(is_own).sort("kind", "number", "first")
    of = ["kind", "number"]
    comes_back = (pl.col("first") < pl.col("last").shift()).over(of).fill_null(value=False).any().over(of)
    each = some.with_columns(ids=pl.len().over(of), uses_of_line=pl.col("uses").sum().over(of), comes_back=comes_back)
    seen = each.filter(pl.col("uses_of_line") > 1).unique(of)
    by_kind = seen.group_by("kind").agg(
        changed=(pl.col("ids") > 1).sum().cast(pl.Int64), stable=(pl.col("ids") == 1).sum().cast(pl.Int64)
    )
    known = each.filter(pl.col("ids") > 1).join(by_kind, on="kind")
    is_usual = (pl.col("stable") >= _STABLE * pl.col("changed")) | (pl.col("changed") <= _LEAST_CHANGED)
    is_often = (pl.col("changed") >= least) & (pl.col("changed") > _OFTEN * (pl.col("changed") + pl.col("stable")))
    is_sim = pl.col("kind") == "imsi"
    is_doubted = (is_often | pl.col("comes_back")) & (is_sim | is_usual)
    return uses.join(known.filter(is_doubted).select("kind", "number", "id"), on=["kind", "number", "id"], how="semi")
