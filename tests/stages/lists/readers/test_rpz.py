"""A response policy zone gives what its triggers flag or clear; what no record can show is named."""

from __future__ import annotations

import io
from typing import Any

import pytest

from sightline.model import RowCode
from sightline.stages.lists.readers import read_batches

HEAD = """$TTL 1h
$ORIGIN rpz.example.
@ IN SOA ns.example. admin.example. (
 1 ; serial
 2h 3h 4w 5m )
  IN NS ns.example.
"""


def read(text: str) -> tuple[list[tuple[Any, ...]], list[tuple[int, RowCode]]]:
    rows: list[tuple[Any, ...]] = []
    rejects: list[tuple[int, RowCode]] = []
    for some, bad, *_ in read_batches(io.BytesIO(text.encode())):
        rows += [(row[0], row[1], row[2], row[7]) for row in some]
        rejects += [(reject.line, reject.code) for reject in bad]
    return rows, rejects


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("flagged.example CNAME .", ("host", "flagged.example", "flagged")),
        ("Flagged.Example.rpz.example. 60 IN CNAME *.", ("host", "flagged.example", "flagged")),
        ("flagged.example IN 1h30m CNAME rpz-drop. ; why", ("host", "flagged.example", "flagged")),
        ("flagged.example cname rpz-tcp-only.", ("host", "flagged.example", "flagged")),
        ("flagged.example CNAME walled.garden.example.", ("host", "flagged.example", "flagged")),
        ("flagged.example A 192.0.2.1", ("host", "flagged.example", "flagged")),
        ('flagged.example TXT ( "a ; ( b"\n "c" )', ("host", "flagged.example", "flagged")),
        ("*.flagged.example CNAME .", ("domain", "flagged.example", "flagged")),
        ("good.example CNAME rpz-passthru.", ("host", "good.example", "cleared")),
        ("good.example CNAME good.example.", ("host", "good.example", "cleared")),
        ("32.1.2.0.192.rpz-ip CNAME .", ("ip", "192.0.2.1", "flagged")),
        ("24.0.2.0.192.rpz-ip CNAME rpz-passthru.", ("cidr", "192.0.2.0/24", "cleared")),
        ("128.1.zz.db8.2001.rpz-ip CNAME .", ("ip", "2001:db8::1", "flagged")),
        ("48.zz.1.db8.2001.rpz-ip CNAME .", ("cidr", "2001:db8:1::/48", "flagged")),
        ("128.1.zz.rpz-ip CNAME .", ("ip", "::1", "flagged")),
        ("64.zz.rpz-ip CNAME .", ("cidr", "::/64", "flagged")),
        ("128.4.3.2.1.d.c.db8.2001.rpz-ip CNAME .", ("ip", "2001:db8:c:d:1:2:3:4", "flagged")),
    ],
)
def test_a_policy_is_a_row(record: str, expected: tuple[str, str, str]) -> None:
    assert read(HEAD + record + "\n") == ([(7, *expected)], [])


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("32.1.2.0.192.rpz-client-ip CNAME .", RowCode.UNKNOWN_KIND),
        ("24.0.2.0.192.rpz-nsip CNAME .", RowCode.UNKNOWN_KIND),
        ("ns.flagged.example.rpz-nsdname CNAME .", RowCode.UNKNOWN_KIND),
        ("flagged.example CNAME rpz-later.", RowCode.UNKNOWN_OPINION),
        ("flagged.example.other.example. CNAME .", RowCode.BAD_VALUE),
        ("flagged.example", RowCode.BAD_SYNTAX),
        ("flagged.example CNAME", RowCode.BAD_SYNTAX),
        ("flagged.example CNAMEE .", RowCode.BAD_SYNTAX),
        ("flagged.example DNAME .", RowCode.BAD_SYNTAX),
        ("flagged.example TYPE5 .", RowCode.BAD_SYNTAX),
        (f"$ORIGIN {'a.' * 600}", RowCode.BAD_SYNTAX),
        ("$INCLUDE more.zone", RowCode.BAD_SYNTAX),
        ('flagged.example TXT "open', RowCode.BAD_SYNTAX),
        ("flagged.example TXT )", RowCode.BAD_SYNTAX),
        ("flagged.example TXT ( x", RowCode.BAD_SYNTAX),
        ("flagged.example TXT ( x\n" + ("y" * 999 + "\n") * 70, RowCode.ROW_TOO_LONG),
    ],
)
def test_an_invalid_policy_is_a_reject(record: str, code: RowCode) -> None:
    rows, rejects = read(HEAD + record)
    assert rows == []
    assert rejects[0] == (7, code)


def test_records_of_the_zone_itself_are_no_rows() -> None:
    assert read(HEAD + "@ A 192.0.2.1\nrpz.example. TXT x\nx RRSIG a b\n") == ([], [])


def test_owner_and_origin_carry_over() -> None:
    text = HEAD + "a.example A 192.0.2.1\n AAAA 2001:db8::1\n$ORIGIN b.example.rpz.example.\nc CNAME .\n*\tCNAME .\n"
    rows, rejects = read(text)
    assert rejects == []
    assert [(row[0], row[2]) for row in rows] == [
        (7, "a.example"),
        (8, "a.example"),
        (10, "c.b.example"),
        (11, "b.example"),
    ]
    assert rows[-1][1] == "domain"


def test_names_of_a_zone_without_an_origin_are_relative_to_its_soa_or_absolute() -> None:
    assert read("rpz.example. SOA a. b. 1 2 3 4 5\nx.example CNAME .\ny.example.rpz.example. CNAME .\n")[0] == [
        (2, "host", "x.example", "flagged"),
        (3, "host", "y.example", "flagged"),
    ]
    assert read("@ SOA a. b. 1 2 3 4 5\nx.example CNAME .\n")[0] == [(2, "host", "x.example", "flagged")]


def test_a_name_that_blocks_everything_stays_visible() -> None:
    assert read(HEAD + "* CNAME .\n") == ([(7, "host", "*", "flagged")], [])
