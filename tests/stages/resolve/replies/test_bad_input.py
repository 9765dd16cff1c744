"""What spreadsheets, clerks and archives do to a reply: read right, or refused with the row and the reason."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sightline.errors import DamagedInput, Refused, SightlineError, TimeUndeclared, UnknownFormat, UsageError
from sightline.model import NoticeKind, ReplyCode
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.stages.resolve.replies import open_reply
from sightline.stages.resolve.replies.delimited import read_chunks
from tests.stages.resolve.replies.conftest import IST, of_bytes, whole, workbook

HEAD = "MSISDN,Public IP,Public Port,Start Time,End Time,Name"
ROW = "910000000001,203.0.113.7,1024,31/07/2026 12:34:56,31/07/2026 13:34:56,A"
NOON_US = 1_785_481_496_000_000


def table(*rows: str, head: str = HEAD) -> str:
    return "\n".join((head, *rows)) + "\n"


def changed(**cells: str) -> str:
    names = ["msisdn", "ip", "port", "start", "end", "name"]
    return ",".join(cells.get(name, cell) for name, cell in zip(names, ROW.split(","), strict=True))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"msisdn": "9.1E+11"}, ReplyCode.MANGLED_NUMBER),
        ({"msisdn": "910000000001.0"}, ReplyCode.MANGLED_NUMBER),
        ({"msisdn": "12345"}, ReplyCode.BAD_NUMBER),
        ({"msisdn": "9\ufffd"}, ReplyCode.NOT_UTF8),
        ({"msisdn": "\0\0nonsense"}, ReplyCode.BAD_NUMBER),
        ({"msisdn": "9" * 5000}, ReplyCode.VALUE_TOO_LONG),
        ({"ip": ""}, ReplyCode.MISSING_FIELD),
        ({"ip": "203.000.113.007"}, ReplyCode.BAD_ADDRESS),
        ({"ip": "203.0.113"}, ReplyCode.BAD_ADDRESS),
        ({"ip": "2030113007"}, ReplyCode.MANGLED_ADDRESS),
        ({"ip": "2.03011E+09"}, ReplyCode.MANGLED_ADDRESS),
        ({"ip": '"203,011,307"'}, ReplyCode.MANGLED_ADDRESS),
        ({"ip": "127.0.0.1"}, ReplyCode.ADDRESS_OF_NO_LINE),
        ({"ip": "100.64.0.7"}, ReplyCode.INSIDE_ADDRESS),
        ({"port": "70000"}, ReplyCode.BAD_PORT),
        ({"port": "2047-1024"}, ReplyCode.BAD_PORT),
        ({"port": '"1,024"'}, ReplyCode.MANGLED_NUMBER),
        ({"port": "1.024E+03"}, ReplyCode.MANGLED_NUMBER),
        ({"ip": "203.0.113.7:99"}, ReplyCode.BAD_PORT),
        ({"start": "25/13/2026 12:34:56"}, ReplyCode.BAD_TIME),
        ({"start": "07/31/2026 12:34:56"}, ReplyCode.BAD_TIME),
        ({"start": "31/07/2026 24:00:00"}, ReplyCode.BAD_TIME),
        ({"start": "46234.5242"}, ReplyCode.MANGLED_TIME),
        ({"start": "34:56.0"}, ReplyCode.MANGLED_TIME),
        ({"start": "31/07/2026"}, ReplyCode.INCOMPLETE_TIME),
        ({"start": "31/07/2026 12:34:56 CEST"}, ReplyCode.BAD_ZONE),
        ({"start": "########"}, ReplyCode.OVERFLOW_CELL),
        ({"start": "#VALUE!"}, ReplyCode.ERROR_CELL),
        ({"start": "-"}, ReplyCode.MISSING_FIELD),
        ({"end": "31/07/2026 12:34:00"}, ReplyCode.ENDS_BEFORE_START),
        ({"name": "A,too,many"}, ReplyCode.COLUMN_COUNT),
        ({"name": '"half" quoted'}, ReplyCode.BAD_QUOTING),
    ],
    ids=str,
)
def test_a_bad_cell_is_a_reject_of_its_row_alone(tmp_path: Path, cells: dict[str, str], code: ReplyCode) -> None:
    reply = of_bytes(tmp_path, table(ROW, changed(**cells), ROW))
    assert reply.codes == [(3, code)]
    stands = code not in {"address-of-no-line", "inside-address", "bad-quoting"}
    assert reply.rows("row") == ([(2,), (3,), (4,)] if stands else [(2,), (4,)])
    if stands:
        ip, number, start_us, end_us = reply.rows("ip", "number", "start_us", "end_us")[1]
        assert (number is None) == (code != "ends-before-start")
        assert (ip is None) == ("ip" in cells and ":99" not in cells["ip"])
        assert (start_us is None) == ("start" in cells)
        assert end_us is not None


@pytest.mark.parametrize(
    ("start", "us", "slack_us"),
    [
        ("31-07-2026 12:34:56", NOON_US, 1_000_000),
        ("31.07.2026 12:34:56.251", NOON_US + 251_000, 1000),
        ("31:07:2026 12:34:56", NOON_US, 1_000_000),
        ("31/07/26 12:34", NOON_US - 56_000_000, 60_000_000),
        ("31-Jul-2026 12:34:56 PM", NOON_US, 1_000_000),
        ("31-JUL-26 12.34.56.000000 PM", NOON_US, 1_000_000),
        ("2026-07-31T07:04:56Z", NOON_US, 1_000_000),
        ("2026-07-31 07:04:56+00:00", NOON_US, 1_000_000),
        ("31/07/2026 12:34:56 IST", NOON_US, 1_000_000),
        ("1785481496", NOON_US, 1_000_000),
        ("1785481496000", NOON_US, 1_000_000),
        ("1785481496007", NOON_US + 7_000, 1000),
        ("20260731123456", NOON_US, 1_000_000),
        ("Fri Jul 31 12:34:56 2026", NOON_US, 1_000_000),
    ],
)
def test_times_as_licensees_write_them(tmp_path: Path, start: str, us: int, slack_us: int) -> None:
    assert of_bytes(tmp_path, table(changed(start=start))).rows("start_us", "start_slack_us") == [(us, slack_us)]


def test_a_fold_is_in_doubt_by_its_width_and_a_gap_is_no_time(tmp_path: Path) -> None:
    berlin = ReplyDeclarations(timezone="Europe/Berlin", date_order="dmy")
    folded = changed(start="25/10/2026 02:30:00", end="25/10/2026 02:45:00")
    gone = changed(start="29/03/2026 02:30:00", end="")
    reply = of_bytes(tmp_path, table(folded, gone), berlin)
    assert reply.rows("start_us", "start_slack_us", "end_slack_us") == [
        (1_792_888_200_000_000, 3_601_000_000, 3_601_000_000),
        (None, 0, 0),
    ]
    assert reply.codes == [(3, "time-in-gap")]


def test_values_in_other_spellings_are_the_same(tmp_path: Path) -> None:
    cells = [
        changed(msisdn="0000000001", ip="::ffff:203.0.113.7", port="-"),
        changed(msisdn="+91 00000 00001", ip="203.0.113.7:1024", port=""),
        changed(msisdn="00000000001", ip=" 203.0.113.7 ", port="1024-2047"),
        changed(msisdn="'910000000001", ip="[2001:DB8::0:7]:1024", port="NA"),
    ]
    assert of_bytes(tmp_path, table(*cells)).rows("number", "ip", "port_from", "port_to") == [
        ("910000000001", "203.0.113.7", None, None),
        ("910000000001", "203.0.113.7", 1024, 1024),
        ("910000000001", "203.0.113.7", 1024, 2047),
        ("910000000001", "2001:db8::7", 1024, 1024),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    text = table(ROW, changed(name="അനു"), ROW).replace(",", separator).replace("\n", end)
    assert of_bytes(tmp_path, text.encode(encoding)).rows("row", "ip") == [(at, "203.0.113.7") for at in (2, 3, 4)]


def test_rows_keep_their_numbers_and_duplicates_are_both_given(tmp_path: Path) -> None:
    quoted = changed(name='"two\nlines, and a ""quote"""')
    reply = of_bytes(tmp_path, table(ROW, "", ROW, quoted, ROW, "half,a row", HEAD, "Total,6", ROW).rstrip("\n"))
    assert [row for (row,) in reply.rows("row")] == [2, 4, 5, 6, 10]
    assert reply.codes == [(7, "column-count")]


