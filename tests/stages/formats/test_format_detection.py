"""Detection: why a format is chosen, and what is refused in which words."""

import codecs
import gzip
import json
import lzma
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from sightline.errors import AmbiguousFormat, UnknownFormat
from sightline.services.match.engine import Engine, choose_engine, detect_format
from sightline.stages.formats import unread_hosts
from sightline.stages.formats.format_detection import Detection, ReadingScore, find_format
from sightline.stages.formats.head import HEAD_BYTES
from sightline.stages.formats.loader import load_builtin_formats
from sightline.stages.formats.program import Program, Zone
from sightline.stages.formats.stored_formats import StoredProgram
from sightline.stages.formats.text_shape import choose_examples, mask_frame
from sightline.stages.scan.reference.read import score_program
from tests.stages.scan import dnstaps

from .oracle_reader import OPTIONS, SAMPLES

LINE = b'192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 2326\n'


def detect_head(head: bytes) -> Detection:
    return find_format(head, load_builtin_formats(), lambda program, lines: score_program(program, lines, OPTIONS))


def detect_refusal(head: bytes) -> str:
    with pytest.raises(UnknownFormat) as error:
        detect_head(head)
    return str(error.value)


def test_the_reason_counts_frames_and_names_the_next_best() -> None:
    combined = LINE.replace(b"\n", b' "-" "curl/8.0"\n')

    assert detect_head(LINE * 3).reason == "common reads 3 of 3 frames; next best combined 3"
    assert detect_head(combined * 19 + LINE).reason == "combined reads 20 of 20 frames; next best common 1"


def test_comments_do_not_count_against_a_format() -> None:
    log = (SAMPLES / "dnsmasq" / "real-dnsmasq-queries.log").read_bytes()

    assert detect_head(log).reason.startswith("dnsmasq reads 50 of 50 frames")


def test_a_weak_score_is_refused_with_the_candidates() -> None:
    assert detect_refusal(LINE * 5 + b"something else\n" * 2) == (
        "no format reads 90 % of the frames: common reads 5 of 7 frames"
    )
    assert detect_head(LINE * 9 + b"something else\n").format.name == "common"


@pytest.mark.parametrize(
    ("read", "foreign", "accepted"),
    [(2, 1, True), (1, 1, False), (5, 2, False), (6, 2, True), (30, 10, True), (30, 11, False)],
)
def test_few_foreign_lines_are_accepted_where_one_format_alone_reads_any_line(
    read: int, foreign: int, accepted: bool
) -> None:
    log = LINE * read + b"something else\n" * foreign
    if accepted:
        assert detect_head(log).reason.startswith(f"common reads {read} of {read + foreign} frames; ")
    else:
        detect_refusal(log)


def test_lines_that_another_format_reads_are_not_foreign() -> None:
    query = b"Jul 31 12:34:56 dnsmasq[9]: query[A] flagged.example from 192.0.2.7\n"

    assert "common reads 3 of 4 frames; dnsmasq reads 1 of 4 frames" in detect_refusal(LINE * 3 + query)


def test_a_weak_score_says_how_to_see_what_is_not_read() -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(LINE * 5 + b"something else\n" * 2)

    assert error.value.hint is not None
    assert "sightline formats test common LOG" in error.value.hint


def test_a_score_under_a_half_names_no_format_to_read_it_with() -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(LINE * 2 + b"something else\n" * 3)

    assert error.value.hint is not None
    assert "--format common" not in error.value.hint
    assert "sightline formats draft LOG" in error.value.hint


def test_lines_that_the_nearest_format_cannot_read_are_listed_as_shapes() -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(LINE * 8 + b"one 1\ntwo 2\n4711\n")

    assert error.value.unread == ("xxx 9", "9999")


@pytest.mark.parametrize("name", ["iis-w3c", "umbrella-dns-header"])
def test_lines_below_a_header_are_tried_with_it(name: str) -> None:
    sample = (SAMPLES / name / "specification.log").read_bytes().splitlines(keepends=True)
    read = [sample[one["line"] - 1] for one in expected(name) if "record_kind" in one][:2]
    head = b"".join(sample[: sample.index(read[0])]) + b"".join(read) + b"one 1\n4711\n"

    with pytest.raises(UnknownFormat, match=f"{name} reads 2 of 4 frames") as error:
        detect_head(head)
    assert error.value.unread == ("xxx 9", "9999")


