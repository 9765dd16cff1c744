"""Columns and rows agree: what is read of a whole batch is what is read of each row by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import polars as pl
import pytest

from sightline.stages.resolve.model import ASSIGNED
from sightline.stages.resolve.replies import address_values, distinct, reply_times, row_batches, single_rows
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.reply_times import TimeRules
from sightline.stages.resolve.replies.single_rows import AssignedRow
from sightline.stages.scan.zones import build_zone_table

ABSENT = ["", "-", "NA", " ", "null"]
VALUES = {
    "address": [
        "203.0.113.7",
        "198.51.100.1",
        "240.1.2.3",
        "255.255.255.255",
        "8.8.8.8",
        "8.8.8.08",
        "8.8.8.256",
        "100.64.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.0.2.9",
        "127.0.0.1",
        "224.0.0.1",
        "1.2.3.4:80",
        "[2001:db8::1]:9",
        "2001:DB8::1",
        "::ffff:9.9.9.9",
        "1.2.3",
        "2030113007",
        "x",
        " 9.9.9.9",
        "9.9.9.9\t",
    ],
    "port": [
        "1",
        "80",
        "65535",
        "65536",
        "0",
        "080",
        "+80",
        " 80 ",
        "80.0",
        "8e1",
        "10e3",
        "+8",
        "-80",
        "8_0",
        "00080",
        "065535",
        "1,024",
        "1024-2047",
        "2047-1024",
        "1024 - 2047",
        "0-65535",
        "1-65535",
        "1024-65535",
        "1-32768",
        "1-32769",
        "0-60000",
        "0-1023",
        "x",
        "\u0661",
    ],
    "time": [
        "31/07/2026 12:34:56",
        "31/07/2026T12:34:56Z",
        "31/7/2026 1:02:03 PM",
        "31-07-2026-12:34:56",
        "01/13/2026 12:34:56",
        "31/07/2026 12:34",
        "2026-07-31 12:34:56.5+05:30",
        "31/07/2026 23:59:60",
        "31/07/2026  12:34:56",
        "31/07/2026 12:34:56 ",
        "29/02/2026 12:34:56",
        "1785481496",
        "1785481496000",
        "46234.5",
        "25/10/2026 02:30:00",
        "29/03/2026 02:30:00",
        "25/10/2026 12:00:00 IST",
        "31/07/2026",
        "31 Jul 2026 12:34:56",
        "31/07/2026 12:34:56 CEST",
        "20260731123456",
        "31/07/1969 00:00:00",
        "31/07/2026\u00a012:34:56",
    ],
    "date": [
        "31/07/2026",
        "2026-07-31",
        "31-Jul-26",
        "07/31/2026",
        "31/07/2026 00:00:00",
        "25/10/2026",
        "46234",
        "31.07.2026 ",
        "x",
    ],
    "clock": [
        "12:34:56",
        "1:02:03 AM",
        "12:34",
        "02:30:00",
        "24:00:00",
        "12.34.56",
        "12:34:56.789",
        "0.5",
        " 12:34:56",
        "12:34:56Z",
    ],
    "msisdn": [
        "910000000001",
        "0000000001",
        "+910000000001",
        "00000000001",
        "9.1E+11",
        "910000000001.0",
        "12345",
        "91 00000 00001",
        "7000000001",
        "5999999999",
        "9999999999",
        "9876543210",
        "+700000001",
        "-700000001",
        "7_00000001",
        "7000000e03",
        "910000000e03",
        "919999999999",
        "920000000000",
        "+4420000000",
        "९१",
    ],
    "text": [
        "ravi@isp.example",
        "ravi",
        " ravi ",
        "asha@isp.example ",
        "re\u0301mi",
        "9e3",
        "123.0",
        "\ufffd",
        "-",
        "two words",
        "anonymous@isp.example",
        "Unknown",
        "not traced yet",
        "olt1/7",
        "BRAS-TVM-01@isp.example",
        "guest01@isp.example",
        "user4711@isp.example",
        "xxxx@isp.example",
        "98xxx01@isp.example",
        "testUser@isp.example",
        "nasrin@isp.example",
        "0@isp.example",
        "a-1 / a-2",
        "A" * 5000,
    ],
    "row_id": ["0123456789ab", "0123456789AB", "x", "123456789012"],
    "seconds": ["60", "00:01:00", "1e3", "-5", "x"],
}
KINDS = {
    "ip": "address", "source_ip": "address", "inside_ip": "address", "destination_ip": "address", "port": "port",
    "source_port": "port",
    "port_from": "port", "port_to": "port", "destination_port": "port", "start": "time", "end": "time", "seen": "time",
    "start_date": "date",
    "start_clock": "clock", "end_date": "date", "end_clock": "clock", "msisdn": "msisdn", "line": "msisdn",
    "circuit": "text",
    "user_id": "text", "account": "text", "imsi": "msisdn", "row_id": "row_id", "duration": "seconds",
    "lifetime": "seconds",
}  # fmt: skip
SHAPES = [
    ["ip", "port", "start", "end", "msisdn"],
    ["ip", "source_ip", "port", "source_port", "start_date", "start_clock", "end_date", "end_clock", "line", "user_id"],
    [
        "source_ip",
        "source_port",
        "destination_ip",
        "destination_port",
        "start",
        "duration",
        "user_id",
        "account",
        "row_id",
    ],
    ["ip", "inside_ip", "port_from", "port_to", "port", "start", "end", "seen", "circuit", "imsi"],
    ["ip", "lifetime", "end", "start", "account"],
]


def generated(shape: list[str], seed: int, count: int) -> Iterator[dict[str, str]]:
    """Rows that are mostly good: of each field its first values more often than the odd ones."""
    chance = random.Random(seed)
    for _ in range(count):
        row = {}
        for field in shape:
            known = VALUES[KINDS[field]]
            odd = chance.random()
            row[field] = known[0] if odd < 0.7 else chance.choice(known if odd < 0.95 else ABSENT)
        if "end" in row and row["end"] == row.get("start"):
            row["end"] = chance.choice(["31/07/2026 13:34:56", ""])
        yield row


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", None])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[-1])
def test_columns_and_rows_agree(shape: list[str], zone: str | None) -> None:
    rules = TimeRules("dmy", None, None if zone is None else build_zone_table(zone), 1_000_000, 1_000_000)
    texts = list(generated(shape, len(shape), 3000))
    frame = (
        pl.DataFrame(texts, schema=dict.fromkeys(shape, pl.String)).with_row_index("row", 1).cast({"row": pl.UInt32})
    )
    read, is_good = row_batches.read_columns(frame, Readers(rules))
    by_row: dict[int, Any] = {
        row: found
        for row, one in enumerate(texts, 1)
        if isinstance(found := single_rows.read_row(one, rules), AssignedRow)
    }
    alone = pl.DataFrame([{"row": row, **asdict(one)} for row, one in by_row.items()], schema=ASSIGNED)
    assert set(read["row"]) == {row for row, good in enumerate(is_good, 1) if good}
    assert read.height > 400 or zone is None
    # What columns read, rows read the same; and columns leave nothing to rows that those can read.
    assert read.equals(alone.filter(pl.col("row").is_in(read["row"].implode())))
    assert sorted(by_row) == read["row"].to_list()


@pytest.mark.parametrize("text", VALUES["time"])
def test_a_time_on_several_rows_is_read_on_each_of_them(text: str) -> None:
    readers = Readers(TimeRules("dmy", None, build_zone_table("Europe/Berlin")))
    texts = pl.Series([text, text, text, "30/07/2026 01:02:03", text, text, text, "", "", ""])
    each = pl.concat(readers.read_instants(texts.slice(at, 1)) for at in range(len(texts)))
    assert readers.read_instants(texts).equals(each)


def test_every_port_is_read_as_by_itself() -> None:
    texts = pl.Series([str(port) for port in range(1, 65_536, 17)])
    found = Readers(TimeRules()).read_ports(texts)
    assert found.select("first", "last").rows() == [address_values.parse_ports(text) for text in texts]
    assert not found["is_bad"].any()


def test_precomputed_clocks_equal_parsed_clocks() -> None:
    clocks = distinct._list_all_clocks()[::7]
    found = [reply_times.parse_clock(text) for text in clocks["text"]]
    assert [(time_of_day.us, time_of_day.step_us, time_of_day.offset_s) for time_of_day in found] == clocks.select(
        "clock", "step", "offset"
    ).rows()