@pytest.mark.parametrize("end", ["Active", "31/12/9999 00:00:00", "31/07/2026", "#####"])
def test_a_row_whose_end_cannot_be_read_may_go_on_and_names_nobody(tmp_path: Path, end: str) -> None:
    reply = of_bytes(tmp_path, table(changed(end=end)))
    assert reply.rows("start_us", "end_us", "number") == [(NOON_US, None, None)]
    assert len(reply.codes) == 1


def test_which_of_two_telephone_numbers_is_the_lines_is_asked(tmp_path: Path) -> None:
    why = refusal(tmp_path, table(f"910000000002,{ROW}", head=f"Mobile No,{HEAD}"))
    assert isinstance(why, UnknownFormat)
    assert "two columns may both be the msisdn" in str(why)


def test_a_persons_name_names_no_line(tmp_path: Path) -> None:
    """Two people of one name would be one line."""
    names = ["Anu Invented", "അനു സാങ്കല്പികം", "आशा अन्वेषित", "A. K. Invented", "anu.invented", "anu@isp.example", "AC 12"]
    rest = ROW.partition(",")[2]
    reply = of_bytes(tmp_path, table(*(f"{name},{rest}" for name in names), head=HEAD.replace("MSISDN", "User Name")))
    assert reply.rows("number") == [(None,)] * 4 + [("anu.invented",), ("anu@isp.example",), ("AC 12",)]
    assert [code for _, code in reply.codes] == [ReplyCode.BAD_NUMBER] * 4