def expected(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / name / "specification.expected.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_two_formats_in_one_log_are_named_the_narrower_of_each() -> None:
    native = (SAMPLES / "squid" / "real-squid-native.log").read_bytes()
    combined = (SAMPLES / "squid-combined" / "real-squid-combined.log").read_bytes()

    assert detect_refusal(native + combined).endswith("; squid and squid-combined may both be in it")
    assert "may both" not in detect_refusal(LINE * 8 + b"something else\n" * 4)


CLIENT = "192.0.2.7"
TAIL = b' "-" "curl/8.0"'


def log(*heads: str, tail: bytes = TAIL) -> bytes:
    """Lines of the combined log, each with what stands before the time."""
    rest = b' [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 2326' + tail + b"\n"
    return b"".join(head.encode() + rest for head in heads)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (log(*[f"{CLIENT} www.example -"] * 7, f"{CLIENT} - -", f"{CLIENT} 203.0.113.1 -"), "combined-host"),
        (log(*[f"{CLIENT} www.example:8080 ravi"] * 3, tail=b""), "common-host"),
        (log(*[f"{CLIENT} www.example - -"] * 3), "combined-host"),
        (log(*[f"{CLIENT} - -"] * 7, f"{CLIENT} frank -"), "combined"),
        (log(*[f"{CLIENT} - -"] * 7, *[f"{CLIENT} - jane.doe"] * 3), "combined"),
        (log(*["localhost:80 192.0.2.7 - -"] * 3), "vhost-combined"),
        (log(*["www.example 192.0.2.7 - -"] * 7, *["203.0.113.1 192.0.2.7 - -"] * 3), "vhost-combined"),
        (log(*["- 192.0.2.1 - -"] * 7, *["203.0.113.9 192.0.2.1 - -"] * 3), "forwarded-combined"),
        (log(*["203.0.113.9, 198.51.100.2 192.0.2.1 - -"] * 7), "forwarded-combined"),
        (log(*[f"{CLIENT} - -"] * 3, tail=TAIL + b" 123 456"), "combined"),
        (log(*[f"{CLIENT} - -"] * 3, tail=TAIL + b' "203.0.113.9"'), "combined"),
    ],
)
def test_the_place_of_a_name_or_address_decides_which_word_is_the_site(lines: bytes, name: str) -> None:
    assert detect_head(lines).format.name == name


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (
            log(*["203.0.113.1 192.0.2.7 - -"] * 7, "www.example 192.0.2.7 - -"),
            {"vhost-combined", "forwarded-combined"},
        ),
        (log(*["203.0.113.1 192.0.2.7 - -"] * 7, tail=b""), {"vhost-common", "forwarded-common"}),
        (log(*[f"{CLIENT} localhost -"] * 7), {"combined", "combined-host"}),
        (log(*[f"{CLIENT} - www.example"] * 7, f"{CLIENT} - -"), {"combined", "combined-host-user"}),
        (log(*[f"{CLIENT} - www.example"] * 7, tail=b""), {"common", "common-host-user"}),
        (log(*[f"{CLIENT} 203.0.113.1 -"] * 7), {"combined-host"}),
        (log(*[f"{CLIENT} - -"] * 7, tail=TAIL + b' "-" "www.example" 0.1'), {"combined", "combined-host-last"}),
    ],
)
def test_two_readings_of_who_visited_what_are_refused_and_both_named(lines: bytes, names: set[str]) -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(lines)

    assert "different visitors or sites" in str(error.value)
    assert all(f"{name} takes" in str(error.value) for name in names)
    assert "--format" in str(error.value.hint)


def test_a_tie_is_refused_with_the_candidates() -> None:
    common = load_builtin_formats()["common"]
    formats = {"common": common, "same": replace(common, name="same")}

    with pytest.raises(UnknownFormat, match="equally well: common, same"):
        find_format(LINE * 2, formats, lambda program, lines: score_program(program, lines, OPTIONS))


def test_the_narrower_of_two_equally_good_formats_is_chosen() -> None:
    squid = (SAMPLES / "squid-combined" / "real-squid-combined.log").read_bytes()

    assert detect_head(squid).reason == "squid-combined reads 58 of 58 frames; next best combined 58"


def test_only_whole_lines_of_the_first_256_kib_count() -> None:
    seen: list[bytes] = []

    def count(program: Program | StoredProgram, lines: bytes) -> ReadingScore:
        seen.append(lines)
        return score_program(program, lines[: 10 * len(LINE)], OPTIONS)

    find_format(LINE * 5000, {"common": load_builtin_formats()["common"]}, count)

    assert HEAD_BYTES - len(LINE) < len(seen[0]) <= HEAD_BYTES
    assert seen[0].endswith(b"\n")


