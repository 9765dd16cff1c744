"""A sheet that is read by columns gives the same rows and the same account as row by row, whatever its cells hold."""

from __future__ import annotations

import random
from collections import Counter

import polars as pl
import pytest

from sightline.errors import SightlineError
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.segments import SEGMENT_COLUMNS
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tabular.table_rows import TableRow
from sightline.stages.tips import archive, sheet_lines
from sightline.stages.tips.event_table import RowReader
from sightline.stages.tips.model import Item, TipComment, TipEvent, TipNote, TipOptions, TipReject
from sightline.stages.tips.sheet_table import build_segment_schema, read_sheet
from sightline.stages.tips.visit_rows import VisitOptions, build_visit_rows

VISIT = VisitOptions("ab" * 32, "NCMEC", 1_500_000, 900)
SHA1 = "89abcdef0123456789abcdef0123456789abcdef"
CELLS = {
    "Report ID": ["190001234", "R-7", "", "n/a", "1.23E+11", "  R 8 ", "Ä" * 130, "NA", "12.5e7", "12e5", "a.5e7"],
    "IP Address": [
        *(
            "203.0.113.9",
            "198.51.100.7",
            "127.0.0.1",
            "0.0.0.0",
            "169.254.1.1",
            "203.0.113.09",
            "256.1.1.1",
            "2001:DB8::9",
        ),
        *("[2001:db8::9]:443", "203.0.113.9:5000", "::ffff:203.0.113.9", "", "#####", "2030113", "IP Address"),
    ],
    "Port": ["51234", "443", "0", "65535", "65536", "05", "", "none", "5E+4", " 51235 ", "51.234"],
    "Event": ["login", "UPLOAD", "", "the child said that the picture was sent at night", "#REF!", "\ufffd"],
    "Screen name": [
        "cat",
        "",
        "unknown",
        "ü\u200e",
        "back\\slash",
        "x" * 130,
        "dog",
        "Null",
        "a.b@c.example",
        "5.e3",
        "x" * 101,
    ],
    "User": ["dog", "", "cat", "12E+5"],
    "Provider": ["Example Social", "", "Ex\u0001ample", "e" * 130],
    "Service": ["chat", ""],
    "Possible proxy": ["", "yes", "No", "perhaps"],
    "SHA1": ["", SHA1, SHA1.upper(), "sha1:" + SHA1, "12", "g" * 40, "12E5" * 10, " " + SHA1],
    "Bytes received": ["", "16384", "0", "1,000", "x"],
}
TIMES = [
    "2026-06-05 12:00:00",
    "2026-06-05T12:00:00Z",
    "2026-06-05T12:00:00+05:30",
    "2026-02-30 12:00:00",
    "5 Jun 2026 12:00:00",
]
TIMES += [
    "2026-06-05 24:00:00",
    "2026-06-05 12:00",
    "05/06/2026 12:00:00",
    "31/12/2025 23:59:59",
    "",
    "46178.5",
    "1969-12-31 23:59:59",
]
TIMES += [
    "2026-06-05 12:00:00.123456",
    "2026-06-05 12:00:60",
    "2200-01-01 00:00:00",
    "2026-06-05  12:00:00",
    "2026-06-05 12:00:00 UTC",
]


def make_sheet(seed: int, headings: list[str], time: str, separator: str, rows: int = 300) -> str:
    dice = random.Random(seed)
    lines = ["a list of the agency", separator.join([*headings, time])]
    for _ in range(rows):
        # Most cells are usual ones, so that rows with one odd cell are there too.
        cells = [CELLS[name][0 if dice.random() < 0.7 else dice.randrange(len(CELLS[name]))] for name in headings]
        when = TIMES[0 if dice.random() < 0.5 else dice.randrange(len(TIMES))]
        line = separator.join([*cells, when]).replace(",000", "" if separator == "," else ",000")
        lines.append(
            dice.choice([line] * 30 + [line + separator, line + separator + "x", "", "  ", lines[1], "1" + separator])
        )
    return "\n".join(lines) + dice.choice(["", "\n", "\n\n"])


