"""Rows of a table of assignments as batches of the contract: by columns where it can be, else one by one."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.records import ReplyCode
from sightline.stages.resolve.model import ASSIGNED, REJECTS, SUBSCRIBERS, Batch, Says
from sightline.stages.resolve.reading import columns, rows, values
from sightline.stages.resolve.reading.delimited import FAULT, OVER
from sightline.stages.resolve.reading.distinct import Readers
from sightline.stages.resolve.reading.layout import shared
from sightline.stages.resolve.reading.names import canonical
from sightline.stages.resolve.reading.rows import Assigned, Fault
from sightline.stages.resolve.reading.times import TimeRules

Rejected = tuple[int, str, str]


def batch(frame: pl.DataFrame, places: Mapping[str, int], headings: list[str], readers: Readers) -> Batch:
    """The rows of a frame of text under those headings; `places`: the column of each field."""
    texts = frame.select("row", *(pl.col(f"c{at}").alias(field) for field, at in places.items()))
    assigned, is_good = columns.read(texts, readers)
    is_whole = frame[FAULT].is_null() & (frame[OVER].str.strip_chars() == "")
    is_kept = is_good & is_whole
    if is_kept.all():
        return made(assigned, [])
    if not is_whole.all():
        assigned = assigned.filter(is_whole.filter(is_good))
    read, rejected = one_by_one(frame.filter(~is_kept), places, headings, readers.rules)
    if read:
        assigned = pl.concat([assigned, columns.as_frame(read)]).sort("row")
    return made(assigned, rejected)


def made(assigned: pl.DataFrame, rejected: list[Rejected]) -> Batch:
    """The batch of some assignments and rejects."""
    return Batch(assigned, pl.DataFrame(schema=SUBSCRIBERS), pl.DataFrame(rejected, schema=REJECTS, orient="row"))


def one_by_one(
    frame: pl.DataFrame, places: Mapping[str, int], headings: list[str], rules: TimeRules
) -> tuple[list[tuple[int, Assigned]], list[Rejected]]:
    """The rows that are read, and those that are not; headings that are said again, and footnotes, are neither."""
    read: list[tuple[int, Assigned]] = []
    rejected: list[Rejected] = []
    width = len(headings)
    for row, fault, over, *cells in frame.select("row", FAULT, OVER, *(f"c{at}" for at in range(width))).iter_rows():
        found = one(cells, fault, over, places, headings, rules)
        if isinstance(found, Assigned):
            read.append((row, found))
        elif found is not None:
            rejected.append((row, found.field, found.code.value))
    return read, rejected


def one(
    cells: list[str], fault: str | None, over: str, places: Mapping[str, int], headings: list[str], rules: TimeRules
) -> Assigned | Fault | None:
    """What a row says; None where it is no row of the table."""
    stand = [cell.strip() for cell in (*cells, over) if cell.strip()]
    if fault not in {None, ReplyCode.COLUMN_COUNT.value}:
        return Fault("", ReplyCode(fault))
    if not stand or is_heading(cells, headings):
        return None
    texts = {field: cells[at] for field, at in places.items()}
    if any(shared().says_no_records(cell) for cell in stand):
        return no_records(texts, rules)
    if len(stand) <= 2 and shared().is_footnote(stand[0]):
        return None
    if fault is not None or over.strip():
        return Fault("", ReplyCode.COLUMN_COUNT)
    return rows.read(texts, rules)


def is_heading(cells: list[str], headings: list[str]) -> bool:
    """Whether the headings are said again."""
    return [canonical(cell) for cell in cells] == [canonical(cell) for cell in headings]


def no_records(texts: Mapping[str, str], rules: TimeRules) -> Assigned | Fault:
    """A row that says that there are none: with the id of the notice's row if it repeats one, and its address."""
    found = rows.read({**texts, "remark": ""}, rules)
    if isinstance(found, Assigned) and found.number is not None:
        return Fault("remark", ReplyCode.REPEATED_FIELD)
    said = texts.get("row_id", "").strip()
    ip = None
    try:
        stated = values.stated(texts.get("ip", ""))
        ip = None if stated is None else values.endpoint(stated)[0]
    except values.Unreadable:
        ip = None
    return Assigned(ip=ip, row_id=values.row_id(said), says=Says.NO_RECORDS.value)


__all__ = ["ASSIGNED", "batch", "made", "one_by_one"]
