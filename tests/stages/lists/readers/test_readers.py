"""Each kind of list file is told by its content and gives its rows; what is no row is named by line."""

from __future__ import annotations

import io
from typing import Any

import pytest

from sightline.errors import UsageError
from sightline.model import RowCode
from sightline.stages.lists.readers import detect_reader, read_batches


def read(raw: bytes) -> tuple[list[tuple[Any, ...]], list[tuple[int, RowCode]]]:
    """Rows without their trailing absent texts, and rejects as (line, code)."""
    rows: list[tuple[Any, ...]] = []
    rejects: list[tuple[int, RowCode]] = []
    for some, bad, *_ in read_batches(io.BytesIO(raw)):
        for row in some:
            texts = list(row)
            while texts[-1] == "":
                texts.pop()
            rows.append(tuple(texts))
        rejects += [(reject.line, reject.code) for reject in bad]
    return rows, rejects


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"kind,value\n", "csv"),
        (b"\xef\xbb\xbf# a list\r\n\r\n Value ; KIND \r\n", "csv"),
        (b"value\tkind\n", "csv"),
        (b"$TTL 60\n", "rpz"),
        (b"; zone\n@ IN SOA a. b. 1 2 3 4 5\n", "rpz"),
        (b"flagged.example CNAME .\n", "rpz"),
        (b"127.0.0.1 localhost\n", "hosts"),
        (b":: flagged.example\n", "hosts"),
        (b"d41d8cd98f00b204e9800998ecf8427e\n", "digests"),
        (b"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\n", "digests"),
        (b' {"id": "bundle--1", "objects": [{"type": "indicator", "pattern":', "stix"),
        (b'\xef\xbb\xbf{"type": "bundle"}', "stix"),
        (b'{"response": [{"Event": {}}]}', "misp"),
        (b'[\n {"Event": {"Attribute": []}}]', "misp"),
        (b'{"odata.metadata": "http://x.example/ProjectVic/DataModels/1.3.xml#Media", "value": [', "project-vic"),
        (b"MD5;SHA1;Image ID;Victim identified;Baseline\n", "icse"),
        (b"MD5;SHA1;value\n", "csv"),
        (b"[2001:db8::1]:443\n", "plain"),
        (b"192.0.2.1\n", "plain"),
        (b"flagged.example\n", "plain"),
        (b"# nothing\n", "plain"),
        (b"", "plain"),
    ],
)
def test_the_kind_of_file_is_detected_by_its_content(raw: bytes, kind: str) -> None:
    assert detect_reader(io.BytesIO(raw))[0].name == kind


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"\xff\xfek\0i\0", "UTF-16"),
        (b'{"type": "report", "value": []}', "JSON"),
        (b'[{"domain": "flagged.example"}]', "JSON"),
        (b'{"Event": {}, "objects": [', "several kinds"),
        (b"<html>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"SIGHTLS1", "compiled"),
        (b"untrusted comment: x", "minisign"),
        (b"domain,flagged.example\n", "without a header"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_the_next_step(raw: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        read_batches(io.BytesIO(raw), "x")
    assert refused.value.hint


def test_csv_columns_go_by_the_header_in_any_order() -> None:
    raw = b"value,kind,reference,opinion,listed_on,valid_until,valid_from,category\nv,k,r of 2026-01-02,o,l,u,f,c\n"
    assert read(raw) == ([(2, "k", "v", "c", "f", "u", "l", "o", "r of 2026-01-02")], [])


def test_csv_line_ends_comments_blank_lines_and_quotes() -> None:
    raw = b'\xef\xbb\xbfkind,value\r\n\r\n#note,x\r\ndomain,"a, ""b"""\r\n  \r\nhost,c'
    assert read(raw) == ([(4, "domain", 'a, "b"'), (6, "host", "c")], [])


def test_csv_rows_that_are_ragged_or_open_a_quote_lose_nothing_below_them() -> None:
    raw = b'kind,value,category\ndomain,a,"x\ndomain,b,y\ndomain,c\ndomain,d,e,f\ndomain,g,"h"i\n,#\ndomain,j,k\n'
    rows, rejects = read(raw)
    assert rows == [(3, "domain", "b", "y"), (8, "domain", "j", "k")]
    assert rejects == [
        (2, RowCode.BAD_SYNTAX),
        (4, RowCode.COLUMN_COUNT),
        (5, RowCode.COLUMN_COUNT),
        (6, RowCode.BAD_SYNTAX),
        (7, RowCode.COLUMN_COUNT),
    ]


def test_csv_a_misspelt_column_is_named_and_not_read() -> None:
    assert read(b"kind,value,valid_untill\ndomain,a,2020-01-01\n") == (
        [(2, "domain", "a")],
        [(1, RowCode.UNKNOWN_COLUMN)],
    )


def test_csv_a_column_named_twice_leaves_no_row_readable() -> None:
    assert read(b"\nkind,value,Value\ndomain,a,b\n") == ([], [(2, RowCode.DUPLICATE_HEADER)])


def test_csv_a_header_that_is_no_text_leaves_no_row_readable() -> None:
    found = read(b"kind,value,\xff\ndomain,a.example,b\ndomain,c.example,d\n")
    assert found == ([], [(1, RowCode.NOT_UTF8), (2, RowCode.BAD_SYNTAX)])


def test_plain_kinds_are_recognised_by_form() -> None:
    lines = {
        "flagged.example": "domain",
        "Flagged.Example:8080": "domain",
        "http://flagged.example": "url",
        "flagged.example/a": "url",
        "flagged.example?a": "url",
        "192.0.2.1": "ip",
        "192.0.2.1:443": "ip",
        "2001:db8::1": "ip",
        "[2001:db8::1]:443": "ip",
        "192.0.2.0/24": "cidr",
        "2001:db8::/32": "cidr",
        "192.0.2.1/24/": "url",
        "192.0.2.1/a": "url",
        "x.Onion": "onion",
        "x.i2p": "i2p",
        "x.onion.example": "domain",
    }
    rows, rejects = read("\n".join(lines).encode())
    assert ([(kind, value) for _, kind, value in rows], rejects) == (
        [(kind, value) for value, kind in lines.items()],
        [],
    )


@pytest.mark.parametrize(
    "odd", ["a.onion", "A.ONION", "a.i2p", "192.0.2.7", "a.example7", "a", "a.example # why", "", "x.example/a", "#"]
)
def test_plain_lines_are_read_the_same_among_domains_as_alone(odd: str) -> None:
    # Many domains are read at once: one line of another form must not be taken for a domain.
    rows, rejects = read(f"flagged.example\n{odd}\nWWW.other.example\n".encode())
    alone, alone_rejects = read(f"#\n{odd}\n#\n".encode())

    assert rows == [(1, "domain", "flagged.example"), *alone, (3, "domain", "WWW.other.example")]
    assert rejects == alone_rejects == []


def test_kinds_of_a_column_are_read_the_same_among_domains_as_alone() -> None:
    rows, _ = read(b"value,category\nflagged.example,a\na.onion,b\n192.0.2.7,c\n")
    same, _ = read(b"value,category\nflagged.example,a\n")

    assert [row[1] for row in rows] == ["domain", "onion", "ip"]
    assert same == [(2, "domain", "flagged.example", "a")]


def test_plain_comments_and_lines_with_two_values() -> None:
    raw = b"a.example # why\n\t\n#b\n  c.example\t\nd.example e.example\nf.example#g\n"
    rows, rejects = read(raw)
    assert [(row[0], row[2]) for row in rows] == [(1, "a.example"), (4, "c.example"), (6, "f.example#g")]
    assert rejects == [(5, RowCode.BAD_SYNTAX)]


def test_hosts_names_are_hosts_and_the_machines_own_names_are_none() -> None:
    own = b"127.0.0.1 localhost\n::1 ip6-localhost\n"
    assert read(own + b"0.0.0.0 a.example b.example # c\n:: d.example\n192.0.2.9 e.example\nf\n0.0.0.0\n") == (
        [(3, "host", "a.example"), (3, "host", "b.example"), (4, "host", "d.example")],
        [(5, RowCode.BAD_SYNTAX), (6, RowCode.BAD_SYNTAX), (7, RowCode.BAD_SYNTAX)],
    )


def test_digests_are_rows_and_other_lines_are_not() -> None:
    digest = "d41d8cd98f00b204e9800998ecf8427e"
    raw = f"{digest}\n# x\n{digest}0\n {digest.upper()}\t\n{'a' * 40}\n".encode()
    assert read(raw) == (
        [(1, "digest", digest), (4, "digest", digest.upper())],
        [(3, RowCode.BAD_SYNTAX), (5, RowCode.BAD_SYNTAX)],
    )


def test_lines_that_are_no_text_are_named_in_every_kind_of_file() -> None:
    for head, line in ((b"kind,value\n", b"domain,a.example"), (b"#\n", b"a.example"), (b"#\n", b"0.0.0.0 a.example")):
        raw = head + line + b"\n" + b"\xff\n" + b"a\0b\n" + b"a\rb\n" + b"x" * 65537 + b"\r\n" + line + b"\r\n"
        rows, rejects = read(raw)
        assert [row[0] for row in rows] == [2, 7]
        assert rejects == [
            (3, RowCode.NOT_UTF8),
            (4, RowCode.BAD_SYNTAX),
            (5, RowCode.BAD_SYNTAX),
            (6, RowCode.ROW_TOO_LONG),
        ]


def test_the_set_of_icse_lists_its_baseline_and_nothing_else() -> None:
    """With the quirks that users of such files described: an empty cell more in each row, and a digest too long."""
    md5, sha1 = "0123456789abcdef" * 2, "0123456789" * 4
    head = "MD5;SHA1;ZZ40;PhotoDNA;Image ID;Is distributed;Victim identified;Series name;Media Type;Baseline"
    rows = [
        f"{md5};{sha1};AB;CD;7;Y;N;;Image;Yes;",
        f"{md5};;;;8;Y;N;;Image;No;",
        f"{md5}7;{sha1};;;9;Y;N;;Image;Yes;",
        f'{md5};;;;10;Y;N;"a;b";Video;yes',
        f"{md5};;;;11;Y;N;;Image;;",
        f"{md5};;;;12;Y;N;;Image",
        ";;;;13;Y;N;;Image;Yes;",
    ]
    found, rejects = read("\n".join([head, *rows]).encode())
    assert found == [
        (2, "file-digest", md5, "ICSE baseline"),
        (2, "file-digest", sha1, "ICSE baseline"),
        (5, "file-digest", md5, "ICSE baseline"),
    ]
    assert rejects == [
        (4, RowCode.BAD_VALUE),
        (6, RowCode.UNKNOWN_OPINION),
        (7, RowCode.COLUMN_COUNT),
        (8, RowCode.BAD_VALUE),
    ]
