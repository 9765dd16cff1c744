"""`sightline tips read` as its user runs it: what it writes, what it refuses, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import jsonschema
import pytest

from sightline.cli.tips import KINDS
from sightline.model import Ceiling, Party, TimeBasis, TipCode
from sightline.stages.tips import kind_detection
from sightline.stages.tips.ceiling import CeilingRule
from sightline.stages.tips.session_rows import SESSION_COLUMNS
from tests.cli.conftest import Ran, Sightline
from tests.cli.test_schema import schema
from tests.stages.tips.conftest import SAMPLES, capture

UNDER = ("--source", "NCMEC CyberTipline", "--authority", "GD 12 of 6.6.2026", "--exercise")
SESSION = schema("session")["properties"]
EVENT = SESSION["events"]["items"]["properties"]
CSV = "IP,Port,Time,Event\n203.0.113.9,51234,2026-06-05T12:00:00Z,login\n"


def rows(ran: Ran) -> list[dict[str, object]]:
    return [json.loads(line) for line in ran.out.splitlines()]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "referral.csv"
    path.write_text(CSV)
    return path


@pytest.mark.parametrize(
    ("enum", "published"),
    [
        (Ceiling, SESSION["ceiling"]["enum"]),
        (Ceiling, SESSION["reasons"]["items"]["properties"]["ceiling"]["enum"]),
        (CeilingRule, SESSION["reasons"]["items"]["properties"]["rule"]["enum"]),
        (Party, SESSION["party"]["enum"]),
        (Party, EVENT["party"]["enum"]),
        (TimeBasis, EVENT["zone_from"]["enum"]),
        (TipCode, schema("tip_reject")["properties"]["code"]["enum"]),
        (Ceiling, schema("tip_summary")["properties"]["ceilings"]["propertyNames"]["enum"]),
    ],
)
def test_every_value_of_an_enum_is_published(enum: Iterable[StrEnum], published: list[str | None]) -> None:
    assert [value for value in published if value is not None] == [member.value for member in enum]


def test_the_columns_and_kinds_are_those_of_the_code() -> None:
    assert tuple(SESSION) == SESSION_COLUMNS
    assert KINDS == kind_detection.KINDS


def test_written_files_follow_the_published_schemas(sightline: Sightline, tmp_path: Path) -> None:
    rejects, summary = tmp_path / "rejects.jsonl", tmp_path / "account.json"
    files = [SAMPLES / name for name in ("report.json", "report.xml", "gnumeric.xlsx")]
    words = ("--rejects", rejects, "--summary", summary, "--max-rejects", "50")
    ran = sightline("tip", *files, *UNDER, *words)
    assert ran.code == 0, ran.err
    found = rows(ran)
    for row in found:
        jsonschema.validate(row, schema("session"))
        assert row["source"] == UNDER[1]
        assert row["authority"] == UNDER[3]
        assert row["trial"] is True
    assert {row["ceiling"] for row in found} == {"relay", "time-unproven", "connection-only", "shared", "subscriber"}
    for line in rejects.read_text().splitlines():
        jsonschema.validate(json.loads(line), schema("tip_reject"))
    account = json.loads(summary.read_text())
    jsonschema.validate(account, schema("tip_summary"))
    for exhibit in account["exhibits"]:
        assert exhibit["frames"] == exhibit["records"] + exhibit["comments"] + sum(exhibit["rejects"].values())
    assert account["sessions"] == sum(account["ceilings"].values()) == len(found)
    assert "trial: source and authority are as declared" in ran.err
    assert "1 are of a victim" in ran.err


def test_csv_and_json_lines_say_the_same(sightline: Sightline, tmp_path: Path) -> None:
    lines = rows(sightline("tip", SAMPLES / "report.xml", *UNDER))
    out = tmp_path / "sessions.csv"
    assert sightline("tip", SAMPLES / "report.xml", *UNDER, "--out", out).code == 0
    table = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
    assert [row["session_id"] for row in table] == [row["session_id"] for row in lines]
    assert [json.loads(row["events"]) for row in table] == [row["events"] for row in lines]
    assert table[0]["trial"] == "true"


def test_the_same_bytes_give_the_same_output(sightline: Sightline) -> None:
    words = ("tip", SAMPLES / "report.json", SAMPLES / "report.xml", *UNDER, "--quiet")
    assert sightline(*words) == sightline(*words)


@pytest.mark.parametrize(
    "words", [(), ("--source", "S"), ("--source", " ", "--authority", "A"), ("--source", "S", "--authority", "")]
)
def test_without_source_and_authority_nothing_is_read(
    sightline: Sightline, sheet: Path, words: tuple[str, ...]
) -> None:
    ran = sightline("tip", sheet, *words)
    assert ran.code == 2
    assert ran.out == b""


def test_addresses_of_documentation_are_nobodys_outside_an_exercise(sightline: Sightline, sheet: Path) -> None:
    (row,) = rows(sightline("tip", sheet, *UNDER[:4]))
    assert (row["ceiling"], row["exercise"]) == ("shared", False)


def test_ends_as_every_command_does(sightline: Sightline, sheet: Path, tmp_path: Path) -> None:
    bad, cut, other = tmp_path / "bad.csv", tmp_path / "cut.xml", tmp_path / "other.json"
    bad.write_text(CSV + "203.0.113.9,65536,2026-06-05T12:00:00Z,login\n")
    cut.write_text(capture(ipAddress="203.0.113.9", dateTime="2026-06-05T12:00:00Z")[:-20])
    other.write_text('{"type": "bundle"}')
    assert sightline("tip", sheet, *UNDER).code == 0
    ran = sightline("tip", bad, *UNDER)
    assert (ran.code, len(rows(ran))) == (1, 1)
    assert "reject bad-port: 1, at row 3" in ran.err
    ran = sightline("tip", cut, bad, *UNDER)
    assert (ran.code, len(rows(ran))) == (4, 2)
    assert "reject broken-document: 1, at byte " in ran.err
    ran = sightline("tip", other, cut, *UNDER)
    assert (ran.code, ran.out) == (3, b"")
    assert "JSON, but no CyberTipline report" in ran.err


@pytest.mark.parametrize(
    ("make", "code", "expected"),
    [
        (lambda path: path.write_bytes(b""), 2, "is empty"),
        (lambda path: path.mkdir(), 2, "is a directory"),
        (lambda path: path.unlink(missing_ok=True), 2, "No such file"),
        (lambda path: path.write_text("Name,Colour\nx,red\n"), 3, "no kind of tip"),
        (lambda path: path.write_text("IP,Port,Time,SHA1\n"), 3, "fit both"),
        (lambda path: path.write_bytes(b"%PDF-1.7"), 3, "a PDF"),
        (lambda path: path.write_text(CSV), 2, "hold the same bytes"),
        (lambda path: path.hardlink_to(path.with_name("referral.csv")), 2, "same file"),
    ],
)
def test_a_file_without_tips_is_refused(
    sightline: Sightline, sheet: Path, make: object, code: int, expected: str
) -> None:
    path = sheet.with_name("other")
    assert callable(make)
    make(path)
    ran = sightline("tip", sheet, path, *UNDER)
    assert (ran.code, ran.out) == (code, b"")
    assert expected in ran.err
    assert "\n  " in ran.err, "a hint says the next step"


@pytest.mark.parametrize(
    "words",
    [
        ("--out", "sessions.parquet"),
        ("--timezone", "Nowhere/City"),
        ("--columns", "colour=IP"),
        ("--year", "1900"),
        ("--clock-uncertainty", "nan"),
        ("--sheet", "None"),
    ],
)
def test_wrong_use_is_reported_before_anything_is_written(
    sightline: Sightline, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ran = sightline("tip", SAMPLES / "gnumeric.xlsx", *UNDER, *words, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_it_is_not_is_refused(sightline: Sightline, sheet: Path) -> None:
    ran = sightline("tip", sheet, *UNDER, "--kind", "cybertip-xml")
    assert ran.code == 3
    assert "asked for as cybertip-xml, but it is sheet" in ran.err


def test_a_member_that_was_read_already_is_not_counted_twice(sightline: Sightline, sheet: Path) -> None:
    packed = sheet.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(sheet, "inner.csv")
    ran = sightline("tip", sheet, packed, *UNDER)
    assert (ran.code, [len(row["events"]) for row in rows(ran)]) == (0, [1])  # type: ignore[arg-type]
    assert f"note: inner.csv holds the same bytes as {sheet}: it is read once" in ran.err


def test_no_part_of_a_rejected_row_leaks(sightline: Sightline, sheet: Path, tmp_path: Path) -> None:
    sheet.write_text(CSV + "canary-canary,1,2,3\n203.0.113.9,canary-canary,2026-06-05T12:00:00Z,canary-canary\n")
    out = [tmp_path / name for name in ("s.jsonl", "r.jsonl", "a.json")]
    words = ("--out", out[0], "--rejects", out[1], "--summary", out[2])
    ran = sightline("tip", sheet, *UNDER, *words)
    assert ran.code == 1
    assert all("canary" not in text for text in (ran.err, *(path.read_text() for path in out)))