IIS_LINE = b"2026-12-01 09:10:02 198.51.100.9 GET /rooms x=1 443 - 192.0.2.7 Mozilla/5.0+(X11) - 200 0 0 15\r\n"


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"", "it is empty"),
        (b"  \r\n\n", "it is empty"),
        (codecs.BOM_UTF16_LE + LINE.decode().encode("utf-16-le"), "UTF-16"),
        ((LINE * 2).replace(b"\n", b"\r"), "ends lines in CR alone"),
        (LINE.decode().encode("utf-16-le"), "iconv -f UTF-16LE"),
        (LINE.decode().encode("utf-16-be"), "iconv -f UTF-16BE"),
        (b"a\0\0b" * 40, "NUL bytes, so it is binary or UTF-16"),
        (IIS_LINE, "IIS without its #Fields: line"),
        (IIS_LINE.removeprefix(b"2026-12-01 "), "IIS without its #Fields: line"),
        (gzip.compress(LINE, mtime=0), "gzip"),
        (b"SQLite format 3\x00" + bytes(100), "an SQLite database"),
        (
            b"SQLite format 3\x00" + bytes(100) + b"CREATE TABLE query_storage",
            "Pi-hole's database; sqlite3 -csv -header",
        ),
        (b"\x4d\x3c\xb2\xa1" + bytes(40), "a packet capture; zeek -C -r FILE"),
        (b"ElfFile\x00" + bytes(40), "evtx_dump"),
        (b"\x0c\xa5\x01\x00" + bytes(40), "nfdump -r FILE"),
        (b"<!DOCTYPE html>\n<html></html>\n", "an HTML page"),
        (b'[{"a":1},\n{"a":2}]\n', "a JSON array"),
        (b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n', "objects of several lines"),
        (lzma.compress(LINE, format=lzma.FORMAT_ALONE), "LZMA of the old form"),
        (
            b'{"records":[{"properties":{"flows":[{"flows":[{"flowTuples":["1785501296,192.0.2.7"]}]}]}}]}',
            "a flow log of Azure",
        ),
        (dnstaps.stream(b"x", content_type=b"protobuf:other"), "a frame stream, and not of dnstap"),
        (b"<?xml version='1.0'?>\n<a/>\n", "an XML document"),
    ],
)
def test_a_file_that_is_not_a_log_of_lines_is_named_by_its_kind(head: bytes, looks: str) -> None:
    assert looks in detect_refusal(head)


def test_a_log_that_no_format_reads_is_reported() -> None:
    assert (
        detect_refusal(b"one\ntwo\n")
        == f"none of the {len(load_builtin_formats())} known formats reads any record of it"
    )


def test_masked_frames_show_the_shape_and_no_content() -> None:
    secret = "Ravi ravi@flagged.example 192.0.2.7 नमस्ते \x1b[31m \u202e".encode() + b"\xff" + b"z" * 200

    shape = mask_frame(secret)

    assert shape.startswith("xxxx xxxx@xxxxxxx.xxxxxxx 999.9.9.9 ")
    assert len(shape) == 80
    assert set(shape) <= set("x9 @.[")


def test_three_examples_are_listed_and_no_shape_repeats() -> None:
    assert choose_examples([b"a1", b"b2", b"c", b"1", b"-"]) == ("x9", "x", "9")


SHOP = b'{"time_iso8601":"2026-10-10T13:55:36+05:30","remote_addr":"192.0.2.7","request":"GET / HTTP/1.1",%b}\n'


@pytest.mark.parametrize(
    ("site", "key"),
    [
        (b'"site":"www.other.example","http_referer":"https://news.example/"', "site"),
        (b'"server_name":"_","request_info":{"authority":"shop.example:8443"}', "request_info.authority"),
        (b'"full":"https://shop.example/room/7"', "full"),
        (b'"host":"web-1","site":"www.other.example"', "site"),
        (b'"request_uri":"www.other.example/room/7"', "request_uri"),
        (b'"host":"198.51.100.7","server_name":"www.other.example"', "server_name"),
    ],
)
def test_json_whose_site_may_stand_under_another_key_is_refused(site: bytes, key: str) -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(SHOP % site * 3)

    assert str(error.value).endswith(f"another key names a host: {key}")
    assert "extends = 'nginx-json'" in str(error.value.hint)


@pytest.mark.parametrize(
    "site",
    [
        b'"host":"www.other.example","upstream":"app.internal"',
        b'"request_id":"7.1","upstream_addr":"198.51.100.7:80"',
        b'"host":"web-1","upstream":"app.internal"',
        b'"host":"198.51.100.7","http_host":"www.other.example"',
    ],
    ids=("its site is read", "no key holds a name", "a site without a dot", "the server's own address beside the site"),
)
def test_json_that_leaves_no_doubt_about_its_site_is_read(site: bytes) -> None:
    assert detect_head(SHOP % site * 3).format.name == "nginx-json"


@pytest.mark.parametrize("site", [b'"host":["edge-1","www.other.example"]', b'"host":["www.other.example","edge-1"]'])
def test_json_whose_site_is_one_of_several_values_is_refused(site: bytes) -> None:
    with pytest.raises(UnknownFormat) as error:
        detect_head(SHOP % site * 3)

    assert str(error.value) == "nginx-json takes the first of several values of host for the site"
    assert "--format nginx-json" in str(error.value.hint)


@pytest.mark.parametrize(
    "site",
    [
        b'"host":["edge-1","edge-2"],"http_host":"www.other.example"',
        b'"host":["www.other.example"]',
        b'"host":["www.other.example","www.other.example"]',
    ],
    ids=("another key names the site", "one value", "one value twice"),
)
def test_json_whose_list_leaves_no_doubt_about_its_site_is_read(site: bytes) -> None:
    assert detect_head(SHOP % site * 3).format.name == "nginx-json"


