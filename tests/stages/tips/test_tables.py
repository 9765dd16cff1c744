"""Referral sheets and captures of peer-to-peer networks: headings, zones, typed cells, and what is
said of the hidden.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC as ZONE
from datetime import datetime
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter  # type: ignore[import-untyped]

from sightline.errors import UnknownFormat, UsageError
from sightline.model import TimeBasis, TipCode
from sightline.stages.tabular.number_format import NumberFormat, display_of_code
from sightline.stages.tips.model import TipComment, TipEvent, TipOptions
from sightline.stages.tips.table_columns import parse_declared
from tests.stages.tips.conftest import SAMPLES, UTC, codes, events, items, notes, workbook

NOON_US = 1_780_660_800_000_000
SHA1, MD5 = "0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        "IP Address,Port,Date/Time,Event\n203.0.113.9,51234,2026-06-05 12:00:00,login\n",
        "\ufeffip_address;port;datetime;event\r\n203.0.113.9;51234;2026-06-05T12:00:00Z;login\r\n",
        "sep=;\nip;source port;time (UTC);event\n203.0.113.9;51234;2026-06-05 12:00:00;login",
        "ip,port,time (GMT),event,zone\n203.0.113.9,51234,2026-06-05T17:30:00+05:30,login,Asia/Kolkata\n",
        "ip,port,timestamp_utc,event\n203.0.113.9,51234,2026-06-05 12:00:00,login\n",
        "ip,port,time(UTC),event\n203.0.113.9,51234,2026-06-05 12:00:00,login\n",
        "IP\tPort\tTimestamp\tEvent\n203.0.113.9\t51234\t2026-06-05 17:30:00 +05:30\tlogin\n",
        "A title,,,\n\nIP,Port,Time,Event\n203.0.113.9,51234,5 Jun 2026 12:00:00,login\nIP,Port,Time,Event\n",
        'IP,Port,Time,Event,Time zone\n[203.0.113.9]:51234,,2026-06-05 17:30:00,"log\n""in""",Asia/Kolkata\n',
        'IP,Port,Time,Event\n203.0.113.9:51234,51234,"Jun 5, 2026 12:00:00 PM",login\n',
        "ip,port,date,time,event\n203.0.113.9,51234,2026-06-05,12:00:00,login\n",
        "date,ip,port,timestamp,event\n06/06/2026,203.0.113.9,51234,2026-06-05 12:00:00,login\n",
        "ip,port,epoch,event\n203.0.113.9,51234,1780660800,login\n",
    ],
)
def test_the_same_event_however_the_sheet_is_laid_out(text: str) -> None:
    (found,) = events(text)
    assert (found.source_ip, found.source_port, found.time.recorded_us) == ("203.0.113.9", 51234, NOON_US)
    start, length = found.place.byte_offset or 0, found.place.length or 0
    assert "203.0.113.9" in text.encode()[start : start + length].decode()
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"peer_ip,peer_port,timestamp,infohash\n203.0.113.9,6881,2026-06-05T12:00:00Z,{SHA1}\n",
        f"Timestamp;IP;Port;eD2k hash;User hash\n2026-06-05 12:00:00;203.0.113.9;6881;{MD5};{MD5}\n",
        (
            "IP,Port,Time,SHA1,Client GUID,Dest IP,Dest port\n"
            f"203.0.113.9,6881,2026-06-05 12:00:00,{SHA1},x,198.51.100.1,80\n"
        ),
    ],
)
def test_captures_of_peers_are_known_by_their_headings(text: str) -> None:
    (found,) = events(text)
    assert found.is_peer_to_peer
    assert (found.source_ip, found.source_port, found.time.recorded_us) == ("203.0.113.9", 6881, NOON_US)
    assert len(found.digests) == 1
    with pytest.raises(UnknownFormat, match="peer-to-peer capture"):
        items(text, TipOptions(UTC.read, kind="sheet"))


def test_a_sheet_that_fits_two_kinds_needs_a_declared_kind() -> None:
    text = f"IP,Port,Time,SHA1\n203.0.113.9,6881,2026-06-05 12:00:00,{SHA1}\n"
    with pytest.raises(UnknownFormat, match="fit both"):
        items(text)
    assert [event.is_peer_to_peer for event in events(text, TipOptions(UTC.read, kind="p2p"))] == [True]
    assert [event.is_peer_to_peer for event in events(text, TipOptions(UTC.read, kind="sheet"))] == [False]