@pytest.mark.parametrize("more", [",not sure", ",,,not sure", ',,"not, sure"'])
def test_a_row_with_an_extra_cell_stays_and_names_nobody(tmp_path: Path, more: str) -> None:
    reply = of_bytes(tmp_path, table(ROW, ROW + more, f"{ROW},,,", ROW))
    assert reply.rows("number", "ip")[1] == (None, "203.0.113.7")
    assert reply.codes == [(3, "column-count")]


@pytest.mark.parametrize(
    ("heading", "one", "other"),
    [("Circuit ID", "TVM-0017", "KOC-0044"), ("User ID", "ravi@isp.example", "anu.k"), ("Account", "4711", "4712")],
)
def test_a_mobile_number_among_ids_of_another_shape_names_nobody(
    tmp_path: Path, heading: str, one: str, other: str
) -> None:
    rest, head = ROW.partition(",")[2], HEAD.replace("MSISDN", heading)
    ids = [one, "9800000001", "+91 98000 00001", other]
    reply = of_bytes(tmp_path, table(*(f"{name},{rest}" for name in ids), head=head))
    assert reply.rows("number") == [(one,), (None,), (None,), (other,)]
    assert reply.codes == [(3, "bad-number"), (4, "bad-number")]
    ours = of_bytes(tmp_path, table(*(f"980000000{last},{rest}" for last in range(4)), head=head))
    assert ours.assigned["number"].null_count() == 0


def test_a_short_row_is_not_filled_up(tmp_path: Path) -> None:
    head = "MSISDN,Public IP,Start Time,End Time,Public Port"
    full = "910000000001,203.0.113.7,31/07/2026 12:34:56,31/07/2026 13:34:56"
    reply = of_bytes(tmp_path, table(f"{full},", full, f"{full},,,", head=head))
    assert reply.rows("row", "number") == [(2, "910000000001"), (3, None), (4, "910000000001")]
    assert reply.codes == [(3, "column-count")]


def test_a_byte_that_is_no_text_is_a_reject_where_it_is_read(tmp_path: Path) -> None:
    content = table(ROW, changed(msisdn="user?"), changed(name="?")).replace("?", "\xff").encode("latin-1")
    reply = of_bytes(tmp_path, content)
    assert reply.codes == [(3, "not-utf8")]
    assert reply.rows("row", "number") == [(2, "910000000001"), (3, None), (4, "910000000001")]


