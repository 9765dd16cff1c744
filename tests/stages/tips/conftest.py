"""Readers of tips, as tests call them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from sightline.model import TipCode
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tips import archive
from sightline.stages.tips.model import Item, TipEvent, TipNote, TipOptions, TipReject

SAMPLES = Path(__file__).parent / "samples"
UTC = TipOptions(ReadOptions(timezone=build_zone_table("UTC")))


def items(content: bytes | str, options: TipOptions = UTC) -> list[Item]:
    return list(archive.read(content.encode() if isinstance(content, str) else content, options))


def events(content: bytes | str, options: TipOptions = UTC) -> list[TipEvent]:
    return [item for item in items(content, options) if isinstance(item, TipEvent)]


def codes(content: bytes | str, options: TipOptions = UTC) -> list[TipCode]:
    return [item.code for item in items(content, options) if isinstance(item, TipReject)]


def notes(content: bytes | str, options: TipOptions = UTC) -> list[str]:
    return [item.text for item in items(content, options) if isinstance(item, TipNote)]


def capture(**fields: str) -> str:
    """A report of one capture."""
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return f"<report><personOrUserReported><ipCaptureEvent>{inner}</ipCaptureEvent></personOrUserReported></report>"


def workbook(*sheets: Sequence[Sequence[Any]], from_1904: bool = False) -> bytes:
    """A workbook that XlsxWriter writes; a cell may be `(value, number format)`, a text that begins
    with = a formula.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": from_1904, "remove_timezone": True})
    for rows in sheets:
        sheet = book.add_worksheet()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                value, code = cell if isinstance(cell, tuple) else (cell, None)
                sheet.write(row, column, value, book.add_format({"num_format": code}) if code else None)
    book.close()
    return out.getvalue()
