"""Replies, as tests open them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyBatch, ReplyDeclarations
from sightline.stages.resolve.replies import open_reply

SAMPLES = Path(__file__).parents[3] / "samples"
REPLIES = SAMPLES / "replies"
IST = ReplyDeclarations(timezone="Asia/Kolkata", date_order="dmy", year=2026)


@dataclass(frozen=True)
class Whole:
    """A reply that was read to its end."""

    layout: str
    layout_reason: str
    assigned: pl.DataFrame
    subscribers: pl.DataFrame
    rejects: pl.DataFrame
    inside: pl.DataFrame

    @property
    def codes(self) -> list[tuple[int, str]]:
        return self.rejects.select("row", "code").rows()

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        return self.assigned.select(columns).rows()


def _unheard(done: int, of: int | None) -> None:
    pass


def whole(path: Path, declared: ReplyDeclarations = IST, kind: NoticeKind = NoticeKind.RECORDS) -> Whole:
    reply = open_reply(path, kind, declared)
    batches: list[ReplyBatch] = list(reply.read_batches(_unheard))
    return Whole(
        reply.layout,
        reply.layout_reason,
        pl.concat([batch.assigned for batch in batches], how="diagonal"),
        pl.concat([batch.subscribers for batch in batches]),
        pl.concat([batch.rejects for batch in batches]),
        pl.concat([batch.inside for batch in batches]),
    )


def of_bytes(
    folder: Path, content: bytes | str, declared: ReplyDeclarations = IST, kind: NoticeKind = NoticeKind.RECORDS
) -> Whole:
    path = folder / "reply"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return whole(path, declared, kind)


def workbook(*sheets: Sequence[Sequence[Any]], merged: Sequence[str] = (), from_1904: bool = False) -> bytes:
    """A workbook that XlsxWriter writes; a cell may be `(value, number format)`, a text that begins
    with = a formula.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": from_1904, "remove_timezone": True})
    for rows in sheets:
        sheet = book.add_worksheet()
        for area in merged:
            sheet.merge_range(area, "")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                value, code = cell if isinstance(cell, tuple) else (cell, None)
                if value is not None:
                    sheet.write(row, column, value, book.add_format({"num_format": code}) if code else None)
    book.close()
    return out.getvalue()