MISREAD = {
    "two sites before the client": (
        'a.example b.example {} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B"',
        "visitor",
    ),
    "a proxy before the client": ('10.0.0.1 - {} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "two addresses"),
    "the site before the referrer": (
        '{} - - [{}] "GET /a HTTP/1.1" 200 5 "www.flagged.example" "https://a.example/" "B"',
        "name for the referrer",
    ),
    "a page in quotes before the request": (
        '{} - - [{}] "www.flagged.example/" "GET /a HTTP/1.1" 200 5 "-" "B"',
        "finds no request",
    ),
    "the site behind the time taken": ('{} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B" 1234 board.example', "a name"),
    "a field before the user": ('{} - x1 alice [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "several words"),
    "two dashes before the user": ('{} - - - alice [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "several words"),
    "a field behind the user": ('{} - alice - [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "several words"),
    "two times": ('{0} - - [{1}] [{1}] "GET /a HTTP/1.1" 200 5 "-" "B"', "two times"),
    "a port before the client": ('443 {} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "a number for the site"),
    "a port before the request": ('{} - - [{}] 443 "GET /a HTTP/1.1" 200 5 "-" "B"', "a number for the site"),
    "an id before the request": (
        '{} - - [{}] "6d1c4b1f0a9e4d7c8b2a5f3e0c9d8b7a" "GET /a HTTP/1.1" 200 5 "-" "B"',
        "id of a request",
    ),
    "a proxy before a client without a user": ('10.0.0.1 - {} [{}] "GET /a HTTP/1.1" 200 5 "-" "B"', "two addresses"),
    "the site before the path": ('{} - - [{}] "GET www.flagged.example/a HTTP/1.1" 200 5 "-" "B"', "before the path"),
    "the site behind the size": ('{} - - [{}] "GET /a HTTP/1.1" 200 5 board.example:8080', "a name"),
    "the name of the server": ('{} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B" rt=0.1 sn="board.example" x=1', "a name"),
}
READ = {
    "requests of scanners": '{} - - [{}] "\\x16\\x03\\x01" 400 5 "-" "-"',
    "dashes before a user": '{} - - alice [{}] "GET /a HTTP/1.1" 200 5 "-" "B"',
    "no requests": '{} - - [{}] "-" 408 0 "-" "-"',
    "clients by name": 'visitor.example - - [{1}] "GET /a HTTP/1.1" 200 5 "-" "B"',
    "user agents that are names": '{} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "bot.example"',
    "servers behind the proxy": (
        '{} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B" "-" upstream="b.example:80" TLSv1.3 a/b.example'
    ),
    "referrers with a scheme": '{} - - [{}] "GET /a HTTP/1.1" 200 5 "https://a.example" "B"',
}
AT = "10/Oct/2026:13:55:36 +0530"


@pytest.mark.parametrize("client", ["192.0.2.7", "2001:db8::7"])
@pytest.mark.parametrize("name", MISREAD)
def test_a_web_log_that_has_another_field_where_the_format_takes_one_is_refused(name: str, client: str) -> None:
    line, what = MISREAD[name]

    with pytest.raises(AmbiguousFormat, match=what):
        detect_head((line.format(client, AT) + "\n").encode() * 20)


@pytest.mark.parametrize("name", READ)
def test_strange_requests_clients_and_referrers_are_no_reason_to_refuse_a_web_log(name: str) -> None:
    assert detect_head((READ[name].format("192.0.2.7", AT) + "\n").encode() * 20).format.name == "combined"


BEHIND_THE_AGENT = '10.0.0.{} - - [{}] "GET /a HTTP/1.1" 200 5 "-" "B" 12 {}\n'


@pytest.mark.parametrize(
    "behind",
    [
        "192.0.2.{}",
        "2001:db8::{}",
        '"192.0.2.{}"',
        '"-" "192.0.2.{}, 10.0.0.9"',
        'rt=0.1 xff="2001:db8::{}"',
        "ip=192.0.2.{}",
    ],
)
def test_visitors_behind_the_fields_of_a_proxy_are_a_reason_to_refuse(behind: str) -> None:
    lines = [BEHIND_THE_AGENT.format(at % 2, AT, behind.format(at)) for at in range(1, 9)]

    with pytest.raises(AmbiguousFormat, match="more different addresses"):
        detect_head("".join(lines).encode())


@pytest.mark.parametrize(
    "behind",
    [
        "198.51.100.4",
        "198.51.100.{}:8080",
        "12:34:{}",
        "00:11:22:33:44:{:02}",
        '"198.51.100.4"',
        'upstream="198.51.100.{}:8080"',
        'to="00:11:22:33:44:{:02}"',
    ],
)
def test_the_address_of_the_server_behind_the_fields_is_none(behind: str) -> None:
    lines = [BEHIND_THE_AGENT.format(at % 3, AT, behind.format(at + 10)) for at in range(1, 9)]

    assert detect_head("".join(lines).encode()).format.name == "combined"


def test_an_address_behind_one_that_is_read_is_no_reason_to_refuse() -> None:
    lines = [BEHIND_THE_AGENT.replace("12 {}", f'"192.0.2.{at}" "198.51.100.{at}"').format(1, AT) for at in range(1, 9)]

    assert detect_head("".join(lines).encode()).format.name == "combined"


SQUID = "1785501296.123  120 {} TCP_MISS/200 1234 GET http://a.example/ - HIER_DIRECT/203.0.113.{} text/html {}\n"


@pytest.mark.parametrize(
    "behind", ["192.0.2.{}", '"Mozilla/5.0 (X11)" 2001:db8::{}', "192.0.2.{}, 198.51.100.4", "203.0.113.9 192.0.2.{}"]
)
def test_visitors_behind_squid_s_fields_are_a_reason_to_refuse(behind: str) -> None:
    lines = [SQUID.format("127.0.0.1", 9, behind.format(at)) for at in range(1, 9)]

    with pytest.raises(AmbiguousFormat, match="more different addresses"):
        detect_head("".join(lines).encode())


@pytest.mark.parametrize("behind", ["203.0.113.{}", "12 203.0.113.{}", "200"])
def test_the_address_where_squid_went_is_no_visitor(behind: str) -> None:
    lines = [SQUID.format("192.0.2.7", at, behind.format(at)) for at in range(1, 9)]

    assert detect_head("".join(lines).encode()).format.name == "squid"


SQUID_TUNNEL = "1785501296.123  120 192.0.2.7 TCP_TUNNEL/200 1234 CONNECT {} {} ORIGINAL_DST/203.0.113.9 -{}\n"


@pytest.mark.parametrize(
    ("user", "behind"),
    [("board.example", ""), ("splice board.example", ""), ("-", ' "board.example"'), ("-", " x a.test")],
)
@pytest.mark.parametrize("address", ["203.0.113.9:443", "[2001:db8::9]:443"])
def test_the_name_that_tls_says_beside_the_address_of_a_tunnel_is_a_reason_to_refuse(
    address: str, user: str, behind: str
) -> None:
    """%ssl::>sni in place of the user, as guides for a transparent proxy have it, or behind the content type."""
    other = SQUID.format("192.0.2.7", 9, behind) + SQUID_TUNNEL.format(address, "-", "")

    with pytest.raises(AmbiguousFormat, match="the site that TLS names"):
        detect_head((other + SQUID_TUNNEL.format(address, user, behind) * 3).encode())


@pytest.mark.parametrize(
    ("named", "user"), [("203.0.113.9:443", "-"), ("203.0.113.9:443", "alice"), ("board.example:443", "first.last")]
)
def test_a_user_or_nothing_beside_the_address_of_a_tunnel_is_no_site(named: str, user: str) -> None:
    lines = SQUID_TUNNEL.format(named, user, "") * 3 + SQUID_TUNNEL.format("203.0.113.9:443", user, "")

    assert detect_head(lines.encode()).format.name == "squid"


COMMON_TUNNEL = (
    '192.0.2.7 - {} [31/Jul/2026:12:34:56 +0000] "CONNECT {} HTTP/1.1" 200 1234 TCP_TUNNEL:HIER_DIRECT\n'
    '192.0.2.9 - - [31/Jul/2026:12:34:57 +0000] "GET http://a.test/ HTTP/1.1" 200 99 TCP_MISS:HIER_DIRECT\n'
)


@pytest.mark.parametrize("address", ["203.0.113.9:443", "[2001:db8::9]:443"])
def test_the_name_that_tls_says_in_place_of_the_user_of_the_common_layout_is_a_reason_to_refuse(address: str) -> None:
    with pytest.raises(AmbiguousFormat, match="the site that TLS names"):
        detect_head(COMMON_TUNNEL.format("board.example", address).encode() * 3)


@pytest.mark.parametrize(
    ("named", "user"), [("203.0.113.9:443", "-"), ("203.0.113.9:443", "alice"), ("board.example:443", "first.last")]
)
def test_a_user_of_the_common_layout_beside_an_address_is_no_site(named: str, user: str) -> None:
    assert detect_head(COMMON_TUNNEL.format(user, named).encode() * 3).format.name == "squid-common"


CAPTURED = (
    "Feb  6 12:14:14 lb haproxy[9]: 192.0.2.7:33317 [06/Feb/2026:12:14:14.655] in be/s 1/0/3/6/10 200 27 - - ---- "
    "1/1/1/1/0"
    ' 0/0 %s "GET /a HTTP/1.1"\n'
)


def test_a_name_among_captured_headers_that_is_not_read_is_a_reason_to_refuse() -> None:
    lines = CAPTURED % "{Mozilla/5.0 (X11)|www.flagged.example}" * 3

    with pytest.raises(AmbiguousFormat, match="a name is among the captured headers"):
        detect_head(lines.encode())


@pytest.mark.parametrize(
    "captured", ["{www.flagged.example}", "{curl|www.flagged.example|x}", "{203.0.113.9|}", "{} {}"]
)
def test_captured_headers_that_are_read_or_are_no_name_are_none(captured: str) -> None:
    assert detect_head((CAPTURED % captured * 3).encode()).format.name == "haproxy"


@pytest.mark.parametrize(
    "line",
    [
        CAPTURED % "{{203.0.113.{0}}}",
        CAPTURED % "{{203.0.113.{0}, 10.0.0.1|curl}}",
        CAPTURED.replace("\n", " 8abc-AMS 203.0.113.{0} IN\n") % "{{}}",
    ],
)
def test_visitors_among_captured_headers_or_behind_the_request_are_a_reason_to_refuse(line: str) -> None:
    lines = "".join(line.format(at) for at in range(1, 9))

    with pytest.raises(AmbiguousFormat, match="a proxy's"):
        detect_head(lines.encode())


def test_a_name_behind_the_request_of_haproxy_is_a_reason_to_refuse() -> None:
    with pytest.raises(AmbiguousFormat, match="a name follows"):
        detect_head((CAPTURED.replace("\n", " www.flagged.example\n") % "{}" * 3).encode())


def test_the_relay_that_syslog_names_is_not_the_first_address_of_a_line_of_squid() -> None:
    lines = [
        "Oct 10 13:55:36 198.51.100.1 squid[1]: " + SQUID.format(f"192.0.2.{at}", 9, f"203.0.113.{100 + at}")
        for at in range(1, 9)
    ]

    assert detect_head("".join(lines).encode()).format.name == "squid"


def test_the_logger_of_caddy_is_no_site() -> None:
    line = (
        b'{"ts":1785501296.5,"logger":"http.log.access.log0","msg":"handled request",'
        b'"request":{"remote_ip":"192.0.2.7",'
        b'"method":"GET","host":"","uri":"/a"},"status":400}\n'
    )

    assert detect_head(line * 3).format.name == "caddy"


def test_a_log_of_several_services_of_an_ingress_controller_is_refused() -> None:
    line = LINE.replace(b"\n", b' "-" "curl/8" 93 0.012 [%b] [] 198.51.100.9:80 12 0.012 200 aaaabbbb\n')

    assert detect_head(line % b"default-shop-80" * 4).format.name == "combined"
    with pytest.raises(AmbiguousFormat, match="several services"):
        detect_head(line % b"default-shop-80" + line % b"default-board-80")


def test_a_log_of_several_resources_of_nginx_s_own_ingress_controller_is_refused() -> None:
    line = LINE.replace(b"\n", b' "-" "curl/8" "-" rn="%b" "virtualserver" "default" svc="a" "0f" rt="0.003"\n')

    assert detect_head(line % b"shop-vs" * 4).format.name == "combined"
    with pytest.raises(AmbiguousFormat, match="several services"):
        detect_head(line % b"shop-vs" + line % b"board-vs")


def test_the_services_that_a_proxy_names_are_told_where_most_lines_name_no_site() -> None:
    traefik = LINE.replace(b"\n", b' "-" "curl/8" 1 "%b" "http://198.51.100.9:80" 5ms\n')
    haproxy = (
        b"Oct 10 13:55:36 lb haproxy[1]: 192.0.2.7:51034 [10/Oct/2026:13:55:36.123] fe %b/%b 0/0/1/2/3 200 512 - -"
        b' ---- 1/1/0/0/0 0/0 %b"GET /a HTTP/1.1"\n'
    )

    named = detect_head(traefik % b"web@docker" * 2 + traefik % b"shop@docker" + traefik % b"api@internal")
    assert named.services == ("web@docker", "shop@docker")
    backends = haproxy % (b"a", b"s1", b"") + haproxy % (b"fe", b"<NOSRV>", b"") + haproxy % (b"b", b"s1", b"")
    assert detect_head(backends).services == ("a", "b")
    hosts = haproxy % (b"a", b"s1", b"{www.a.example} ") + haproxy % (b"b", b"s1", b"{www.b.example} ")
    assert detect_head(hosts).services == ()
    assert detect_head(LINE * 3).services == ()


def test_what_hides_the_site_is_found_in_lines_that_were_wrapped() -> None:
    line = '192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 5 "-" "a" rt=0.1 host=www.example'
    for keeps in ({"log": line, "date": 1.5}, {"log": f"{line}\n", "stream": "stdout", "time": "2026-10-10T08:25:36Z"}):
        wrapped = json.dumps(keeps, separators=(",", ":")).encode() + b"\n"
        assert "it may be the site" in detect_refusal(wrapped * 9)


@pytest.mark.parametrize(
    "line",
    [
        '"GET / HTTP/1.1" 200 5 "-" "a" Host=www.example',
        '"GET / HTTP/1.1" 200 5 "-" "a" [www.example] [198.51.100.3:80]',
        '"GET / HTTP/1.1" 200 5 "-" "a" h=www.example',
        '"GET //www.example/a HTTP/1.1" 200 5 "-" "a"',
        '"GET /www.example/a HTTP/1.1" 200 5 "-" "a"',
        '"GET /198.51.100.3/a HTTP/1.1" 200 5 "-" "a"',
        '"GET /VirtualHostBase/http/www.example:80/site/VirtualHostRoot/a HTTP/1.1" 200 5 "-" "a"',
    ],
)
def test_a_site_behind_a_key_or_in_the_path_is_not_lost(line: str) -> None:
    assert "it may be the site" in detect_refusal(f"192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] {line}\n".encode() * 3)


@pytest.mark.parametrize("path", ["/index.php/room/7", "/socket.io/?EIO=4"])
def test_a_path_with_a_name_of_a_file_or_library_is_no_site(path: str) -> None:
    line = f'192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET {path} HTTP/1.1" 200 5 "-" "a"\n'
    assert detect_head(line.encode() * 3).format.name == "combined"


def test_a_name_that_begins_most_paths_but_not_nearly_all_is_no_site() -> None:
    line = b'192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET /%s HTTP/1.1" 200 5 "-" "a"\n'
    assert detect_head(line % b"docs.example/a" * 8 + line % b"robots.txt" * 2).format.name == "combined"


def test_the_columns_of_a_proxy_of_microsoft_s_are_refused_where_another_program_wrote_them() -> None:
    lines = (SAMPLES / "tmg-proxy" / "specification.log").read_bytes().splitlines(keepends=True)
    log = b"".join(lines[:6])  # the header and whole lines
    other = re.sub(rb"#Software: [^\r\n]*", b"#Software: WinGate", log)
    assert detect_head(log).format.name == "tmg-proxy"
    assert "another program wrote it: WinGate" in detect_refusal(other)


def test_a_csv_export_is_named_with_the_export_that_can_be_read() -> None:
    assert "raw events" in detect_refusal(b'"_time","_raw"\n"x","192.0.2.7 - -"\n')
    assert "newline-delimited" in detect_refusal(b'"timestamp","source","message"\n"x","y","z"\n')


def test_a_journal_and_its_export_are_named_with_the_command_that_reads_them() -> None:
    assert "journalctl --file" in detect_refusal(b"LPKSHHRH\0\0\0\0")
    assert "systemd-journal-remote" in detect_refusal(b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1\nMESSAGE=x\n\n")


@pytest.mark.parametrize("date", ["5/21/2026", "21/5/2026", "21.05.2026", "2026/5/21"])
def test_the_order_of_day_and_month_does_not_matter_to_detection(date: str) -> None:
    packet = "0D48 PACKET  000000000181D1C0 UDP Rcv 192.0.2.7    0c6b   Q [0001   D   NOERROR] A"
    line = f"{date} 13:51:18 {packet}      (4)news(7)example(0)\n"

    found = detect_format(choose_engine()[1], replace(OPTIONS, date_order="dmy"), line.encode())

    assert found.format.name == "microsoft-dns"


def test_orders_of_day_and_month_are_tried_with_formats_that_have_such_dates_alone() -> None:
    engine, compared = choose_engine()[1], list[str]()

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def compare(self, programs: Sequence[Program], *rest: object) -> object:
            compared.extend(program.name for program in programs)
            return engine.compare(programs, *rest)  # type: ignore[arg-type]

    with pytest.raises(UnknownFormat):
        detect_format(cast(Engine, Counting()), OPTIONS, b"5/21/2026 no log of any kind\n" * 20)

    formats = load_builtin_formats()
    assert set(compared) == set(formats)
    again = {name for name in formats if compared.count(name) > 1}
    assert again == {name for name, item in formats.items() if "%D" in item.program.to_json()}


def test_a_duration_is_no_site() -> None:
    line = b'192.0.2.7 0.123ms - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 2326 "-" "curl/8.0"\n'

    assert "most lines do not show that it is one" in detect_refusal(line * 3)
    assert detect_head(line.replace(b"0.123ms", b"shop.example") * 3).format.name == "combined-host"


W3C = b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-10-10 13:55:36 192.0.2.7 GET /a 200\n"


@pytest.mark.parametrize("program", [b"Stream Server 11", b"Example Gateway 1.0 for Microsoft Windows"])
def test_a_w3c_log_of_another_program_than_iis_is_refused_as_its_times_need_not_be_utc(program: bytes) -> None:
    with pytest.raises(AmbiguousFormat, match="takes their times for UTC") as error:
        detect_head(b"#Software: " + program + b"\r\n" + W3C)
    assert str(error.value).endswith(program.decode())
    assert "in which zone" in (error.value.hint or "")


@pytest.mark.parametrize(
    "line", [b"", b"#Software: Microsoft Internet Information Services 10.0\n", b"#Software: Apache Tomcat/9.0.31\n"]
)
def test_a_w3c_log_of_iis_or_of_nobody_is_read(line: bytes) -> None:
    assert detect_head(line + W3C).format.name == "iis-w3c"


SGOS = b"""#Software: SGOS 6.7.5.3
#Date: 2026-04-16 13:51:09%s
#Fields: date time time-taken c-ip sc-status s-action sc-bytes cs-method cs-uri-scheme cs-host cs-uri-path
2026-04-16 08:27:56 43 192.0.2.163 200 TCP_MISS 12734 GET http www.site.example /
"""


@pytest.mark.parametrize("zone", [" EST (UTC-0400)", " IST", " +05:30", " (GMT+5:30)"])
def test_a_w3c_log_whose_header_names_another_zone_than_utc_is_refused(zone: str) -> None:
    assert f"its header names another zone: {zone.strip()}" in detect_refusal(SGOS % zone.encode())


@pytest.mark.parametrize("zone", [b"", b" ", b"Z", b" UTC", b" GMT", b" +00:00", b" (UTC+0000)"])
def test_a_w3c_log_whose_header_names_utc_or_no_zone_is_read(zone: bytes) -> None:
    assert detect_head(SGOS % zone).format.name == "bluecoat"


def test_the_times_of_shoutcast_s_w3c_log_are_not_utc() -> None:
    shoutcast = (SAMPLES / "shoutcast-w3c" / "specification.log").read_bytes().splitlines(keepends=True)
    found = detect_head(b"".join(shoutcast[:5])).format
    assert found.name == "shoutcast-w3c"
    assert found.program.fields[0].choices[0].zone is Zone.DECLARED


def test_a_time_of_its_own_in_a_message_of_huawei_is_not_overridden_by_the_header_s() -> None:
    own = (
        b"2026-10-10 08:26:08 fw %%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=6, source-ip=192.0.2.7,"
        b" source-port=1, destination-ip=203.0.113.80, destination-port=2, time=2026/10/10 13:56:08, rule-name=x.\n"
    )
    category = (
        b"2026-10-10 08:26:09 fw %%01URL/4/FILTER(l): matched. (SyslogId=1, SrcIp=192.0.2.9, DstIp=203.0.113.80,"
        b' SrcPort=5702, DstPort=80, User="asha", Page="/room/9", Host="www.flagged.example", Action=Alert)\n'
    )
    assert detect_head(own * 2).format.name == "huawei-policy"
    assert "huawei-policy and huawei-seclog may both be in it" in detect_refusal(own * 2 + category * 2)


FIELDS = b"#Fields: date time s-ip cs-method cs-uri-stem c-ip cs-host sc-status "
NGINX = (
    '{{"time_iso8601":"2026-10-10T13:55:36+05:30","remote_addr":"{0}","host":"board.example",'
    '"request":"GET / HTTP/1.1","{1}":"{2}"}}\n'
)


def write_web_log(name: str, proxy: str, key: str, others: list[str]) -> bytes:
    if name == "iis-w3c":
        row = "2026-10-10 13:55:36 198.51.100.9 GET /a {0} board.example 200 {1}\n"
        return FIELDS + f"{key}\n".encode() + "".join(row.format(proxy, other) for other in others).encode()
    if name == "ltsv":
        row = "time:2026-10-10T13:55:36+05:30\thost:{0}\tvhost:board.example\treq:GET / HTTP/1.1\tstatus:200\t{1}:{2}\n"
        return "".join(row.format(proxy, key, other) for other in others).encode()
    return "".join(NGINX.format(proxy, key, other) for other in others).encode()


@pytest.mark.parametrize("name", ["iis-w3c", "ltsv", "nginx-json"])
@pytest.mark.parametrize(
    ("proxy", "others"),
    [
        ("192.0.2.1", ["203.0.113.7", "203.0.113.8"]),
        ("192.0.2.1", ["203.0.113.7, 192.0.2.66", "2001:db8::8"]),
        ("10.0.0.1", ["203.0.113.7"]),
    ],
)
def test_visitors_under_a_key_that_is_not_read_are_a_reason_to_refuse(name: str, proxy: str, others: list[str]) -> None:
    if name == "iis-w3c":
        others = [other.replace(", ", ",") for other in others]
    with pytest.raises(AmbiguousFormat, match=f"{name} does not read OriginalIP") as error:
        detect_head(write_web_log(name, proxy, "OriginalIP", others))
    assert f"--format {name}" in (error.value.hint or "")


@pytest.mark.parametrize("name", ["iis-w3c", "ltsv", "nginx-json"])
@pytest.mark.parametrize(
    ("key", "others"),
    [
        ("upstream_addr", ["203.0.113.7", "203.0.113.8"]),
        ("x-node", ["203.0.113.7:8080", "203.0.113.8:8080"]),
        ("x-version", ["1.2.3", "1.2.4"]),
        ("OriginalIP", ["192.0.2.1", "192.0.2.1"]),
        ("OriginalIP", ["-", "-"]),
    ],
)
def test_other_values_under_a_key_that_is_not_read_are_none(name: str, key: str, others: list[str]) -> None:
    assert detect_head(write_web_log(name, "192.0.2.1", key, others)).format.name == name


def test_the_lines_of_a_json_log_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []
    read = unread_hosts._read_objects

    def count(head: bytes) -> Iterator[dict[str, object]]:
        heads.append(head)
        return read(head)

    monkeypatch.setattr(unread_hosts, "_read_objects", count)
    lines = (SAMPLES / "traefik-json" / "specification.log").read_bytes().splitlines(keepends=True)[0] * 9
    assert detect_format(choose_engine()[1], OPTIONS, lines).format.name == "traefik-json"
    assert heads == [lines]