def test_declared_columns_by_heading_and_by_number() -> None:
    text = "Seen,Where from,Whence port\n05/06/2026 12:00:00,203.0.113.9,51234\n"
    with pytest.raises(UnknownFormat, match="no kind of tip"):
        items(text)
    order = TipOptions(UTC.read.__class__(timezone=UTC.read.timezone, date_order="dmy"))
    for columns, body in (
        ("address=Where from,port=whence_port,time=Seen", text),
        ("address=#2,port=#3,time=#1", text.partition("\n")[2]),
    ):
        options = TipOptions(order.read, parse_declared(columns))
        (found,) = events(body, options)
        assert (found.source_ip, found.source_port, found.time.recorded_us) == ("203.0.113.9", 51234, NOON_US)
    with pytest.raises(UnknownFormat, match="no kind of tip"):
        items(text, TipOptions(UTC.read, parse_declared("address=IP,time=Seen")))


@pytest.mark.parametrize(
    "text", ["address=IP", "address=IP,time", "colour=IP,time=T", "address=IP,time=IP", "address=#1,time=T"]
)
def test_declarations_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--columns"):
        parse_declared(text)


def test_two_columns_of_one_meaning_are_not_chosen_from() -> None:
    with pytest.raises(UsageError, match="columns 1 and 2 may both be the address"):
        items("IP,Source IP,Time\n192.0.2.1,192.0.2.2,2026-06-05T12:00:00Z\n")


@pytest.mark.parametrize("heading", ["Hosting country", "hosted_by", "Registrar", "Content URL"])
def test_the_address_of_a_server_is_no_visitor_s_unless_declared(heading: str) -> None:
    text = f"IP Address,Date/Time (UTC),{heading}\n192.0.2.1,2026-06-05 12:00:00,x\n"
    with pytest.raises(UsageError, match="column 3 is about hosted content"):
        items(text)
    declared = replace(UTC, columns={"address": "IP Address", "time": "Date/Time (UTC)"})
    (found,) = events(text, declared)
    assert found.source_ip == "192.0.2.1"


def test_columns_that_are_not_read_are_named() -> None:
    text = "IP,Port No.,Time,Remarks,Officer\n192.0.2.1,51234,2026-06-05T12:00:00Z,x,y\n"
    assert notes(text) == ["columns that are not read: Remarks, Officer"]
    assert [event.source_port for event in events(text)] == [51234]


def test_a_stray_quote_takes_its_own_row_only() -> None:
    head = "IP,Port,Time,Event\n"
    rows = [f'192.0.2.{last},51234,2026-06-05T12:00:00Z,"x"\n' for last in range(1, 5)]
    rows[1] = rows[1].replace('"x"', '"x')
    assert [event.source_ip for event in events(head + "".join(rows))] == ["192.0.2.1", "192.0.2.3", "192.0.2.4"]
    assert codes(head + "".join(rows)) == [TipCode.BAD_QUOTING]


def test_bytes_that_are_no_text_and_utf_16() -> None:
    text = "IP,Port,Time,Event\n192.0.2.1,51234,2026-06-05T12:00:00Z,é\n192.0.2.2,51234,2026-06-05T12:00:00Z,x\n"
    assert codes(text.encode("latin-1")) == [TipCode.NOT_UTF8]
    assert len(events(text.encode("latin-1"))) == 1
    raw = text.encode("utf-16")
    for found in events(raw):
        start, length = found.place.byte_offset or 0, found.place.length or 0
        assert raw[start : start + length].decode("utf-16-le").startswith(found.source_ip)
    assert codes(raw + b"x") == [TipCode.COLUMN_COUNT]


def test_the_real_sheet_that_gnumeric_wrote() -> None:
    content = (SAMPLES / "gnumeric.xlsx").read_bytes()
    assert [(e.source_ip, e.source_port, e.place.row_number) for e in events(content)] == [
        ("203.0.113.7", 51234, 2),
        ("203.0.113.7", 51234, 3),
        ("198.51.100.23", None, 5),
    ]
    # 13:00:00, shown without its seconds: whether they were there, nobody can tell.
    assert codes(content) == [TipCode.INCOMPLETE_TIME]
    assert events(content, TipOptions())[0].time.basis is TimeBasis.NONE


@pytest.mark.parametrize("from_1904", [False, True])
def test_date_cells_give_their_instant(from_1904: bool) -> None:
    code = "yyyy-mm-dd hh:mm:ss"
    times = [datetime(2026, 6, 5, 12, 0, 0), datetime(2026, 6, 5, 23, 59, 59), datetime(2026, 6, 5, 12, 0, 37, 250_000)]
    book = workbook([["IP", "Time"], *(["192.0.2.1", (time, code)] for time in times)], from_1904=from_1904)
    assert [e.time.recorded_us for e in events(book)] == [round(time.timestamp() * 1e6) for time in map(in_utc, times)]
    apart = workbook(
        [["IP", "Date", "Time"], ["192.0.2.1", (times[0].date(), "d/m/yyyy"), (times[1].time(), "h:mm:ss")]]
    )
    assert [e.time.recorded_us for e in events(apart)] == [round(in_utc(times[1]).timestamp() * 1e6)]


