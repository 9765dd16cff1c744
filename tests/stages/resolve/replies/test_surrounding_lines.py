"""Lines above and below a table."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from tests.stages.resolve.replies.conftest import of_bytes, workbook

HEAD = "MSISDN,Public IP,Port From,Port To,Start Time,End Time"
ROW = "919800000001,203.0.113.7,40000,40999,05/03/2026 17:00:00,05/03/2026 19:00:00"


@pytest.mark.parametrize(
    "note",
    [
        "Kindly ignore this list",
        "The above is indicative and not verified",
        "Note: these are users of the pool; exact user cannot be determined",
        "revised list follows",
        "Please note, these, are, all users, of the pool, at that time",
        "Remark,the address was shared",
        "Nodal Officer: this list was replaced",
        "Total records 1 (others are not shown)",
    ],
)
def test_words_above_or_below_a_table_doubt_all_of_its_rows(tmp_path: Path, note: str) -> None:
    for text, where in (
        (f"{note}\n{HEAD}\n{ROW}\n", "above"),
        (f"{HEAD}\n{ROW}\n{note}\n", "below"),
        (f"{HEAD}\n{ROW}\n{note}\n{HEAD}\n{ROW}\n", "below"),
    ):
        assert set(of_bytes(tmp_path, text).rows("doubted_by")) == {(f"note {where} the table",)}
    sheet = workbook([HEAD.split(","), ROW.split(","), [note]])
    assert of_bytes(tmp_path, sheet).rows("doubted_by") == [("note below the table",)]


@pytest.mark.parametrize(
    "line",
    [
        "Reply to notice 14 of 2026",
        "IPDR report for the period 05/03/2026 00:00 to 06/03/2026 00:00",
        "Total records,1",
        "*** End of report ***",
        "This is a computer generated report and does not require any signature",
        "Nodal Officer: Ravi Kumar",
        "Alpha Mobile Private Limited",
        "Page 1 of 1",
        "Generated on 6 March 2026",
        "Subscriber list,Public IP",
        "----------",
    ],
)
def test_titles_totals_and_signatures_say_nothing(tmp_path: Path, line: str) -> None:
    for text in (f"{line}\n{HEAD}\n{ROW}\n", f"{HEAD}\n{ROW}\n{line}\n"):
        assert of_bytes(tmp_path, text).rows("number", "doubted_by") == [("919800000001", None)]


def test_a_row_that_is_struck_out_is_in_doubt(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for at, cells in enumerate((HEAD, ROW, ROW.replace("0001,", "0002,"))):
        sheet.write_row(at, 0, cells.split(","), book.add_format({"font_strikeout": True}) if at == 1 else None)
    book.close()
    found = of_bytes(tmp_path, out.getvalue()).rows("number", "doubted_by")
    assert found == [("919800000001", "struck out"), ("919800000002", None)]


@pytest.mark.parametrize("beside", ["comment", "header", "footer", "box"])
def test_a_note_beside_the_cells_of_a_workbook_makes_its_rows_doubtful(tmp_path: Path, beside: str) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for row, cells in enumerate([HEADINGS_OF_SHEET, ROW_OF_SHEET]):
        sheet.write_row(row, 0, cells)
    text = "This user is only probable"
    {
        "comment": lambda: sheet.write_comment("B2", text),
        "header": lambda: sheet.set_header(f"&L&P&C{text}"),
        "footer": lambda: sheet.set_footer(f'&R&"Arial,Bold"{text}'),
        "box": lambda: sheet.insert_textbox("H2", text),
    }[beside]()
    book.close()
    assert of_bytes(tmp_path, out.getvalue()).rows("number", "doubted_by") == [("919800000001", "note above the table")]


def test_a_page_number_in_the_header_of_a_workbook_says_nothing(tmp_path: Path) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for row, cells in enumerate([HEADINGS_OF_SHEET, ROW_OF_SHEET]):
        sheet.write_row(row, 0, cells)
    sheet.set_header("&CPage &P of &N")
    book.close()
    assert of_bytes(tmp_path, out.getvalue()).rows("number", "doubted_by") == [("919800000001", None)]


HEADINGS_OF_SHEET = ["MSISDN", "Public IP", "Port From", "Port To", "Start Time", "End Time"]
ROW_OF_SHEET = ["919800000001", "203.0.113.7", "39936", "40447", "2026-03-05 16:41:10", "2026-03-05 18:02:33"]