def compare(content: bytes, options: TipOptions, without: frozenset[str] = frozenset()) -> int:
    """Read both ways; return how many rows the columns gave."""
    try:
        slow = list(archive.read(content, options))
    except SightlineError as why:
        with pytest.raises(type(why)):
            list(read_sheet(content, options, VISIT) or [])
        return 0
    expected = build_visit_rows((event for event in slow if isinstance(event, TipEvent)), VISIT, content, without)
    parts = list(read_sheet(content, options, VISIT, without) or [])
    found = pl.concat([part.rows for part in parts])
    wanted = pl.DataFrame(
        {name: [row[name] for row in expected.rows] for name in SEGMENT_COLUMNS}, schema=build_segment_schema()
    )
    for name in SEGMENT_COLUMNS:
        assert found[name].to_list() == wanted[name].to_list(), name
    rejects = Counter(
        (reject.code, reject.place.row_number, reject.place.byte_offset)
        for reject in slow
        if isinstance(reject, TipReject)
    )
    assert (
        Counter(
            (reject.code, reject.place.row_number, reject.place.byte_offset)
            for part in parts
            for reject in part.rejects
        )
        == rejects
    )
    assert sum(part.comments for part in parts) == sum(isinstance(one, TipComment) for one in slow)
    assert sum(part.records for part in parts) == sum(isinstance(one, TipEvent) for one in slow)
    assert [note for part in parts for note in part.notes] == [
        tip_note for tip_note in slow if isinstance(tip_note, TipNote)
    ]
    for name in ("low_ports", "long_events", "zoneless"):
        assert sum(getattr(part.counts, name) for part in parts) == getattr(expected, name), name
    return len(found)


ZONES = [None, "Asia/Kolkata", "Europe/Berlin", "UTC"]


@pytest.mark.parametrize("seed", range(24))
def test_columns_give_what_rows_give(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_lines, "SLICE_BYTES", 4_000)
    dice = random.Random(1000 + seed)
    headings = [name for name in CELLS if name == "IP Address" or dice.random() < 0.7]
    zone = ZONES[seed % 4]
    order = [None, "dmy", "mdy"][seed % 3]
    read = ReadOptions(timezone=build_zone_table(zone) if zone else None, date_order=order)  # type: ignore[arg-type]
    time = "Time (UTC)" if seed % 5 == 0 else "Time"
    separator = ",;\t|"[seed % 4]
    text = make_sheet(seed, headings, time, separator)
    text = text.replace("\n", "\r\n") if seed % 7 == 0 else text
    mark = b"\xef\xbb\xbf" if seed % 6 == 0 else b""
    options = TipOptions(read=read, kind="p2p" if seed % 2 else "sheet")
    if any(name.startswith("Bytes") for name in headings):
        options = TipOptions(read=read, kind="p2p")
    rows = compare(mark + text.encode(), options, frozenset({"R-7"}) if seed % 2 else frozenset())
    assert rows > 20


def test_epochs_zones_and_columns_by_number_are_read_alike() -> None:
    epochs = (
        "IP,Port,Epoch\n203.0.113.9,1025,1780660800\n203.0.113.9,,178066080.5\n203.0.113.9,,99999999999\n"
        "203.0.113.9,,x\n"
    )
    assert compare(epochs.encode(), TipOptions(kind="sheet")) == 2
    zones = "IP,Date,Time,TZ\n203.0.113.9,2026-06-05,12:00:00,UTC\n203.0.113.9,2026-06-05,12:00:00,Asia/Kolkata\n"
    zones += (
        "203.0.113.9,2026-06-05,12:00:00,\n203.0.113.9,2026-06-05,12:00:00Z,+05:30\n"
        "203.0.113.9,2026-06-05,12:00:00Z,UTC\n"
    )
    assert compare(zones.encode(), TipOptions(kind="sheet")) == 4
    bare = (
        b"203.0.113.9;2026-06-05 12:00:00;x\n203.0.113.8;2026-06-05 12:00:00\n\n203.0.113.7;2026-06-05 12:00:00;x;y\n"
    )
    assert compare(bare, TipOptions(kind="sheet", columns={"address": "#1", "time": "#2", "account": "#3"})) == 3


@pytest.mark.parametrize(
    "content", [b'IP,Time\n"203.0.113.9",2026-06-05T12:00:00Z\n', b"IP,Time\n\xff,1\n", b"IP,Time\r1,2\r"]
)
def test_a_sheet_that_is_not_plain_is_left_to_the_other_reader(content: bytes) -> None:
    assert read_sheet(content, TipOptions(), VISIT) is None


def test_usual_rows_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    single: list[object] = []
    item = RowReader.read_item

    def count(reader: RowReader, row: TableRow) -> Item:
        single.append(row)
        return item(reader, row)

    monkeypatch.setattr(RowReader, "read_item", count)
    rows = [
        f"{number},203.0.{number % 256}.9,{1024 + number},2026-06-05 12:00:{number % 60:02},login,x"
        for number in range(500)
    ]
    text = "\n".join(["Report ID,IP Address,Port,Time (UTC),Event,Screen name", *rows, "7,203.0.113.9,1,noon,login,x"])
    parts = list(read_sheet(text.encode(), TipOptions(), VISIT) or [])
    assert sum(len(part.rows) for part in parts) == 500
    # The headings, and the row without a time.
    assert len(single) == 2
