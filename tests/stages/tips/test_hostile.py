"""Damaged and hostile tips: what stands before a break is read, the break is named, nothing grows, nothing escapes."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from sightline.errors import SightlineError, UnknownFormat
from sightline.model import TIP_DAMAGE, TipCode
from sightline.stages.tabular.sheet_cells import MOST_TEXT
from sightline.stages.tabular.workbook import open_workbook
from sightline.stages.tips.model import ChosenKind, Item, TipEvent, TipReject
from tests.stages.tips.conftest import SAMPLES, capture, codes, events, items, notes, workbook

BOMB = """<?xml version="1.0"?><!DOCTYPE report [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<report><ipCaptureEvent><ipAddress>&b;</ipAddress></ipCaptureEvent></report>"""
EXTERNAL = '<!DOCTYPE report SYSTEM "file:///etc/hostname"><report><ipCaptureEvent/></report>'


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def shape(item: Item) -> tuple[object, ...]:
    assert isinstance(item, TipEvent)
    return item.source_ip, item.source_port, item.time.recorded_us, item.place.byte_offset


@pytest.mark.parametrize("name", ["report.json", "report.xml"])
def test_a_truncated_report_gives_the_captures_before_the_break_and_names_it(name: str) -> None:
    content = (SAMPLES / name).read_bytes().rstrip()
    whole = [shape(event) for event in events(content)]
    for end in range(600, len(content), 5):
        found = items(content[:end])
        stops = [item for item in found if isinstance(item, TipReject)]
        assert [stop.code for stop in stops] == [TipCode.BROKEN_DOCUMENT]
        assert (stops[0].place.byte_offset or 0) + (stops[0].place.length or 0) == end
        before = [shape(item) for item in found if isinstance(item, TipEvent)]
        assert set(before) == {one for one in whole if int(str(one[3])) < (stops[0].place.byte_offset or 0)}


@pytest.mark.parametrize("text", [BOMB, EXTERNAL])
def test_a_document_type_is_refused_before_anything_is_read(text: str) -> None:
    assert [type(item) for item in items(text)] == [ChosenKind, TipReject]
    assert codes(text) == [TipCode.FORBIDDEN_MARKUP]


def test_depth_size_and_what_follows() -> None:
    assert codes("<report><ipCaptureEvent/>" + "<a>" * 200) == [TipCode.MISSING_FIELD, TipCode.TOO_DEEP]
    assert codes('{"ipCaptureEvent": ' + "[" * 200_000) == [TipCode.TOO_DEEP]
    assert codes('{"ipCaptureEvent": {}} {"more": 1}')[-1] is TipCode.TRAILING_CONTENT
    assert codes("<report><ipCaptureEvent/></report>IP,Time\n")[-1] is TipCode.TRAILING_CONTENT
    number = '{"ipCaptureEvent": {"ipAddress": "192.0.2.1", "dateTime": "2026-06-05T12:00:00Z", "port": %s}}'
    assert codes(number % ("9" * 5000)) == [TipCode.VALUE_TOO_LONG]
    assert codes(number % "5.1234e4") == [TipCode.MANGLED_NUMBER]
    assert codes('<?xml version="1.0" encoding="utf-7"?><report><ipCaptureEvent/></report>') == [
        TipCode.BROKEN_DOCUMENT
    ]


def test_bytes_that_are_no_text_are_rejected_and_not_repaired() -> None:
    raw = b'{"ipCaptureEvent": [{"ipAddress": "192.0.2.1", "dateTime": "2026-06-05T12:00:00Z", "eventName": "\xff"}, '
    raw += b'{"ipAddress": "192.0.2.2", "dateTime": "2026-06-05T12:00:00Z", "eventName": "\\ud800"}]}'
    assert codes(raw) == [TipCode.NOT_UTF8] * 2


def test_members_have_names_that_go_nowhere(tmp_path: object) -> None:
    report = capture(ipAddress="192.0.2.1", dateTime="2026-06-05T12:00:00Z").encode()
    inner = zipped(**{"/b.xml": report + b"\n"})
    slip = zipped(**{"../../etc/report.xml": report, "inner.zip": inner, "picture.jpg": b"\xff"})
    assert [event.place.member for event in events(slip)] == ["../../etc/report.xml", "inner.zip!/b.xml"]
    assert notes(slip) == ["the archive: 1 member with the name of no tip was not unpacked"]
    assert codes(zipped(**{"a.xml": report, "b.csv": b"no tip"})) == [TipCode.UNKNOWN_MEMBER]
    assert len(events(zipped(**{"a.xml": report, "b.xml": report}))) == 1
    assert notes(zipped(**{"a.xml": report, "b.xml": report})) == [
        "b.xml holds the same bytes as a.xml: it is read once"
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("sheet.xlsx", workbook([["IP", "Time"], ["192.0.2.1", "2026-06-05T12:00:00Z"]]))
    assert [event.place.member for event in events(out.getvalue())] == ["sheet.xlsx"]
    with pytest.raises(UnknownFormat, match="no member is a tip"):
        items(zipped(**{"picture.jpg": b"\xff"}))


def test_a_packed_bomb_stops_at_its_limit() -> None:
    bomb = zipped(**{"report.xml": b"<report>" + b" " * (80 << 20)})
    assert codes(bomb) == [TipCode.DECOMPRESSION_LIMIT]
    nested = zipped(**{"d.zip": zipped(**{"c.zip": zipped(**{"b.zip": zipped(**{"a.json": b"{}"})})})})
    assert codes(nested) == [TipCode.DECOMPRESSION_LIMIT]


def test_a_workbook_bomb_stops_before_it_opens() -> None:
    sheet = b"<worksheet><sheetData>" + b"<row/>" * (2 << 20)
    types, book = b"<Types/>", b"<workbook><sheets/></workbook>"
    bomb = zipped(**{"[Content_Types].xml": types, "xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet})
    assert codes(bomb) == [TipCode.DECOMPRESSION_LIMIT]


def _shared(text: bytes, cells: int) -> bytes:
    """A workbook whose cells, four in a row, all name one shared text."""
    kind = b"http://x/"
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 4 + b"</row>"
    names = (b"IP", b"Port", b"Time", b"Event")
    head = b"<row>" + b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % name for name in names) + b"</row>"
    return zipped(
        **{
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": b'<R><Relationship Id="r1" Type="%sofficeDocument" Target="xl/workbook.xml"/></R>' % kind,
            "xl/workbook.xml": b'<workbook xmlns:r="x"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": b'<R><Relationship Id="r1" Type="%sworksheet" Target="worksheets/s.xml"/>'
            b'<Relationship Id="r2" Type="%ssharedStrings" Target="s.xml"/></R>' % (kind, kind),
            "xl/worksheets/s.xml": b"<worksheet><sheetData>" + head + row * (cells // 4) + b"</sheetData></worksheet>",
            "xl/s.xml": b"<sst><si><t>" + text + b"</t></si></sst>",
        }
    )


def test_cells_that_name_one_long_text_read_no_more_of_it_than_excel_stores() -> None:
    """A workbook of 3 kB held a text of a megabyte that thousands of cells named: each read all of it."""
    content = _shared(b"1 " * 1_000_000, 4_000)
    book = open_workbook(content)
    assert book is not None
    texts = [
        cell.text for _, sheet, _ in book.read_sheets() for row in sheet.read_rows(None, "a") for cell in row.cells
    ]
    assert len(texts) == 4_004
    assert max(map(len, texts)) == MOST_TEXT
    assert events(content) == []


def test_a_zip_that_is_encrypted_altered_or_cut() -> None:
    report = capture(ipAddress="192.0.2.1", dateTime="2026-06-05T12:00:00Z").encode()
    whole = zipped(**{"a.xml": report})
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    assert codes(bytes(locked)) == [TipCode.MEMBER_ENCRYPTED]
    altered = whole.replace(zlib.crc32(report).to_bytes(4, "little"), b"\0\0\0\0")
    assert codes(altered) == [TipCode.BROKEN_STREAM]
    strange = bytearray(whole)
    strange[8] = strange[whole.index(b"PK\x01\x02") + 10] = 97
    assert codes(bytes(strange)) == [TipCode.MEMBER_UNSUPPORTED]
    cut = whole[:-10]
    assert TipCode.BROKEN_STREAM in codes(cut)


def test_two_formats_in_one_file_are_each_counted() -> None:
    table = "IP,Port,Time,Event\n192.0.2.1,51234,2026-06-05T12:00:00Z,login\n"
    report = capture(ipAddress="192.0.2.2", dateTime="2026-06-05T12:00:00Z").replace("><", ">\n<")
    assert len(events(table + report)) == 1
    assert codes(table + report) == [TipCode.COLUMN_COUNT] * len(report.splitlines())
    assert codes(report + "\n" + table)[-1] is TipCode.TRAILING_CONTENT


@pytest.mark.parametrize("name", ["report.json", "report.xml", "gnumeric.xlsx"])
def test_one_byte_changed_is_never_a_fault(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    step = 43 if name.endswith("xlsx") else 11
    for at in range(0, len(content), step):
        for byte in (0, 0x22, 0x3C, 0xFF):
            try:
                found = items(content[:at] + bytes([byte]) + content[at + 1 :])
            except SightlineError as refused:
                assert refused.hint
            else:
                assert all(item.code in TipCode for item in found if isinstance(item, TipReject))


def test_damage_codes_are_distinguished_from_other_rejects() -> None:
    assert TipCode.BROKEN_DOCUMENT in TIP_DAMAGE
    assert TipCode.BAD_TIME not in TIP_DAMAGE
    assert workbook([["IP", "Time"]])[:2] == b"PK"