def test_pieces_end_with_a_row() -> None:
    text = b"".join(b'%d,"a\nb",c\n' % at for at in range(1000))
    pieces = list(read_chunks(io.BytesIO(text), 500, prefix=b"x\n"))
    assert b"".join(piece.removeprefix(b"x\n") for piece in pieces) == text
    assert all(piece.count(b'"') % 2 == 0 and piece.endswith(b"\n") for piece in pieces)


def refusal(folder: Path, content: bytes | str, declared: ReplyDeclarations = IST) -> SightlineError:
    path = folder / "reply"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SightlineError) as caught:
        open_reply(path, NoticeKind.RECORDS, declared)
    return caught.value


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (ReplyDeclarations(), "a zone and an order of day and month"),
        (ReplyDeclarations(timezone="Asia/Kolkata"), "an order of day and month"),
        (ReplyDeclarations(date_order="dmy"), "a zone"),
        (ReplyDeclarations(timezone="Asia/Kolkata", date_order="mdy"), "contradicts"),
    ],
)
def test_missing_time_declarations_are_requested_before_a_row_is_read(
    tmp_path: Path, declared: ReplyDeclarations, words: str
) -> None:
    error = refusal(tmp_path, table(ROW), declared)
    assert isinstance(error, TimeUndeclared)
    assert words in str(error)


def test_a_heading_that_says_ist_is_a_zone_and_may_not_be_contradicted(tmp_path: Path) -> None:
    text = table(ROW, head=HEAD.replace("Start Time", "IST Start Time"))
    assert of_bytes(tmp_path, text, ReplyDeclarations(date_order="dmy")).rows("start_us") == [(NOON_US,)]
    assert isinstance(refusal(tmp_path, text, ReplyDeclarations(timezone="UTC", date_order="dmy")), TimeUndeclared)


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"%PDF-1.7\n", Refused, "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refused, "XLS"),
        (b"\x89PNG\r\n", Refused, "image"),
        (b"<?xml version='1.0'?><records>", Refused, "XML"),
        (b"<html><table>", UnknownFormat, "headings"),
        (b"<html><!-- <table>", DamagedInput, "web page"),
        (b"<html><tr hidden><td>1", Refused, "hides"),
        (b"", DamagedInput, "empty"),
        (b"\x1f\x8b\x08\x00broken", DamagedInput, "unpacked"),
        (b"PK\x03\x04broken", DamagedInput, "unpacked"),
        (b"nothing,that\nis,known\n", UnknownFormat, "headings"),
        (b"MSISDN,Public IP\n910000000001,203.0.113.7\n", UnknownFormat, "start"),
        (table(ROW + ",1", head=HEAD + ",External Port"), UnknownFormat, "External Port"),
        (table(ROW + ",1", head=HEAD + ",NAT Port"), UnknownFormat, "two columns"),
    ],
    ids=str,
)
def test_a_file_that_is_no_reply_is_refused_with_advice(
    tmp_path: Path, content: bytes | str, kind: type[SightlineError], words: str
) -> None:
    error = refusal(tmp_path, content)
    assert type(error) is kind
    assert words in str(error)
    assert error.hint


def test_a_layout_of_the_units_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "own"\ntitle = "Of one licensee"\nsources = ["its letter"]\nreply = "records"\nextends = "ipdr-2013"\n'
        'required = [["ip"], ["start"]]\nignored = ["Public Port"]\n[columns]\nport = ["External Port"]\n'
    )
    text = table(ROW + ",2048", head=HEAD + ",External Port")
    reply = of_bytes(tmp_path, text, ReplyDeclarations(str(own), "Asia/Kolkata", "dmy"))
    assert (reply.layout, reply.rows("port_from")) == ("own", [(2048,)])
    own.write_text('name = "own"')
    assert isinstance(refusal(tmp_path, text, ReplyDeclarations(str(own))), UsageError)
    assert isinstance(refusal(tmp_path, text, ReplyDeclarations("nothing-like-it")), UsageError)


def sheet(*rows: list[Any], **more: Any) -> bytes:
    return workbook([["Reply of a licensee"], HEAD.split(","), *rows], **more)