@pytest.mark.parametrize(
    ("code", "is_date", "shows_seconds"),
    [
        ("General", False, True),
        ("0.00E+00", False, True),
        ('0" days"', False, True),
        ("[Red]#,##0", False, True),
        ("[$-409]d-mmm-yy h:mm AM/PM;@", True, False),
        ("[h]:mm:ss", True, True),
        ("yyyy\\-mm\\-dd\\ hh:mm:ss.000", True, True),
        ('dd/mm/yyyy" at "hh:mm', True, False),
    ],
)
def test_a_number_format_is_read_as_a_date_with_or_without_seconds(
    code: str, is_date: bool, shows_seconds: bool
) -> None:
    assert display_of_code(code) == NumberFormat(is_date, shows_seconds)


def in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=ZONE)


def test_hidden_and_omitted_sheets_are_reported() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("Tips", "Secret", "Legend"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["IP", "Time"] if name != "Legend" else ["A word", "What it means"])
        sheet.write_row(1, 0, ["192.0.2.1", "2026-06-05T12:00:00Z"])
        sheet.write_row(2, 0, ["192.0.2.2", "2026-06-05T12:00:00Z"])
    book.get_worksheet_by_name("Secret").hide()
    book.get_worksheet_by_name("Tips").set_row(2, None, None, {"hidden": True})
    book.close()
    content = out.getvalue()
    assert [(e.place.sheet, e.source_ip) for e in events(content)] == [("Tips", "192.0.2.1"), ("Tips", "192.0.2.2")]
    assert notes(content) == [
        "sheet 'Tips': 1 hidden rows are read too: 3",
        "sheet 'Secret' is hidden and was not read: --sheet reads it",
        "sheet 'Legend' has no headings of a tip and was not read",
    ]
    secret = TipOptions(UTC.read, sheet="Secret")
    assert [e.place.sheet for e in events(content, secret)] == ["Secret"] * 2
    with pytest.raises(UsageError, match="no such sheet"):
        items(content, TipOptions(UTC.read, sheet="None"))


def test_merged_cells_are_not_filled() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.merge_range("A1:C1", "A title")
    sheet.write_row(1, 0, ["IP", "Time", "Event"])
    sheet.merge_range("A3:A4", "192.0.2.1")
    for row in (2, 3):
        sheet.write_row(row, 1, ["2026-06-05T12:00:00Z", "login"])
    book.close()
    found = items(out.getvalue())
    assert [item.place.row_number for item in found if isinstance(item, TipEvent)] == [3]
    assert [item.place.row_number for item in found if isinstance(item, TipComment)] == [1, 2]
    assert codes(out.getvalue()) == [TipCode.MERGED_CELL]


def test_cells_are_read_as_another_program_reads_them() -> None:
    code = "dd.mm.yyyy hh:mm:ss"
    rows = [
        [
            f"203.0.113.{n}",
            50_000 + n,
            (datetime(2026, 6, 5, n % 24, n % 60, n % 60, 999_000 * (n % 2)), code),
            f"ä <&> {n}",
        ]
        for n in range(1, 120)
    ]
    content = workbook([["IP", "Port", "Time", "Event"], *rows])
    theirs = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1:]
    ours = events(content)
    assert len(ours) == len(theirs) == 119
    for mine, (ip, port, time, event) in zip(ours, theirs, strict=True):
        assert isinstance(time, datetime)
        assert (mine.source_ip, mine.source_port, mine.event) == (ip, port, event)
        assert abs(mine.time.recorded_us - round(in_utc(time).timestamp() * 1e6)) < 1000


def test_an_archive_of_office_that_is_no_workbook() -> None:
    for content in (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), b"%PDF-1.7\n", b"\x1f\x8b\x08" + bytes(20)):
        with pytest.raises(UnknownFormat):
            items(content)


def test_columns_are_saved_as_a_template(tmp_path: Path) -> None:
    saved = tmp_path / "bank-a.columns"
    saved.write_text("\ufeff# Bank A\n\naddress=Login IP\ntime=Login at, local\n", encoding="utf-8")
    assert parse_declared(f"@{saved}") == {"address": "Login IP", "time": "Login at, local"}
    for content, says in ((b"\xff", "UTF-8"), (b"address", "FIELD=HEADING"), (b"#" * 70_000, "64 KiB")):
        saved.write_bytes(content)
        with pytest.raises(UsageError, match=says):
            parse_declared(f"@{saved}")
    with pytest.raises(UsageError, match="No such file"):
        parse_declared(f"@{tmp_path / 'none'}")


def test_an_ncrp_number_is_that_of_a_report() -> None:
    found = items("NCRP Acknowledgement Number,IP,Time\n33107260012345,203.0.113.9,2026-06-05T12:00:00Z\n")
    assert [event.report_id for event in found if isinstance(event, TipEvent)] == ["33107260012345"]
