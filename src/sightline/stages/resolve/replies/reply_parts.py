"""What a part of a reply is: something that is read as a whole, such as a table or all files of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from sightline.stages.resolve.model import ReplyBatch, RowStatement
from sightline.stages.resolve.replies import assignment_table, row_batches, single_rows

Frames = Callable[[], Iterator[tuple[pl.DataFrame, int]]]
"""Frames of text, each with the number of bytes read so far."""


class ReplyPart(Protocol):
    """A part of a reply that is read as a whole: a table, a sheet, all files of one log."""

    @property
    def layout(self) -> str:
        """Return the name of its layout."""
        ...

    @property
    def layout_reason(self) -> str:
        """Return the reason for that layout."""
        ...

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield batches, the number of rows up to their end, and the number of bytes read since the last one."""
        ...


def doubt_rows(batch: ReplyBatch, doubt: str | None) -> ReplyBatch:
    """Return the batch with all of its assignments and forms in doubt, if there is a doubt."""
    if doubt is None:
        return batch
    forms = batch.subscribers.with_columns(doubted_by=pl.coalesce("doubted_by", pl.lit(doubt)))
    of_all = pl.when(pl.col("says") == RowStatement.ASSIGNED).then(pl.coalesce("doubted_by", pl.lit(doubt)))
    return replace(batch, assigned=batch.assigned.with_columns(of_all.alias("doubted_by")), subscribers=forms)


def offset_rows(batch: ReplyBatch, rows_before: int) -> ReplyBatch:
    """Return the batch with its rows numbered after the earlier ones."""
    by = (pl.col("row") + rows_before).cast(pl.UInt32).alias("row")
    frames = (batch.assigned, batch.subscribers, batch.rejects, batch.inside)
    return ReplyBatch(*(frame.with_columns(by) for frame in frames))


@dataclass(frozen=True, slots=True)
class SilentPart:
    """A file, or a workbook, that states that there are no records: its statements, by line."""

    answers: Sequence[tuple[int, single_rows.AssignedRow]]
    layout: str = "no-records"
    layout_reason: str = "it says that there are none"

    def read_batches(self) -> Iterator[tuple[ReplyBatch, int, int]]:
        """Yield its statements, once for each row of the notice that it names."""
        yield assignment_table.make_batch(row_batches.as_frame(list(self.answers)), []), self.answers[-1][0], 0
