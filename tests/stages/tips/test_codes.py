"""Every code of a reject can happen, and what a spreadsheet mangled is refused, never mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.model import TipCode
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.zones import build_zone_table
from sightline.stages.tips.model import TipOptions, TipReject
from sightline.stages.tips.session_rows import reject_row
from tests.stages.tips import test_hostile
from tests.stages.tips.conftest import UTC, capture, codes, items, workbook

TIME = "2026-06-05T12:00:00Z"
ADDRESS = {"ipAddress": "192.0.2.1", "dateTime": TIME}
ROW = "IP,Port,Time,Zone,SHA1,Digest,Event\n"


def row(
    ip: str = "192.0.2.1", port: str = "51234", time: str = TIME, zone: str = "", sha1: str = "", digest: str = ""
) -> str:
    return f"{ROW}{ip},{port},{time},{zone},{sha1},{digest},login\n"


def xlsx(ip: object = "192.0.2.1", port: object = 51234, time: object = TIME, event: object = "login") -> bytes:
    return workbook([["IP", "Port", "Time", "Event"], [ip, port, time, event]])


CASES: list[tuple[TipCode, str | bytes]] = [
    (TipCode.MISSING_FIELD, capture(ipAddress="192.0.2.1")),
    (TipCode.MISSING_FIELD, row(ip="n/a")),
    (TipCode.BAD_VALUE, capture(**ADDRESS, possibleProxy="perhaps")),
    (TipCode.VALUE_TOO_LONG, capture(**ADDRESS, eventName="x" * 5000)),
    (TipCode.VALUE_TOO_LONG, ROW + "x" * (1 << 20 | 1) + "\n"),
    (TipCode.BAD_ADDRESS, row(ip="192.0.2.256")),
    (TipCode.BAD_ADDRESS, row(ip="192[.]0.2.1")),
    (TipCode.BAD_ADDRESS, row(ip="192.0.2.01")),
    (TipCode.MANGLED_ADDRESS, row(ip="3221225985")),
    (TipCode.MANGLED_ADDRESS, row(ip="1.92E+11")),
    (TipCode.MANGLED_ADDRESS, xlsx(ip=3221225985)),
    (TipCode.MANGLED_ADDRESS, xlsx(ip=(37622.5, "d.m.yyyy"))),
    (TipCode.ADDRESS_OF_NO_LINE, row(ip="127.0.0.1")),
    (TipCode.ADDRESS_OF_NO_LINE, row(ip="0.0.0.0")),
    (TipCode.ADDRESS_OF_NO_LINE, row(ip="fe80::1%eth0")),
    (TipCode.ADDRESS_OF_NO_LINE, row(ip="255.255.255.255")),
    (TipCode.BAD_PORT, row(port="65536")),
    (TipCode.BAD_PORT, row(port="0")),
    (TipCode.BAD_PORT, row(port="-1")),
    (TipCode.BAD_PORT, row(ip="192.0.2.1:51235")),
    (TipCode.MANGLED_NUMBER, row(port="3E+10")),
    (TipCode.MANGLED_NUMBER, row(port="51234.0")),
    (TipCode.MANGLED_NUMBER, xlsx(port=51234.5)),
    (TipCode.MANGLED_NUMBER, xlsx(port=(46178, "d.m.yyyy"))),
    (TipCode.MANGLED_NUMBER, row(sha1="3E+10")),
    (TipCode.MANGLED_NUMBER, workbook([["IP", "Time", "Event", "MD5"], ["192.0.2.1", TIME, "login", 3e10]])),
    (TipCode.MANGLED_NUMBER, workbook([["IP", "Time", "Report ID"], ["192.0.2.1", TIME, 1234567890123456789]])),
    (TipCode.MANGLED_NUMBER, "IP,Time,Report ID\n192.0.2.1,2026-06-05T12:00:00Z,1.23457E+11\n"),
    (TipCode.BAD_DIGEST, row(sha1="0123")),
    (TipCode.BAD_DIGEST, row(sha1="g" * 40)),
    (TipCode.AMBIGUOUS_DIGEST, row(digest="0" * 40)),
    (TipCode.AMBIGUOUS_DIGEST, row(digest="0" * 32)),
    (
        TipCode.REPEATED_FIELD,
        workbook([["IP", "Time", "Event", "SHA256", "Digest"], ["192.0.2.1", TIME, "x", "0" * 64, "1" * 64]]),
    ),
    (TipCode.BAD_TIME, row(time="5. Juni 2026 12:00:00")),
    (TipCode.BAD_TIME, row(time="vendredi 5 juin 2026 12:00:00")),
    (TipCode.BAD_TIME, row(time="2026-06-31T12:00:00Z")),
    (TipCode.BAD_TIME, row(time="2026-06-05 12:00:00 IST")),
    (TipCode.BAD_TIME, row(time="1969-12-31T23:59:59Z")),
    (TipCode.MANGLED_TIME, row(time="46178.5")),
    (TipCode.MANGLED_TIME, row(time="1780660800")),
    (TipCode.MANGLED_TIME, row(time="41:37.0")),
    (TipCode.MANGLED_TIME, xlsx(time=46178.5)),
    (TipCode.INCOMPLETE_TIME, row(time="2026-06-05 12:00")),
    (TipCode.INCOMPLETE_TIME, row(time="2026-06-05")),
    (TipCode.INCOMPLETE_TIME, row(time="05/06/2026 1:07 PM")),
    (TipCode.INCOMPLETE_TIME, xlsx(time=(46178.5, "d/m/yyyy h:mm"))),
    (TipCode.INCOMPLETE_TIME, xlsx(time=(46178, "d/m/yyyy"))),
    (TipCode.INCOMPLETE_TIME, xlsx(time=(0.5, "h:mm:ss"))),
    (TipCode.TIME_WITHOUT_YEAR, row(time="Jun  5 12:00:00")),
    (TipCode.DATE_WITHOUT_ORDER, row(time="03/04/2026 12:00:00")),
    (TipCode.DATE_WITHOUT_ORDER, row(time="25/04/2026 12:00:00")),
    (TipCode.BAD_ZONE, row(time="2026-06-05 12:00:00", zone="IST")),
    (TipCode.BAD_ZONE, row(time="2026-06-05T12:00:00+05:30", zone="UTC")),
    (TipCode.OVERFLOW_CELL, row(time="########")),
    (TipCode.OVERFLOW_CELL, row(port="#####")),
    (TipCode.ERROR_CELL, row(ip="#REF!")),
    (TipCode.ERROR_CELL, row(time="#N/A")),
    (TipCode.FORMULA_CELL, xlsx(ip='="192.0.2."&1')),
    (TipCode.FORMULA_CELL, xlsx(time="=NOW()")),
    (TipCode.COLUMN_COUNT, ROW + "192.0.2.1,51234\n"),
    (TipCode.COLUMN_COUNT, row().rstrip("\n") + ",more\n"),
    (TipCode.BAD_QUOTING, ROW + '"192.0.2.1"x,1,2,3,4,5,6\n'),
]


@pytest.mark.parametrize(("code", "content"), CASES)
def test_this_is_refused_with_its_code(code: TipCode, content: str | bytes) -> None:
    assert codes(content) == [code]


def test_a_time_that_the_clocks_skipped() -> None:
    berlin = TipOptions(ReadOptions(timezone=build_zone_table("Europe/Berlin")))
    assert codes(row(time="2026-03-29 02:30:00"), berlin) == [TipCode.TIME_IN_GAP]
    assert codes(workbook([["IP", "Time"], ["192.0.2.1", (46110 + 2.5 / 24, "yyyy-mm-dd hh:mm:ss")]]), berlin) == [
        TipCode.TIME_IN_GAP
    ]
    assert codes(row(time="2026-10-25 02:30:00"), berlin) == []


def test_every_code_can_happen() -> None:
    by_text = {code for code, _ in CASES} | {TipCode.TIME_IN_GAP}
    elsewhere = {TipCode.MERGED_CELL, TipCode.NOT_UTF8}
    hostile = {code for code in TipCode if code.name in Path(test_hostile.__file__).read_text()}
    assert by_text | elsewhere | hostile == set(TipCode)


def test_a_reject_names_its_row_and_never_its_content() -> None:
    found = [item for item in items(row() + "secret-canary,1,2,3,4,5,6\n", UTC) if isinstance(item, TipReject)]
    reject = reject_row(found[0], "0" * 64)
    assert (reject["code"], reject["row_number"], reject["byte_offset"]) == ("bad-address", 3, len(row()))
    assert "canary" not in str(reject)
