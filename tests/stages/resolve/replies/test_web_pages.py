"""Tables of web pages, and columns under a line of dashes, are read as what they show, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.errors import DamagedInput, UnknownFormat
from sightline.stages.tabular.web_page import LONGEST_SPAN, read_rows
from tests.stages.resolve.replies.conftest import of_bytes

HEAD = ["MSISDN", "Public IP", "Port From", "Port To", "Start Time", "End Time"]
ROW = ["919845012377", "198.51.100.7", "39936", "40959", "05/03/2026 16:41:13", "05/03/2026 18:02:51"]
READ = [("198.51.100.7", 39936, "919845012377")]


def _row(cells: list[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _page(body: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


TABLE = f"<table>{_row(HEAD, 'th')}{_row(ROW)}</table>"


@pytest.mark.parametrize(
    "content",
    [
        _page(f"<h2>Report</h2>{TABLE}<p>Total records: 1</p>"),
        _page(f"<table><tr><td colspan=6>Report</td></tr>{_row(HEAD)}{_row(ROW)}</table>"),
        f"<TABLE><TR><TD>{'<TD>'.join(HEAD)}<TR><TD>{'<TD>'.join(ROW)}</TABLE>",
        f"<?xml version='1.0'?>\n<!DOCTYPE html>\n{_page(TABLE)}",
        _page(TABLE).encode("utf-16"),
        _page(TABLE, "<script>if (a<b) style='display:none';</script><style>td {color: red}</style>"),
        _page("<table><tr><td>" + TABLE + "</td></tr></table>"),
        _page(TABLE.replace(" 16:41", "<br>16:41").replace(" 18:02", "&nbsp;18:02")),
    ],
)
def test_the_rows_of_a_page_are_read(tmp_path: Path, content: str | bytes) -> None:
    found = of_bytes(tmp_path, content)
    assert found.rows("ip", "port_from", "number") == READ
    assert "web page" in found.layout_reason


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (TABLE.replace(ROW[0], f"<s>{ROW[0]}</s>"), None),
        (TABLE.replace(f"<td>{ROW[0]}", f"<td style='text-decoration: line-through'>{ROW[0]}"), None),
        (f"{TABLE}<p>These may be of other users.</p>", "note below the table"),
        (f"<p>Not verified</p>{TABLE}", "note above the table"),
    ],
)
def test_struck_out_or_doubtful_text_of_a_web_page_names_nobody(tmp_path: Path, content: str, what: str | None) -> None:
    found = of_bytes(tmp_path, _page(content))
    assert [row for row in found.rows("number", "doubted_by") if row[1] is None and row[0]] == []
    assert what is None or found.rows("doubted_by") == [(what,)]


def test_a_cell_that_reaches_down_is_in_each_row() -> None:
    page = "<table><tr><td rowspan=2>a<td>b<td colspan=2>c<td>d<tr><td>e<td>f<td>g<td>h</table>"
    assert read_rows(page) == [["a", "b", "c", "", "d"], ["a", "e", "f", "g", "h"]]


def test_a_cell_reaches_no_further_than_a_limit() -> None:
    page = "<table><tr><td rowspan=99999999 colspan=99999999>a</table>"
    assert [len(row) for row in read_rows(page)] == [LONGEST_SPAN]


@pytest.mark.parametrize("piece", ["<!--", "<a x='", "<script>", "</", "<table><tr><td>", "&#", "<td rowspan=1000>"])
def test_a_long_hostile_page_ends(tmp_path: Path, piece: str) -> None:
    with pytest.raises((DamagedInput, UnknownFormat)) as refused:
        of_bytes(tmp_path, "<html>" + piece * 20_000)
    assert refused.value.hint


def test_columns_under_a_line_of_dashes_are_read(tmp_path: Path) -> None:
    widths = [14, 14, 9, 9, 20, 20]

    def line(cells: list[str]) -> str:
        return " ".join(one.ljust(width) for one, width in zip(cells, widths, strict=True))

    ruler = " ".join("-" * width for width in widths)
    page = [line(HEAD), ruler, line(ROW)]
    found = of_bytes(
        tmp_path, "\n".join([*page, "", *page[:2], line([ROW[0], "198.51.100.9", *ROW[2:]]), "", "2 rows selected."])
    )
    assert found.rows("ip", "number", "doubted_by") == [
        ("198.51.100.7", "919845012377", None),
        ("198.51.100.9", "919845012377", None),
    ]
    moved = of_bytes(tmp_path, "\n".join([*page, line([ROW[0], f"{'x' * 13} 198.51.100.9", *ROW[2:]])]))
    assert moved.rows("ip", "doubted_by") == [("198.51.100.7", "note below the table")]
