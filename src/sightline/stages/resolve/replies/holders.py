"""Compare the lines of a reply with a sheet of customers beside it: who had which number, since when and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import SUBSCRIBERS, ReplyBatch, RowStatement

_OF_A_LINE = {name: SUBSCRIBERS[name] for name in ("number", "name", "from_us", "until_us")}
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Holders:
    """The numbers of a sheet of customers (`number`, `name`, `from_us`, `until_us`), and the name of the sheet."""

    sheet: str
    numbers: pl.DataFrame

    @classmethod
    def from_batches(cls, sheet: str, batches: Sequence[ReplyBatch]) -> Holders:
        """Return the holders that some batches (SUBSCRIBERS) state. A row that was not read states none."""
        frames = [
            batch.subscribers.filter(pl.col("doubted_by").is_null()).select(list(_OF_A_LINE)) for batch in batches
        ]
        return cls(sheet, pl.concat([pl.DataFrame(schema=_OF_A_LINE), *frames]).unique())

    def find_contradicted(self, assigned: pl.DataFrame) -> pl.Series:
        """Return the rows whose number the sheet does not have, or gives to nobody, or to several, at their time."""
        lines = assigned.filter(pl.col("says") == RowStatement.ASSIGNED.value).drop_nulls(["number", "start_us"])
        beside = lines.select("row", "number", "start_us", "end_us").join(self.numbers, on="number")
        begins = pl.col("from_us").fill_null(0) <= pl.col("end_us").fill_null(FOREVER_US)
        ends = pl.col("until_us").fill_null(FOREVER_US) >= pl.col("start_us")
        holders = beside.filter(begins & ends)
        name = pl.col("name").str.to_lowercase().str.replace_all(r"[\W_]+", "")
        known = holders.filter(name.drop_nulls().n_unique().over("row") < _SEVERAL)["row"]
        return lines.filter(~pl.col("row").is_in(known.implode()))["row"]