def test_cells_of_a_workbook_are_what_was_stored(tmp_path: Path) -> None:
    when, number_format = datetime(2026, 7, 31, 12, 34, 56), "dd/mm/yyyy hh:mm:ss"
    good = [910000000001, "203.0.113.7", 1024, (when, number_format), (when.replace(hour=13), "dd/mm/yyyy hh:mm"), "A"]
    bad = [
        (["=1+1", *good[1:]], "formula-cell"),
        ([910000000001.5, *good[1:]], "mangled-number"),
        ([good[0], 2030113007, *good[2:]], "mangled-address"),
        ([*good[:3], 46234.5, *good[4:]], "mangled-time"),
        ([*good[:3], (0.5, "hh:mm"), *good[4:]], "mangled-time"),
    ]
    content = sheet(good, *(cells for cells, _ in bad))
    reply = of_bytes(tmp_path, content, ReplyDeclarations(timezone="Asia/Kolkata"))
    assert reply.rows("row", "number", "port_from", "start_us", "end_us", "start_slack_us") == [
        (row, number, 1024, NOON_US, NOON_US + 3_600_000_000, 1_000_000)
        for row, number in ((3, "910000000001"), (4, None), (5, None))
    ] + [(6, None, 1024, NOON_US, NOON_US + 3_600_000_000, 1_000_000)] + [
        (row, None, 1024, None, NOON_US + 3_600_000_000, 0) for row in (7, 8)
    ]
    assert [code for _, code in reply.codes] == [code for _, code in bad]
    assert of_bytes(tmp_path, sheet(good, from_1904=True), ReplyDeclarations(timezone="Asia/Kolkata")).rows(
        "start_us"
    ) == [(NOON_US,)]


def test_merged_cells_are_rejects_but_for_the_first(tmp_path: Path) -> None:
    row = ["910000000001", "203.0.113.7", 1024, "31/07/2026 12:34:56", "31/07/2026 13:34:56", "A"]
    reply = of_bytes(tmp_path, sheet(row, [None, *row[1:]], row, merged=["A3:A4"]))
    assert reply.rows("row", "number") == [(3, "910000000001"), (4, None), (5, "910000000001")]
    assert reply.codes == [(4, "merged-cell")]


def test_dates_that_a_program_took_for_its_own_are_in_doubt_beside_those_that_it_did_not(tmp_path: Path) -> None:
    taken = [910000000001, "203.0.113.7", 1024, (datetime(2026, 3, 4, 12, 0, 0), "mm/dd/yyyy hh:mm:ss"), None, "A"]
    left = [910000000001, "203.0.113.7", 1024, "31/07/2026 12:34:56", None, "A"]
    reply = of_bytes(tmp_path, sheet(taken, left))
    assert reply.rows("row", "start_us", "number") == [(3, None, None), (4, NOON_US, "910000000001")]
    assert reply.codes == [(3, "mangled-time")]


