"""No CSV file that Sightline writes holds a cell that a spreadsheet would compute."""

import csv
import io

import polars as pl
import pytest

from sightline.model.csv_cells import format_csv_cell
from sightline.services.artifacts.flat_leads import escape_for_spreadsheets

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20A"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_a_text(text: str) -> None:
    (row,) = csv.reader(io.StringIO(format_csv_cell(text) + "\n", newline=""))
    assert row == [f"'{text}"]
    assert escape_for_spreadsheets(pl.DataFrame({"text": [text]})).item() == f"'{text}"


@pytest.mark.parametrize(("cell", "written"), [(-1, "-1"), (None, ""), ("", '""'), (True, "true"), ("a=1", "a=1")])
def test_other_cells_stay_as_they_are(cell: object, written: str) -> None:
    assert format_csv_cell(cell) == written
