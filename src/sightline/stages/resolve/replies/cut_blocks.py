"""Read a row that the end of a file cut within a block of ports: the other blocks of its table may say its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import ReplyBatch
from sightline.stages.resolve.replies.address_values import LAST_PORT
from sightline.stages.resolve.replies.delimited import FAULT

LEAST_BLOCKS = 3
"""How many distinct blocks show that a table has blocks of one size."""
_MOST_SIZE = (LAST_PORT + 1) // 2


class CutBlocks:
    """The blocks of ports of a table, batch by batch: `close` each batch."""

    def __init__(self, places: Mapping[str, int]) -> None:
        """`places`: the column of each field."""
        self._last = places.get("port_to") if "port_from" in places else None
        self._shapes: set[tuple[int, int]] = set()
        self._blocks: set[tuple[str, int]] = set()

    def close(self, batch: ReplyBatch, frame: pl.DataFrame) -> ReplyBatch:
        """Return the batch with the last port of a block that was cut in the last row of `frame`, where it is known.

        All blocks have one size and lie in steps of it, and the cut one lies so too. What is left of its last port
        agrees with it.
        """
        if self._last is None or frame.is_empty():
            return batch
        cut = frame[-1, "row"] if frame[-1, FAULT] == ReplyCode.COLUMN_COUNT.value else None
        self._take(batch.assigned.filter(pl.col("row") != cut) if cut is not None else batch.assigned)
        if cut is None or len(self._shapes) != 1 or len(self._blocks) < LEAST_BLOCKS:
            return batch
        ((size, base),) = self._shapes
        if not 1 < size <= _MOST_SIZE:
            return batch
        left = (frame[-1, f"c{self._last}"] or "").strip()
        last = pl.col("port_from").cast(pl.Int64) + size - 1
        is_cut = (pl.col("row") == cut) & pl.col("number").is_null() & (pl.col("port_to") == LAST_PORT)
        is_cut &= (pl.col("port_from").cast(pl.Int64) % size == base) & (last <= LAST_PORT)
        is_cut &= last.cast(pl.String).str.starts_with(left)
        closed = pl.when(is_cut).then(last.cast(batch.assigned.schema["port_to"], strict=False)).otherwise("port_to")
        return replace(batch, assigned=batch.assigned.with_columns(closed.alias("port_to")))

    def _take(self, assigned: pl.DataFrame) -> None:
        whole = assigned.drop_nulls(["ip", "port_from", "port_to", "start_us"])
        first = pl.col("port_from").cast(pl.Int64)
        sized = whole.select("ip", first=first, size=pl.col("port_to").cast(pl.Int64) - first + 1).unique()
        shapes = sized.select("size", base=pl.col("first") % pl.col("size").clip(1)).unique()
        if len(self._shapes) <= 1:
            self._shapes |= {*shapes.iter_rows()}
        if len(self._blocks) < LEAST_BLOCKS:
            self._blocks |= {*sized.select("ip", "first").head(LEAST_BLOCKS).iter_rows()}
