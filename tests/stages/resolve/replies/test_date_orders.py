"""Each table of a reply has its own order of day and month: declared, or proved by its dates."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from sightline.errors import TimeUndeclared, UsageError
from sightline.model import NoticeKind
from sightline.stages.resolve.model import ReplyDeclarations, parse_table_order
from sightline.stages.resolve.replies import open_reply
from tests.stages.resolve.replies.conftest import of_bytes

HEAD = "MSISDN,Public IP,Public Port,Start Time,End Time"
ZONE = "Asia/Kolkata"
IST_US = 19_800_000_000


def table(*days: str) -> str:
    rows = (f"910000000001,203.0.113.7,1024,{day} 12:00:00,{day} 13:00:00" for day in days)
    return "\n".join([HEAD, *rows]) + "\n"


def packed(*tables: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as into:
        for name, text in zip("abc", tables, strict=False):
            into.writestr(f"{name}.csv", text)
    return out.getvalue()


def days(folder: Path, content: bytes | str, declared: ReplyDeclarations) -> list[str]:
    """The days in India on which rows begin, in their order."""
    at = pl.from_epoch(pl.col("start_us") + IST_US, time_unit="us").dt.strftime("%m-%d")
    return of_bytes(folder, content, declared).assigned.select(at)["start_us"].to_list()


OPEN = table("05/03/2026")
DAY_FIRST, MONTH_FIRST = (
    table("05/03/2026", "25/03/2026", "26/03/2026"),
    table("03/05/2026", "03/25/2026", "03/26/2026"),
)


def test_each_table_of_a_zip_is_read_by_what_is_declared_of_it(tmp_path: Path) -> None:
    reply_declarations = ReplyDeclarations(timezone=ZONE, date_order="dmy", table_orders=(("b.csv", "mdy"),))
    assert days(tmp_path, packed(OPEN, OPEN), reply_declarations) == ["03-05", "05-03"]


def test_each_sheet_is_read_by_what_is_declared_of_it(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("March", "April"):
        sheet = book.add_worksheet(name)
        for at, line in enumerate(OPEN.splitlines()):
            sheet.write_row(at, 0, line.split(","))
    book.close()
    reply_declarations = ReplyDeclarations(timezone=ZONE, table_orders=(("March", "dmy"), ("April", "mdy")))
    assert days(tmp_path, out.getvalue(), reply_declarations) == ["03-05", "05-03"]


def test_dates_of_which_two_can_be_read_in_one_order_alone_prove_it_for_their_table(tmp_path: Path) -> None:
    undeclared = ReplyDeclarations(timezone=ZONE)
    assert days(tmp_path, packed(DAY_FIRST, MONTH_FIRST), undeclared) == ["03-05", "03-25", "03-26"] * 2
    why = of_bytes(tmp_path, MONTH_FIRST, undeclared).layout_reason
    assert "its dates can only be month-day-year" in why


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (OPEN, ReplyDeclarations(timezone=ZONE)),
        (table("25/03/2026"), ReplyDeclarations(timezone=ZONE)),
        (table("25/03/26", "26/03/26"), ReplyDeclarations(timezone=ZONE)),
        (table("25/03/2026", "26/03/2026", "03/25/2026"), ReplyDeclarations(timezone=ZONE)),
        # One table proves nothing for another.
        (packed(DAY_FIRST, OPEN), ReplyDeclarations(timezone=ZONE)),
        (packed(OPEN, OPEN), ReplyDeclarations(timezone=ZONE, table_orders=(("a.csv", "dmy"),))),
        # What is declared of all is not overruled by what a table shows: one of both is wrong.
        (packed(OPEN, MONTH_FIRST), ReplyDeclarations(timezone=ZONE, date_order="dmy")),
        (
            packed(OPEN, MONTH_FIRST),
            ReplyDeclarations(timezone=ZONE, date_order="mdy", table_orders=(("b.csv", "dmy"),)),
        ),
    ],
)
def test_an_order_that_is_open_or_contradicted_is_asked_for(
    tmp_path: Path, content: str | bytes, declared: ReplyDeclarations
) -> None:
    path = tmp_path / "reply"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(TimeUndeclared):
        open_reply(path, NoticeKind.RECORDS, declared)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no table 'c.csv'"):
        of_bytes(
            tmp_path, packed(OPEN), ReplyDeclarations(timezone=ZONE, date_order="dmy", table_orders=(("c.csv", "dmy"),))
        )


def test_a_text_says_a_table_and_its_order() -> None:
    assert parse_table_order(" a=b.csv = mdy ") == ("a=b.csv", "mdy")
    for text in ("a.csv", "=dmy", "a.csv=dym"):
        with pytest.raises(UsageError, match="order of dates"):
            parse_table_order(text)


def test_hidden_parts_of_a_workbook_are_read_and_reported(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name, day in (("March", "2026-03-05"), ("April", "2026-04-05"), ("May", "2026-05-05")):
        sheet = book.add_worksheet(name)
        for at, line in enumerate(table(day).splitlines()):
            sheet.write_row(at, 0, line.split(","))
        if name == "March":
            sheet.set_column(2, 2, None, None, {"hidden": True})
        if name == "April":
            sheet.set_row(1, None, None, {"hidden": True})
        if name == "May":
            sheet.hide()
    book.close()
    read = of_bytes(tmp_path, out.getvalue(), ReplyDeclarations(timezone=ZONE))
    assert read.rows("port_from") == [(1024,), (1024,), (1024,)]
    assert "hidden columns are read too" in read.layout_reason
    assert "1 hidden rows are read too" in read.layout_reason
    assert "hidden sheets are read too: May" in read.layout_reason