def test_members_of_an_archive_are_read_as_one_reply(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", table(ROW, ROW))
        archive.writestr("b.csv.gz", gzip.compress(table(ROW, "half").encode()))
        archive.writestr("__MACOSX/._a.csv", b"\0")
    reply = of_bytes(tmp_path, out.getvalue())
    assert [row for (row,) in reply.rows("row")] == [2, 3, 5]
    assert reply.codes == [(6, "column-count")]


def aes_zip(name: str, content: bytes, password: bytes) -> bytes:
    """A ZIP with one stored member under AE-2 with AES-256, made by the specification and apart from the reader."""
    import hashlib
    import hmac
    import struct

    salt = bytes(range(16))
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 66)
    stream = b""
    for counter in range(1, len(content) // 16 + 2):
        block = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor()
        stream += block.update(counter.to_bytes(16, "little"))
    body = bytes(one ^ other for one, other in zip(content, stream, strict=False))
    packed = salt + keys[64:] + body + hmac.digest(keys[32:64], body, "sha1")[:10]
    extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
    common = struct.pack("<HHHHHIIIHH", 51, 1, 99, 0, 0, 0, len(packed), len(content), len(name), len(extra))
    local = b"PK\x03\x04" + common + name.encode() + extra + packed
    central = (
        b"PK\x01\x02" + struct.pack("<H", 51) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode() + extra
    )
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def test_a_password_under_aes(tmp_path: Path) -> None:
    content = aes_zip("reply.csv", table(ROW).encode(), b"secret")
    assert of_bytes(tmp_path, content, ReplyDeclarations("auto", "Asia/Kolkata", "dmy", None, b"secret")).rows(
        "row"
    ) == [(2,)]
    assert "--password" in (refusal(tmp_path, content).hint or "")
    assert "wrong" in str(refusal(tmp_path, content, ReplyDeclarations(password=b"other")))


def test_no_row_without_its_line_is_lost_where_quotes_stay_open(tmp_path: Path) -> None:
    reply = of_bytes(tmp_path, table(ROW, changed(name='"open'), ROW, ROW))
    assert [row for (row,) in reply.rows("row")] == [2, 4, 5]
    assert reply.codes == [(3, "bad-quoting")]


def test_whole_reads_the_same_from_any_folder(tmp_path: Path) -> None:
    path = tmp_path / "with blanks and ü.csv"
    path.write_text(table(ROW))
    assert whole(path).rows("row") == [(2,)]


def test_a_later_row_without_a_zone_order_or_year_is_a_reject(tmp_path: Path) -> None:
    stated = changed(start="2026-07-31T12:34:56+05:30", end="2026-07-31T13:34:56+05:30")
    late = [
        changed(start="2026-07-31 12:34:56"),
        changed(start="31/07/2026 12:34:56 IST"),
        changed(start="Jul 31 12:34:56 IST"),
    ]
    reply = of_bytes(tmp_path, table(*[stated] * 4000, *late), ReplyDeclarations())
    assert reply.assigned["start_us"].null_count() == reply.assigned["number"].null_count() == 3
    assert [code for _, code in reply.codes] == ["time-without-zone", "date-without-order", "time-without-year"]


def test_a_row_that_says_no_records_and_names_a_line_says_two_things(tmp_path: Path) -> None:
    text = table(f"{ROW},no records found", f"{ROW},ok", head=f"{HEAD},Remarks")
    reply = of_bytes(tmp_path, text)
    assert reply.rows("row", "number") == [(2, None), (3, "910000000001")]
    assert reply.codes == [(2, "repeated-field")]


def test_every_code_is_in_these_tests() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [code for code in ReplyCode if f'"{code}"' not in texts and f"ReplyCode.{code.name}" not in texts] == []


def test_a_customers_mobile_number_beside_a_lines_id_names_no_line(tmp_path: Path) -> None:
    rest = ROW.partition(",")[2]
    head = f"Mobile No,{HEAD.replace('MSISDN', 'User ID')}"
    reply = of_bytes(tmp_path, table(f"919800000002,ravi@isp.example,{rest}", head=head))
    assert reply.rows("number", "number_kind") == [("ravi@isp.example", "user-id")]
    two = refusal(
        tmp_path, table(f"Ravi,ravi77@isp.example,{rest}", head=f"User Name,{HEAD.replace('MSISDN', 'User ID')}")
    )
    assert "two columns may both be the user_id" in str(two)


def test_a_prefix_of_ipv6_is_an_address_of_a_line(tmp_path: Path) -> None:
    prefixes = ["2001:DB8:1:2::/64", "2001:db8:1:2::7/64", "2001:db8:1:2::7/128", "192.0.2.0/24", "2001:db8::/129"]
    reply = of_bytes(tmp_path, table(*(changed(ip=prefix) for prefix in prefixes)))
    assert reply.rows("ip") == [("2001:db8:1:2::/64",), *[("2001:db8:1:2::7",)] * 2, ("192.0.2.0/24",), (None,)]
    assert reply.rows("number")[3:] == [(None,), (None,)]
    assert [code for _, code in reply.codes] == [ReplyCode.BAD_ADDRESS] * 2


def test_a_row_without_an_address_stays_when_it_has_data_and_its_time_is_known(tmp_path: Path) -> None:
    rows = [
        changed(ip="203.0.113", start="nonsense"),
        changed(ip="", msisdn="", port=""),
        "Total,,,01/07/2026 00:00:00,31/07/2026 00:00:00,2",
        "Generated,on this day,0,31/07/2026 12:34:56,31/07/2026 13:34:56,",
        "Remark,all,1024,31/07/2026 12:34:56,,",
        ",,,31/07/2026 12:34:56,,",
        changed(ip="?"),
    ]
    reply = of_bytes(tmp_path, table(ROW, *rows))
    assert reply.rows("row", "ip", "number", "start_us") == [
        (2, "203.0.113.7", "910000000001", NOON_US),
        (9, None, None, NOON_US),
    ]
    assert [row for row, _ in reply.codes] == [3, 4, 5, 6, 7, 8, 9]


def test_a_row_with_an_inside_address_or_no_time_stays_only_by_its_row_id(tmp_path: Path) -> None:
    for cells in ({"ip": "100.64.0.7"}, {"ip": "127.0.0.1"}, {"ip": "x", "start": "y"}):
        for number, rows in (("0123456789ab", [(2, None, None, "0123456789ab")]), ("", [])):
            text = table(f"{changed(**cells)},{number}", head=f"{HEAD},Row ID")
            reply = of_bytes(tmp_path, text)
            assert reply.rows("row", "ip", "number", "row_id") == rows
            assert len(reply.codes) == 1


@pytest.mark.parametrize(
    ("head", "cell"),
    [("Destination IP", "198.51.100.0000"), ("Private IP", "100.64.0.999"), ("Source IP", "100.64.0.999")],
)
def test_a_row_with_another_unreadable_address_stays_and_names_nobody(tmp_path: Path, head: str, cell: str) -> None:
    reply = of_bytes(tmp_path, table(f"{ROW},{cell}", head=f"{HEAD},{head}"))
    assert reply.rows("ip", "number", "start_us") == [("203.0.113.7", None, NOON_US)]
    assert [code for _, code in reply.codes] == ["bad-address"]


@pytest.mark.parametrize(
    ("remark", "is_hedged"),
    [
        ("Tentative", True),
        ("provisional - not confirmed by NOC", True),
        ("approx. time", True),
        ("TEST", True),
        ("may be another", True),
        ("", False),
        ("-", False),
        ("Active", False),
        ("verified", False),
        ("latest plan, contested bill", True),
    ],
)
@pytest.mark.parametrize("head", ["Remarks", "Comment", "Status", "Observations"])
def test_only_a_remark_that_does_not_confirm_makes_a_row_doubtful(
    tmp_path: Path, head: str, remark: str, is_hedged: bool
) -> None:
    reply = of_bytes(tmp_path, table(f'{ROW},"{remark}"', f"{ROW},", head=f"{HEAD},{head}"))
    assert reply.rows("row", "doubted_by") == [(2, head if is_hedged else None), (3, None)]


def test_the_second_column_of_remarks_counts_too(tmp_path: Path) -> None:
    reply = of_bytes(tmp_path, table(f"{ROW},Active,unverified", head=f"{HEAD},Status,Remarks"))
    assert reply.rows("doubted_by") == [("Remarks",)]


@pytest.mark.parametrize(
    "text",
    [
        "No records found for the period\n",
        "No records found for the period from 01/07/2026 to 31-Jul-2026.\n",
        "We have no records for the said IP address and time\n",
        "Sir,\nIt is informed that no data is available for 203.0.113.7 during the mentioned period.\nNodal Officer\n",
        "Records not available with us.\n",
    ],
)
def test_a_sentence_that_there_are_no_records_is_that_answer(tmp_path: Path, text: str) -> None:
    reply = of_bytes(tmp_path, text)
    assert (reply.layout, reply.rows("says", "row_id")) == ("no-records", [("no-records", None)])


@pytest.mark.parametrize(
    "text", ["No records found before noon: see the annexure\n", "No data plan\n", "No recorded line\n"]
)
def test_another_sentence_is_no_such_answer(tmp_path: Path, text: str) -> None:
    assert isinstance(refusal(tmp_path, text), UnknownFormat)


def test_a_row_may_say_it_in_a_sentence(tmp_path: Path) -> None:
    head = f"{HEAD},Row ID,Remarks"
    reply = of_bytes(tmp_path, table(",203.0.113.7,,,,,0123456789ab,No records found for the period", head=head))
    assert reply.rows("says", "ip", "row_id") == [("no-records", "203.0.113.7", "0123456789ab")]
